package collector

import "testing"

// FuzzNamespace takes what the links below /proc/PID/ns have.
func FuzzNamespace(f *testing.F) {
	f.Add([]byte("pid:[4026531836]"))
	f.Add([]byte("net:[18446744073709551616]"))
	f.Add([]byte("mnt:["))
	f.Add([]byte(":[1]]"))
	f.Fuzz(func(t *testing.T, link []byte) {
		if inode, ok := parseNamespace(link); !ok && inode != 0 {
			t.Fatalf("%q is no namespace, and has inode %d", link, inode)
		}
	})
}

// FuzzScopeMounts takes two mount tables.
func FuzzScopeMounts(f *testing.F) {
	f.Add([]byte("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:5 / /proc/stat rw - fuse.lxcfs lxcfs rw\n"), []byte("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"))
	f.Add([]byte("1 0 8:1 / /\n"), []byte("- fuse.lxcfs\n"))
	f.Add([]byte("a b c d /proc/ - fuse.lxcfs\n"), []byte(" - \n"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		a, b := string(first), string(second)
		if n := len(lxcfsFiles(a)); n > 64 {
			t.Fatalf("%d files", n)
		}
		if sameRoot(a, b) != sameRoot(b, a) {
			t.Fatal("the order matters")
		}
		if root := rootOf(a); len(root.dev)+len(root.dir) > len(a) {
			t.Fatalf("got %q", root)
		} else if root != (mountedRoot{}) && !sameRoot(a, a) {
			t.Fatal("it is not the same as itself")
		}
	})
}
