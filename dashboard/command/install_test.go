package command

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func installedFile(t *testing.T, name string) string {
	t.Helper()
	content, err := installed.ReadFile("install/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// understood: the program takes these arguments and variables.
func understood(t *testing.T, where string, args []string, environment map[string]string) Serve {
	t.Helper()
	names := map[string]bool{"HOST_ROOT": true, "FIVEWIRE_CONFIG": true, keyVariable: true}
	flags, err := serveFlags()
	if err != nil {
		t.Fatal(err)
	}
	for _, flag := range flags {
		for _, name := range flag.Tag.Envs {
			names[name] = true
		}
	}
	for name, value := range environment {
		if !names[name] {
			t.Errorf("%s: there is no variable %s", where, name)
		}
		t.Setenv(name, value)
	}
	var cli onlyServe
	parser, err := newParser(&cli, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil && !strings.Contains(err.Error(), "--auth off") {
		t.Errorf("%s: %v", where, err)
	}
	for name := range environment {
		os.Unsetenv(name)
	}
	return cli.Serve
}

// unit reads a systemd unit: all values of each key.
func unit(t *testing.T, name string) map[string][]string {
	t.Helper()
	values := map[string][]string{}
	for scanner := bufio.NewScanner(strings.NewReader(installedFile(t, name))); scanner.Scan(); {
		line := scanner.Text()
		if line == "" || line[0] == '#' || line[0] == '[' {
			continue
		}
		key, value, found := strings.Cut(line, "=")
		if !found {
			t.Fatalf("%s: %q is no line of a unit", name, line)
		}
		values[key] = append(values[key], value)
	}
	return values
}

// The unit starts what there is, with flags that there are, where the script puts it; and takes away what is not needed,
// without what the collector and the fan-out live from.
func TestUnit(t *testing.T) {
	service, socket := unit(t, "fivewire.service"), unit(t, "fivewire.socket")
	command := strings.Fields(strings.ReplaceAll(service["ExecStart"][0], "${STATE_DIRECTORY}", "/var/lib/"+service["StateDirectory"][0]))
	if command[0] != "/usr/local/bin/fivewire" {
		t.Errorf("it starts %s", command[0])
	}
	serve := understood(t, "fivewire.service", command[1:], nil)
	if serve.DataDir != "/var/lib/fivewire" || serve.Config != "/etc/fivewire.yaml" {
		t.Errorf("got %+v", serve)
	}
	if socket["ListenStream"][0] != serve.Listen || socket["FileDescriptorName"][0] != socketName {
		t.Errorf("the socket is %v, %v", socket["ListenStream"], socket["FileDescriptorName"])
	}
	for _, name := range []string{"fivewire.service", "fivewire.socket"} {
		if text := strings.ReplaceAll(installedFile(t, name), "\n# ", " "); !strings.Contains(text, "systemctl edit "+name) {
			t.Errorf("%s is written anew by each install, and does not say where changes are kept", name)
		}
	}
	for key, want := range map[string]string{"Type": "notify", "RestartPreventExitStatus": "2", "DynamicUser": "yes", "SystemCallErrorNumber": "EPERM", "ProtectProc": "default", "CapabilityBoundingSet": ""} {
		if !slices.Equal(service[key], []string{want}) {
			t.Errorf("%s is %q, want %q", key, service[key], want)
		}
	}
	for _, family := range []string{"AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"} {
		if !slices.Contains(strings.Fields(service["RestrictAddressFamilies"][0]), family) {
			t.Errorf("%s is taken away", family)
		}
	}
	if calls := strings.Join(service["SystemCallFilter"], " "); !strings.Contains(calls, "io_uring_setup io_uring_enter io_uring_register") {
		t.Errorf("io_uring is taken away: %s", calls)
	}
	if _, err := parseFile("fivewire.yaml", []byte(installedFile(t, "fivewire.yaml"))); err != nil {
		t.Error(err)
	}
	if _, _, _, err := read(t, installedFile(t, "fivewire.yaml")); err != nil {
		t.Error(err)
	}
}

// What systemd itself says of the unit: nothing is unknown to it, and it calls the exposure OK.
func TestUnitByItsOwnTool(t *testing.T) {
	if testing.Short() {
		t.Skip("starts another program")
	}
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no systemd-analyze: apt-get install systemd")
		}
		t.Skip("no systemd-analyze here: what systemd says of the unit is not looked at")
	}
	dir := t.TempDir()
	for _, name := range []string{"fivewire.service", "fivewire.socket"} {
		content := strings.ReplaceAll(installedFile(t, name), "/usr/local/bin/fivewire", "/bin/true")
		content = strings.ReplaceAll(content, "\n#LoadCredential=", "\nLoadCredential=") // what may be taken in is known to it too
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) string {
		cmd := exec.Command(tool, args...)
		cmd.Dir = dir
		out, _ := cmd.CombinedOutput()
		return string(out)
	}
	for line := range strings.Lines(run("verify", "./fivewire.service", "./fivewire.socket")) {
		if strings.Contains(line, "fivewire.") {
			t.Error(line)
		}
	}
	if out := run("security", "--offline=yes", "./fivewire.service"); !regexp.MustCompile(`exposure level for fivewire.service: [01]\.\d OK`).MatchString(out) {
		t.Errorf("got %s", out[max(0, len(out)-200):])
	}
}

// The script is one for sh, and holds each file as it is, whatever the program's path.
func TestInstallScript(t *testing.T) {
	var b bytes.Buffer
	if err := (&Install{Under: "systemd"}).write(&b, "/opt/it's mine/fivewire"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"fivewire.service", "fivewire.socket", "fivewire.yaml"} {
		if content := installedFile(t, name); !strings.Contains(b.String(), "<<'END-OF-FILE'\n"+content+"END-OF-FILE\n") {
			t.Errorf("%s is not in it as it is", name)
		}
	}
	if !strings.Contains(b.String(), `install -m 0755 '/opt/it'\''s mine/fivewire' /usr/local/bin/fivewire`) {
		t.Error("the program is not put into its place")
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh on this system")
	}
	check := exec.Command(shell, "-n")
	check.Stdin = &b
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("sh -n: %v: %s", err, out)
	}
}

