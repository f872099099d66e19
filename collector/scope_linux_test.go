package collector

import (
	"testing"
)

func TestScopes(t *testing.T) {
	t.Parallel()
	const hostPID, hostMount, net = "pid:[4026531836]", "mnt:[4026531841]", "net:[4026531992]"
	c, h, pod := ScopeContainer, ScopeHost, ScopePod
	host := tree{
		"proc/self/mountinfo": "27 1 254:0 / / rw - ext4 /dev/vda rw\n", "proc/1/mountinfo": "27 1 254:0 / / rw - ext4 /dev/vda rw\n",
		"sys/class/net/eth0/device/": "", "sys/class/net/lo/": "", "sys/fs/cgroup/cgroup.controllers": "cpu\n", "sys/fs/cgroup/system.slice/": "",
	}
	container := tree{
		"proc/self/mountinfo": "27 1 0:50 / / rw - overlay overlay rw\n", "proc/1/mountinfo": "27 1 0:50 / / rw - overlay overlay rw\n",
		"sys/class/net/eth0/": "", "proc/7/status": "",
	}
	for _, test := range []struct {
		name   string
		host   tree
		links  map[string]string
		change func(*scopeReader)
		want   Scopes
	}{
		{name: "host", host: host, links: map[string]string{"self/ns/pid": hostPID, "self/ns/net": net, "1/ns/net": net, "9/ns/mnt": "mnt:[4026532555]"},
			want: Scopes{h, h, h, h, h, h, h, h, h, h, h}},
		{name: "host, nothing readable of the first process", host: host, links: map[string]string{"self/ns/pid": hostPID, "self/ns/net": net},
			want: Scopes{h, h, h, h, h, h, h, h, h, h, h}},
		{name: "service with a network of its own", host: host, links: map[string]string{"self/ns/pid": hostPID, "self/ns/net": net, "1/ns/net": "net:[4026531999]"},
			want: Scopes{h, h, h, h, h, c, c, h, h, h, h}},
		{name: "container", host: container, links: map[string]string{"self/ns/pid": "pid:[4026532001]", "self/ns/mnt": hostMount, "self/ns/net": net, "7/ns/mnt": hostMount, "7/ns/net": net},
			want: Scopes{h, h, h, h, c, c, c, c, "", c, h}},
		{name: "container on the host's network", host: container, links: map[string]string{"self/ns/pid": "pid:[4026532001]", "self/ns/net": "net:[4026531833]"},
			want: Scopes{h, h, h, h, c, h, h, c, "", c, h}},
		{name: "container with the host's processes", host: container.with("proc/1/mountinfo", host["proc/1/mountinfo"]),
			links: map[string]string{"self/ns/pid": hostPID, "self/ns/net": net, "1/ns/net": "net:[4026531999]"},
			want:  Scopes{h, h, h, h, c, c, c, h, "", c, h}},
		{name: "container with the host's /sys", host: container.and(tree{"sys/class/net/eth0/device/": "", "sys/class/net/eth0/ifindex": "2\n", "sys/class/net/eth0/address": "02:00:00:00:00:01\n"}),
			links:  map[string]string{"self/ns/pid": "pid:[4026532001]", "self/ns/net": "net:[4026532833]"},
			change: func(r *scopeReader) { r.own = lookup(map[string]string{"eth0": "\x02\x00\x00\x00\x00\x09"}, 2) },
			want:   Scopes{h, h, h, h, c, c, c, c, "", c, h}},
		{name: "container with a card", host: container.and(tree{"sys/class/net/eth0/device/": "", "sys/class/net/eth0/ifindex": "2\n", "sys/class/net/eth0/address": "02:00:00:00:00:09\n"}),
			links:  map[string]string{"self/ns/pid": "pid:[4026532001]", "self/ns/net": "net:[4026532833]"},
			change: func(r *scopeReader) { r.own = lookup(map[string]string{"eth0": "\x02\x00\x00\x00\x00\x09"}, 2) },
			want:   Scopes{h, h, h, h, c, h, h, c, "", c, h}},
		{name: "pod", host: container, links: map[string]string{"self/ns/pid": "pid:[4026532001]", "self/ns/mnt": hostMount, "self/ns/net": net, "7/ns/mnt": "mnt:[4026532777]", "7/ns/net": net},
			want: Scopes{h, h, h, h, c, pod, pod, pod, "", c, h}},
		{name: "shared processes, other network", host: container, links: map[string]string{"self/ns/pid": "pid:[4026532001]", "self/ns/mnt": hostMount, "self/ns/net": net, "7/ns/mnt": "mnt:[4026532777]", "7/ns/net": "net:[4026532999]"},
			want: Scopes{h, h, h, h, c, c, c, pod, "", c, h}},
		{name: "LXC", host: container.and(tree{
			"sys/fs/cgroup/cgroup.controllers": "cpu\n", "sys/fs/cgroup/init.scope/": "",
			"proc/self/mountinfo": "1 1 0:9 / / rw - zfs z rw\n2 1 0:51 /proc/stat /proc/stat rw - fuse.lxcfs lxcfs rw\n3 1 0:51 /proc/meminfo /proc/meminfo rw - fuse.lxcfs lxcfs rw\n" +
				"4 1 0:51 /proc/uptime /proc/uptime rw - fuse.lxcfs lxcfs rw\n5 1 0:51 /proc/diskstats /proc/diskstats rw - fuse.lxcfs lxcfs rw\n"}),
			links: map[string]string{"self/ns/pid": "pid:[4026532001]"},
			want:  Scopes{c, c, h, c, c, c, c, c, c, c, c}},
		{name: "container with the host's directories", host: host.and(container), links: map[string]string{"self/ns/pid": "pid:[4026532001]"},
			change: func(r *scopeReader) { r.otherProc, r.otherSys, r.otherRoot = true, true, true },
			want:   Scopes{h, h, h, h, h, h, h, h, h, h, h}},
		{name: "another container's /proc", host: container, links: map[string]string{"1/ns/pid": "pid:[4026532001]"},
			change: func(r *scopeReader) { r.otherProc = true },
			want:   Scopes{h, h, h, h, c, h, h, c, "", c, h}},
		{name: "nothing readable", host: tree{"proc/self/": ""}, want: Scopes{h, h, h, h, c, c, c, c, "", c, h}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := test.host.write(t)
			for name, target := range test.links {
				link(t, r, "proc/"+name, target)
			}
			reader := newScopeReader(r)
			reader.otherProc, reader.otherSys, reader.otherRoot = false, false, false
			if test.change != nil {
				test.change(reader)
			}
			got := *read(t, Source{Read: reader.read}).Scopes
			if got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func BenchmarkScopes(b *testing.B) {
	s := scopeSource(hostRoots())
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Read(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

func TestNamespace(t *testing.T) {
	for link, want := range map[string]uint64{
		"pid:[4026531836]": 4026531836, "pid_for_children:[1]": 1,
		"": 0, "pid": 0, "pid:[]": 0, "pid:[-1]": 0, "pid:[18446744073709551616]": 0, "/elsewhere": 0,
	} {
		if got, ok := parseNamespace([]byte(link)); got != want || ok != (want > 0) {
			t.Errorf("%q is %d, %v, want %d", link, got, ok, want)
		}
	}
}
