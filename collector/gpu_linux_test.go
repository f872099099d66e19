package collector

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

const amdDevice = "sys/devices/pci0000:00/0000:03:00.0/"

var anAMD = tree{
	amdDevice + "gpu_busy_percent":            "42\n",
	amdDevice + "mem_info_vram_used":          "1073741824\n",
	amdDevice + "mem_info_vram_total":         "8589934592\n",
	amdDevice + "device":                      "0x73bf\n",
	amdDevice + "unique_id":                   "c0ffee\n",
	amdDevice + "power/runtime_status":        "active\n",
	amdDevice + "hwmon/hwmon3/temp1_input":    "55000\n",
	amdDevice + "hwmon/hwmon3/power1_average": "95000000\n",
	amdDevice + "hwmon/hwmon3/power1_cap":     "255000000\n",
	amdDevice + "hwmon/hwmon3/pwm1":           "51\n",
	"sys/devices/intel/vendor":                "0x8086\n",
}

func amdHost(t testing.TB) roots {
	r := anAMD.write(t)
	linkSensors(t, r, map[string]string{
		"sys/class/drm/card1":             amdDevice + "drm/card1",
		amdDevice + "drm/card1/device":    amdDevice,
		"sys/class/drm/card0/device":      "sys/devices/intel",
		"sys/class/drm/card1-DP-1/device": amdDevice,
	})
	return r
}

func amdSource(r roots) Source {
	g := gpuReader{amd: newAMD(r)}
	return Source{Name: "gpus", Read: g.read}
}

func TestAMD(t *testing.T) {
	r := amdHost(t)
	s := amdSource(r)
	want := GPU{ID: "c0ffee", Name: "AMD GPU 73bf", Busy: Known(0.42), MemoryUsed: Known(1 << 30), MemoryTotal: Known(8 << 30),
		Temperature: Known(55), Power: Known(95), PowerLimit: Known(255), Fan: Known(0.2)}
	if got := read(t, s).GPUs; len(got) != 1 || got[0] != want {
		t.Errorf("got %+v", got)
	}
	tree{amdDevice + "gpu_busy_percent": "x\n", amdDevice + "mem_info_vram_used": "", amdDevice + "hwmon/hwmon3/temp1_input": "-1\n"}.over(t, r)
	want.Busy, want.MemoryUsed, want.Temperature = Number{}, Number{}, Number{}
	if got := read(t, s).GPUs; len(got) != 1 || got[0] != want {
		t.Errorf("got %+v", got)
	}
	tree{amdDevice + "power/runtime_status": "suspended\n"}.over(t, r)
	if got := read(t, s).GPUs; len(got) != 1 || got[0] != (GPU{ID: "c0ffee", Name: "AMD GPU 73bf"}) {
		t.Errorf("got %+v", got)
	}
}

func TestNoGPU(t *testing.T) {
	if part, err := amdSource(tree{"sys/": ""}.write(t)).Read(t.Context()); part != nil || !isMissing(err) {
		t.Errorf("got %v, %v", part, err)
	}
}

func TestNVIDIASleeps(t *testing.T) {
	const device = "sys/devices/pci0000:00/0000:01:00.0"
	r := tree{device + "/power/runtime_status": "active\n"}.write(t)
	linkSensors(t, r, map[string]string{"sys/bus/pci/drivers/nvidia/0000:01:00.0": device})
	if nvidiaSleeps(r) {
		t.Error("awake, and said to sleep")
	}
	tree{device + "/power/runtime_status": "suspended\n"}.over(t, r)
	if !nvidiaSleeps(r) {
		t.Error("asleep, and said to be awake")
	}
}

func TestAMDAllocs(t *testing.T) {
	s := amdSource(amdHost(t))
	read(t, s)
	if n := testing.AllocsPerRun(100, func() { s.Read(t.Context()) }); n > 2 {
		t.Errorf("%g allocations", n)
	}
}

func BenchmarkAMD(b *testing.B) {
	s := amdSource(amdHost(b))
	b.ReportAllocs()
	for b.Loop() {
		s.Read(b.Context())
	}
}

// A program that somebody else may change, or put another in its place, is not run.
func TestMayRun(t *testing.T) {
	const other = 65534
	for _, tt := range []struct {
		name   string
		change func(dir string) error // dir has bin/nvidia-smi, other/nvidia-smi and link, to bin
		path   string
		root   bool // it takes root to make it
		want   bool
	}{
		{name: "ours", path: "bin/nvidia-smi", want: true},
		{name: "through a link", path: "link/nvidia-smi", want: true},
		{name: "through a link that goes up", path: "bin/up", want: true, change: func(dir string) error { return os.Symlink("../bin/./../link/nvidia-smi", dir+"/bin/up") }},
		{name: "no program", path: "bin/nvidia-smi", change: func(dir string) error { return os.Chmod(dir+"/bin/nvidia-smi", 0o644) }},
		{name: "nothing there", path: "bin/none"},
		{name: "a directory", path: "bin"},
		{name: "links in a circle", path: "bin/circle", change: func(dir string) error { return os.Symlink("circle", dir+"/bin/circle") }},
		{name: "group may write", path: "bin/nvidia-smi", change: func(dir string) error { return os.Chmod(dir+"/bin/nvidia-smi", 0o775) }},
		{name: "others may write to the directory", path: "bin/nvidia-smi", change: func(dir string) error { return os.Chmod(dir+"/bin", 0o757) }},
		{name: "others may write to the directory of what the link leads to", path: "link/nvidia-smi", change: func(dir string) error { return os.Chmod(dir+"/bin", 0o757) }},
		{name: "others may make files beside it", path: "bin/nvidia-smi", want: true, change: func(dir string) error { return os.Chmod(dir+"/bin", 0o777|os.ModeSticky) }},
		{name: "another's", path: "bin/nvidia-smi", root: true, change: func(dir string) error { return os.Chown(dir+"/bin/nvidia-smi", other, other) }},
		{name: "in another's directory", path: "bin/nvidia-smi", root: true, change: func(dir string) error { return os.Chown(dir+"/bin", other, other) }},
		{name: "below another's directory", path: "bin/nvidia-smi", root: true, change: func(dir string) error { return os.Chown(dir, other, other) }},
		{name: "another's link", path: "link/nvidia-smi", root: true, change: func(dir string) error { return os.Lchown(dir+"/link", other, other) }},
		{name: "a link in another's directory on the way", path: "bin/far", root: true, change: func(dir string) error {
			return errors.Join(os.Symlink("../other/near", dir+"/bin/far"), os.Symlink("../bin/nvidia-smi", dir+"/other/near"), os.Chown(dir+"/other", other, other))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.root && os.Geteuid() != 0 {
				t.Skip("only root can make it")
			}
			dir := t.TempDir()
			if err := errors.Join(os.Chmod(dir, 0o755), os.Mkdir(dir+"/bin", 0o755), os.Mkdir(dir+"/other", 0o755), os.Symlink("bin", dir+"/link"),
				os.WriteFile(dir+"/bin/nvidia-smi", nil, 0o755), os.Chmod(dir+"/bin/nvidia-smi", 0o755)); err != nil {
				t.Fatal(err)
			}
			if tt.change != nil {
				if err := tt.change(dir); err != nil {
					t.Fatal(err)
				}
			}
			if got := mayRun(filepath.Join(dir, tt.path)); got != tt.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
