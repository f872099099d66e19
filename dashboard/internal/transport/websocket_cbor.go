package transport

import (
	"github.com/fivewire/fivewire/dashboard/internal/cbor"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
)

// A WebSocket can carry bytes as well as text, and what they mean is agreed on in its handshake: Sec-WebSocket-Protocol
// lists the subprotocols that the viewer speaks, and the answer names one (RFC 6455 section 1.9).
//
//	new WebSocket(url, ["fivewire.cbor", "fivewire.json"])
//
// In fivewire.cbor each message is one binary frame: the same message as CBOR (RFC 8949), a fifth smaller, and
// as small as JSON once both are compressed; it needs a decoder. What the viewer says, and what it is answered, are JSON in text frames as ever: a frame's opcode tells a
// message from an answer. fivewire.json is what a viewer gets that names nothing, or nothing that is known; then the
// answer names nothing either, and a browser that has asked for something closes the connection.
const (
	protocolJSON = "fivewire.json"
	protocolCBOR = "fivewire.cbor"
)

// binaryOf is a message as CBOR. A message is JSON, so it has one.
func binaryOf(b []byte, m *hub.Message) []byte {
	binary, err := cbor.Append(b, m.JSON)
	if err != nil {
		return append(b, 0xf6) // null (RFC 8949 section 3.3): the viewer is told that there is something that it does not get
	}
	return binary
}
