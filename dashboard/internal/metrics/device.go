package metrics

import (
	"strings"

	"github.com/fivewire/fivewire/collector"
)

// Everything here has node_exporter's names, and a label that says which device it is.

func (e *Exporter) disks(w *sheet, s *collector.Snapshot, _ Facts) {
	counter := func(name, help string) family { return w.counter("node_disk_"+name, help, "device") }
	for _, d := range s.Disks {
		if d.Kind == "loop" || d.Kind == "zram" { // node_exporter leaves them out: a dashboard that sums would count them twice
			continue
		}
		t := d.Totals
		counter("read_bytes_total", "Bytes read.").add(float64(t.ReadBytes), d.Name)
		counter("written_bytes_total", "Bytes written.").add(float64(t.WrittenBytes), d.Name)
		counter("reads_completed_total", "Reads that have ended.").add(float64(t.Reads), d.Name)
		counter("writes_completed_total", "Writes that have ended.").add(float64(t.Writes), d.Name)
		counter("read_time_seconds_total", "Time that reads took, all together.").add(t.ReadSeconds, d.Name)
		counter("write_time_seconds_total", "Time that writes took, all together.").add(t.WriteSeconds, d.Name)
		if !e.linux {
			continue
		}
		counter("io_time_seconds_total", "Time in which a request was in flight.").add(t.BusySeconds, d.Name)
		counter("io_time_weighted_seconds_total", "Time that requests were in flight, all together.").add(t.WeightedSeconds, d.Name)
		counter("reads_merged_total", "Reads that became part of another.").add(float64(t.ReadsMerged), d.Name)
		counter("writes_merged_total", "Writes that became part of another.").add(float64(t.WritesMerged), d.Name)
		w.gauge("node_disk_io_now", "Requests in flight.", "device").add(float64(t.InFlight), d.Name)
		if t.HasDiscards {
			counter("discards_completed_total", "Discards that have ended.").add(float64(t.Discards), d.Name)
			counter("discards_merged_total", "Discards that became part of another.").add(float64(t.DiscardsMerged), d.Name)
			counter("discarded_sectors_total", "Sectors of 512 bytes discarded.").add(float64(t.DiscardedBytes/512), d.Name)
			counter("discard_time_seconds_total", "Time that discards took, all together.").add(t.DiscardSeconds, d.Name)
		}
		if t.HasFlushes {
			counter("flush_requests_total", "Flushes that have ended.").add(float64(t.Flushes), d.Name)
			counter("flush_requests_time_seconds_total", "Time that flushes took, all together.").add(t.FlushSeconds, d.Name)
		}
	}
}

// filesystems leaves out the sizes of one that does not answer: they are old, and a graph cannot tell.
func (e *Exporter) filesystems(w *sheet, s *collector.Snapshot, _ Facts) {
	gauge := func(name, help string) family {
		return w.gauge("node_filesystem_"+name, help, "device", "device_error", "fstype", "mountpoint")
	}
	for _, f := range s.Filesystems {
		trouble, failed, readOnly := "", 0.0, 0.0
		if f.Stale {
			trouble, failed = "no answer", 1
		}
		if f.ReadOnly {
			readOnly = 1
		}
		labels := func() []string { return []string{f.Device, trouble, f.Type, f.Mount} }
		gauge("device_error", "Whether it fails to answer.").add(failed, labels()...)
		gauge("readonly", "Whether nothing can be written.").add(readOnly, labels()...)
		if f.Stale {
			continue
		}
		gauge("size_bytes", "Space there is.").add(float64(f.Total), labels()...)
		gauge("free_bytes", "Space that is free, what is kept for root included.").add(float64(f.Free), labels()...)
		gauge("avail_bytes", "Space that is free for everybody.").add(float64(f.Available), labels()...)
		gauge("files", "Inodes there are.").add(float64(f.InodesTotal), labels()...)
		gauge("files_free", "Inodes that are free.").add(float64(f.InodesTotal-min(f.InodesUsed, f.InodesTotal)), labels()...)
	}
}

