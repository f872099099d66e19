package doctor

import "strings"

// mounts: is it this host that will be shown, or a container?
func mounts(h *Host) Finding {
	given := h.given()
	if err := h.CheckHost(); err != nil {
		return fail(err.Error(), "mount the host's directories read-only and say where: -v /:/host:ro,rslave -e HOST_ROOT=/host")
	}
	if len(given) > 0 {
		return ok("the host is read where " + strings.Join(given, ", ") + " say")
	}
	if what := container(h); what != "" {
		return warn("this is a container ("+what+"): processes, interfaces and filesystems are its own", "for the host's: pid and network of the host, -v /:/host:ro,rslave -e HOST_ROOT=/host (fivewire install compose)")
	}
	return ok("the host is this one")
}

// container is by what a container is known, "" where there is none.
func container(h *Host) string {
	if environment, err := h.proc("1", "environ"); err == nil {
		for _, variable := range strings.Split(environment, "\x00") {
			if kind, found := strings.CutPrefix(variable, "container="); found {
				return kind
			}
		}
	}
	if h.Env("KUBERNETES_SERVICE_HOST") != "" {
		return "kubernetes"
	}
	// The root of a container is a stack of layers, in all but a few.
	table, _ := h.proc("self", "mountinfo")
	for line := range strings.Lines(table) {
		if fields := strings.Fields(line); len(fields) > 6 && fields[4] == "/" && strings.Contains(line, " - overlay ") {
			return "its root is an overlay"
		}
	}
	return ""
}
