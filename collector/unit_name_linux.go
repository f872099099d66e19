package collector

import (
	"cmp"
	"slices"
	"strings"
)

// isUnitDir: a directory of that name is a unit's.
func isUnitDir(name string) bool {
	return strings.HasSuffix(name, ".service") && name != ".service" ||
		strings.HasSuffix(name, ".scope") && name != ".scope"
}

// isSliceDir: a directory of that name has units in it.
func isSliceDir(name string) bool { return strings.HasSuffix(name, ".slice") && name != ".slice" }

// unitName makes a unit's name of its directory's: "_" in front keeps it apart from the kernel's own files, and
// "\x2d" is a character that means something in a name (systemd.unit(5)).
func unitName(name string) string {
	name = strings.TrimPrefix(name, "_")
	if strings.IndexByte(name, '\\') < 0 {
		return name
	}
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if strings.HasPrefix(name[i:], `\x`) && i+3 < len(name) {
			high, ok := hexOf(name[i+2])
			low, also := hexOf(name[i+3])
			if ok && also {
				b.WriteByte(high<<4 | low)
				i += 3
				continue
			}
		}
		b.WriteByte(name[i])
	}
	return b.String()
}

func hexOf(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}

// unitCost is what a unit is sorted by.
type unitCost struct {
	index       int // in the list of units
	cpu, memory Number
}

// topUnitsOf puts those at the top by CPU or by memory to the front, most CPU first, and returns how many there are.
func topUnitsOf(costs []unitCost) int {
	byMemory := func(a, b unitCost) int {
		return cmp.Or(cmp.Compare(b.memory.value, a.memory.value), cmp.Compare(a.index, b.index))
	}
	byCPU := func(a, b unitCost) int {
		return cmp.Or(cmp.Compare(b.cpu.value, a.cpu.value), byMemory(a, b))
	}
	if len(costs) > topUnits {
		half := topUnits / 2
		slices.SortFunc(costs, byCPU)
		slices.SortFunc(costs[half:], byMemory)
	}
	n := min(len(costs), topUnits)
	slices.SortFunc(costs[:n], byCPU)
	return n
}
