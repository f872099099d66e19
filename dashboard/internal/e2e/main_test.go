// Package e2e uses fivewire as people do: the built binary on a command line, and its page in a real browser.
//
// There is one browser for all tests, and one tab for each: newPage opens it in a profile of its own, with its own storage
// and its own six connections, and visible, whatever others do at the same time; another opens one more of the same
// person's. So tests run beside each other: what a browser test costs is what it waits for. A new one costs less than a
// second when it
//
//   - begins with t.Parallel(), unless it asserts how long something takes: what does so runs first, one at a time;
//   - shows a made-up host on the page that all such tests share (display; its line in TestShown), where it leaves that page
//     as it was; else it has exhibit for a page of its own, lab for the wire lab, and start where the binary matters;
//   - waits for what it wants to see (says, waits, until, eventually) and never for a time to go by;
//   - calls what is a function of its arguments by modules, without a page;
//   - shares one page among claims that do not disturb each other;
//   - begins with exhaustive(t) where others have shown its subject already, and it goes through all there is of it; or where
//     it takes a processor for seconds and is of a corner. The quick set is for somebody who has changed a line, and waits.
package e2e

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// The binary is built once, and the browser started once, when the first test asks for them.
var (
	binary  = sync.OnceValues(build)
	browser = sync.OnceValues(startBrowser)
	// atExit undoes what they did. Tests that run beside each other may be the first to ask.
	atExit   []func()
	atExitMu sync.Mutex
)

// all has every test run; CI=true does, too.
var all = flag.Bool("all", false, "run what is exhaustive too, such as each fault and each lesson; CI=true does, too")

// leftOut are the tests that exhaustive has left out.
var (
	leftOut   []string
	leftOutMu sync.Mutex
)

// named is the browser to take; "" for the first that is found.
var named = os.Getenv("FIVEWIRE_BROWSER")

// errNoBrowser explains, in one line, why browser tests did not run.
var errNoBrowser = errors.New("no browser found: install Chromium (apt-get install chromium, brew install chromium) or name one in FIVEWIRE_BROWSER")

func TestMain(m *testing.M) {
	flag.Parse()
	os.Unsetenv("FIVEWIRE_BROWSER")     // the binary knows no such variable, and says so
	beside := 2 * runtime.GOMAXPROCS(0) // a page draws while its test waits: with more of them, all only take longer
	flag.Visit(func(f *flag.Flag) {
		if f.Name == "test.parallel" {
			beside = 0
		}
	})
	if beside > 0 {
		flag.Set("test.parallel", strconv.Itoa(beside))
	}
	code := m.Run()
	if len(leftOut) > 0 {
		shout(fmt.Sprintf("*** LEFT OUT, BEING EXHAUSTIVE: %s\n*** To run them: go test ./dashboard/internal/e2e -timeout 30m -all", strings.Join(leftOut, ", ")))
	}
	if _, err := findBrowser(); err != nil && os.Getenv("CI") != "true" {
		shout(fmt.Sprintf("*** BROWSER TESTS WERE SKIPPED: %v", err))
	}
	for _, f := range atExit {
		f()
	}
	os.Exit(code)
}

// finally has something done when all tests are over.
func finally(do ...func()) {
	atExitMu.Lock()
	defer atExitMu.Unlock()
	atExit = append(atExit, do...)
}

// shout writes where a person sees it: go test keeps to itself what a package that passes has written.
func shout(line string) {
	name := "/dev/tty"
	if runtime.GOOS == "windows" {
		name = "CONOUT$"
	}
	terminal, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		terminal = os.Stderr
	}
	fmt.Fprintf(terminal, "\n%s\n\n", line)
}

