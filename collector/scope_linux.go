package collector

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// hostPIDInode is the first process namespace's (include/linux/proc_ns.h, PROC_PID_INIT_INO).
const hostPIDInode = 0xEFFFFFFC

// scopePIDs bounds how many processes are looked at for whether they share namespaces with this one.
const scopePIDs = 512

// A scopeReader compares this process's namespaces with those of the first process and of the others.
type scopeReader struct {
	roots roots
	units *unitReader
	own   interfaceLookup
	// Another host's directories were given for the own /proc, /sys and /.
	otherProc, otherSys, otherRoot bool

	dir  pidDir
	pids []int32
}

func newScopeReader(r roots) *scopeReader {
	return &scopeReader{
		roots: r, units: newUnitReader(r), own: r.ownInterfaces(),
		dir:       pidDir{path: r.ofProc()},
		otherProc: r.isElsewhere(), otherSys: r.sys != "/sys", otherRoot: r.root != "/",
	}
}

func (r *scopeReader) read(context.Context) (Part, error) {
	// With another host's /proc, "self" may be nobody there.
	mountinfo, err := readStart(r.roots.ofProc("self/mountinfo"), longestMountTable)
	if isShort(err) {
		return nil, fmt.Errorf("read scopes: %w", err)
	}
	first, err := readStart(r.roots.ofProc("1/mountinfo"), longestMountTable)
	if isShort(err) {
		return nil, fmt.Errorf("read scopes: %w", err)
	}
	own := string(mountinfo)
	host := r.isHost()
	lxcfs := lxcfsFiles(own)
	if r.otherProc {
		lxcfs = nil
	}
	part := &scopePart{Scopes{
		CPU:       containerIf(lxcfs["stat"]),
		Memory:    containerIf(lxcfs["meminfo"]),
		Pressure:  containerIf(lxcfs["pressure/cpu"]),
		Disks:     containerIf(lxcfs["diskstats"]),
		Uptime:    containerIf(lxcfs["uptime"]),
		Processes: containerIf(!host),
		Networks:  containerIf(!r.hasHostNetworks(host)),
	}}
	s := &part.scopes
	s.Filesystems = containerIf(!r.otherRoot && !(host && !r.otherProc && sameRoot(own, string(first))))
	s.Users = s.Filesystems // both are of the root that was given
	tree, err := r.units.findTree()
	if err != nil {
		return nil, fmt.Errorf("read scopes: %w", err)
	}
	if tree.names != "" {
		s.Units = containerIf(!host && !r.otherSys)
	}
	if !host {
		processes, networks := r.shared()
		if processes {
			s.Processes = ScopePod
		}
		if networks && s.Networks == ScopeContainer {
			s.Networks = ScopePod
		}
	}
	s.Sockets = s.Networks
	return part, nil
}

func containerIf(is bool) Scope {
	if is {
		return ScopeContainer
	}
	return ScopeHost
}

// isHost: all processes of the machine are in sight. Whoever mounts a /proc for this process somewhere else gives it
// the host's, even if it may not look into its first process to make sure.
func (r *scopeReader) isHost() bool {
	if r.otherProc {
		inode, ok := namespaceOf(r.roots.ofProc("1/ns/pid"))
		return !ok || inode == hostPIDInode
	}
	return isHostPIDs(r.roots.ofProc("self/ns/pid"))
}

func isHostPIDs(link string) bool {
	inode, ok := namespaceOf(link)
	return ok && inode == hostPIDInode
}

// hasHostNetworks: with another host's /proc, the networks of its first process are read.
func (r *scopeReader) hasHostNetworks(host bool) bool {
	if r.otherProc {
		return true
	}
	own, ok := namespaceOf(r.roots.ofProc("self/ns/net"))
	if ok && own < firstDynamicInode { // since Linux 6.18 the first one has such a number
		return true
	}
	if host && ok {
		if first, ok := namespaceOf(r.roots.ofProc("1/ns/net")); ok {
			return own == first
		}
	}
	dir := r.roots.ofSys("class/net")
	names, _ := os.ReadDir(dir)
	for _, name := range names {
		// A card may be moved into a container, but that is rare; a container's own interfaces have no device.
		card := r.roots.ofSys("class/net", name.Name())
		if _, err := os.Stat(filepath.Join(card, "device")); err != nil {
			continue
		}
		// The /sys may be the host's, whose cards are not in sight.
		index, _ := parseUint([]byte(rawText(card, "ifindex")))
		if r.own.isOwn(name.Name(), index, []byte(rawText(card, "address"))) {
			return true
		}
	}
	return false
}

// shared: there are processes here that have other mounts, so they are of another container; and such that share
// the networks too.
func (r *scopeReader) shared() (processes, networks bool) {
	ownMounts, ok := namespaceOf(r.roots.ofProc("self/ns/mnt"))
	ownNetworks, also := namespaceOf(r.roots.ofProc("self/ns/net"))
	if !ok || !also {
		return false, false
	}
	defer r.dir.close() // there may be another /proc next time
	var err error
	if r.pids, err = r.dir.list(r.pids[:0]); err != nil {
		return false, false
	}
	for _, pid := range r.pids[:min(len(r.pids), scopePIDs)] {
		if mounts, errno := r.dir.namespace(pid, "/ns/mnt"); errno != 0 || mounts == ownMounts {
			continue
		}
		processes = true
		if net, errno := r.dir.namespace(pid, "/ns/net"); errno == 0 && net == ownNetworks {
			return true, true
		}
	}
	return processes, false
}

// lxcfsFiles are the files below /proc that lxcfs is mounted over: they tell of the container.
func lxcfsFiles(mountinfo string) map[string]bool {
	files := make(map[string]bool)
	for m := range mountLines(mountinfo) {
		if file, ok := strings.CutPrefix(m.point, "/proc/"); ok && m.fstype == "fuse.lxcfs" && len(files) < 64 {
			files[file] = true
		}
	}
	return files
}

// sameRoot: two mount tables have the same directory at their root. A service of a host may have a mount namespace of
// its own, and still see the host's file systems. These tables can be read where the namespaces themselves cannot.
func sameRoot(a, b string) bool {
	root := rootOf(a)
	return root != mountedRoot{} && root == rootOf(b)
}
