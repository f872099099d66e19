package command

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// A Health is `fivewire health`.
type Health struct {
	Serve   `embed:""`
	Address string        `arg:"" optional:"" help:"Ask the dashboard there, a URL or unix:/path of its socket, instead of the one that the flags describe."`
	URL     string        `name:"url" placeholder:"URL" help:"The same as a flag; the argument goes before it."`
	Ready   bool          `help:"Ask whether there is something to see (readyz), not whether it lives (healthz)."`
	Wait    time.Duration `default:"3s" placeholder:"DURATION" allowed:"100ms to 1m" help:"How long the answer may take (default ${default})."`
}

// Help is shown by --help.
func (*Health) Help() string {
	return `Asks the dashboard that the same flags, variables and configuration file would start, and exits 0 when it is well, 1 when
it is not, with one line that says why. It is what a container's health check runs: there is no other program in it.

Examples:
  fivewire health
  fivewire health --listen unix:/run/fivewire.sock
  fivewire health --ready http://127.0.0.1:8055/monitor/`
}

// Validate refuses before anything is asked.
func (h *Health) Validate(ctx *kong.Context) error {
	if err := h.Serve.Validate(ctx); err != nil {
		return err
	}
	if h.Wait < 100*time.Millisecond || h.Wait > time.Minute {
		return fmt.Errorf("--wait %v is outside 100ms to 1m", h.Wait)
	}
	if address := h.there(); address != "" {
		if u, err := url.Parse(address); err == nil && u.User != nil { // for a proxy
			u.User = nil
			address = u.String()
		}
		if err := validAddress(address); err != nil {
			return err
		}
	}
	_, _, err := h.target()
	return err
}

// there is whom to ask where that is said; "" for the one that the flags describe.
func (h *Health) there() string { return cmp.Or(h.Address, h.URL) }

// Run asks once.
func (h *Health) Run() error {
	said, err := h.ask()
	if err != nil {
		return err
	}
	if but, more := strings.CutPrefix(said, "ok, but "); more {
		fmt.Printf("ok, but %q\n", but)
	} else {
		fmt.Println("ok")
	}
	return nil
}

// ask is no error when the dashboard is well, and what it says then.
func (h *Health) ask() (said string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), h.Wait)
	defer cancel()
	network, request, err := h.request(ctx)
	if err != nil {
		return "", err
	}
	client := http.Client{
		Transport: &http.Transport{
			DisableKeepAlives: true,
			// No proxy: it is this machine's own. Nor does its certificate have to be one for that name: who could stand in
			// between is on this machine already.
			TLSClientConfig: &tls.Config{InsecureSkipVerify: h.there() == ""},
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
		return "", fmt.Errorf("no answer from %v within %v (hint: is it stuck, or is that another program?)", request.URL, h.Wait)
	}
	if err != nil {
		return "", fmt.Errorf("%w (hint: fivewire health URL, where it is elsewhere)", err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%v answers %d: %q", request.URL, answer.StatusCode, strings.TrimSpace(string(text)))
	}
	return strings.TrimSpace(string(text)), nil
}

// request is what to ask, and unix:/path where that goes by a socket. Of names a dashboard answers to localhost wherever it
// listens, and not to the one that --listen happened to say.
func (h *Health) request(ctx context.Context) (socket string, r *http.Request, err error) {
	socket, at, err := h.target()
	if err != nil {
		return "", nil, err
	}
	if r, err = http.NewRequestWithContext(ctx, http.MethodGet, at, nil); err == nil && h.there() == "" {
		r.Host = "localhost"
	}
	return socket, r, err
}

// target is where to ask: the URL, and unix:/path where that goes by a socket.
func (h *Health) target() (socket, at string, err error) {
	probe := "healthz"
	if h.Ready {
		probe = "readyz"
	}
	if address := h.there(); strings.HasPrefix(address, "unix:") {
		return address, "http://localhost/" + probe, nil
	} else if address != "" {
		u, err := url.Parse(address) // which may be a browser's, with the page's state
		if err != nil {
			return "", "", err
		}
		u = u.JoinPath(probe)
		u.RawQuery = ""
		return "", u.String(), nil
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
		return "", "", errors.New("--listen with port 0 does not say where to ask (hint: fivewire health URL)")
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