func build() (string, error) {
	// What the binary is made of decides whether a cached result of these tests still holds. The packages are imported
	// by other files of this one; these two can only be read.
	for _, file := range []string{"main.go", "embed.go"} {
		if _, err := os.ReadFile(filepath.Join("..", "..", "..", file)); err != nil {
			return "", err
		}
	}
	dir, err := os.MkdirTemp("", "fivewire-e2e-")
	if err != nil {
		return "", err
	}
	finally(func() { os.RemoveAll(dir) })
	file := filepath.Join(dir, "fivewire")
	if runtime.GOOS == "windows" {
		file += ".exe"
	}
	cmd := exec.Command("go", "build", "-o", file, ".")
	cmd.Dir = filepath.Join("..", "..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return file, nil
}

func findBrowser() (string, error) {
	if named != "" {
		return named, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge",
		"/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"} {
		if file, err := exec.LookPath(name); err == nil {
			return file, nil
		}
	}
	return "", errNoBrowser
}

func startBrowser() (context.Context, error) {
	file, err := findBrowser()
	if err != nil {
		return nil, err
	}
	// It would load its own toolbar and address bar for each tab, which takes longer than our page does, and keep a process
	// ready for the next one, which only who measures an opening wants, as everybody has it.
	without := []string{"Translate", "BlinkGenPropertyTrees", "PreloadTopChromeWebUI", "WebUIOmniboxPopup", "WebUIOmniboxAimPopup"}
	if *firstChart == 0 {
		without = append(without, "SpareRendererForSitePerProcess")
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(file),
		chromedp.NoSandbox, // the sandbox needs rights that containers and CI machines do not give
		chromedp.DisableGPU,
		// The machine may have no network: a browser that calls home fails at it, many times at once.
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-features", strings.Join(without, ",")),
		chromedp.Flag("no-first-run", true),
		chromedp.Flag("hide-scrollbars", true),
	)...)
	ctx, cancelBrowser := chromedp.NewContext(ctx)
	finally(cancelBrowser, cancel)
	return ctx, chromedp.Do(ctx)
}

// needBrowser is the browser's context, or skips: loudly, and never on CI.
func needBrowser(t *testing.T) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("browser tests take longer than -short allows")
	}
	ctx, err := browser()
	if errors.Is(err, errNoBrowser) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return ctx
}

// exhaustive leaves a test out of the quick set, which shows each subject once: the terminal says which, and how to run them.
func exhaustive(t *testing.T) {
	t.Helper()
	if *all || os.Getenv("CI") == "true" {
		return
	}
	if testing.Short() {
		t.Skip("takes longer than -short allows")
	}
	leftOutMu.Lock()
	leftOut = append(leftOut, t.Name())
	leftOutMu.Unlock()
	t.Skip("exhaustive: runs with -all or CI=true")
}

// server is a running binary.
type server struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string // ends in a slash
	exit chan error
}

// needBinary is the binary, or skips: it is linked first.
func needBinary(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("linking the binary takes longer than -short allows")
	}
	file, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// start runs the binary until the test ends; "--listen 127.0.0.1:0" unless args say otherwise.
func start(t *testing.T, args ...string) *server {
	t.Helper()
	file := needBinary(t)
	if !strings.Contains(strings.Join(args, " "), "--listen") {
		args = append(args, "--listen", "127.0.0.1:0")
	}
	return startCommand(t, file, args...)
}

// startCommand runs a command that prints what the binary prints.
func startCommand(t *testing.T, file string, args ...string) *server {
	t.Helper()
	return startCmd(t, exec.Command(file, args...))
}

func startCmd(t *testing.T, cmd *exec.Cmd) *server {
	t.Helper()
	cmd.SysProcAttr = tied(syscall.SIGKILL)
	s := &server{t: t, cmd: cmd, exit: make(chan error, 1)}
	if s.cmd.Stderr == nil {
		s.cmd.Stderr = t.Output()
	}
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	url, found := strings.CutPrefix(strings.TrimSpace(line), "fivewire: ")
	if err != nil || !found {
		t.Fatalf("the first line is %q, %v", line, err)
	}
	s.url = url
	go func() { s.exit <- s.cmd.Wait() }()
	t.Cleanup(func() {
		s.cmd.Process.Kill()
		<-s.exit
	})
	return s
}

// address is host:port.
func (s *server) address() string {
	return strings.TrimSuffix(strings.TrimPrefix(s.url, "http://"), "/")
}

// stop asks it to end and says how long it took.
func (s *server) stop(signal syscall.Signal) time.Duration {
	s.t.Helper()
	began := time.Now()
	if err := s.cmd.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
	select {
	case err := <-s.exit:
		s.exit <- err
		if err != nil && signal != syscall.SIGKILL {
			s.t.Errorf("it ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		s.t.Fatal("it does not end")
	}
	return time.Since(began)
}

// ready waits for the first snapshot.
func (s *server) ready() {
	s.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		resp, err := http.Get(s.url + "readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == 200 {
				return
			}
		}
	}
	s.t.Fatal("no snapshot within a minute")
}
