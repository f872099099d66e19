package collector

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	gpusEvery  = 2 * time.Second // how often to show what is known
	smiEvery   = 10 * time.Second
	smiSeldom  = 5 * time.Minute // between runs when they keep failing
	smiTimeout = 10 * time.Second
	smiOutput  = 64 << 10
	mostGPUs   = 64
)

// GPU is one graphics processor: of NVIDIA's as nvidia-smi tells, of AMD's as the kernel does.
type GPU struct {
	ID          string `json:"id"` // UUID; of AMD's the number in the chip, or the PCI address
	Name        string `json:"name"`
	Busy        Number `json:"busy"` // ratio
	MemoryUsed  Number `json:"memory_used"`
	MemoryTotal Number `json:"memory_total"`
	Temperature Number `json:"temperature"` // degrees Celsius
	Power       Number `json:"power"`       // watts
	PowerLimit  Number `json:"power_limit"`
	Fan         Number `json:"fan"` // ratio
}

type gpuPart struct{ gpus []GPU }

func (p *gpuPart) AddTo(s *Snapshot) { s.GPUs = p.gpus }

func gpuSource(r roots) Source {
	g := gpuReader{smi: smi{dirs: smiDirs(), asleep: func() bool { return nvidiaSleeps(r) }}, amd: newAMD(r)}
	return Source{Name: "gpus", Every: gpusEvery, Read: g.read}
}

type gpuReader struct {
	smi smi
	amd amdReader
}

func (g *gpuReader) read(ctx context.Context) (Part, error) {
	nvidia, err := g.smi.gpus(ctx, time.Now())
	amd, amdErr := g.amd.read()
	if amdErr != nil {
		err = errors.Join(err, amdErr)
	}
	gpus := amd
	if len(nvidia) > 0 {
		gpus = append(nvidia[:len(nvidia):len(nvidia)], amd...)
	}
	switch {
	case len(gpus) > 0:
		return &gpuPart{gpus}, err
	case err != nil:
		return nil, err
	case g.smi.path == "":
		return nil, notHere("no nvidia-smi, and no GPU that the kernel tells about")
	}
	return &gpuPart{}, nil // not known yet, or none
}

// smi runs nvidia-smi now and then, in the background: it takes a tenth of a second on a good day and hangs on a bad
// one. There is at most one at a time. The zero smi finds none.
//
// It is the only program that this package starts. The driver's numbers are to be had through its library, which needs
// cgo, or through its private system calls; the program is what the driver's maker has for this.
type smi struct {
	dirs   []string
	asleep func() bool // the hardware sleeps: to ask would wake it. nil is never

	path     string    // "" when there is none
	looked   time.Time // for path
	next     time.Time // when to run it again
	failures int
	started  time.Time // of the one that runs; zero when there is none
	answer   chan smiAnswer
	last     []GPU // shared with parts that were returned
	err      error
}

type smiAnswer struct {
	gpus []GPU
	err  error
}

// gpus returns the last answer at once, and sees to it that there will be a new one; nil where there is no nvidia-smi.
func (n *smi) gpus(ctx context.Context, now time.Time) ([]GPU, error) {
	n.take(now)
	if n.looked.IsZero() || now.Sub(n.looked) >= time.Minute {
		n.path, n.looked = findSMI(n.dirs), now
	}
	if n.path == "" && n.started.IsZero() {
		n.last, n.err = nil, nil
		return nil, nil
	}
	if n.started.IsZero() && !now.Before(n.next) {
		if n.asleep != nil && n.asleep() {
			n.next, n.err, n.last = now.Add(smiEvery), nil, sleeping(n.last)
		} else {
			n.start(ctx, now)
		}
	}
	if running := now.Sub(n.started); !n.started.IsZero() && running > smiTimeout+time.Second {
		return n.last, fmt.Errorf("nvidia-smi: %w", noAnswer(running))
	}
	return n.last, n.err
}

func (n *smi) start(ctx context.Context, now time.Time) {
	if n.answer == nil {
		n.answer = make(chan smiAnswer, 1)
	}
	n.started = now
	path, answer := n.path, n.answer
	go func() {
		var a smiAnswer
		defer func() { answer <- a }()
		defer recoverTo(&a.err)
		a.gpus, a.err = runSMI(ctx, path, smiTimeout)
	}()
}

// take files an answer. After failures it is asked less and less often: what fails is mostly a driver that is not there.
func (n *smi) take(now time.Time) {
	if n.started.IsZero() {
		return
	}
	select {
	case a := <-n.answer:
		n.err = a.err
		if a.err == nil {
			n.last, n.failures, n.next = a.gpus, 0, n.started.Add(smiEvery)
		} else {
			n.last = sleeping(n.last)
			n.next = now.Add(min(smiEvery<<min(n.failures, 10), smiSeldom))
			n.failures++
		}
		n.started = time.Time{}
	default:
	}
}

