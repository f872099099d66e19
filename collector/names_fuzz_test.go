package collector

import (
	"strings"
	"testing"
)

// FuzzDevice takes the device of a mount, which may have a user and a password.
func FuzzDevice(f *testing.F) {
	f.Add("curlftpfs#ftp://u:p/w@h/x", "secret")
	f.Add("//u:pw@h/share", "a@b")
	f.Add("me@host:/path", "")
	f.Add("https://token@h", ":")
	f.Fuzz(func(t *testing.T, device, password string) {
		if got := withoutUser(device); len(got) > len(device)+1 {
			t.Fatalf("%q becomes %q", device, got)
		}
		checkText(t, clean(withoutSecrets(withoutUser(device))))
		if strings.Trim(password, "abcdefghijklmnopqrstuvwxyz0123456789/@") != "" || !strings.Contains(password, "0x") {
			return
		}
		if got := withoutUser("ftp://ann:" + password + "@h/x"); strings.Contains(got, "0x") {
			t.Fatalf("%q is shown: %q", password, got)
		}
	})
}

// FuzzSensorPlace takes the path of a device in sysfs.
func FuzzSensorPlace(f *testing.F) {
	f.Add("pci0000:00/0000:00:1d.0/0000:04:00.0/nvme/nvme1")
	f.Add("virtual/thermal/thermal_zone0")
	f.Add("Ä/B\nb")
	f.Fuzz(func(t *testing.T, path string) {
		checkText(t, devicePlace(path))
		if name := metricDevice(path); strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_:") != "" {
			t.Fatalf("%q becomes %q", path, name)
		}
	})
}
