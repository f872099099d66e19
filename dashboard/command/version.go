package command

import (
	"fmt"

	"github.com/fivewire/fivewire/dashboard"
)

// A Version is `fivewire version`.
type Version struct{}

// Run prints one line.
func (Version) Run() error {
	fmt.Println("fivewire", dashboard.Version())
	return nil
}
