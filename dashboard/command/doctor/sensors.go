package doctor

import (
	"fmt"
	"path/filepath"
)

// sensors: does the kernel know any?
func sensors(h *Host) Finding {
	chips, _ := filepath.Glob(filepath.Join(h.Sys, "class", "hwmon", "hwmon*"))
	zones, _ := filepath.Glob(filepath.Join(h.Sys, "class", "thermal", "thermal_zone*"))
	if len(chips)+len(zones) == 0 {
		return warn("the kernel knows no sensors", "a virtual machine has none; elsewhere sensors-detect of lm-sensors finds the module to load")
	}
	return ok(fmt.Sprintf("the kernel knows %d chips and %d zones with sensors", len(chips), len(zones)))
}
