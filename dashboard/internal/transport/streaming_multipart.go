package transport

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/fanout"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
)

// Multipart is streaming where each message is a part that replaces the one before it: multipart/x-mixed-replace, the
// first push there was in a browser, and what cameras send to this day. The parts are RFC 2046's (section 5.1), each with
// its Content-Length: a program can cut by that, or by the boundary.
//
// A part ends where the next boundary is, so that one is sent with it, and not with the next message: a viewer would
// always be one behind. Hence an empty part can say nothing at all: it is the heartbeat, and the last one is empty too.
//
// Browsers have given up on it but for pictures: in an <img>, Chromium shows each part. A document or a frame shows none
// of them; fetch hands over the bytes as they are.
//
// The ways out are streaming's; when the hub closes, the closing boundary comes before the end of the body.
func (s *Server) multipart(c *fiber.Ctx, r request) error {
	return s.hold(c, "multipart/x-mixed-replace; boundary="+boundary, r, s.forms.multipart, nil)
}

// boundary can be fixed: no JSON has a line that begins with it, for its strings have no line breaks.
const boundary = "fivewire"

func multipartWords() fanout.Words {
	const next, last = "\r\n--" + boundary + "\r\n", "\r\n--" + boundary + "--\r\n"
	return fanout.Words{
		Technique: "streaming",
		Variant:   "multipart",
		Opening:   func(b []byte) []byte { return append(b, next[2:]...) },
		Message:   func(b []byte, m *hub.Message) []byte { return append(appendPart(b, m.JSON), next...) },
		Heartbeat: append(appendPart(nil, nil), next...),
		Farewell:  func(b []byte) []byte { return append(appendPart(b, nil), last...) },
	}
}

// appendPart appends a part behind the boundary that is there.
func appendPart(b, json []byte) []byte {
	b = append(b, "Content-Type: application/json\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(json)), 10)
	return append(append(b, "\r\n\r\n"...), json...)
}
