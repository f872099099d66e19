package collector

import (
	"strings"
	"testing"
)

func TestPlaceOf(t *testing.T) {
	const (
		id    = "4f5e6d7c8b9a00112233445566778899aabbccddeeff00112233445566778899"
		short = "4f5e6d7c8b9a"
		other = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
		pod   = "pod0a1b2c3d_1111_2222_3333_444455556666"
	)
	for _, tt := range []struct{ name, cgroup, service, container string }{
		{"v2 service", "0::/system.slice/postgresql.service\n", "postgresql.service", ""},
		{"v2 root", "0::/\n", "", ""},
		{"init", "0::/init.scope\n", "init.scope", ""},
		{"session", "0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope", ""},
		{"user's unit", "0::/user.slice/user-1000.slice/user@1000.service/app.slice/pipewire.service\n", "pipewire.service", ""},
		{"user's systemd", "0::/user.slice/user-1000.slice/user@1000.service/init.scope\n", "user@1000.service", ""},
		{"delegated", "0::/system.slice/foo.service/workers/3\n", "foo.service", ""},
		{"escaped", "0::/system.slice/system-getty.slice/systemd-fsck@dev-disk-by\\x2duuid-1.service\n", "systemd-fsck@dev-disk-by-uuid-1.service", ""},
		{"kept from the kernel", "0::/system.slice/_cpu.stat.service\n", "cpu.stat.service", ""},
		{"slice", "0::/user.slice\n", "", ""},
		{"gone", "0::/system.slice/foo.service (deleted)\n", "foo.service", ""},
		{"namespace", "0::/../../system.slice/foo.service\n", "foo.service", ""},
		{"v1", "4:memory:/system.slice/a.service\n1:name=systemd:/system.slice/a.service\n0::/\n", "a.service", ""},
		{"hybrid", "3:cpu,cpuacct:/\n1:name=systemd:/user.slice/user-0.slice/session-1.scope\n0::/user.slice/user-0.slice/session-1.scope\n", "session-1.scope", ""},
		{"v1 without systemd", "9:name=systemd:/\n4:memory:/process_api/bed5d6066d9e7765099fc6d29e07a617\n0::/\n", "", ""},
		{"docker v2 systemd", "0::/system.slice/docker-" + id + ".scope\n", "", short},
		{"docker v1", "4:memory:/docker/" + id + "\n1:name=systemd:/docker/" + id + "\n", "", short},
		{"docker inside docker", "0::/docker/" + other + "/docker/" + id + "\n", "", short},
		{"systemd inside docker", "0::/docker/" + id + "/system.slice/nginx.service\n", "nginx.service", short},
		{"docker's daemon", "0::/system.slice/docker.service\n", "docker.service", ""},
		{"docker seen from inside", "0::/../" + id + "\n", "", short},
		{"containerd, kubernetes", "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-" + pod + ".slice/cri-containerd-" + id + ".scope\n", "", short},
		{"kubernetes, cgroupfs", "0::/kubepods/burstable/" + pod + "/" + id + "\n", "", short},
		{"kubernetes, mixed", "0::/system.slice/containerd.service/kubepods-besteffort-" + pod + ".slice:cri-containerd:" + id + "\n", "", short},
		{"cri-o", "0::/kubepods.slice/crio-" + id + ".scope\n", "", short},
		{"cri-o, inner", "0::/kubepods.slice/crio-" + id + ".scope/container\n", "", short},
		{"cri-o's monitor", "0::/system.slice/crio-conmon-" + id + ".scope\n", "crio-conmon-" + id + ".scope", ""},
		{"podman", "0::/machine.slice/libpod-" + id + ".scope/container\n", "", short},
		{"podman, user's", "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + id + ".scope\n", "", short},
		{"podman, cgroupfs", "0::/libpod_parent/libpod-" + id + "\n", "", short},
		{"podman's monitor", "0::/machine.slice/libpod-conmon-" + id + ".scope\n", "libpod-conmon-" + id + ".scope", ""},
		{"nerdctl", "0::/system.slice/nerdctl-" + id + ".scope\n", "", short},
		{"lxc", "0::/lxc.payload.web/system.slice/nginx.service\n", "nginx.service", "web"},
		{"lxc's monitor", "0::/lxc.monitor.web\n", "", ""},
		{"lxc, payload", "0::/lxc.payload/101/ns\n", "", "101"},
		{"lxc v1", "4:memory:/lxc/web\n", "", "web"},
		{"nspawn", "0::/machine.slice/systemd-nspawn@my\\x2dweb.service/payload/system.slice/a.service\n", "a.service", "my-web"},
		{"machine", "0::/machine.slice/machine-deb\\x2d12.scope\n", "", "deb-12"},
		{"virtual machine", "0::/machine.slice/machine-qemu\\x2d1\\x2dvm.scope\n", "machine-qemu-1-vm.scope", ""},
		{"buildkit", "0::/docker/buildkit/abcdefghijklmnopqrstuvwxy\n", "", "abcdefghijkl"},
		{"containerd's namespace", "0::/default/redis\n", "", "redis"},
		{"containerd's namespace, id", "0::/moby/" + id + "\n", "", short},
		{"ecs", "0::/ecs/0123456789abcdef0123456789abcdef/" + id + "\n", "", short},
		{"fargate", "0::/ecs/0123456789abcdef0123456789abcdef/0123456789abcdef0123456789abcdef-265927825\n", "", "0123456789ab"},
		{"colons in the path", "0::/system.slice/a:b:c.service\n", "a:b:c.service", ""},
		{"hostile", "0::/system.slice/\\x1b[31m\xff.service\n", "\uFFFD[31m\uFFFD.service", ""},
		{"not a cgroup", "hello", "", ""},
		{"cut off", "0::", "", ""},
		{"empty", "", "", ""},
	} {
		service, container := placeOf(tt.cgroup)
		if service != tt.service || container != tt.container {
			t.Errorf("%s: got %q, %q, want %q, %q", tt.name, service, container, tt.service, tt.container)
		}
	}
}

func FuzzPlaceOf(f *testing.F) {
	f.Add("0::/system.slice/docker-" + strings.Repeat("0a", 32) + ".scope\n")
	f.Add("1:name=systemd:/user.slice/user@1000.service/a\\x2db.service\n0::/lxc.payload.x/y.service")
	f.Add("3:memory:/machine.slice/machine-x.scope/ (deleted)")
	f.Fuzz(func(t *testing.T, cgroup string) {
		service, container := placeOf(cgroup)
		checkText(t, service)
		checkText(t, container)
		if strings.Contains(service, "/") && !strings.Contains(cgroup, `\x2f`) && !strings.Contains(cgroup, `\x2F`) {
			t.Fatalf("%q: got %q", cgroup, service)
		}
		placeOf("0::/" + cgroup)
	})
}
