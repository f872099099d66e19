package history

import "math"

// chunkRows is how many values of a column are allocated together: a series that was there for a minute takes 1 KiB.
const chunkRows = 256

// A column holds the values of one series, a row each. NaN is none.
type column struct {
	unit   string
	last   int // the last row with a value
	count  int // of the values averaged into that row
	chunks [][]float32
}

// get is the value at a place; nil chunks have none.
func (c *column) get(i int) float32 {
	if k := i / chunkRows; k < len(c.chunks) && c.chunks[k] != nil {
		return c.chunks[k][i%chunkRows]
	}
	return float32(math.NaN())
}

// clear takes away the value at a place.
func (c *column) clear(i int) {
	if k := i / chunkRows; k < len(c.chunks) && c.chunks[k] != nil {
		c.chunks[k][i%chunkRows] = float32(math.NaN())
	}
}

// set puts a value at a place below capacity.
func (c *column) set(i int, v float32, capacity int) {
	k := i / chunkRows
	for k >= len(c.chunks) {
		c.chunks = append(c.chunks, nil)
	}
	if c.chunks[k] == nil {
		c.chunks[k] = make([]float32, min(chunkRows, capacity-k*chunkRows))
		for j := range c.chunks[k] {
			c.chunks[k][j] = float32(math.NaN())
		}
	}
	c.chunks[k][i%chunkRows] = v
}
