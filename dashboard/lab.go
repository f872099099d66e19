package dashboard

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/problem"
	"github.com/fivewire/fivewire/dashboard/internal/transport"
)

// inLab is a handler that there is in the lab only.
func (d *Dashboard) inLab(handle fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if !d.config.Lab {
			return problem.New(fiber.StatusNotFound, "this is part of the lab, which is off here (hint: --lab on)").Send(c)
		}
		return handle(c)
	}
}

// readJSON reads a request's body: one JSON object with nothing in it that is not asked for.
func readJSON(c *fiber.Ctx, v any) *problem.Problem {
	body, p := jsonBody(c)
	if p != nil {
		return p
	}
	in := json.NewDecoder(bytes.NewReader(body))
	in.DisallowUnknownFields()
	err := in.Decode(v)
	if err == nil {
		if _, more := in.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("there is more behind the object")
		}
	}
	if err != nil {
		return problem.Bad("body", "not what is asked for here: "+err.Error(), "one JSON object, see api/v1/openapi.json")
	}
	return nil
}

// jsonBody is a request's body as it came, if it says that it is JSON: a page of another origin can POST text, but not
// that, without asking first.
func jsonBody(c *fiber.Ctx) ([]byte, *problem.Problem) {
	if kind, _, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType)); err != nil || kind != fiber.MIMEApplicationJSON {
		p := problem.New(fiber.StatusUnsupportedMediaType, "commands are JSON, and have to say so (hint: curl -H 'Content-Type: application/json')")
		p.Parameter, p.Allowed = fiber.HeaderContentType, []string{fiber.MIMEApplicationJSON}
		return nil, p
	}
	body := c.Request().Body() // as it came: Fiber's own reading would unpack a Content-Encoding, without a bound
	if c.Get(fiber.HeaderContentEncoding) != "" {
		p := problem.New(fiber.StatusUnsupportedMediaType, "commands come unpacked")
		p.Parameter, p.Allowed = fiber.HeaderContentEncoding, []string{"nothing: leave it out"}
		return nil, p
	}
	if len(body) > transport.MostCommand {
		return nil, problem.New(fiber.StatusRequestEntityTooLarge, "a command is at most "+strconv.Itoa(transport.MostCommand)+" bytes")
	}
	return body, nil
}
