package collector

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

func TestParseMount(t *testing.T) {
	for _, tt := range []struct {
		line string
		want mount
	}{
		{"36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue",
			mount{36, 35, "98:0", "/mnt2", "ext3", "/dev/root", false}},
		{"27 1 254:0 / / rw - ext4 /dev/vda rw", mount{27, 1, "254:0", "/", "ext4", "/dev/vda", false}},
		{"1 1 0:1 / /a\\040b\\011c\\134d\\012e\\043 ro shared:1 master:2 propagate_from:3 unbindable - tmpfs tmp\\040fs rw,ro",
			mount{1, 1, "0:1", "/a b\tc\\d\ne#", "tmpfs", "tmp fs", true}},
		{"1 0 0:1 / /a rw - tmpfs  rw", mount{1, 0, "0:1", "/a", "tmpfs", "", false}}, // no device
		{"1 0 0:1 / /a rw - ext4 /dev/sda ro,relatime", mount{1, 0, "0:1", "/a", "ext4", "/dev/sda", true}},
		{"1 0 0:1 / /a rw - ext4 /dev/sda rw,rootcontext=x ro", mount{1, 0, "0:1", "/a", "ext4", "/dev/sda", false}},
		{"1 0 0:1 / /a rootless - x - - rw", mount{1, 0, "0:1", "/a", "x", "-", false}},
		{`1 0 0:1 / /a\08\4`, mount{}},
		{`1 0 0:1 / /a\08\400\4 rw - x y rw`, mount{1, 0, "0:1", `/a\08\400\4`, "x", "y", false}}, // no escapes
		{"", mount{}},
		{"1 0 0:1 / a rw - x y rw", mount{}},
		{"x 0 0:1 / /a rw - x y rw", mount{}},
		{"1 x 0:1 / /a rw - x y rw", mount{}},
		{"1 0 01 / /a rw - x y rw", mount{}},
		{"1 0 0:99999999999 / /a rw - x y rw", mount{}},
		{"1 0 0:1 / /a rw shared:1 x y rw", mount{}},
		{"1 0 0:1 / /a rw -", mount{}},
		{"1 0 0:1 / /a rw - x", mount{}},
		{"1 0 0:1 / /a rw - x y", mount{}},
		{"1 0 0:1 / /a rw -  y rw", mount{}},
	} {
		if got, ok := parseMount(tt.line); got != tt.want || ok != (tt.want != mount{}) {
			t.Errorf("%q: got %+v, %t\nwant %+v", tt.line, got, ok, tt.want)
		}
	}
	mounts, err := parseMountinfo("1 0 0:1 / / rw - ext4 /dev/sda rw\nnonsense\n\n2 1 0:2 / /b rw - ext4 /dev/sdb rw")
	if len(mounts) != 2 || err == nil || err.Error() != "1 lines of mountinfo are not as documented" {
		t.Errorf("got %v, %v", mounts, err)
	}
}

// mountsFrom has "id parent device type path" a line; an id that is left out is the number of the line, and its parent
// 1. The device is the filesystem.
func mountsFrom(t testing.TB, text string) []mount {
	t.Helper()
	var mounts []mount
	for line := range strings.Lines(strings.TrimSpace(text)) {
		f := strings.Fields(line)
		m := mount{id: len(mounts) + 1, parent: 1}
		if len(f) >= 5 {
			m.id, _ = strconv.Atoi(f[0])
			m.parent, _ = strconv.Atoi(f[1])
			f = f[2:]
		}
		m.dev, m.device, m.path, m.fstype = f[0], f[0], f[2], f[1]
		m.fstype, m.readOnly = strings.CutSuffix(m.fstype, ",ro")
		mounts = append(mounts, m)
	}
	return mounts
}

