package collector

import (
	"fmt"
	"slices"
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
		{"1 0 0:1 / /a rw - x y ", mount{}},
		{"1 0 0:1  /a rw shared:1 - x y rw", mount{}}, // an empty word
		{"1 0 0:1 / /a  - x y rw", mount{}},
		{"1 0 0:1 / /a - x y rw", mount{}},
		{"1 0 0:1 / /a - - x y rw", mount{}},
		{"1\t0\t0:1\t/\t/a\trw - x y rw", mount{}},
		{"-1 0 0:1 / /a rw - x y rw", mount{}},
		{"1 +2 0:1 / /a rw - x y rw", mount{}},
		{"2147483648 0 0:1 / /a rw - x y rw", mount{}},
	} {
		mounts, err := parseMountinfo(tt.line + "\n")
		var got mount
		if len(mounts) == 1 {
			got = mounts[0]
		}
		if is := (tt.want != mount{}); got != tt.want || len(mounts) > 1 || (err == nil) != (is || tt.line == "") {
			t.Errorf("%q: got %+v, %v\nwant %+v", tt.line, mounts, err, tt.want)
		}
	}
	mounts, err := parseMountinfo("1 0 0:1 / / rw - ext4 /dev/sda rw\nnonsense\n\n2 1 0:2 / /b rw - ext4 /dev/sdb rw")
	if len(mounts) != 1 || err == nil || err.Error() != "lines of mountinfo that are not as documented: 2" {
		t.Errorf("got %v, %v", mounts, err)
	}
}

func TestMountLines(t *testing.T) {
	const table = "36 35 98:0 /a\\040b /mnt\\0402 rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue\n" +
		"37 35 0:4 net:[4026532281] /run/netns/a rw shared:3 - nsfs nsfs rw\n" +
		"38 36 0:51 / / rw - fuse.lxcfs  rw,user_id=0\n"
	want := []mountLine{
		{36, 35, "98:0", `/a\040b`, `/mnt\0402`, "rw,noatime", "ext3", "/dev/root", "rw,errors=continue"},
		{37, 35, "0:4", "net:[4026532281]", "/run/netns/a", "rw", "nsfs", "nsfs", "rw"},
		{38, 36, "0:51", "/", "/", "rw", "fuse.lxcfs", "", "rw,user_id=0"},
	}
	for n := range len(table) + 1 { // a line that is cut off is none
		i, whole := 0, strings.Count(table[:n], "\n")
		for got, ok := range mountLines(table[:n]) {
			if ok != (i < whole) || ok && got != want[i] || !ok && got != (mountLine{}) {
				t.Fatalf("%q: line %d is %+v, %t", table[:n], i, got, ok)
			}
			i++
		}
		if i < whole {
			t.Fatalf("%q: %d lines", table[:n], i)
		}
	}
	points := 0
	if n := testing.AllocsPerRun(10, func() {
		for m := range mountLines(table) {
			points += len(m.point)
		}
	}); n != 0 || points == 0 {
		t.Errorf("%g allocations", n)
	}
}

func TestRootOf(t *testing.T) {
	const a, b = "1 0 8:1 / / rw - ext4 x rw\n", "2 1 8:1 /sub / rw - ext4 x rw\n"
	none := mountedRoot{}
	for table, want := range map[string]mountedRoot{
		a: {"8:1", "/"}, a + b: {"8:1", "/sub"}, b + a: {"8:1", "/"}, "": none, "2 1 8:1 / /b rw - ext4 x rw\n": none,
		a + "2 1 8:2 / / rw - ext4 x r": {"8:1", "/"}, "2 1 8:1 / /\n": none,
	} {
		if got := rootOf(table); got != want {
			t.Errorf("%q: got %v, want %v", table, got, want)
		}
		if sameRoot(table, a) != (want == rootOf(a)) || sameRoot(table, "") || sameRoot("", table) {
			t.Errorf("%q has the same root as another, or not", table)
		}
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

func FuzzMountLines(f *testing.F) {
	f.Add(aHost["proc/1/mountinfo"])
	f.Add(manyMounts(20))
	f.Add("1 2 0:1 / /a/b rw - tmpfs  rw\n2 1 0:1 / /a rw - ext4 x rw\n3 3 0:2 / / ro - - - ro\n4 3 0:2 / / rw x - a b c\n")
	f.Add("36 35 98:0 /a\\040b /mnt\\0402 rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue\n")
	f.Add("1 0 0:1 / /a rootless - x  - rw\n1 0 0:1  /a - - x y rw\n\n2 1 0:2 net:[4] /b rw -")
	f.Fuzz(func(t *testing.T, table string) {
		lines := strings.Split(table, "\n")
		lines = slices.DeleteFunc(lines, func(line string) bool { return line == "" })
		for m, ok := range mountLines(table) {
			line := lines[0]
			lines = lines[1:]
			if !ok {
				if m != (mountLine{}) {
					t.Fatalf("%q: got %+v", line, m)
				}
				continue
			}
			tags, _, _ := strings.Cut(line, " - ")
			if extra := strings.SplitN(tags, " ", 7); len(extra) == 7 {
				tags = " " + extra[6]
			} else {
				tags = ""
			}
			id, parent, _ := strings.Cut(line, " ")
			parent, _, _ = strings.Cut(parent, " ")
			again := fmt.Sprintf("%s %s %s %s %s %s%s - %s %s %s", id, parent, m.dev, m.root, m.point, m.options, tags, m.fstype, m.source, m.superOptions)
			if again != line || !strings.HasSuffix("0000"+id, strconv.Itoa(m.id)) || !strings.HasSuffix("0000"+parent, strconv.Itoa(m.parent)) {
				t.Fatalf("%q: got %+v", line, m)
			}
			for _, word := range []string{m.root, m.point, m.fstype, m.source} {
				plain := unescape(word)
				if len(plain) > len(word) || !strings.Contains(word, `\`) && plain != word || strings.Contains(word, " ") {
					t.Fatalf("%q is %q", word, plain)
				}
			}
		}
		if len(lines) > 0 {
			t.Fatalf("left: %q", lines)
		}
		mounts, _ := parseMountinfo(table)
		checkMounts(t, mounts)
	})
}

// checkMounts: whatever the mounts are, each is shown or counted, and none twice.
func checkMounts(t *testing.T, mounts []mount) {
	t.Helper()
	shown, hidden := shownMounts(mounts, reachableMounts(mounts), map[string]bool{"/a": true})
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
}
