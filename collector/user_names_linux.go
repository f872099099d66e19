package collector

import (
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// longestPasswd bounds what is read of a list of users; a line of it has some fifty bytes.
const longestPasswd = 4 << 20

// userNames is the host's list of users, read again when it has changed. It is not os/user's: that one reads this
// machine's files in a container that has the host's somewhere else, and may ask a directory server and wait.
type userNames struct {
	file     string
	names    map[uint32]string
	modified time.Time
	size     int64
	looked   int // the tick in which the file was last looked at; 0 is never
}

// name is the name of a user, or the number where it has none. before is what it was when the user was uid before:
// most often the same.
func (u *userNames) name(uid, uidBefore uint32, before string) string {
	if name := u.names[uid]; name != "" {
		return name
	}
	if uid == uidBefore && before != "" && before[0] >= '0' && before[0] <= '9' {
		return before
	}
	return strconv.FormatUint(uint64(uid), 10)
}

// update looks at the file now and then. When it is gone there are the names that are known, and numbers.
func (u *userNames) update(tick int) {
	if u.looked != 0 && tick-u.looked < userReads {
		return
	}
	u.looked = tick
	stat, err := os.Stat(u.file)
	if err != nil || !stat.Mode().IsRegular() || stat.ModTime().Equal(u.modified) && stat.Size() == u.size {
		return
	}
	f, err := os.Open(u.file)
	if err != nil {
		return
	}
	defer f.Close()
	if b, err := io.ReadAll(io.LimitReader(f, longestPasswd)); err == nil {
		u.names, u.modified, u.size = parsePasswd(string(b)), stat.ModTime(), stat.Size()
	}
}

// parsePasswd reads passwd(5): name:password:number:… The first name of a number counts.
func parsePasswd(s string) map[uint32]string {
	names := make(map[uint32]string)
	for line := range strings.Lines(s) {
		fields := strings.Split(line, ":")
		if len(fields) < 7 {
			continue
		}
		uid, err := strconv.ParseUint(fields[2], 10, 32) // "+::::::" stands for a directory server's
		if err != nil || fields[0] == "" {
			continue
		}
		if _, taken := names[uint32(uid)]; !taken {
			names[uint32(uid)] = clean(strings.Clone(fields[0])) // Clone: not all of the file with it
		}
	}
	return names
}
