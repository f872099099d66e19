package collector

import (
	"testing"
)

func TestGroupName(t *testing.T) {
	for path, want := range map[string]string{
		"/": "/",
		"/system.slice/docker-" + anID + ".scope":                                    anID[:12],
		"/docker/" + anID + "/kubelet/kubepods/pod1/" + anotherID:                    anotherID[:12],
		"/docker/" + anID + "/system.slice/containerd.service":                       anID[:12],
		"/../cri-containerd-" + anID + ".scope":                                      anID[:12],
		"/../crio-" + anID:                                                           anID[:12],
		"/machine.slice/libpod-conmon-" + anID + ".scope":                            "libpod-conmon-" + anID + ".scope",
		"/libpod_parent/libpod-" + anID:                                              anID[:12],
		"/a.slice:cri-containerd:" + anID:                                            anID[:12],
		"/ecs/0123456789abcdef0123456789abcdef/0123456789abcdef0123456789abcdef-123": "0123456789ab",
		"/lxc/web":         "web",
		"/lxc.payload/web": "web",
		"/lxc.monitor.web": "/lxc.monitor.web",
		"/machine.slice/machine-my\\x2dbox.scope/payload":                        "my-box",
		"/kubepods/pod0a1b2c3d-0000-4444-8888-aaaabbbbcccc":                      "pod0a1b2c3d-0000-4444-8888-aaaabbbbcccc",
		"/kubepods.slice/kubepods-pod0a1b2c3d_0000_4444_8888_aaaabbbbcccc.slice": "pod0a1b2c3d-0000-4444-8888-aaaabbbbcccc",
		"/user.slice/user-1000.slice/user@1000.service/app.slice":                "app.slice",
		"/user.slice/user-1000.slice/user@1000.service/app.slice/a/b":            "app.slice",
		"/custom/group": "/custom/group",
		"/\x1b[2Jevil":  "/\ufffd[2Jevil",
	} {
		if got := nameOfGroup(path); got != want {
			t.Errorf("%q is called %q, want %q", path, got, want)
		}
	}
}

// A process's container and its control group's are the same.
func TestContainersAgree(t *testing.T) {
	for path, want := range map[string]string{
		"/machine.slice/machine-qemu\\x2d1\\x2dvm.scope":               "",
		"/machine.slice/systemd-nspawn@web.service/payload":            "web",
		"/machine.slice/systemd-nspawn@web.service/payload/init.scope": "web",
		"/lxc/foo/lxc/bar":                      "foo",
		"/a/lxc/foo":                            "",
		"/../lxc/foo":                           "foo",
		"/docker/buildkit/abc":                  "abc",
		"/default/nginx":                        "nginx",
		"/../default/nginx":                     "nginx",
		"/default/./nginx":                      "nginx",
		"/x/0123456789abcdef0123456789abcdef-0": "",
		"/docker/" + anID + " (deleted)":        anID[:12],
		"/docker/" + anID + "/system.slice/docker-" + anotherID + ".scope": anotherID[:12],
	} {
		name, _, _ := groupContainer(path)
		if _, container := placeOfPath(path); name != want || container != want {
			t.Errorf("%s: its group is %q's, its process %q's, want %q", path, name, container, want)
		}
	}
}
