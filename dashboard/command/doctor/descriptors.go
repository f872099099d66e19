package doctor

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/fivewire/fivewire/dashboard"
)

// fewest descriptors that are no hindrance: a class, its labs, and a crowd of a thousand.
const fewest = 4096

const moreDescriptors = "LimitNOFILE=65536 in a unit, --ulimit nofile=65536 for a container, ulimit -Hn in a shell"

// descriptors: how many viewers may there be? The hard limit counts, Go raises the soft one to it.
func descriptors(h *Host) Finding {
	limits, err := h.proc("self", "limits")
	if err != nil {
		return warn("the limit of descriptors is not told: "+cause(err), "ulimit -Hn says it")
	}
	for line := range strings.Lines(limits) {
		rest, found := strings.CutPrefix(line, "Max open files")
		fields := strings.Fields(rest)
		if !found || len(fields) < 2 {
			continue
		}
		if fields[1] == "unlimited" {
			return ok("as many descriptors as there are may be open")
		}
		n, err := strconv.Atoi(fields[1])
		if err != nil {
			continue
		}
		if n < dashboard.FewestDescriptors {
			return fail(fmt.Sprintf("%d descriptors may be open, and fivewire does not start with less than %d", n, dashboard.FewestDescriptors), moreDescriptors)
		}
		if n < fewest {
			return warn(fmt.Sprintf("%d descriptors may be open, and each viewer takes one", n), moreDescriptors)
		}
		return ok(fmt.Sprintf("%d descriptors may be open, one for each viewer", n))
	}
	return warn("the limit of descriptors is not told", "ulimit -Hn says it")
}
