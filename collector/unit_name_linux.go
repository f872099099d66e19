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
