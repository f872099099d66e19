package collector

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shirou/gopsutil/v3/disk"
)

func TestShownMounts(t *testing.T) {
	for _, tt := range []struct {
		name, mounts, want string // "device mount type", one a line; the mounts
	}{
		{"server", `
			/dev/sda2 / ext4
			proc /proc proc
			tmpfs /run tmpfs
			/dev/sda1 /boot/efi vfat
			/dev/loop3 /snap/core/1 squashfs
			/dev/sda2 /var/lib/docker/btrfs ext4
			overlay /var/lib/docker/overlay2/x/merged overlay
			server:/export /mnt/nfs nfs4
			me@host:/ /home/me/ssh fuse.sshfs
			/dev/sdb1 /mnt/usb fuseblk
			tank/home /home zfs
			tank/home/me /home/me zfs
			systemd-1 /proc/sys/fs/binfmt_misc autofs`, "/ /boot/efi /mnt/usb /home /home/me"},
		{"container", `
			overlay / overlay
			/dev/vda1 /etc/hosts ext4
			/dev/vda1 /data ext4
			/dev/vda1 /etc/resolv.conf ext4
			shm /dev/shm tmpfs`, "/ /data"},
		{"bind mounts", `
			/dev/sda2 / ext4
			/dev/sdb1 /srv/deep/a xfs
			/dev/sdb1 /srv xfs
			/dev/sdb1 /srv/b xfs`, "/ /srv"},
		{"mounted over", `
			rootfs / rootfs
			/dev/sda2 / ext4
			/dev/sdb1 /mnt ext4
			tmpfs /mnt tmpfs
			/dev/sdc1 /opt ext4
			/dev/sdd1 /opt xfs`, "/ /opt"},
		{"diskless", `
			tmpfs / tmpfs
			server:/home /home nfs`, "/"},
		{"macOS", `
			/dev/disk3s1s1 / apfs
			devfs /dev devfs
			/dev/disk3s6 /System/Volumes/VM apfs
			/dev/disk3s5 /System/Volumes/Data apfs
			map /System/Volumes/Data/home autofs`, "/ /System/Volumes/Data"},
		{"windows", `
			C: C: NTFS
			D: D: CDFS`, "C:"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var mounts []disk.PartitionStat
			for line := range strings.Lines(strings.TrimSpace(tt.mounts)) {
				f := strings.Fields(line)
				mounts = append(mounts, disk.PartitionStat{Device: f[0], Mountpoint: f[1], Fstype: f[2]})
			}
			var got []string
			for _, m := range shownMounts(mounts) {
				got = append(got, m.Mountpoint)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}

func TestFilesystemOf(t *testing.T) {
	// 100 blocks, 5 of them kept for root: df says 60 / (60 + 35) = 63 %.
	got := filesystemOf(disk.PartitionStat{Mountpoint: "/a\nb", Device: "/dev/sda1", Fstype: "ext4", Opts: []string{"ro", "relatime"}},
		&disk.UsageStat{Total: 100, Used: 60, Free: 35, InodesTotal: 10, InodesUsed: 4})
	want := Filesystem{Mount: "/a\uFFFDb", Device: "/dev/sda1", Type: "ext4", Total: 100, Used: 60, Available: 35,
		UsedRatio: Known(60.0 / 95), InodesTotal: 10, InodesUsed: 4, ReadOnly: true}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestDeadMount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		asked := 0
		usages := mountUsages{timeout: time.Second, read: func(_ context.Context, path string) (*disk.UsageStat, error) {
			switch {
			case strings.HasSuffix(path, "dead"):
				asked++
				<-free
			case strings.HasSuffix(path, "theirs"):
				return nil, syscall.EACCES
			case strings.HasSuffix(path, "gone"):
				return nil, syscall.ENOENT
			case strings.HasSuffix(path, "broken"):
				return nil, errors.New("input/output error")
			case strings.HasSuffix(path, "throws"):
				panic("torn")
			case strings.HasSuffix(path, "empty"):
				return &disk.UsageStat{}, nil
			}
			return &disk.UsageStat{Total: 10, Used: 5, Free: 5}, nil
		}}
		of := func(names ...string) (string, time.Duration) {
			var mounts []disk.PartitionStat
			for _, name := range names {
				mounts = append(mounts, disk.PartitionStat{Mountpoint: "/" + name, Device: name})
			}
			start := time.Now()
			shown, err := usages.of(t.Context(), mounts)
			var got []string
			for _, f := range shown {
				got = append(got, f.Mount)
			}
			return fmt.Sprintf("%v %v", got, err), time.Since(start)
		}
		for _, step := range []struct {
			mounts, want string
			took         time.Duration
		}{
			{"a dead theirs gone empty b", "[/a /b] filesystem /dead: no answer for 1s", time.Second},
			{"a dead b", "[/a /b] filesystem /dead: no answer for 11s", 0}, // not asked again, not waited for
			{"a broken throws", "[/a] filesystem /broken: input/output error\nfilesystem /throws: panic: torn", 0},
		} {
			if got, took := of(strings.Fields(step.mounts)...); got != step.want || took != step.took {
				t.Errorf("%s: got %q after %s, want %q after %s", step.mounts, got, took, step.want, step.took)
			}
			time.Sleep(10 * time.Second)
		}
		close(free)
		synctest.Wait()
		if got, _ := of("a", "dead"); got != "[/a /dead] <nil>" {
			t.Errorf("after it came back: %s", got)
		}
		if asked != 2 {
			t.Errorf("the dead mount was asked %d times, want 2: when it died, and when it was back", asked)
		}
	})
}

func TestFilesystemSource(t *testing.T) {
	got := read(t, filesystemSource(aHost.write(t))).Filesystems
	if len(got) != 1 || got[0].Mount != "/" || got[0].Device != "/dev/vda1" || got[0].Total == 0 {
		t.Errorf("got %v, want / by the numbers of the root directory we made", got)
	}
	checkNumbers(t, got)
}