// sleeping are the same GPUs without numbers.
func sleeping(gpus []GPU) []GPU {
	var same []GPU
	for _, g := range gpus {
		same = append(same, GPU{ID: g.ID, Name: g.Name, MemoryTotal: g.MemoryTotal})
	}
	return same
}

// findSMI looks into fixed directories: $PATH may name one that anybody writes to. Of a program that others than root
// and this process's own user may change or put in its place it keeps away.
func findSMI(dirs []string) string {
	for _, dir := range dirs {
		path := filepath.Join(dir, smiProgram)
		if stat, err := os.Stat(path); err == nil && stat.Mode().IsRegular() && mayRun(path) {
			return path
		}
	}
	return ""
}

// runSMI runs it once, without our environment, as a group of processes that is killed as a whole.
func runSMI(ctx context.Context, path string, timeout time.Duration) ([]GPU, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path,
		"--query-gpu=uuid,name,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw,power.limit,fan.speed",
		"--format=csv,noheader,nounits")
	out := boundedOutput{cancel: cancel}
	cmd.Stdout = &out
	cmd.Env = []string{}
	cmd.Dir = filepath.Dir(path)
	cmd.SysProcAttr = ownGroup()
	cmd.Cancel = func() error { return killGroup(cmd.Process) }
	cmd.WaitDelay = time.Second // for those who have left the group and keep the pipe
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start nvidia-smi: %w", err)
	}
	beNice(cmd.Process.Pid)
	err := cmd.Wait()
	switch {
	case out.full:
		return nil, errors.New("nvidia-smi: too much output")
	case ctx.Err() != nil:
		return nil, fmt.Errorf("nvidia-smi: %w", noAnswer(timeout))
	}
	gpus := parseSMI(out.b)
	switch {
	case len(gpus) > 0:
		return gpus, nil
	case err != nil:
		return nil, fmt.Errorf("nvidia-smi: %w: %s", err, firstWords(out.b))
	case len(bytes.TrimSpace(out.b)) == 0:
		return nil, nil
	}
	return nil, fmt.Errorf("nvidia-smi: %s", firstWords(out.b))
}

// boundedOutput ends the program when it writes too much.
type boundedOutput struct {
	b      []byte
	full   bool
	cancel context.CancelFunc
}

func (o *boundedOutput) Write(b []byte) (int, error) {
	if len(o.b)+len(b) > smiOutput {
		o.full = true
		o.cancel()
		return 0, errors.New("too much")
	}
	o.b = append(o.b, b...)
	return len(b), nil
}

func firstWords(b []byte) string {
	line, _ := cutLine(bytes.TrimSpace(b))
	return clean(string(line[:min(len(line), 120)]))
}

// parseSMI takes lines of nine fields with commas between them. What is not such a line (warnings, parts of a GPU that
// has been split) is left out.
func parseSMI(b []byte) []GPU {
	var gpus []GPU
	for len(b) > 0 && len(gpus) < mostGPUs {
		var line []byte
		line, b = cutLine(b)
		if gpu, ok := parseSMILine(string(line)); ok {
			gpus = append(gpus, gpu)
		}
	}
	return gpus
}

func parseSMILine(line string) (GPU, bool) {
	fields := strings.Split(strings.TrimSpace(line), ",")
	if len(fields) != 9 {
		return GPU{}, false
	}
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	if !strings.HasPrefix(fields[0], "GPU-") {
		return GPU{}, false
	}
	const mib = 1 << 20
	return GPU{
		ID:          clean(fields[0]),
		Name:        clean(fields[1]),
		Busy:        percentOf(smiNumber(fields[2], "%")),
		MemoryUsed:  bytesOf(smiNumber(fields[3], "MiB"), mib),
		MemoryTotal: bytesOf(smiNumber(fields[4], "MiB"), mib),
		Temperature: degreesOf(smiNumber(fields[5], "C")),
		Power:       gpuWatts(smiNumber(fields[6], "W")),
		PowerLimit:  gpuWatts(smiNumber(fields[7], "W")),
		Fan:         percentOf(smiNumber(fields[8], "%")),
	}, true
}

// smiNumber is a number, with its unit or without. "[N/A]", "[Not Supported]", "ERR!" and the like are unknown.
func smiNumber(field, unit string) Number {
	v, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(field, unit)), 64)
	if err != nil {
		return Number{}
	}
	return Known(v)
}

func percentOf(n Number) Number {
	v, ok := n.Get()
	if !ok {
		return Number{}
	}
	return ratio(v, 100)
}

// bytesOf: no GPU has a pebibyte.
func bytesOf(n Number, unit float64) Number {
	v, ok := n.Get()
	if !ok || v*unit >= 1<<50 {
		return Number{}
	}
	return Known(v * unit)
}

func degreesOf(n Number) Number {
	v, _ := n.Get()
	if v == 0 { // unknown, or what a card says that does not tell
		return Number{}
	}
	return temperature(v)
}

// gpuWatts: none takes ten kilowatts.
func gpuWatts(n Number) Number {
	if v, _ := n.Get(); v > 10_000 {
		return Number{}
	}
	return n
}
