package command

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/fivewire/fivewire/dashboard/load/address"
)

// remote is a dashboard that a subcommand speaks to.
type remote struct {
	base   string // where it is, as package load takes it
	header http.Header
	client *http.Client
}

const (
	// patience is how long an answer may take.
	patience = 10 * time.Second
	// mostAnswer bounds one: of anything that a subcommand asks for.
	mostAnswer = 16 << 20
)

// dial makes ready for a dashboard at an address, or at unix:/path. Nothing is connected yet. The key is that of a file,
// or FIVEWIRE_KEY's.
func dial(address, keyFile string) (*remote, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableCompression = true
	r := &remote{base: address, header: make(http.Header), client: &http.Client{Transport: transport, CheckRedirect: sameHost}}
	if path, isSocket := strings.CutPrefix(address, "unix:"); isSocket {
		var d net.Dialer
		transport.Proxy = nil
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, "unix", path) }
		r.base = "http://localhost/"
	}
	if err := validAddress(r.base); err != nil {
		return nil, err
	}
	key := os.Getenv("FIVEWIRE_KEY")
	if keyFile != "" {
		b, err := os.ReadFile(keyFile)
		if err != nil {
			return nil, fmt.Errorf("--key-file: %w", err)
		}
		key = string(b)
	}
	if key = strings.TrimSpace(key); key != "" {
		r.header.Set("Authorization", "Bearer "+key)
	}
	return r, nil
}

// validAddress refuses what is no dashboard's address, and one with a key in it.
func validAddress(address string) error {
	if strings.HasPrefix(address, "unix:") {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%q is not a dashboard's address: want http://host:port/, https://… or unix:/path", address)
	}
	if u.Fragment != "" || u.User != nil {
		return errors.New("a key does not belong on a command line, where every user can read it (hint: --key-file FILE, or FIVEWIRE_KEY)")
	}
	return nil
}

// sameHost follows redirects as far as the key may go: to the same host, and not from TLS to where all can read it.
func sameHost(next *http.Request, before []*http.Request) error {
	if first := before[0].URL; len(before) > 3 || next.URL.Host != first.Host || next.URL.Scheme != first.Scheme {
		return http.ErrUseLastResponse
	}
	return nil
}

// ask sends a request, with v as JSON unless it is nil, and reads the JSON of the answer into it.
func (r *remote) ask(ctx context.Context, method, path string, v, into any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var body io.Reader
	if v != nil {
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	u, err := url.Parse(r.base)
	if err != nil {
		return err
	}
	query := address.Query(u)
	u = u.JoinPath(path)
	u.RawQuery = query.Encode()
	q, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return err
	}
	q.Header = r.header.Clone()
	if v != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	answer, err := r.client.Do(q)
	if unknown := new(tls.CertificateVerificationError); errors.As(err, &unknown) {
		return fmt.Errorf("%w (hint: SSL_CERT_FILE=cert.pem has a certificate of your own believed)", err)
	}
	if err != nil {
		return fmt.Errorf("%w (hint: is a dashboard there?)", err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
	if err != nil {
		return err
	}
	if answer.StatusCode >= 300 {
		return refusal(answer, b)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("what answers at %s is no dashboard: %w", u.Redacted(), err)
	}
	return nil
}

// refusal is what a server that says no says, on one line that can be printed.
func refusal(answer *http.Response, body []byte) error {
	var problem struct{ Detail string }
	if json.Unmarshal(body, &problem) != nil || problem.Detail == "" {
		return fmt.Errorf("the server answers %s", answer.Status)
	}
	hint := ""
	if answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden {
		hint = " (hint: --key-file FILE, or FIVEWIRE_KEY)"
	}
	return fmt.Errorf("the server answers %d: %q%s", answer.StatusCode, problem.Detail, hint)
}
