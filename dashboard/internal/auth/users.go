package auth

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// cost is bcrypt's: some 60 ms of a core for each password that is looked at.
const cost = 10

// MostPassword is bcrypt's bound, in bytes.
const MostPassword = 72

// checks is how many passwords are looked at at a time: the rest of the machine is the host's.
const checks = 2

// Users are names with a role and the hash of a password each. The zero Users are nobody.
type Users struct {
	of     map[string]user
	digest [sha256.Size]byte
	turns  chan struct{} // shared by all copies
}

type user struct {
	role Role
	hash []byte
}

var nameForm = regexp.MustCompile(`^[A-Za-z0-9_.@-]{1,64}$`)

// ParseUsers reads a file of users: a line "name:role:hash" each, as Line makes them, and lines that begin with #.
func ParseUsers(text []byte) (Users, error) {
	users := Users{of: make(map[string]user), digest: sha256.Sum256(text), turns: make(chan struct{}, checks)}
	lines := bufio.NewScanner(bytes.NewReader(text))
	n := 0
	for lines.Scan() {
		n++
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, rest, _ := strings.Cut(line, ":")
		role, hash, ok := strings.Cut(rest, ":")
		if !ok || !nameForm.MatchString(name) {
			return Users{}, fmt.Errorf("line %d: want name:role:hash, as fivewire password prints it", n)
		}
		if _, twice := users.of[name]; twice {
			return Users{}, fmt.Errorf("line %d: %s is there already", n, name)
		}
		r, err := ParseRole(role)
		if err != nil {
			return Users{}, fmt.Errorf("line %d: %w", n, err)
		}
		c, err := bcrypt.Cost([]byte(hash))
		if err != nil || c < cost-2 || c > cost+4 {
			return Users{}, fmt.Errorf("line %d: the hash is no bcrypt hash of cost %d to %d (hint: fivewire password)", n, cost-2, cost+4)
		}
		users.of[name] = user{r, []byte(hash)}
	}
	if err := lines.Err(); err != nil {
		return Users{}, fmt.Errorf("line %d: %w", n+1, err)
	}
	return users, nil
}

// ParseRole reads a role that somebody can have.
func ParseRole(text string) (Role, error) {
	for _, r := range []Role{Viewer, Presenter, Operator} {
		if r.String() == text {
			return r, nil
		}
	}
	return Undeclared, errors.New("the role is one of viewer, presenter, operator")
}

// Line is a user's line for the file.
func Line(name string, role Role, password []byte) (string, error) {
	switch {
	case !nameForm.MatchString(name):
		return "", errors.New("a name is 1 to 64 of A-Z a-z 0-9 _ . @ -")
	case len(password) < 8 || len(password) > MostPassword:
		return "", fmt.Errorf("a password has 8 to %d bytes", MostPassword)
	}
	hash, err := bcrypt.GenerateFromPassword(password, cost)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s:%v:%s", name, role, hash), nil
}

// nobody is what the password of a name that is not there is compared with, so that it takes as long: a hash of cost 10.
const nobody = "$2a$10$3HkHVLIqoqDNmzKmNWdA9ufmSNpcela5Obn5hYA5M84OXJGVbq0q2"

// check looks at a password. Only so many are looked at at a time; the others wait.
func (u Users) check(name, password string) (Role, bool) {
	if u.turns == nil {
		return Undeclared, false
	}
	u.turns <- struct{}{}
	defer func() { <-u.turns }()
	one, ok := u.of[name]
	if !ok {
		one.hash = []byte(nobody)
	}
	right := len(password) <= MostPassword && bcrypt.CompareHashAndPassword(one.hash, []byte(password)) == nil
	return one.role, ok && right
}
