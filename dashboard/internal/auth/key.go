package auth

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// shortestKey keeps guessing hopeless: 22 letters of base64 are 128 bits.
const shortestKey, longestKey = 22, 512

// NewKey is 256 random bits, in letters that a URL takes as they are.
func NewKey() string { return base64.RawURLEncoding.EncodeToString(random()) }

// CheckKey tells whether a key is one that cannot be guessed, and that survives a URL and a header.
func CheckKey(key string) error {
	if len(key) < shortestKey || len(key) > longestKey {
		return fmt.Errorf("a key has %d to %d characters (hint: head -c 32 /dev/urandom | base64)", shortestKey, longestKey)
	}
	for _, c := range []byte(key) {
		if c <= ' ' || c > '~' {
			return errors.New("a key is of visible ASCII characters, without blanks")
		}
	}
	return nil
}

// ReadKey is the key in a file: its only line. Others must not be able to read it.
func ReadKey(file string) (string, error) {
	text, readable, err := ReadFile(file, longestKey+2)
	if err == nil && readable {
		err = fmt.Errorf("%s can be read by everybody (hint: chmod 600 %s)", file, file)
	}
	if err != nil {
		return "", err
	}
	key := string(bytes.TrimSpace(text))
	if err := CheckKey(key); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return key, nil
}

// ReadOrMakeKey is ReadKey where the file is made, with a new key, if it is not there.
func ReadOrMakeKey(file string) (string, error) {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return ReadKey(file)
	}
	if err != nil {
		return "", fmt.Errorf("%w (hint: it is made where fivewire may write, such as in its --data-dir)", err)
	}
	key := NewKey()
	_, err = f.WriteString(key + "\n")
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(file)
		return "", err
	}
	return key, nil
}
