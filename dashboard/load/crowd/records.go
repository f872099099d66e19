package crowd

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"

	"golang.org/x/crypto/chacha20poly1305"
)

// TLS 1.3's records, apart from any socket (RFC 8446 §5).
const (
	recordHead  = 5 // kind, version, length
	mostContent = 16 << 10
	mostRecord  = recordHead + mostContent + 256

	alert       = 21
	handshake   = 22
	application = 23 // and what every record that is sealed looks like from outside

	closeNotify, userCanceled   = 0, 90
	newSessionTicket, keyUpdate = 4, 24
)

var (
	errUnexpected = errors.New("tls: not what may come here")
	errTooLong    = errors.New("tls: a record too long")
	errNotSealed  = errors.New("tls: a record that was not sealed by the server")
)

// A half is one direction's keys.
type half struct {
	suite  uint16
	secret []byte // of which the next keys are made
	key    []byte
	opens  cipher.AEAD // nil before the first record is opened
	iv     [12]byte
	n      uint64 // records so far
}

// firstRecord tells how long the record is that b begins with, and whether it is whole.
func firstRecord(b []byte) (n int, whole bool, err error) {
	if len(b) < recordHead {
		return 0, false, nil
	}
	n = recordHead + int(binary.BigEndian.Uint16(b[3:]))
	switch {
	case b[0] != application:
		return 0, false, errUnexpected
	case n > mostRecord:
		return 0, false, errTooLong
	}
	return n, len(b) >= n, nil
}

// open opens a record in place. It tells of what kind it is inside.
func (h *half) open(record []byte) (kind byte, content []byte, err error) {
	if h.opens == nil {
		if h.opens, err = h.cipher(); err != nil {
			return 0, nil, err
		}
	}
	nonce := h.nonce()
	sealed := record[recordHead:]
	content, err = h.opens.Open(sealed[:0], nonce[:], sealed, record[:recordHead])
	if err != nil {
		return 0, nil, errNotSealed
	}
	for i := len(content) - 1; i >= 0; i-- { // behind the kind is padding
		if kind = content[i]; kind != 0 {
			if i > mostContent {
				return 0, nil, errTooLong
			}
			return kind, content[:i], nil
		}
	}
	return 0, nil, errUnexpected
}

// seal makes a record. Its cipher is not kept: AES-GCM's has 768 bytes and is made in less than a microsecond, and a viewer says
// little.
func (h *half) seal(kind byte, content []byte) []byte {
	aead, _ := h.cipher() // use has seen that it can be made
	nonce := h.nonce()
	n := len(content) + 1 + aead.Overhead()
	record := make([]byte, recordHead, recordHead+n)
	record[0], record[1], record[2] = application, 3, 3
	binary.BigEndian.PutUint16(record[3:], uint16(n))
	record = append(append(record, content...), kind)
	return aead.Seal(record[:recordHead], nonce[:], record[recordHead:], record[:recordHead])
}

// nonce is the next record's (§5.3).
func (h *half) nonce() [12]byte {
	nonce := h.iv
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], h.n)
	for i, b := range n {
		nonce[4+i] ^= b
	}
	h.n++
	return nonce
}

// use begins with the keys of a secret (§7.3).
func (h *half) use(secret []byte) error {
	size := 0
	switch h.suite {
	case tls.TLS_AES_128_GCM_SHA256:
		size = 16
	case tls.TLS_AES_256_GCM_SHA384:
		size = 32
	case tls.TLS_CHACHA20_POLY1305_SHA256:
		size = chacha20poly1305.KeySize
	default:
		return fmt.Errorf("tls: suite %#x is not known", h.suite)
	}
	key, err := h.expand(secret, "key", size)
	if err != nil {
		return err
	}
	iv, err := h.expand(secret, "iv", len(h.iv))
	if err != nil {
		return err
	}
	h.secret, h.key, h.opens, h.n = secret, key, nil, 0
	copy(h.iv[:], iv)
	_, err = h.cipher()
	return err
}

// cipher is made of the key.
func (h *half) cipher() (cipher.AEAD, error) {
	if h.suite == tls.TLS_CHACHA20_POLY1305_SHA256 {
		return chacha20poly1305.New(h.key)
	}
	return aesGCM(h.key)
}

func aesGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// next goes on with the keys that follow (§7.2).
func (h *half) next() error {
	secret, err := h.expand(h.secret, "traffic upd", len(h.secret))
	if err != nil {
		return err
	}
	return h.use(secret)
}

// expand is HKDF-Expand-Label, without context (§7.1).
func (h *half) expand(secret []byte, label string, size int) ([]byte, error) {
	label = "tls13 " + label
	info := string([]byte{byte(size >> 8), byte(size), byte(len(label))}) + label + "\x00"
	var by func() hash.Hash = sha256.New
	if h.suite == tls.TLS_AES_256_GCM_SHA384 {
		by = sha512.New384
	}
	return hkdf.Expand(by, secret, info, size)
}
