package doctor

import (
	"fmt"
	"os"
	"runtime"
)

// exposed is what is wrong with who has a file that others are not to have: everybody can read or write it, or it belongs to
// somebody who is neither root nor who fivewire runs as. false for nothing; what Go says of a file's bits on Windows is made up.
func (h *Host) exposed(file string) (Finding, bool) {
	info, err := os.Stat(file)
	if err != nil || runtime.GOOS == "windows" || !info.Mode().IsRegular() {
		return Finding{}, false
	}
	if mode := info.Mode().Perm(); mode&0o006 != 0 {
		return warn(fmt.Sprintf("others can get at %s (mode %04o)", file, mode), "chmod o-rw "+file), true
	}
	if uid, known := owner(info); known && uid != 0 && uid != h.UID {
		return warn(fmt.Sprintf("%s belongs to the user %d, who can change it", file, uid), fmt.Sprintf("chown %d %s", h.UID, file)), true
	}
	return Finding{}, false
}
