package command

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// A Health is `fivewire health`.
type Health struct {
	Serve `embed:""`
	URL   string        `name:"url" placeholder:"URL" help:"Ask this dashboard instead of the one that the flags describe."`
	Ready bool          `help:"Ask whether there is something to see (readyz), not whether it lives (healthz)."`
	Wait  time.Duration `default:"3s" placeholder:"DURATION" allowed:"100ms to 1m" help:"How long the answer may take (default ${default})."`
}

// Help is shown by --help.
func (*Health) Help() string {
	return `Asks the dashboard that the same flags, variables and configuration file would start, and exits 0 when it is well, 1 when
it is not, with one line that says why. It is what a container's health check runs: there is no other program in it.

Examples:
  fivewire health
  fivewire health --listen unix:/run/fivewire.sock
  fivewire health --url http://127.0.0.1:8055/monitor/ --ready`
}

// Validate refuses before anything is asked.
func (h *Health) Validate(ctx *kong.Context) error {
	if err := h.Serve.Validate(ctx); err != nil {
		return err
	}
	if h.Wait < 100*time.Millisecond || h.Wait > time.Minute {
		return fmt.Errorf("--wait %v is outside 100ms to 1m", h.Wait)
	}
	if h.URL != "" && !strings.HasPrefix(h.URL, "http://") && !strings.HasPrefix(h.URL, "https://") {
		return fmt.Errorf("--url %q: want http://host:port/", h.URL)
	}
	_, _, err := h.target()
	return err
}

// Run asks once.
func (h *Health) Run() error {
	if err := h.ask(); err != nil {
		return err
	}
	fmt.Println("ok")
	return nil
}

// ask is nil when the dashboard is well.
func (h *Health) ask() error {
	ctx, cancel := context.WithTimeout(context.Background(), h.Wait)
	defer cancel()
	network, request, err := h.request(ctx)
	if err != nil {
		return err
	}
	client := http.Client{
		Transport: &http.Transport{
			DisableKeepAlives: true,
			// No proxy: it is this machine's own. Nor does its certificate have to be one for that name: who could stand in
			// between is on this machine already.
			TLSClientConfig: &tls.Config{InsecureSkipVerify: h.URL == ""},
			DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
				var d net.Dialer
				if file, isSocket := strings.CutPrefix(network, "unix:"); isSocket {
					return d.DialContext(ctx, "unix", file)
				}
				return d.DialContext(ctx, "tcp", address)
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(request)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer from %v within %v (hint: is it stuck, or is that another program?)", request.URL, h.Wait)
	}
	if err != nil {
		return fmt.Errorf("%w (hint: --url says where it is)", err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%v answers %d: %q", request.URL, answer.StatusCode, strings.TrimSpace(string(text)))
	}
	return nil
}

// request is what to ask, and unix:/path where that goes by a socket. Of names a dashboard answers to localhost wherever it
// listens, and not to the one that --listen happened to say.
func (h *Health) request(ctx context.Context) (socket string, r *http.Request, err error) {
	socket, url, err := h.target()
	if err != nil {
		return "", nil, err
	}
	if r, err = http.NewRequestWithContext(ctx, http.MethodGet, url, nil); err == nil && h.URL == "" {
		r.Host = "localhost"
	}
	return socket, r, err
}

// target is where to ask: the URL, and unix:/path where that goes by a socket.
func (h *Health) target() (socket, url string, err error) {
	probe := "healthz"
	if h.Ready {
		probe = "readyz"
	}
	if h.URL != "" {
		return "", strings.TrimSuffix(h.URL, "/") + "/" + probe, nil
	}
	below, scheme := strings.TrimSuffix(h.BasePath, "/")+"/"+probe, "http://"
	if h.TLSCert != "" {
		scheme = "https://"
	}
	if strings.HasPrefix(h.Listen, "unix:") {
		return h.Listen, scheme + "localhost" + below, nil
	}
	host, port, err := net.SplitHostPort(h.Listen)
	if err != nil {
		return "", "", err
	}
	if port == "0" {
		return "", "", errors.New("--listen with port 0 does not say where to ask: --url does")
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip != nil && ip.To4() == nil {
			host = "::1"
		}
	}
	host = strings.ReplaceAll(host, "%", "%25") // RFC 6874: a zone's sign in a URL
	return "", scheme + net.JoinHostPort(host, port) + below, nil
}
