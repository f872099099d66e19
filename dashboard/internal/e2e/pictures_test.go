package e2e

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var pictures = flag.String("pictures", "", "write README's pictures of the page into this folder")

// TestPictures looks at the page as people do: a wide screen, a projector, a phone, dark and light. With -pictures it
// keeps what it sees; README shows those of .github/pictures.
func TestPictures(t *testing.T) {
	s := start(t)
	s.ready()
	for _, scheme := range []string{"dark", "light"} {
		for _, size := range []struct{ width, height int64 }{{1440, 900}, {1024, 768}, {390, 844}} {
			t.Run(fmt.Sprintf("%s-%d", scheme, size.width), func(t *testing.T) {
				p := newPage(t)
				p.view(size.width, size.height, scheme)
				p.open(s.url + "?technique=sse")
				p.live("sse")
				if wide := evaluate[int64](p, `document.documentElement.scrollWidth`); wide > size.width {
					t.Errorf("the page is %d px wide on a screen of %d", wide, size.width)
				}
				if *pictures == "" {
					return
				}
				for _, technique := range []string{"polling", "longpolling", "websocket", "sse"} { // something to see on the strip
					time.Sleep(4 * time.Second)
					p.choose(technique)
				}
				time.Sleep(4 * time.Second)
				file := filepath.Join(*pictures, fmt.Sprintf("%s-%d.png", scheme, size.width))
				if err := os.WriteFile(file, p.picture(), 0o644); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}
