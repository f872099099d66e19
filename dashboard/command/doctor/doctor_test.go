package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// made is a host that has everything, with files written over its own: "-" takes one away.
func made(t testing.TB, files map[string]string) *Host {
	t.Helper()
	dir := t.TempDir()
	all := map[string]string{
		"proc/self/mountinfo":               "22 27 0:20 / /proc rw,nosuid - proc proc rw\n27 1 8:1 / / rw - ext4 /dev/sda1 rw\n",
		"proc/self/limits":                  "Limit                     Soft Limit           Hard Limit           Units\nMax open files            1024                 524288               files\n",
		"proc/self/cgroup":                  "0::/system.slice/fivewire.service\n",
		"proc/1/io":                         "rchar: 1\n",
		"proc/1/environ":                    "HOME=/\x00TERM=linux\x00",
		"proc/pressure/memory":              "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
		"proc/sys/kernel/io_uring_disabled": "0\n",
		"sys/fs/cgroup/cgroup.controllers":  "cpuset cpu io memory pids\n",
		"sys/fs/cgroup/system.slice/fivewire.service/memory.max": "max\n",
		"sys/class/hwmon/hwmon0/name":                            "coretemp\n",
	}
	for name, content := range files {
		all[name] = content
	}
	for name, content := range all {
		if content == "-" {
			continue
		}
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &Host{
		Proc: filepath.Join(dir, "proc"), Sys: filepath.Join(dir, "sys"),
		Env:       func(string) string { return "" },
		CheckHost: func() error { return nil },
		Listen:    "127.0.0.1:8055",
		DataDir:   dir,
		Bind:      func(string) error { return nil },
		Well:      func() error { return errors.New("nobody answers") },
		Space:     func(string) (uint64, uint64, error) { return 1 << 40, 1 << 41, nil },
		Clock:     func() (bool, time.Duration, error) { return true, time.Millisecond, nil },
		Ring:      func() error { return nil },
	}
}

func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// ends gives a host a certificate that lasts so long.
func ends(in time.Duration) func(*Host) {
	return func(h *Host) { h.TLS = func() (time.Time, error) { return time.Now().Add(in), nil } }
}

// A host that has everything gets no hints.
func TestHealthyHost(t *testing.T) {
	findings := Examine(made(t, nil))
	if runtime.GOOS == "linux" && len(findings) != len(all()) {
		t.Errorf("%d findings of %d checks", len(findings), len(all()))
	}
	for _, f := range findings {
		if f.State != OK || f.Hint != "" || f.Text == "" || f.Check == "" {
			t.Errorf("got %+v", f)
		}
	}
}

// What is wrong is found, by the check whose it is, and comes with a hint in one line.
func TestFindings(t *testing.T) {
	for name, c := range map[string]struct {
		look   func(*Host) Finding
		files  map[string]string
		change func(*Host)
		state  State
		text   string
	}{
		"taken": {address, nil, func(h *Host) { h.Bind = func(string) error { return &net.OpError{Err: syscall.EADDRINUSE} } }, Fail, "127.0.0.1:8055 is in use"},
		"taken by us": {address, nil, func(h *Host) {
			h.Bind, h.Well = func(string) error { return syscall.EADDRINUSE }, func() error { return nil }
		}, OK, "a fivewire answers on 127.0.0.1:8055"},
		"low port":        {address, nil, func(h *Host) { h.Bind = func(string) error { return fs.ErrPermission } }, Fail, "may not be opened"},
		"no such address": {address, nil, func(h *Host) { h.Bind = func(string) error { return syscall.EADDRNOTAVAIL } }, Fail, "no address of this machine"},
		"unknown address": {address, nil, func(h *Host) { h.Bind = func(string) error { return errors.New("odd") } }, Fail, "odd"},

		"in memory":    {data, nil, func(h *Host) { h.DataDir = "" }, Warn, "in memory"},
		"no directory": {data, nil, func(h *Host) { h.DataDir += "/none/at/all" }, OK, "is made at the start"},
		"nor will be":  {data, nil, func(h *Host) { h.DataDir = "/proc/none/at/all" }, Fail, "cannot be made"},
		"a file":       {data, map[string]string{"file": "x"}, func(h *Host) { h.DataDir += "/file" }, Fail, "no directory"},
		"full":         {data, nil, func(h *Host) { h.Space = func(string) (uint64, uint64, error) { return 5 << 20, 1 << 30, nil } }, Warn, "5 MB left of 1024 MB"},

		"a key": {key, nil, func(h *Host) { h.Key = func() error { return nil } }, OK, "can be read"},
		"a key that is made": {key, nil, func(h *Host) {
			h.KeyFile, h.Key = h.DataDir+"/key", func() error { return fs.ErrNotExist }
		}, OK, "is made at the start"},
		"a key that is not made": {key, nil, func(h *Host) {
			h.KeyFile, h.Key = h.DataDir+"/none/key", func() error { return fs.ErrNotExist }
		}, Fail, "cannot be made"},
		"a key of others": {key, nil, func(h *Host) { h.Key = func() error { return errors.New("others have it (hint: chmod)") } }, Fail, "others have it"},
		"users":           {users, nil, func(h *Host) { h.Users = func() error { return nil } }, OK, "can be read"},
		"wrong users":     {users, nil, func(h *Host) { h.Users = func() error { return errors.New("line 7") } }, Fail, "line 7"},
		"a certificate":   {certificate, nil, ends(time.Hour * 24 * 60), OK, "belong together"},
		"its end":         {certificate, nil, ends(time.Hour * 24 * 6), Warn, "expires on"},
		"after its end":   {certificate, nil, ends(-time.Hour), Warn, "expired on"},
		"no pair": {certificate, nil, func(h *Host) {
			h.TLS = func() (time.Time, error) { return time.Time{}, errors.New("private key does not match") }
		}, Fail, "does not match"},

		"bad HOST_ROOT":     {mounts, nil, func(h *Host) { h.CheckHost = func() error { return errors.New("HOST_ROOT=x is not an absolute path") } }, Fail, "HOST_ROOT=x"},
		"container":         {mounts, map[string]string{"proc/1/environ": "A=b\x00container=lxc\x00"}, nil, Warn, "container (lxc)"},
		"overlay":           {mounts, map[string]string{"proc/self/mountinfo": "9 1 0:1 / / rw,relatime - overlay overlay rw\n"}, nil, Warn, "overlay"},
		"kubernetes":        {mounts, nil, func(h *Host) { h.Env = environment("KUBERNETES_SERVICE_HOST", "10.0.0.1") }, Warn, "kubernetes"},
		"given":             {mounts, map[string]string{"proc/1/environ": "container=lxc"}, func(h *Host) { h.Env = environment("HOST_ROOT", "/host") }, OK, "HOST_ROOT"},
		"hidepid":           {processes, map[string]string{"proc/self/mountinfo": "22 27 0:20 / /proc rw - proc proc rw,gid=4,hidepid=invisible\n"}, nil, Warn, "hidepid=invisible"},
		"hidepid of old":    {processes, map[string]string{"proc/self/mountinfo": "22 27 0:20 / /proc rw shared:5 - proc proc rw,hidepid=2\n"}, nil, Warn, "hidepid=2"},
		"hidepid off":       {processes, map[string]string{"proc/self/mountinfo": "22 27 0:20 / /proc rw - proc proc rw,hidepid=0\n"}, nil, OK, "seen"},
		"hidepid of root":   {processes, map[string]string{"proc/self/mountinfo": "22 27 0:20 / /proc rw - proc proc rw,hidepid=2\n"}, func(h *Host) { h.Root = true }, OK, "seen"},
		"hidepid elsewhere": {processes, map[string]string{"proc/self/mountinfo": "22 27 0:20 / /x/proc rw - proc proc rw,hidepid=2\n"}, nil, OK, "seen"},
		"no mounts":         {processes, map[string]string{"proc/self/mountinfo": "-"}, nil, Warn, "/proc"},
		"mounts damaged":    {processes, map[string]string{"proc/self/mountinfo": "x - \n - proc\n\n1 2 3 4 /proc - proc\n"}, nil, OK, "seen"},
		"no io":             {processIO, map[string]string{"proc/1/io": "-"}, nil, Warn, "not told"},

		"no pressure":   {pressure, map[string]string{"proc/pressure/memory": "-"}, nil, Warn, "PSI"},
		"version 1":     {cgroup, map[string]string{"sys/fs/cgroup/cgroup.controllers": "-", "sys/fs/cgroup/memory/memory.limit_in_bytes": "1"}, nil, Warn, "version 1"},
		"no cgroups":    {cgroup, map[string]string{"sys/fs/cgroup/cgroup.controllers": "-"}, nil, Warn, "no control groups"},
		"no memory":     {cgroup, map[string]string{"sys/fs/cgroup/cgroup.controllers": "cpu pids\n"}, nil, Warn, "do not count memory"},
		"no sensors":    {sensors, map[string]string{"sys/class/hwmon/hwmon0/name": "-"}, nil, Warn, "no sensors"},
		"free running":  {clock, nil, func(h *Host) { h.Clock = func() (bool, time.Duration, error) { return false, 0, nil } }, Warn, "nobody keeps"},
		"no clock":      {clock, nil, func(h *Host) { h.Clock = func() (bool, time.Duration, error) { return false, 0, syscall.EPERM } }, Warn, "does not tell"},
		"few":           {descriptors, map[string]string{"proc/self/limits": "Max open files            256                  1024                 files\n"}, nil, Warn, "1024 descriptors"},
		"too few":       {descriptors, map[string]string{"proc/self/limits": "Max open files            60                   60                   files\n"}, nil, Fail, "60 descriptors"},
		"unlimited":     {descriptors, map[string]string{"proc/self/limits": "Max open files            256                  unlimited            files\n"}, nil, OK, "as many"},
		"no limits":     {descriptors, map[string]string{"proc/self/limits": "Max open files\n\xff"}, nil, Warn, "not told"},
		"narrow":        {memory, map[string]string{"sys/fs/cgroup/system.slice/fivewire.service/memory.max": "67108864\n"}, nil, Warn, "64 MB"},
		"narrow above":  {memory, map[string]string{"sys/fs/cgroup/system.slice/memory.max": "67108864\n"}, nil, Warn, "64 MB"},
		"wide":          {memory, map[string]string{"sys/fs/cgroup/system.slice/memory.max": "1073741824\n"}, nil, OK, "1024 MB"},
		"version one":   {memory, map[string]string{"proc/self/cgroup": "5:cpu,memory:/a/b\n", "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "67108864\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, nil, Warn, "64 MB"},
		"odd group":     {memory, map[string]string{"proc/self/cgroup": "0::../../x\n1:name=systemd:/\n"}, nil, OK, "no control group"},
		"ring disabled": {ring, map[string]string{"proc/sys/kernel/io_uring_disabled": "2\n"}, func(h *Host) { h.Ring = func() error { return syscall.EPERM } }, Warn, "io_uring_disabled=2"},
		"ring refused":  {ring, nil, func(h *Host) { h.Ring = func() error { return syscall.EPERM } }, Warn, "refused (operation not permitted)"},
		"ring of old":   {ring, nil, func(h *Host) { h.Ring = func() error { return syscall.ENOSYS } }, Warn, "has no io_uring"},
		"proxied":       {proxy, nil, func(h *Host) { h.Env = environment("HTTPS_PROXY", "http://p:3128", "NO_PROXY", "example.org") }, Warn, "HTTPS_PROXY"},
		"not proxied":   {proxy, nil, func(h *Host) { h.Env = environment("http_proxy", "http://p", "no_proxy", "a, 127.0.0.1") }, OK, "not for this machine"},
	} {
		t.Run(name, func(t *testing.T) {
			h := made(t, c.files)
			if c.change != nil {
				c.change(h)
			}
			f := c.look(h)
			if f.State != c.state || !strings.Contains(f.Text, c.text) {
				t.Errorf("got %+v, want %s %q", f, c.state, c.text)
			}
			if (f.Hint == "") != (f.State == OK) || strings.Contains(f.Text+f.Hint, "\n") {
				t.Errorf("got %+v: one line, and a hint when it is not ok", f)
			}
			if strings.Contains(f.Text, "http://p") {
				t.Errorf("%q says the proxy's address, which may have a password in it", f.Text)
			}
		})
	}
}

// Who else has the users' file or the certificate's key is told, with what to type.
func TestExposed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("its files have no such bits")
	}
	own, root := os.Getuid(), os.Getuid() == 0
	if root { // who may give files away
		own = 7
	}
	for _, c := range []struct {
		mode       os.FileMode
		uid        int // whom the file belongs to
		as         int // whom fivewire runs as
		text, hint string
	}{
		{0o600, own, own, "", ""},
		{0o640, own, own, "", ""}, // a group that is let in on purpose
		{0o644, own, own, "others can get at FILE (mode 0644)", "chmod o-rw FILE"},
		{0o602, own, own, "others can get at FILE (mode 0602)", "chmod o-rw FILE"},
		{0o600, own, own + 1, fmt.Sprintf("FILE belongs to the user %d, who can change it", own), fmt.Sprintf("chown %d FILE", own+1)},
		{0o600, 0, own, "", ""},
	} {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, c.mode); err != nil {
			t.Fatal(err)
		}
		if root {
			if err := os.Chown(file, c.uid, -1); err != nil {
				t.Fatal(err)
			}
		} else if c.uid == 0 {
			continue
		}
		want := func(text string) string { return strings.ReplaceAll(text, "FILE", file) }
		h := made(t, nil)
		h.UID, h.UsersFile, h.TLSKey = c.as, file, file
		h.Users = func() error { return nil }
		ends(time.Hour * 24 * 6)(h)
		if f := users(h); f.Hint != want(c.hint) || c.hint != "" && (f.State != Warn || f.Text != want(c.text)) {
			t.Errorf("%04o of %d: users: %+v", c.mode, c.uid, f)
		}
		if f := certificate(h); f.State != Warn || c.hint != "" && (f.Text != want(c.text) || f.Hint != want(c.hint)) {
			t.Errorf("%04o of %d: certificate: %+v", c.mode, c.uid, f)
		}
	}
}

