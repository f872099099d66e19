package collector

import "testing"

// FuzzNetFacts takes what the files below /sys/class/net/NAME have.
func FuzzNetFacts(f *testing.F) {
	f.Add([]byte("1000"))
	f.Add([]byte("-1"))
	f.Add([]byte("4294967295"))
	f.Add([]byte("lowerlayerdown"))
	f.Fuzz(func(t *testing.T, word []byte) {
		checkNumber(t, netNumber(word))
		checkNumber(t, netSpeed(word))
		if v, _ := netSpeed(word).Get(); v >= 1<<31*1e6/8 {
			t.Fatalf("%q is %v bytes per second", word, v)
		}
		checkText(t, netState(word))
	})
}