// After a reboot the service runs, whether or not somebody opens the page: what it does not see then, no chart and no alert
// has. The socket comes before it.
func TestInstallScriptEnables(t *testing.T) {
	var b bytes.Buffer
	if err := (&Install{Under: "systemd"}).write(&b, "fivewire"); err != nil {
		t.Fatal(err)
	}
	tool, err := exec.LookPath("systemctl")
	if err != nil {
		t.Skip("no systemctl here: what systemd would make of the script is not looked at")
	}
	root := t.TempDir()
	units := filepath.Join(root, "etc/systemd/system")
	if err := os.MkdirAll(units, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"fivewire.service", "fivewire.socket"} {
		if err := os.WriteFile(filepath.Join(units, name), []byte(installedFile(t, name)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for line := range strings.Lines(b.String()) {
		if args := strings.Fields(line); len(args) > 2 && args[0] == "systemctl" && args[1] == "enable" {
			if out, err := exec.Command(tool, append([]string{"--root=" + root}, args[1:]...)...).CombinedOutput(); err != nil {
				t.Fatalf("%s: %v: %s", line, err, out)
			}
		}
	}
	for _, link := range []string{"multi-user.target.wants/fivewire.service", "sockets.target.wants/fivewire.socket"} {
		if _, err := os.Lstat(filepath.Join(units, link)); err != nil {
			t.Errorf("it is not started with the machine: %v", err)
		}
	}
}

// What would be ignored is refused.
func TestInstallAs(t *testing.T) {
	for line, right := range map[string]bool{
		"": true, "compose": true, "kubernetes": true, "kubernetes --as sidecar": true,
		"compose --as sidecar": false, "--as node": false, "kubernetes --as much": false,
	} {
		var cli Install
		parser, err := newParser(&cli, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(strings.Fields(line)); (err == nil) != right {
			t.Errorf("install %s: %v", line, err)
		}
	}
	var b bytes.Buffer
	if err := (&Install{Under: "kubernetes"}).write(&b, "fivewire"); err != nil || b.String() != installedFile(t, "kubernetes-node.yaml") {
		t.Errorf("without --as it is not the one of each node: %v", err)
	}
}

type anyMap = map[string]any

// documents reads YAML with several documents.
func documents(t *testing.T, name string) []anyMap {
	t.Helper()
	var all []anyMap
	for d := yaml.NewDecoder(strings.NewReader(installedFile(t, name))); ; {
		var one anyMap
		if err := d.Decode(&one); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, one)
	}
}

// at goes down into maps and lists: numbers are places in lists. What is not there is nil.
func at(in any, path ...any) any {
	for _, step := range path {
		switch key := step.(type) {
		case string:
			m, _ := in.(anyMap)
			in = m[key]
		case int:
			l, _ := in.([]any)
			if key >= len(l) {
				return nil
			}
			in = l[key]
		}
	}
	return in
}

func texts(list any) []string {
	var all []string
	items, _ := list.([]any)
	for _, item := range items {
		text, _ := item.(string)
		all = append(all, text)
	}
	return all
}

// Compose: each way is a profile of its own, runs without rights, keeps its data where the image has them, and sees what its
// comment says it does.
func TestCompose(t *testing.T) {
	file := documents(t, "compose.yaml")[0]
	for name, sees := range map[string]anyMap{
		"node":    {"pid": "host", "network_mode": "host"},
		"sidecar": {"pid": "service:app", "network_mode": "service:app"},
		"plain":   {"pid": nil, "network_mode": nil},
	} {
		service := at(file, "services", name)
		environment := map[string]string{}
		variables, _ := at(service, "environment").(anyMap)
		for key, value := range variables {
			environment[key], _ = value.(string)
		}
		understood(t, name, nil, environment)
		for key, want := range sees {
			if got := at(service, key); got != want {
				t.Errorf("%s: %s is %v, want %v", name, key, got, want)
			}
		}
		if !slices.Equal(texts(at(service, "cap_drop")), []string{"ALL"}) || at(service, "read_only") != true || !slices.Equal(texts(at(service, "profiles")), []string{name}) {
			t.Errorf("%s: got %v", name, service)
		}
		volumes := texts(at(service, "volumes"))
		if !slices.Contains(volumes, name+":/var/lib/fivewire") {
			t.Errorf("%s: its data are not kept: %v", name, volumes)
		}
		if kept, _ := at(file, "volumes").(anyMap); !slices.Contains(slices.Collect(maps.Keys(kept)), name) {
			t.Errorf("%s: there is no volume of its own", name)
		}
		if root := environment["HOST_ROOT"]; root != "" && !slices.Contains(volumes, "/:"+root+":ro,rslave") {
			t.Errorf("%s: the host is not at %s: %v", name, root, volumes)
		}
	}
}

// Kubernetes: the probes run what there is, each volume that is mounted is there, and each way sees what it says.
func TestKubernetes(t *testing.T) {
	for name, sees := range map[string]anyMap{
		"node":    {"hostPID": true, "hostNetwork": true, "shareProcessNamespace": nil},
		"sidecar": {"hostPID": nil, "hostNetwork": nil, "shareProcessNamespace": true},
		"plain":   {"hostPID": nil, "hostNetwork": nil, "shareProcessNamespace": nil},
	} {
		first := documents(t, "kubernetes-"+name+".yaml")[0]
		pod := at(first, "spec", "template", "spec")
		if first["kind"] == "Pod" {
			pod = first["spec"]
		} else if match, labels := at(first, "spec", "selector", "matchLabels", "app"), at(first, "spec", "template", "metadata", "labels", "app"); match != labels {
			t.Errorf("%s: selects %v of %v", name, match, labels)
		}
		for key, want := range sees {
			if got := at(pod, key); got != want {
				t.Errorf("%s: %s is %v, want %v", name, key, got, want)
			}
		}
		containers, _ := at(pod, "containers").([]any)
		container := containers[len(containers)-1]
		if at(container, "image") != "fivewire" {
			t.Fatalf("%s: got %v", name, container)
		}
		environment := map[string]string{}
		variables, _ := at(container, "env").([]any)
		for i := range variables {
			key, _ := at(variables, i, "name").(string)
			environment[key], _ = at(variables, i, "value").(string)
		}
		serve := understood(t, name, nil, environment)
		// On a loopback that is not its own alone are others: another server of the pod with its clients, pods of the node.
		shared := serve.BasePath != "" || at(pod, "hostNetwork") == true
		if shared != (serve.Auth == "key") {
			t.Errorf("%s: --auth %s, with --base-path %q and hostNetwork %v", name, serve.Auth, serve.BasePath, at(pod, "hostNetwork"))
		}
		if _, secret := environment["FIVEWIRE_KEY"]; shared != secret {
			t.Errorf("%s: a key of its own: %v", name, secret)
		}
		for _, probe := range []string{"livenessProbe", "readinessProbe"} {
			command := texts(at(container, probe, "exec", "command"))
			var cli testCommands
			parser, err := newParser(&cli, "")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parser.Parse(command[1:]); err != nil || command[0] != "/fivewire" || command[1] != "health" {
				t.Errorf("%s: %s runs %v: %v", name, probe, command, err)
			}
		}
		for key, want := range (anyMap{"runAsNonRoot": true, "readOnlyRootFilesystem": true, "allowPrivilegeEscalation": false}) {
			if got := at(container, "securityContext", key); got != want {
				t.Errorf("%s: %s is %v", name, key, got)
			}
		}
		volumes := map[any]string{}
		list, _ := at(pod, "volumes").([]any)
		for i := range list {
			path, _ := at(list, i, "hostPath", "path").(string)
			volumes[at(list, i, "name")] = path
		}
		mounts, _ := at(container, "volumeMounts").([]any)
		paths := map[string]string{}
		for i := range mounts {
			path, there := volumes[at(mounts, i, "name")]
			if !there {
				t.Errorf("%s: there is no volume %v", name, at(mounts, i, "name"))
			}
			mount, _ := at(mounts, i, "mountPath").(string)
			paths[mount] = path
		}
		if _, kept := paths["/var/lib/fivewire"]; !kept {
			t.Errorf("%s: its data are not kept", name)
		}
		if root := environment["HOST_ROOT"]; root != "" && paths[root] != "/" {
			t.Errorf("%s: %s is %q of the host", name, root, paths[root])
		}
	}
}

// The image: what it runs, by whom, and what it copies, as far as that can be told without building it.
func TestDockerfile(t *testing.T) {
	content, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	stages := strings.Split(string(content), "\nFROM ")
	last := stages[len(stages)-1]
	lines := map[string]string{}
	for line := range strings.Lines(last) {
		if key, value, found := strings.Cut(strings.TrimSpace(line), " "); found {
			lines[key] = value
		}
	}
	if !strings.HasPrefix(last, "scratch\n") || lines["USER"] != "65532:65532" || lines["ENTRYPOINT"] != `["/fivewire"]` {
		t.Errorf("got %q", lines)
	}
	if !strings.HasSuffix(lines["HEALTHCHECK"], `CMD ["/fivewire", "health"]`) {
		t.Errorf("HEALTHCHECK %s", lines["HEALTHCHECK"])
	}
	environment := map[string]string{}
	for _, pair := range strings.Fields(lines["ENV"]) {
		key, value, _ := strings.Cut(pair, "=")
		environment[key] = value
	}
	serve := understood(t, "Dockerfile", nil, environment)
	if serve.DataDir != lines["VOLUME"] || !strings.HasSuffix(serve.Listen, ":"+lines["EXPOSE"]) {
		t.Errorf("it keeps data in %s and listens on %s, the image has %s and %s", serve.DataDir, serve.Listen, lines["VOLUME"], lines["EXPOSE"])
	}
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	needs := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(mod)[1]
	if !strings.Contains(stages[0]+"\nFROM "+stages[1], "FROM golang:"+string(needs)+" ") {
		t.Errorf("go.mod needs Go %s", needs)
	}
}
