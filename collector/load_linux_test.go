package collector

import "testing"

func TestLoad(t *testing.T) {
	source := loadSource(aHost.write(t))
	if got, want := *read(t, source).Load, (Load{One: 0.5, Five: 1.25, Fifteen: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, bad := range []string{"", "\n", "1.00 2.00\n", "nan 1 2 3/4 5\n", "-1 1 1 1/1 1\n", "0.50 1.25 2.00 3/400 1234", "1.00 inf 1.00\n"} {
		if got, ok := parseLoad([]byte(bad)); ok {
			t.Errorf("%q is taken for a load: %v", bad, got)
		}
	}
	if part, err := loadSource(tree{"proc/": ""}.write(t)).Read(t.Context()); part != nil || err == nil {
		t.Errorf("without a file: %v, %v", part, err)
	}
}

func TestLoadTorn(t *testing.T) {
	const whole = "110.50 1.25 2.00 3/400 1234\n"
	for n := range len(whole) {
		if got, ok := parseLoad([]byte(whole[:n])); ok {
			t.Errorf("%q is taken for a load: %v", whole[:n], got)
		}
	}
}

func TestLoadAllocations(t *testing.T) { holdToAllocations(t, loadSource(hostRoots()), 1) }

func FuzzLoad(f *testing.F) {
	f.Add([]byte("0.50 1.25 2.00 3/400 1234\n"))
	f.Add([]byte("18446744073709551615.999999999999999 0 1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, _ := parseLoad(b)
		checkNumbers(t, l)
	})
}

func BenchmarkLoad(b *testing.B) { benchmarkReads(b, loadSource(hostRoots())) }
