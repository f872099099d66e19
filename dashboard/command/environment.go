package command

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/fivewire/fivewire/dashboard/internal/meant"
)

// prefix begins every variable that is ours.
const prefix = "FIVEWIRE"

// ofOthers are variables that begin like ours and are nobody's mistake: what Kubernetes and Docker's links tell of a service
// that is called fivewire, or fivewire-something.
var ofOthers = regexp.MustCompile(`^` + prefix + `(_[A-Z0-9_]+)?_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$`)

// checkEnvironment refuses a variable that begins like ours and is none: whoever has set it believes that it does something,
// such as asking for a key. Its value is told to nobody, for it may be one.
func checkEnvironment(environ []string, model *kong.Node) error {
	known := variables(model)
	var unknown []string
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, prefix+"_") && !slices.Contains(known, name) && !ofOthers.MatchString(name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	name := slices.Min(unknown)
	near := meant.Of(name, known)
	if near == "" {
		return fmt.Errorf("there is no variable %s: they are %s_KEY, and the flags' names in capitals, such as %s for --listen", name, prefix, prefix+"_LISTEN")
	}
	return fmt.Errorf("there is no variable %s: want %s, or none", name, near)
}

// variables are all that there are, of whichever command: one environment is for all of them.
func variables(node *kong.Node) []string {
	names := []string{keyVariable}
	for _, flag := range node.Flags {
		names = append(names, flag.Tag.Envs...)
	}
	for _, child := range node.Children {
		names = append(names, variables(child)...)
	}
	return names
}
