package resident

import (
	"errors"
	"path"
	"strings"
	"testing"
)

func TestLimit(t *testing.T) {
	for name, tt := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"own":         {map[string]string{"/proc/self/cgroup": "0::/a/b\n", "/sys/fs/cgroup/a/b/memory.max": "1000\n", "/sys/fs/cgroup/a/memory.max": "max\n"}, 1000},
		"above":       {map[string]string{"/proc/self/cgroup": "0::/a/b\n", "/sys/fs/cgroup/a/b/memory.max": "max\n", "/sys/fs/cgroup/a/memory.max": "500\n"}, 500},
		"none":        {map[string]string{"/proc/self/cgroup": "0::/a/b\n", "/sys/fs/cgroup/a/b/memory.max": "max\n"}, 0},
		"container":   {map[string]string{"/proc/self/cgroup": "0::/../../x\n", "/sys/fs/cgroup/memory.max": "700\n"}, 700},
		"version-1":   {map[string]string{"/proc/self/cgroup": "4:cpu,memory:/d\n1:name=systemd:/d\n", "/sys/fs/cgroup/memory/d/memory.limit_in_bytes": "900\n"}, 900},
		"1-none":      {map[string]string{"/proc/self/cgroup": "4:memory:/d\n", "/sys/fs/cgroup/memory/d/memory.limit_in_bytes": "9223372036854771712\n"}, 0},
		"no-cgroup":   {map[string]string{}, 0},
		"cut":         {map[string]string{"/proc/self/cgroup": "0::", "/sys/fs/cgroup/memory.max": "7x"}, 0},
		"no-sense":    {map[string]string{"/proc/self/cgroup": "what\n\n::\n0:\n", "/sys/fs/cgroup/memory.max": "1"}, 0},
		"not-a-limit": {map[string]string{"/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "-5\n"}, 0},
	} {
		got, ok := Limit(func(file string) ([]byte, error) {
			if text, there := tt.files[file]; there {
				return []byte(text), nil
			}
			return nil, errors.New("not there")
		})
		if ok != (tt.want > 0) || ok && got != tt.want {
			t.Errorf("%s: got %d, %v, want %d", name, got, ok, tt.want)
		}
	}
}

// Whatever the kernel says, a limit is one that can be set, and each file is asked for below the two trees.
func FuzzLimit(f *testing.F) {
	f.Add("0::/a/b\n", "1000\n")
	f.Add("4:cpu,memory:/d\n1:name=systemd:/d\n", "9223372036854771712\n")
	f.Add("0::/../../x\n", "max\n")
	f.Add("::\n0::\n:memory:..\n0::a//b/./..\n", "-1")
	f.Fuzz(func(t *testing.T, groups, value string) {
		limit, ok := Limit(func(file string) ([]byte, error) {
			if file == "/proc/self/cgroup" {
				return []byte(groups), nil
			}
			if !strings.HasPrefix(file, "/sys/fs/cgroup/") || path.Clean(file) != file {
				t.Errorf("%q asks for %q", groups, file)
			}
			return []byte(value), nil
		})
		if ok && (limit <= 0 || limit >= 1<<60) {
			t.Errorf("%q, %q: %d", groups, value, limit)
		}
	})
}
