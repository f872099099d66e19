package dashboard_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"path/filepath"
	"time"

	"github.com/fivewire/fivewire/assets"
	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard"
	"github.com/fivewire/fivewire/dashboard/load"
)

// A dashboard in a program that is made of net/http: it is served on a Unix socket that only this user may open, and the
// program passes on to it what is below a path, behind whatever the program has in front. All five techniques go through.
func ExampleDashboard_Serve_behindNetHTTP() {
	dir, err := os.MkdirTemp("", "monitor-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	socket := filepath.Join(dir, "fivewire.sock")

	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()

	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	// The program asks who it is; what browsers call it is whose pages may read the dashboard, and the name that it answers to.
	access, err := dashboard.NewAccess(dashboard.AccessConfig{Open: true, PublicURL: server.URL + "/monitor/"})
	if err != nil {
		fmt.Println(err)
		return
	}
	d := dashboard.New(dashboard.Config{Assets: assets.FS, Access: access})
	go new(collector.Collector).Run(ctx, d.Publish)
	ln, _, err := dashboard.Listen("unix:" + socket)
	if err != nil {
		fmt.Println(err)
		return
	}
	served := make(chan error, 1)
	go func() { served <- d.Serve(ctx, ln, "/monitor") }()

	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", "localhost" // Host stays what the browser said, for the dashboard to judge
		},
		FlushInterval: -1, // each message at once
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "unix", socket)
			},
			DisableCompression: true, // what the browser takes is what it gets
		},
	}
	mux.Handle("/monitor/", proxy) // the program's own login goes around it

	for _, technique := range load.Techniques() {
		client := load.Client{URL: server.URL + "/monitor/", Technique: technique, Interval: 50 * time.Millisecond, Header: http.Header{"Origin": {server.URL}}}
		enough := errors.New("enough")
		err := client.Watch(ctx, "", func(load.Message) error { return enough })
		fmt.Println(technique, errors.Is(err, enough))
	}

	stop() // it tells its viewers, and lets go of the connections that the proxy keeps
	fmt.Println(<-served)
	// Output:
	// polling true
	// longpolling true
	// streaming true
	// sse true
	// websocket true
	// <nil>
}