func TestReachableMounts(t *testing.T) {
	for _, tt := range []struct {
		name, mounts, want string
	}{
		{"a tree", "1 0 a ext4 /\n2 1 b ext4 /mnt\n3 2 c ext4 /mnt/deep/er", "/ /mnt /mnt/deep/er"},
		{"root moved to its place last", "2 9 p proc /proc\n3 9 d dev /dev\n9 1 a ext4 /", "/ /dev /proc"},
		{"root over the first root", "1 1 r rootfs /\n2 1 a ext4 /\n3 2 b ext4 /b", "/ /b"},
		{"covered", "1 0 a ext4 /\n2 1 b ext4 /mnt\n3 2 c ext4 /mnt/c\n4 2 d ext4 /mnt", "/ /mnt"},
		{"covered and mounted in again", "1 0 a ext4 /\n2 1 b ext4 /mnt\n3 2 c ext4 /mnt/c\n4 2 d ext4 /mnt\n5 4 e ext4 /mnt/c", "/ /mnt /mnt/c"},
		{"covered thrice", "1 0 a ext4 /\n2 1 b ext4 /m\n3 2 c ext4 /m\n4 3 d ext4 /m\n5 3 x ext4 /m/x", "/ /m"},
		{"a directory on the way covered", "1 0 a ext4 /\n2 1 b ext4 /a/b/c\n3 1 c ext4 /a\n4 3 d ext4 /a/b", "/ /a /a/b"},
		{"and what is in it", "1 0 a ext4 /\n2 1 b ext4 /a/b\n3 2 c ext4 /a/b/c\n4 1 d ext4 /a", "/ /a"},
		{"not a directory on the way", "1 0 a ext4 /\n2 1 b ext4 /ab\n3 1 c ext4 /a", "/ /a /ab"},
		{"root covered", "1 0 a ext4 /\n2 1 b ext4 /b\n3 1 c ext4 /", "/"},
		{"same place, same parent", "1 0 a ext4 /\n2 1 b ext4 /m\n3 1 c ext4 /m", "/ /m"},
		{"chroot", "5 3 a ext4 /data\n6 3 p proc /proc\n7 3 x ext4 /proc/x", "/data /proc"},
		{"circle", "1 2 a ext4 /a\n2 1 b ext4 /b", "/a /b"},
		{"own parent", "3 3 a ext4 /a", "/a"},
		{"same id twice", "1 0 a ext4 /\n1 0 b ext4 /b\n2 1 c ext4 /c", "/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mounts := mountsFrom(t, tt.mounts)
			got := make(map[string]bool)
			for i, ok := range reachableMounts(mounts) {
				if ok {
					if got[mounts[i].path] {
						t.Errorf("two mounts at %s", mounts[i].path)
					}
					got[mounts[i].path] = true
				}
			}
			if want := strings.Fields(tt.want); len(got) != len(want) || strings.Join(sortedKeys(got), " ") != tt.want {
				t.Errorf("got %v, want %v", sortedKeys(got), want)
			}
		})
	}
}