func (e *Exporter) networks(w *sheet, s *collector.Snapshot, _ Facts) {
	counter := func(name, help string) family { return w.counter("node_network_"+name, help, "device") }
	gauge := func(name, help string) family { return w.gauge("node_network_"+name, help, "device") }
	for _, n := range s.Networks {
		t := n.Totals
		counter("receive_bytes_total", "Bytes received.").add(float64(t.ReceiveBytes), n.Name)
		counter("receive_packets_total", "Packets received.").add(float64(t.ReceivePackets), n.Name)
		counter("receive_errs_total", "Packets that came broken.").add(float64(t.ReceiveErrors), n.Name)
		counter("receive_drop_total", "Packets that came and were dropped.").add(float64(t.ReceiveDrops), n.Name)
		counter("transmit_bytes_total", "Bytes sent.").add(float64(t.TransmitBytes), n.Name)
		counter("transmit_packets_total", "Packets sent.").add(float64(t.TransmitPackets), n.Name)
		counter("transmit_errs_total", "Packets that could not be sent.").add(float64(t.TransmitErrors), n.Name)
		counter("transmit_drop_total", "Packets to be sent that were dropped.").add(float64(t.TransmitDrops), n.Name)

		counter("receive_fifo_total", "Packets lost to a full buffer.").known(t.ReceiveFIFO, n.Name)
		counter("receive_frame_total", "Packets with broken frames.").known(t.ReceiveFrame, n.Name)
		counter("receive_compressed_total", "Packets that came compressed.").known(t.ReceiveCompressed, n.Name)
		counter("receive_multicast_total", "Multicast packets received.").known(t.ReceiveMulticast, n.Name)
		counter("transmit_fifo_total", "Packets to be sent that were lost to a full buffer.").known(t.TransmitFIFO, n.Name)
		counter("transmit_colls_total", "Collisions.").known(t.TransmitCollisions, n.Name)
		counter("transmit_carrier_total", "Packets not sent for want of a carrier.").known(t.TransmitCarrier, n.Name)
		counter("transmit_compressed_total", "Packets sent compressed.").known(t.TransmitCompressed, n.Name)

		gauge("speed_bytes", "Speed of the link, in bytes a second.").known(n.Speed, n.Name)
		gauge("mtu_bytes", "The longest packet that fits.").known(n.MTU, n.Name)
		gauge("carrier", "Whether there is a carrier.").known(n.Carrier, n.Name)
		up := 0.0 // also for a state that is unknown, as that of lo is: every interface has this sample
		if n.State == "up" {
			up = 1
		}
		gauge("up", "Whether the state is up.").add(up, n.Name)
	}
}

func (e *Exporter) sensors(w *sheet, s *collector.Snapshot, _ Facts) {
	gauge := func(name, help string) family { return w.gauge("node_hwmon_"+name, help, "chip", "sensor") }
	named := make(map[string]bool)
	for _, x := range s.Sensors {
		if x.Device == "" || x.Input == "" {
			continue // this system does not name its sensors as the kernel does
		}
		if zone, ok := thermalZone(x.Device); ok {
			w.gauge("node_thermal_zone_temp", "Temperature of a thermal zone, in degrees Celsius.", "type", "zone").known(x.Value, x.Chip, zone)
			continue
		}
		switch x.Kind {
		case "temperature":
			gauge("temp_celsius", "Temperature.").known(x.Value, x.Device, x.Input)
			gauge("temp_max_celsius", "Temperature that the hardware calls high.").known(x.High, x.Device, x.Input)
			gauge("temp_crit_celsius", "Temperature that the hardware calls critical.").known(x.Critical, x.Device, x.Input)
		case "fan":
			gauge("fan_rpm", "Speed of a fan, in revolutions a minute.").known(x.Value, x.Device, x.Input)
		}
		if x.Label != "" && x.Label != x.Input {
			w.gauge("node_hwmon_sensor_label", "What the hardware calls a sensor; always 1.", "chip", "label", "sensor").
				add(1, x.Device, x.Label, x.Input)
		}
		if x.Chip != "" && !named[x.Device] {
			named[x.Device] = true
			w.gauge("node_hwmon_chip_names", "What the driver calls a chip; always 1.", "chip", "chip_name").
				add(1, x.Device, x.ChipName())
		}
	}
}

// thermalZone is the number of "thermal_zone12".
func thermalZone(device string) (number string, ok bool) {
	number, ok = strings.CutPrefix(device, "thermal_zone")
	return number, ok && number != "" && strings.Trim(number, "0123456789") == ""
}
