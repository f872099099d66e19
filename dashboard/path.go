package dashboard

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/problem"
	"github.com/fivewire/fivewire/dashboard/internal/redact"
)

const (
	longestQuiet = 2 * time.Minute
	mostQuiet    = 32 // answers that are silent at a time: each has a goroutine, until its time is over
)

// A headField is one line of a request's head as it arrived.
type headField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// getPath is a request as it arrived here: what is between a browser and this server shows in the differences. With
// silent=DURATION the answer's first byte comes at once and the rest so much later, with nothing in between: who ends
// the connection meanwhile is somebody on the way.
func (d *Dashboard) getPath(c *fiber.Ctx) error {
	silent, p := d.silence(c)
	if p != nil {
		return p.Send(c)
	}
	request := c.Request()
	head := []headField{}
	for name, value := range request.Header.All() {
		head = append(head, shownField(string(name), string(value)))
	}
	answer := map[string]any{
		"now":      time.Now().UnixMilli(),
		"peer":     peer(c.Context().RemoteAddr()),
		"method":   string(request.Header.Method()),
		"path":     string(request.URI().PathOriginal()),
		"protocol": string(request.Header.Protocol()),
		"head":     head,
	}
	if silent == 0 {
		return sendJSON(c, answer)
	}
	if d.quiet.Add(1) > mostQuiet {
		d.quiet.Add(-1)
		c.Set(fiber.HeaderRetryAfter, "60")
		return problem.New(fiber.StatusServiceUnavailable, fmt.Sprintf("%d answers are silent already", mostQuiet)).Send(c)
	}
	body, err := json.Marshal(answer)
	if err != nil {
		d.quiet.Add(-1)
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set("X-Accel-Buffering", "no") // or a proxy would keep the first byte too
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	conn := c.Context().Conn()
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer d.quiet.Add(-1)
		_ = w.WriteByte('\n') // JSON may begin with one
		if w.Flush() != nil {
			return
		}
		timer := time.NewTimer(silent)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-d.closing:
		}
		_ = conn.SetWriteDeadline(time.Now().Add(answerTimeout)) // the server's own began with the head
		_, _ = w.Write(body)
		_ = w.Flush() // who has left has left
	})
	return nil
}

// shownField is a field, its value blotted out if it may be secret.
func shownField(name, value string) headField {
	const before = "GET / HTTP/1.1\r\n"
	line := []byte(before + name + ": " + value + "\r\n\r\n")
	redact.Head(line)
	return headField{name, string(line[len(before)+len(name)+2 : len(line)-4])}
}

// silence reads how long an answer shall be silent.
func (d *Dashboard) silence(c *fiber.Ctx) (time.Duration, *problem.Problem) {
	text := c.Query("silent")
	if text == "" {
		return 0, nil
	}
	silent, err := time.ParseDuration(text)
	if err != nil || silent < 0 || silent > longestQuiet {
		return 0, problem.Bad("silent", strconv.QuoteToASCII(text[:min(len(text), 64)])+" is not a duration that fits here", "0s to "+longestQuiet.String(), "such as 500ms or 75s")
	}
	return silent, nil
}

// peer is the address at the other end of the connection, without its port: a browser's, or the last proxy's.
func peer(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok {
		return tcp.IP.String()
	}
	return addr.Network()
}
