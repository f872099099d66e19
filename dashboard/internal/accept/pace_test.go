package accept

import (
	"testing"
	"testing/synctest"
	"time"
)

// A crowd is taken at a pace, until those before it have been served; nobody waits longer than that.
func TestCrowdsArePaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := Wrap(&short{}, 1000, nil, quiet(t))
		var all []*conn
		take := func() (waited time.Duration) {
			began := time.Now()
			c, err := ln.Accept()
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, c.(*conn))
			return time.Since(began)
		}
		for n := range crowd {
			if waited := take(); waited != 0 {
				t.Fatalf("connection %d waited %v", n, waited)
			}
		}
		for range 3 {
			if waited := take(); waited != pace {
				t.Errorf("one of a crowd waited %v, want %v", waited, pace)
			}
		}
		all[0].Served()
		all[0].Served() // which counts once
		all[0].Close()
		all[1].Close()
		all[2].Keep()
		all[2].Close()
		all[5].Keep()
		if waited := take(); waited != pace {
			t.Errorf("with as many as make a crowd: waited %v, want %v", waited, pace)
		}
		all[3].Served()
		all[4].Served()
		if waited := take(); waited != 0 {
			t.Errorf("with room again: waited %v", waited)
		}
		for _, c := range all {
			c.Close()
		}
		if n := ln.unserved.Load(); n != 0 {
			t.Errorf("%d are unserved when all have gone", n)
		}
	})
}
