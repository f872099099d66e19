package transport

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/fanout"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
)

// The forever iframe is streaming from the time before a script could read a response while it comes: a document in a
// frame that never ends, and that calls its parent for each message.
//
//	window.fivewireIframe = (text) => {…};       // in the page, before the frame is there
//	frame.src = "api/v1/streaming?as=iframe";
//
// text is the message's JSON, or {"retry":1234} when the server goes down: come back after so many milliseconds. The
// frame's load event is the end of the stream, whether it was told or cut; the page then makes the frame anew, with
// after= and the id of the last message. Until then the browser shows that something is loading, for ever.
//
// Once each message was a script of its own. Here it is data, and one script hands it over: so all viewers share the same
// bytes, and the nonce that lets that one script run is of one response only (CSP level 3 section 2.3.1). A message could
// not run if it were to break out of its block; it cannot break out, for it has no <.
//
// Browsers held back the first kilobyte of a document to guess what it is, so servers sent a kilobyte of nothing first.
// Here the type and the encoding are said, and guessing is forbidden: Chromium hands over the first message when it comes.
//
// The ways out are streaming's. A block that was cut in the middle has no <hr> behind it, and is not handed over.
func (s *Server) iframe(c *fiber.Ctx, r request) error {
	nonce := rand.Text()
	c.Set(fiber.HeaderContentSecurityPolicy,
		"default-src 'none'; script-src 'nonce-"+nonce+"'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'")
	return s.hold(c, "text/html; charset=utf-8", r, s.forms.iframe, func(b []byte) []byte { return appendPreamble(b, nonce) })
}

// preamble is the head of the document, and the script that hands over. The parser makes a block's element before it has
// all of its text, so what is handed over is what has an <hr> behind it; then it is taken out, for a document that only
// grows is what such frames were known for.
const preamble = `<!doctype html><meta charset="utf-8"><title>fivewire</title><body><script nonce="NONCE">
new MutationObserver(() => {
  for (const end of document.querySelectorAll("hr")) {
    const text = end.previousElementSibling.textContent;
    while (end.previousSibling) end.previousSibling.remove();
    end.remove();
    parent.fivewireIframe?.(text);
  }
}).observe(document.body, { childList: true });
</script>
`

func appendPreamble(b []byte, nonce string) []byte {
	return append(b, strings.Replace(preamble, "NONCE", nonce, 1)...)
}

func iframeWords() fanout.Words {
	return fanout.Words{
		Technique: "streaming",
		Variant:   "iframe",
		Message:   func(b []byte, m *hub.Message) []byte { return appendBlock(b, m.JSON) },
		Payload:   blocked,
		Heartbeat: []byte("<!-- heartbeat -->\n"),
		Farewell:  func(b []byte) []byte { return appendBlock(b, fmt.Appendf(nil, `{"retry":%d}`, retryDelay())) },
	}
}

const blockStart, blockEnd = `<script type="application/json">`, "</script><hr>\n"

// appendBlock is a block of data in the document.
func appendBlock(b, json []byte) []byte {
	b = append(b, blockStart...)
	b = appendForScript(b, json)
	return append(b, blockEnd...)
}

// blocked is where the data is in a frame that has a block. There it may be longer than it was published.
func blocked(frame []byte) (from, to int) {
	return bytes.Index(frame, []byte(blockStart)) + len(blockStart), bytes.LastIndex(frame, []byte(blockEnd))
}

// appendForScript appends JSON so that it can stand in a script, whatever its strings hold. Between the tags of a script
// element, </script and <!-- mean something (HTML section 4.12.1.3), so there is no <. In JavaScript's own strings U+2028
// and U+2029 ended a line before ES2019. All three are in JSON's strings only, where they can be escaped.
func appendForScript(b, json []byte) []byte {
	done := 0
	for i, c := range json {
		separator := c == 0xe2 && i+2 < len(json) && json[i+1] == 0x80 && json[i+2]&^1 == 0xa8
		if c != '<' && !separator {
			continue
		}
		b = append(b, json[done:i]...)
		if done = i + 1; separator {
			done = i + 3
			b = fmt.Appendf(b, `\u202%x`, json[i+2]&0xf)
		} else {
			b = append(b, `\u003c`...)
		}
	}
	return append(b, json[done:]...)
}
