package doctor

import "strings"

// proxy: will programs on this machine ask a proxy for what is on this machine?
func proxy(h *Host) Finding {
	var set []string
	for _, name := range []string{"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"} {
		if h.Env(name) != "" {
			set = append(set, name)
		}
	}
	if len(set) == 0 {
		return ok("no variable names a proxy")
	}
	for _, name := range []string{"no_proxy", "NO_PROXY"} {
		for _, host := range strings.Split(h.Env(name), ",") {
			switch strings.TrimSpace(host) {
			case "*", "127.0.0.1", "127.0.0.0/8", "localhost":
				return ok(strings.Join(set, ", ") + " name a proxy, not for this machine")
			}
		}
	}
	return warn(strings.Join(set, ", ")+" name a proxy also for this machine: curl asks it for 127.0.0.1", "NO_PROXY=localhost,127.0.0.1")
}
