package collector

import "bytes"

const mostBatteries = 32

// Battery is one of a laptop or of an uninterruptible power supply.
type Battery struct {
	Name   string `json:"name"`
	State  string `json:"state"`  // "charging", "discharging", "full", "not charging" or "unknown"
	Charge Number `json:"charge"` // ratio
	Power  Number `json:"power"`  // watts in or out
	Left   Number `json:"left"`   // seconds until it is empty or full, at this power
}

type batteryPart struct{ batteries []Battery }

func (p *batteryPart) AddTo(s *Snapshot) { s.Batteries = p.batteries }

// A supply is what the kernel says of a power supply (Documentation/power/power_supply_class.rst), in its units: micro-
// watts, -watt-hours, -amperes, -ampere-hours and -volts; percent; seconds. Some tell energy, some charge.
type supply struct {
	state                              string
	capacity                           Number
	energy, energyFull, power          Number
	charge, chargeFull, current, volts Number
	untilEmpty, untilFull              Number
}

// parseSupply takes a device's uevent: all of its properties at one moment, in lines of POWER_SUPPLY_NAME=value. What
// it does not know it leaves out.
func parseSupply(b []byte) supply {
	var s supply
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		name, value, ok := bytes.Cut(line, []byte("="))
		if !ok {
			continue
		}
		if name, ok = bytes.CutPrefix(name, []byte("POWER_SUPPLY_")); !ok {
			continue
		}
		var n Number
		if v, ok := parseReading(value); ok {
			n = Known(max(v, -v)) // some drivers count a current that flows out as negative
		}
		switch string(name) {
		case "STATUS":
			s.state = knownWord(value, "Charging", "Discharging", "Full", "Not charging")
		case "CAPACITY":
			s.capacity = n
		case "ENERGY_NOW":
			s.energy = n
		case "ENERGY_FULL":
			s.energyFull = n
		case "POWER_NOW":
			s.power = n
		case "CHARGE_NOW":
			s.charge = n
		case "CHARGE_FULL":
			s.chargeFull = n
		case "CURRENT_NOW":
			s.current = n
		case "VOLTAGE_NOW":
			s.volts = n
		case "TIME_TO_EMPTY_NOW":
			s.untilEmpty = n
		case "TIME_TO_FULL_NOW":
			s.untilFull = n
		}
	}
	return s
}

// knownWord is the one of words that b is, without a copy; "" for none.
func knownWord(b []byte, words ...string) string {
	for _, w := range words {
		if w == string(b) {
			return w
		}
	}
	return ""
}

// isBattery: of the machine. A mouse has a battery too, whose scope is the device.
func isBattery(kind, scope string) bool {
	return (kind == "Battery" || kind == "UPS") && scope != "Device"
}

func batteryOf(name string, s supply) Battery {
	b := Battery{Name: name, State: stateOfSupply(s.state), Power: wattsOf(s.power, 1e-6)}
	stored, full, flow := s.energy, s.energyFull, s.power
	if !stored.known || !full.known || !flow.known { // in ampere-hours: for a ratio and a time as good
		stored, full, flow = s.charge, s.chargeFull, s.current
	}
	if amperes, ok := s.current.Get(); ok && !b.Power.known {
		b.Power = wattsOf(s.volts, amperes*1e-12)
	}
	if watts, _ := b.Power.Get(); watts > 100_000 {
		b.Power = Number{}
	}
	if percent, ok := s.capacity.Get(); ok {
		b.Charge = ratio(percent, 100)
	} else if stored.known {
		b.Charge = ratio(stored.value, full.value)
	}
	switch b.State {
	case "discharging":
		b.Left = timeLeft(s.untilEmpty, stored, flow)
	case "charging":
		if stored.known && full.known {
			b.Left = timeLeft(s.untilFull, Known(max(full.value-stored.value, 0)), flow)
		} else {
			b.Left = timeLeft(s.untilFull, Number{}, flow)
		}
	}
	return b
}

func stateOfSupply(state string) string {
	switch state {
	case "Charging":
		return "charging"
	case "Discharging":
		return "discharging"
	case "Full":
		return "full"
	case "Not charging":
		return "not charging"
	}
	return "unknown"
}

// timeLeft is what the battery's own reckoning says, or how long an amount lasts at a flow per hour. More than a week
// means that hardly anything flows.
func timeLeft(told, amount, flow Number) Number {
	const week = 7 * 24 * 3600
	seconds := told
	if v, ok := told.Get(); !ok || v == 0 {
		seconds = Number{}
		if amount.known && flow.value > 0 {
			seconds = Known(amount.value / flow.value * 3600)
		}
	}
	if seconds.value > week {
		return Number{}
	}
	return seconds
}

// wattsOf is n times a factor, unknown as n is.
func wattsOf(n Number, by float64) Number {
	v, ok := n.Get()
	if !ok {
		return Number{}
	}
	return Known(v * by)
}
