package collector

// Clock is what the kernel knows of how right its clock is, which it has from whoever keeps it so (adjtimex(2)). Times are
// in seconds.
type Clock struct {
	Synchronised    bool
	Offset          float64 // still to be made good
	Frequency       float64 // of the clock by its oscillator's: 1 is as it ticks
	MaxError, Error float64 // the bound, and the estimate
	Tick            float64
	TimeConstant    float64 // of the loop that follows
	TAI             float64 // International Atomic Time less this
	Status          float64 // STA_* bits of linux/timex.h
}
