package collector

import (
	"strings"
)

// groupContainer finds a container in a group's path, the innermost: its name, and the path up to it. It may have groups
// of its own below.
func groupContainer(where string) (name, of string, ok bool) {
	where = strings.TrimSuffix(where, " (deleted)")
	before, further := "", ""
	for start := 1; start < len(where); {
		end := len(where)
		if i := strings.IndexByte(where[start:], '/'); i >= 0 {
			end = start + i
		}
		raw := where[start:end]
		start = end + 1
		if raw == "" || raw == "." || raw == ".." {
			continue // as in placeOfPath
		}
		segment := unitName(raw)
		if found := containerOfSegment(further, before, segment); found != "" {
			name, of, ok = found, where[:end], true
		}
		further, before = before, segment
	}
	return name, of, ok
}

// nameOfGroup is what to call a group: its container, its pod, its unit, or its path.
func nameOfGroup(where string) string {
	if name, _, ok := groupContainer(where); ok {
		return clean(name)
	}
	elements := strings.Split(where, "/")
	for i := len(elements) - 1; i >= 0; i-- {
		if pod, ok := podElement(elements[i]); ok {
			return clean(pod)
		}
	}
	for i := len(elements) - 1; i >= 0; i-- {
		if e := elements[i]; isUnitDir(e) || isSliceDir(e) {
			return clean(unitName(e))
		}
	}
	return clean(where)
}

// podElement takes "podUID" and "kubepods-burstable-podUID.slice", where UID has underscores for its dashes.
func podElement(element string) (string, bool) {
	name, slice := strings.CutSuffix(element, ".slice")
	if slice {
		i := strings.LastIndex(name, "-pod")
		if i < 0 || !strings.HasPrefix(name, "kubepods") {
			return "", false
		}
		name = strings.ReplaceAll(name[i+1:], "_", "-")
	}
	uid, ok := strings.CutPrefix(name, "pod")
	if !ok || len(uid) < 32 || !isHex(strings.ReplaceAll(uid, "-", "")) {
		return "", false
	}
	return name, true
}

// mountedContainer finds the id of a container in the mount table inside of it: container managers mount its
// /etc/hostname, /etc/resolv.conf and /etc/hosts from a directory of that name. In a namespace of control groups
// there is nothing else to tell it.
func mountedContainer(mountinfo string) (name string, ok bool) {
	for m := range mountLines(mountinfo) {
		switch m.point {
		case "/etc/hostname", "/etc/resolv.conf", "/etc/hosts":
		default:
			continue
		}
		before := ""
		for element := range strings.SplitSeq(m.root, "/") {
			if strings.HasSuffix(before, "containers") && len(element) == 64 && isHex(element) {
				return element[:shortID], true
			}
			if before == "pods" {
				if pod, ok := podElement("pod" + element); ok {
					return pod, true
				}
			}
			before = element
		}
	}
	return "", false
}