func TestShownMounts(t *testing.T) {
	for _, tt := range []struct {
		name, mounts, want, hidden string // hidden: reason and count
	}{
		{"server", `
			sda2 ext4 /
			proc proc /proc
			run tmpfs /run
			lock tmpfs /run/lock
			user tmpfs /run/user/1000
			gvfs fuse.gvfsd-fuse /run/user/1000/gvfs
			cred ramfs,ro /run/credentials/systemd-sysusers.service
			shm tmpfs /dev/shm
			mq mqueue /dev/mqueue
			sda1 vfat /boot/efi
			loop3 squashfs /snap/core/1
			sda2 ext4 /var/lib/docker/btrfs
			ov overlay /var/lib/docker/overlay2/x/merged
			ov2 overlay /srv/merged
			nfs nfs4 /mnt/nfs
			ssh fuse.sshfs /home/me/ssh
			usb fuseblk /mnt/usb
			home zfs /home
			me zfs /home/me
			dvd iso9660,ro /media/dvd
			x autofs /proc/sys/fs/binfmt_misc`,
			"/ /boot/efi /dev/shm /home /home/me /home/me/ssh /mnt/nfs /mnt/usb /run /run/lock",
			"kernel interface (proc, sysfs, cgroup …) 3, read-only image, always full 2, inside a container runtime's directory 2, overlay, its space is another filesystem's 1, small one of the system's own (/run/user, secrets …) 3"},
		{"container", `
			o overlay /
			p proc /proc
			d tmpfs /dev
			v ext4 /etc/hosts
			v ext4 /data
			v ext4 /etc/resolv.conf
			shm tmpfs /dev/shm
			s tmpfs,ro /run/secrets/kubernetes.io/serviceaccount
			s2 tmpfs,ro /etc/tls
			t ext4 /dev/termination-log
			f tmpfs,ro /sys/firmware`, "/ /data /dev/shm",
			"kernel interface (proc, sysfs, cgroup …) 3, bind mount of a single file 3, small one of the system's own (/run/user, secrets …) 2"},
		{"bind mounts and subvolumes", `
			a btrfs /
			b xfs /srv/deep/a
			b xfs /srv
			b xfs /srv/b
			a btrfs /home
			a btrfs /.snapshots`, "/ /srv", "bind mount of a filesystem already listed 4"},
		{"a runtime's directory that is a disk", `
			a ext4 /
			b xfs /var/lib/docker
			b xfs /var/lib/docker/overlay2`, "/ /var/lib/docker", "inside a container runtime's directory 1"},
		{"without root", `
			a ext4 /
			o fuse.fuse-overlayfs /home/me/.local/share/containers/storage/overlay/x/merged
			p fuse.fuse-overlayfs /home/me/x`, "/",
			"inside a container runtime's directory 1, overlay, its space is another filesystem's 1"},
		{"diskless", `
			t tmpfs /
			h nfs /home`, "/ /home", ""},
		{"image as root", `
			t squashfs,ro /
			u udf /mnt/disk
			v udf,ro /mnt/dvd`, "/ /mnt/disk", "read-only image, always full 1"},
		{"a file on a disk", `
			a ext4 /
			b ext4 /f
			b ext4 /dir/long`, "/ /dir/long", "bind mount of a single file 1"},
		{"macOS", `
			/dev/disk3s1s1 apfs /
			devfs devfs /dev
			/dev/disk3s6 apfs /System/Volumes/VM
			/dev/disk3s5 apfs /System/Volumes/Data
			map autofs /System/Volumes/Data/home`, "/ /System/Volumes/Data",
			"kernel interface (proc, sysfs, cgroup …) 2, small one of the system's own (/run/user, secrets …) 1"},
		{"windows", `
			C: NTFS C:
			D: CDFS D:`, "C:", "read-only image, always full 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mounts := mountsFrom(t, tt.mounts)
			all := make([]bool, len(mounts))
			for i := range all {
				all[i] = true
			}
			shown, hidden := shownMounts(mounts, all, map[string]bool{"/f": true})
			if got := paths(shown); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if got := hiddenText(hidden.list()); got != tt.hidden {
				t.Errorf("hidden %s\nwant %s", got, tt.hidden)
			}
			checkAllMounts(t, mounts, shown, hidden)
		})
	}
}

func paths(mounts []mount) string {
	var paths []string
	for _, m := range mounts {
		paths = append(paths, m.path)
	}
	return strings.Join(paths, " ")
}

func hiddenText(hidden []HiddenMounts) string {
	var b strings.Builder
	for i, h := range hidden {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %d", h.Reason, h.Count)
	}
	return b.String()
}

// checkAllMounts: each is shown or counted.
func checkAllMounts(t *testing.T, mounts, shown []mount, hidden hiddenCounts) {
	t.Helper()
	n := len(shown)
	for _, h := range hidden {
		n += h
	}
	if n != len(mounts) || hidden[notHidden] != 0 {
		t.Errorf("%d of %d mounts are shown or counted: %v", n, len(mounts), hidden)
	}
}

