package history

// A column holds one series over the rows of a block: for each row the mean, and how many grains the least and the
// greatest value are away from it. It may be shorter than the block: what is behind its end is missing.
type column struct {
	avg    []grain
	lo, hi []grain // below and above avg, never negative; 0 where avg is missing, and behind their ends
}

// put sets a row, at or behind the end.
func (c *column) put(row int, avg, least, most grain) {
	for len(c.avg) < row {
		c.add(missing, 0, 0)
	}
	c.add(avg, max(avg-least, 0), max(most-avg, 0))
}

func (c *column) add(avg, lo, hi grain) {
	c.lo, c.hi = away(c.lo, len(c.avg), lo), away(c.hi, len(c.avg), hi)
	c.avg = append(c.avg, avg)
}

// away sets the distance of a row behind the end. Most are nothing, those of the finest tier nearly all, and take no space.
func away(strand []grain, row int, g grain) []grain {
	if g == 0 {
		return strand
	}
	for len(strand) < row {
		strand = append(strand, 0)
	}
	return append(strand, g)
}

// least and most are what a row that is there has beside its mean.
func (c *column) least(row int) grain {
	if row < len(c.lo) {
		return c.avg[row] - c.lo[row]
	}
	return c.avg[row]
}

func (c *column) most(row int) grain {
	if row < len(c.hi) {
		return c.avg[row] + c.hi[row]
	}
	return c.avg[row]
}

// at is a row's values, and whether there are any.
func (c *column) at(row int) (avg, least, most float64, ok bool) {
	if row >= len(c.avg) || c.avg[row] == missing {
		return 0, 0, 0, false
	}
	return c.avg[row].value(), c.least(row).value(), c.most(row).value(), true
}

// reset empties a column and keeps its space.
func (c *column) reset() {
	c.avg, c.lo, c.hi = c.avg[:0], c.lo[:0], c.hi[:0]
}

// A heap is what a row of one series is made of: the values since the row began.
type heap struct {
	sum         float64
	n           int32
	least, most float32
}

func (h *heap) add(v float64) {
	f := float32(v)
	if h.n == 0 {
		h.least, h.most = f, f
	}
	h.sum += v
	h.n++
	h.least, h.most = min(h.least, f), max(h.most, f)
}

// addRow adds a row of a finer tier.
func (h *heap) addRow(avg, least, most float64) {
	h.add(avg)
	h.least, h.most = min(h.least, float32(least)), max(h.most, float32(most))
}

// grains is the row. A mean is rounded, and must not come out beyond what it is the mean of.
func (h *heap) grains() (avg, least, most grain) {
	least, most = grainOf(float64(h.least)), grainOf(float64(h.most))
	return min(max(grainOf(h.sum/float64(h.n)), least), most), least, most
}
