package collector

import (
	"strings"
)

// shortGroupID is how much of a container's id is shown: as much as container tools do.
const shortGroupID = 12

// groupContainer finds a container in a group's path, the innermost: its name, and the path up to it. It may have groups
// of its own below.
func groupContainer(where string) (name, of string, ok bool) {
	for start := 1; start < len(where); {
		end := len(where)
		if i := strings.IndexByte(where[start:], '/'); i >= 0 {
			end = start + i
		}
		if found, is := containerElement(where[start:end], where[:start]); is {
			name, of, ok = found, where[:end], true
		}
		start = end + 1
	}
	return name, of, ok
}

// containerElement takes an element of a path as container managers write it:
//
//	docker-ID.scope, cri-containerd-ID.scope, crio-ID.scope, libpod-ID.scope   with systemd
//	ID below /docker or /kubepods/…/podUID, libpod-ID, crio-ID                 without
//	TASK-NUMBER below /ecs
//	lxc.payload.NAME, NAME below /lxc or /lxc.payload, machine-NAME.scope
func containerElement(element, above string) (name string, ok bool) {
	if name, ok := strings.CutPrefix(element, "lxc.payload."); ok && name != "" {
		return name, true
	}
	if strings.HasSuffix(above, "/lxc/") || strings.HasSuffix(above, "/lxc.payload/") {
		return element, element != ""
	}
	if strings.Contains(element, "-conmon-") { // watches a container
		return "", false
	}
	element, scope := strings.CutSuffix(element, ".scope")
	if machine, ok := strings.CutPrefix(element, "machine-"); ok && scope && machine != "" {
		return unitName(machine), true
	}
	if i := len(element) - 64; i >= 0 && isHexText(element[i:]) && (i == 0 || element[i-1] == '-' || element[i-1] == ':') {
		return element[i : i+shortGroupID], true
	}
	if task, number, ok := strings.Cut(element, "-"); ok && len(task) == 32 && isHexText(task) && isDigitText(number) {
		return task[:shortGroupID], true
	}
	return "", false
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
	if !ok || len(uid) < 32 || !isHexText(strings.ReplaceAll(uid, "-", "")) {
		return "", false
	}
	return name, true
}

// mountedContainer finds the id of a container in the mount table inside of it: container managers mount its
// /etc/hostname, /etc/resolv.conf and /etc/hosts from a directory of that name. In a namespace of control groups
// there is nothing else to tell it.
func mountedContainer(mountinfo []byte) (name string, ok bool) {
	for {
		line, rest, ok := cutWhole(mountinfo)
		if !ok {
			return "", false
		}
		mountinfo = rest
		var word []byte
		for range 4 {
			word, line = cutWord(line)
		}
		point, _ := cutWord(line)
		switch string(point) {
		case "/etc/hostname", "/etc/resolv.conf", "/etc/hosts":
		default:
			continue
		}
		before := ""
		for element := range strings.SplitSeq(string(word), "/") {
			if strings.HasSuffix(before, "containers") && len(element) == 64 && isHexText(element) {
				return element[:shortGroupID], true
			}
			if before == "pods" {
				if pod, ok := podElement("pod" + element); ok {
					return pod, true
				}
			}
			before = element
		}
	}
}

func isHexText(s string) bool {
	for i := range len(s) {
		if c := s[i]; !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return false
		}
	}
	return s != ""
}

func isDigitText(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
