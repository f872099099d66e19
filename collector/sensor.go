package collector

import (
	"context"
)

// Sensor is one reading of the hardware.
type Sensor struct {
	ID       string `json:"id"`    // the same after a reboot: the device's place and the input, "platform-coretemp.0/temp2"
	Chip     string `json:"chip"`  // "coretemp"
	Label    string `json:"label"` // "Package id 0", or the input's name
	Kind     string `json:"kind"`  // "temperature" (degrees Celsius), "fan" (revolutions per minute)
	Value    Number `json:"value"`
	High     Number `json:"high"` // the hardware's own limit, where it has a sane one
	Critical Number `json:"critical"`
	// Device and Input are node_exporter's names of the chip and the sensor, "platform_coretemp_0" and "temp2".
	Device string `json:"-"`
	Input  string `json:"-"`
}

func sensorSource(r roots) Source {
	return Source{Name: "sensors", Read: func(context.Context) (Part, error) { return nil, notHere("not read yet") }}
}