// This host, whatever it is: each check has a finding, and nothing is left behind.
func TestThisHost(t *testing.T) {
	dir := t.TempDir()
	for _, f := range Examine(This("127.0.0.1:0", dir)) {
		t.Logf("%s %s: %s", f.State, f.Check, f.Text)
		if f.State == Fail {
			t.Errorf("%s fails: %s", f.Check, f.Text)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Whether the first process may be read says nothing of the others.
func TestCountIO(t *testing.T) {
	proc := t.TempDir()
	for _, name := range []string{"1", "7", "42", "sys", "thread-self"} {
		if err := os.Mkdir(filepath.Join(proc, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for want, answers := range map[string]map[string]error{
		"warn the disk traffic of processes is seen of 2, and of 1 not": {"1": fs.ErrPermission, "7": nil, "42": nil},
		"warn the disk traffic of processes is seen of 1, and of 2 not": {"1": nil, "7": fs.ErrPermission, "42": fs.ErrPermission},
		"ok the disk traffic of all processes is seen":                  {"1": nil, "7": nil, "42": syscall.ESRCH},
		"warn the disk traffic of processes is not told: ":              {"1": fs.ErrNotExist, "7": fs.ErrNotExist, "42": fs.ErrNotExist},
	} {
		got := countIO(proc, func(file string) ([]byte, error) {
			err, asked := answers[filepath.Base(filepath.Dir(file))]
			if !asked {
				t.Errorf("asks %s", file)
			}
			return nil, err
		})
		if text := fmt.Sprint(got.State, " ", got.Text); !strings.HasPrefix(text, want) {
			t.Errorf("got %s, want %s", text, want)
		}
	}
}
