package dashboard

import (
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gofiber/fiber/v2"
)

// In somebody's app on loopback that does not look at Host: a name in somebody's DNS that leads there finds nobody; what a
// proxy passes on goes on, and so does a name that was given.
func TestRebound(t *testing.T) {
	t.Parallel()
	access, err := NewAccess(AccessConfig{Open: true, PublicURL: "http://app.example/b/"})
	if err != nil {
		t.Fatal(err)
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	for prefix, access := range map[string]*Access{"/a": nil, "/b": access} {
		d := New(Config{Access: access, Assets: fstest.MapFS{"index.html": {Data: []byte("page")}}, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
		t.Cleanup(func() { d.Close() })
		d.Register(app.Group(prefix))
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go app.Listener(ln)
	t.Cleanup(func() { app.Shutdown() })
	s := &site{t: t, url: "http://" + ln.Addr().String() + "/"}
	port := s.url[strings.LastIndex(s.url, ":") : len(s.url)-1]
	for _, path := range []string{"", "healthz", "api/v1/config", "api/v1/websocket"} {
		for host, misdirected := range map[string]bool{
			"evil.example" + port: true, "192.0.2.1" + port: true, "app.example" + port: true,
			"127.0.0.1" + port: false, "localhost" + port: false, "[::1]" + port: false, "localhost:9000": false, // a tunnel
			"mon.example": false, "mon.example:443": false, // behind a proxy
		} {
			// A browser's: as text the page waits for a first snapshot.
			if status, body, _ := s.get("a/"+path, "Host", host, "Origin", "http://"+host, "Accept", "text/html"); (status == 421) != misdirected {
				t.Errorf("%q, Host %s: %d %s", path, host, status, body)
			}
		}
	}
	for host, misdirected := range map[string]bool{"app.example" + port: false, "evil.example" + port: true} {
		if status, body, _ := s.get("b/api/v1/config", "Host", host); (status == 421) != misdirected {
			t.Errorf("with a public URL, Host %s: %d %s", host, status, body)
		}
	}
}
