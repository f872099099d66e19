package collector

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

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
