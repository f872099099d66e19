package collector

import (
	"strings"
)

// shortID is how many digits of a container's id are shown: those that container programs show too.
const shortID = 12

// placeOf takes the systemd unit and the container of a process from its /proc/PID/cgroup (cgroups(7)): lines of
// HIERARCHY:CONTROLLERS:PATH. The one of cgroup v2 counts first, then systemd's own of v1, then the others: in a hybrid
// setup the first may be empty.
func placeOf(cgroup string) (service, container string) {
	for order := range 3 {
		lines := 0
		for line := range strings.Lines(cgroup) {
			if lines++; lines > 64 {
				break
			}
			_, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
			controllers, path, ok := strings.Cut(rest, ":")
			if !ok || order != hierarchyOrder(controllers) {
				continue
			}
			s, c := placeOfPath(path)
			if service == "" {
				service = s
			}
			if container == "" {
				container = c
			}
		}
	}
	return clean(service), clean(container)
}

func hierarchyOrder(controllers string) int {
	switch controllers {
	case "":
		return 0
	case "name=systemd":
		return 1
	}
	return 2
}

// placeOfPath goes down the path: the innermost container counts, and the innermost unit inside it.
func placeOfPath(path string) (service, container string) {
	path = strings.TrimSuffix(path, " (deleted)")
	before, further := "", "" // the one and the two segments before
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "" || segment == ".." || segment == "." {
			continue
		}
		segment = unitName(segment)
		if name := containerOfSegment(further, before, segment); name != "" {
			service, container = "", name
		} else if isUnit(segment) && !(segment == "init.scope" && service != "") { // the init of a user's systemd is part of its unit
			service = segment
		}
		further, before = before, segment
	}
	return service, container
}

// isUnit: a kind of unit of systemd that has processes.
func isUnit(segment string) bool {
	i := strings.LastIndexByte(segment, '.')
	if i <= 0 {
		return false
	}
	switch segment[i+1:] {
	case "service", "scope", "socket", "mount", "swap":
		return true
	}
	return false
}

// containerOfSegment is the short id or the name of the container that a segment of a path stands for, given the two
// before it; "" for none.
func containerOfSegment(further, before, segment string) string {
	unit := strings.TrimSuffix(segment, ".scope")
	switch {
	case strings.Contains(unit, "conmon-"), strings.HasPrefix(unit, "lxc.monitor"):
		return "" // looks after a container, from outside
	case strings.HasPrefix(segment, "lxc.payload."):
		return segment[len("lxc.payload."):]
	case before == "lxc.payload":
		return segment
	case before == "lxc" && further == "":
		return segment
	case strings.HasPrefix(segment, "systemd-nspawn@") && strings.HasSuffix(segment, ".service"):
		return strings.TrimSuffix(segment[len("systemd-nspawn@"):], ".service")
	case before == "machine.slice" && unit != segment && strings.HasPrefix(unit, "machine-") && !strings.HasPrefix(unit, "machine-qemu-"):
		return unit[len("machine-"):]
	case before == "buildkit":
		return shortContainer(segment)
	case before == "default" && further == "": // containerd's own namespace
		return shortContainer(segment)
	}
	// What is left has an id: alone, or behind the name of the program that runs it, as in docker-ID.scope and
	// kubepods-besteffort.slice:cri-containerd:ID.
	id := unit[strings.LastIndexAny(unit, "-:")+1:]
	if len(id) == 64 && isHex(id) {
		return id[:shortID]
	}
	// Amazon's have ecs/TASK/TASK-NUMBER.
	if task, number, ok := strings.Cut(segment, "-"); ok && further == "ecs" && task == before && number != "" {
		return shortContainer(task)
	}
	return ""
}

// shortContainer cuts what is an id, and leaves names alone.
func shortContainer(id string) string {
	if len(id) > 2*shortID && isAlphanumeric(id) {
		return id[:shortID]
	}
	return id
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return false
		}
	}
	return s != ""
}

func isAlphanumeric(s string) bool {
	for i := range len(s) {
		if !isLetter(s[i]) && !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// unitName makes a unit's name of its control group's: "_" in front keeps it apart from the kernel's own files, and
// "\x2d" is a character that means something in a name (systemd.unit(5)).
func unitName(group string) string {
	group = strings.TrimPrefix(group, "_")
	if !strings.Contains(group, `\x`) {
		return group
	}
	var b strings.Builder
	for i := 0; i < len(group); i++ {
		if group[i] == '\\' && i+3 < len(group) && group[i+1] == 'x' {
			high, low := hexDigit(group[i+2]), hexDigit(group[i+3])
			if high >= 0 && low >= 0 {
				b.WriteByte(byte(high<<4 | low))
				i += 3
				continue
			}
		}
		b.WriteByte(group[i])
	}
	return b.String()
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