func TestHideReasons(t *testing.T) {
	seen := make(map[string]bool)
	for reason := notHidden + 1; reason < hideReasons; reason++ {
		text := reason.String()
		if text == "" || len(text) > 60 || seen[text] {
			t.Errorf("reason %d: %q", reason, text)
		}
		seen[text] = true
	}
	if want := fmt.Sprintf("more than %d filesystems", mostFilesystems); hiddenMany.String() != want {
		t.Errorf("%q, want %q", hiddenMany, want)
	}
}

// manyMounts is a mountinfo of a busy container host: half of it overlays, some of it disks, servers and memory.
func manyMounts(n int) string {
	var b strings.Builder
	b.WriteString("1 0 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n2 1 0:4 / /proc rw - proc proc rw\n")
	for i := 3; i <= n; i++ {
		where, what := fmt.Sprintf("/var/lib/docker/overlay2/%064d/merged", i), "overlay overlay rw,lowerdir=/l/"+strings.Repeat("X:/l/", 20)
		switch i % 10 {
		case 0:
			where, what = fmt.Sprintf("/srv/disk%d", i), "ext4 /dev/sdb rw"
		case 1:
			where, what = fmt.Sprintf("/mnt/server%d", i), "nfs4 server:/export rw,vers=4.2,addr=192.0.2.1"
		case 2, 3:
			where, what = fmt.Sprintf("/var/lib/kubelet/pods/%d/volumes/kubernetes.io~secret/x", i), "tmpfs tmpfs rw,size=1048576k"
		case 4:
			where, what = fmt.Sprintf("/memory/%d", i), "tmpfs tmpfs rw"
		}
		fmt.Fprintf(&b, "%d 1 0:%d / %s rw,relatime shared:%d - %s\n", i, i, where, i, what)
	}
	return b.String()
}

func TestManyMounts(t *testing.T) {
	mounts, err := parseMountinfo(manyMounts(5000))
	if err != nil || len(mounts) != 5000 {
		t.Fatalf("%d mounts, %v", len(mounts), err)
	}
	shown, hidden := shownMounts(mounts, reachableMounts(mounts), nil)
	checkAllMounts(t, mounts, shown, hidden)
	if len(shown) != mostFilesystems || shown[0].path != "/" {
		t.Errorf("%d shown, the first is %v", len(shown), shown[0])
	}
	for _, m := range shown {
		if m.fstype != "ext4" {
			t.Errorf("%s is shown, and there are disks enough", m.path)
		}
	}
	if want := 1300; hidden[hiddenMany] != want {
		t.Errorf("%d more than shown, want %d: %v", hidden[hiddenMany], want, hidden)
	}
}

func BenchmarkManyMounts(b *testing.B) {
	text := manyMounts(5000)
	b.ReportAllocs()
	for b.Loop() {
		mounts, _ := parseMountinfo(text)
		shownMounts(mounts, reachableMounts(mounts), nil)
	}
}

func FuzzMountinfo(f *testing.F) {
	f.Add(aHost["proc/1/mountinfo"])
	f.Add(manyMounts(20))
	f.Add("1 2 0:1 / /a/b rw - tmpfs  rw\n2 1 0:1 / /a rw - ext4 x rw\n3 3 0:2 / / ro - - - ro\n4 3 0:2 / / rw x - a b c\n")
	f.Fuzz(func(t *testing.T, text string) {
		mounts, _ := parseMountinfo(text)
		reachable := reachableMounts(mounts)
		shown, hidden := shownMounts(mounts, reachable, map[string]bool{"/a": true})
		checkAllMounts(t, mounts, shown, hidden)
		if len(shown) > mostFilesystems {
			t.Fatalf("%d shown", len(shown))
		}
		seen := make(map[string]bool)
		for _, m := range shown {
			if seen[m.dev] || seen["at "+m.path] && m.parent != m.id {
				t.Errorf("%s or its place is shown twice", m.dev)
			}
			seen[m.dev] = true
			checkNumbers(t, filesystemOf(m, usage{total: 3, used: 2, available: 1}))
		}
	})
}
