package auth

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
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

// ReadKey is the key in a file: its only line. Others must not be able to read it; what Go says of that on Windows is made
// up, so there it is not asked.
func ReadKey(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return "", err
	} else if runtime.GOOS != "windows" && info.Mode().IsRegular() && info.Mode().Perm()&0o007 != 0 {
		return "", fmt.Errorf("%s can be read by everybody (hint: chmod 600 %s)", file, file)
	}
	text, err := io.ReadAll(io.LimitReader(f, longestKey+3))
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
		return "", err
	}
	key := NewKey()
	_, err = f.WriteString(key + "\n")
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(file)
		return "", err
	}
	return key, nil
}
