//go:build !linux

package collector

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"time"

	"github.com/shirou/gopsutil/v3/host"
)

// sensorSource reads seldom: Windows answers through a service, which takes long.
func sensorSource(r roots) Source {
	return Source{Name: "sensors", Every: 30 * time.Second, Read: func(ctx context.Context) (Part, error) {
		stats, err := host.SensorsTemperaturesWithContext(ctx)
		var warnings *host.Warnings
		if err != nil && !(errors.As(err, &warnings) && len(stats) > 0) {
			// Not implemented, no right to ask, no such class: there is no telling these apart.
			return nil, notHere(fmt.Sprintf("%s does not tell temperatures: %v", runtime.GOOS, err))
		}
		part := &sensorPart{sensors: sensorsOf(stats)}
		if len(part.sensors) == 0 {
			return nil, notHere("no sensors")
		}
		return part, nil
	}}
}

func sensorsOf(stats []host.TemperatureStat) []Sensor {
	var sensors []Sensor
	taken := make(map[string]bool)
	for _, t := range stats {
		value := temperature(t.Temperature)
		if v, _ := value.Get(); v == 0 || len(sensors) == mostSensors {
			continue
		}
		name := clean(t.SensorKey)
		id := name
		for n := 2; taken[id]; n++ { // keys are not unique
			id = name + "#" + strconv.Itoa(n)
		}
		taken[id] = true
		sensors = append(sensors, Sensor{
			ID:       id,
			Chip:     runtime.GOOS,
			Label:    name,
			Kind:     kindTemperature,
			Value:    value,
			High:     temperatureLimit(t.High),
			Critical: temperatureLimit(t.Critical),
			Device:   runtime.GOOS,
			Input:    metricWord(id),
		})
	}
	return sensors
}
