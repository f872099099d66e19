package collector

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// programLeaks has one line with a secret, S3C, for each kind of rule. ARG stands where any word may be.
var programLeaks = [][]string{
	{"mysql", "ARG", "-pS3C"}, {"mysql", "-u", "root", "ARG", "-pS3C"}, {"mysqldump", "-r", "ARG", "-pS3C"}, {"mariadb", "ARG", "-pS3C", "db"},
	{"mysqladmin", "-u", "ARG", "password", "S3C"}, {"xtrabackup", "ARG", "--encrypt-key=S3C"}, {"mongosh", "ARG", "-p", "S3C"},
	{"rabbitmqadmin", "-u", "ARG", "-p", "S3C"}, {"sqlcmd", "-S", "ARG", "-P", "S3C"}, {"mosquitto_pub", "-h", "ARG", "-P", "S3C"},
	{"redis-cli", "-h", "ARG", "-a", "S3C"}, {"redis-cli", "-h", "ARG", "auth", "S3C"}, {"setuser", "ARG", ">S3C"}, {"sqlplus", "ARG", "a/S3C"},
	{"bteq", ".logon", "ARG", "h/u,S3C"}, {"gbak", "ARG", "-pas", "S3C"}, {"db2", "connect", "to", "ARG", "using", "S3C"}, {"vsql", "ARG", "-w", "S3C"},
	{"influx", "query", "ARG", "-t", "S3C"}, {"neo4j-admin", "ARG", "set-initial-password", "S3C"}, {"rabbitmqctl", "-n", "ARG", "add_user", "ARG", "S3C"},
	{"etcdctl", "ARG", "--user", "a:S3C"}, {"curl", "-o", "ARG", "-u", "a:S3C"}, {"curl", "-T", "ARG", "--proxy-user", "a:S3C", "h"},
	{"curl", "ARG", "-b", "a=S3C"}, {"http", "ARG", "-a", "S3C"}, {"lftp", "ARG", "-u", "a,S3C"}, {"sshpass", "ARG", "-p", "S3C"}, {"winrs", "ARG", "-p:S3C"},
	{"xfreerdp", "ARG", "/p:S3C"}, {"ssh-keygen", "-f", "ARG", "-N", "S3C"}, {"smbclient", "//srv/ARG", "-U", "ann%S3C"}, {"net", "ARG", "-U", "a%S3C"},
	{"net", "user", "ARG", "S3C"}, {"ipmitool", "-H", "ARG", "-P", "S3C"}, {"snmpget", "-u", "ARG", "-A", "S3C"}, {"snmpget", "-u", "ARG", "-X", "S3C"},
	{"wpa_passphrase", "ARG", "S3C"}, {"wpa_cli", "-i", "ARG", "psk", "S3C"}, {"iwconfig", "ARG", "key", "S3C"}, {"radtest", "ARG", "S3C", "h", "0", "S3C"},
	{"yt-dlp", "-o", "ARG", "-p", "S3C"}, {"sipsak", "ARG", "-a", "S3C"}, {"swaks", "ARG", "-ap", "S3C"}, {"sendemail", "ARG", "-xp", "S3C"},
	{"irssi", "ARG", "-w", "S3C"}, {"transmission-remote", "ARG", "-n", "a:S3C"}, {"transmission-daemon", "ARG", "-v", "S3C"},
	{"deluge-console", "connect", "ARG", "ARG", "S3C"}, {"docker", "login", "ARG", "-p", "S3C"}, {"useradd", "ARG", "-p", "S3C"},
	{"ldapsearch", "-h", "ARG", "-w", "S3C"}, {"ldappasswd", "-D", "ARG", "-a", "S3C"}, {"ipa-server-install", "ARG", "-a", "S3C"},
	{"samba-tool", "user", "create", "ARG", "S3C"}, {"doveadm", "ARG", "-p", "S3C"}, {"slappasswd", "ARG", "-s", "S3C"}, {"htpasswd", "-b", "ARG", "ARG", "S3C"},
	{"mkpasswd", "ARG", "S3C"}, {"caddy", "hash-password", "ARG", "--plaintext", "S3C"}, {"grafana-cli", "ARG", "reset-admin-password", "S3C"},
	{"kubectl", "create", "secret", "ARG", "x", "--from-literal=a=S3C"}, {"aws", "ssm", "put-parameter", "--name", "ARG", "--value", "S3C"},
	{"doctl", "ARG", "-t", "S3C"}, {"swift", "ARG", "-K", "S3C"}, {"cf", "auth", "ARG", "S3C"}, {"snyk", "ARG", "auth", "S3C"}, {"b2", "authorize", "ARG", "S3C"},
	{"mc", "alias", "set", "ARG", "ARG", "ARG", "S3C"}, {"bw", "login", "ARG", "S3C"}, {"vault", "ARG", "login", "S3C"}, {"consul", "ARG", "-encrypt", "S3C"},
	{"chamber", "write", "ARG", "ARG", "S3C"}, {"keyctl", "add", "ARG", "ARG", "S3C"}, {"security", "ARG", "-k", "S3C"}, {"ngrok", "ARG", "authtoken", "S3C"},
	{"twine", "ARG", "-p", "S3C"}, {"cargo", "ARG", "login", "S3C"}, {"poetry", "config", "ARG", "ARG", "S3C"}, {"nuget", "ARG", "-k", "S3C"},
	{"gitlab-runner", "ARG", "-r", "S3C"}, {"glab", "auth", "ARG", "ARG", "S3C"}, {"pm2", "ARG", "link", "S3C"}, {"ansible-vault", "encrypt_string", "ARG", "S3C"},
	{"lego", "ARG", "--hmac", "S3C"}, {"zip", "-r", "a.zip", "ARG", "-P", "S3C"}, {"7z", "a", "ARG", "-pS3C"}, {"rar", "a", "ARG", "-hpS3C"},
	{"rclone", "ARG", "obscure", "S3C"}, {"openssl", "enc", "-in", "ARG", "-k", "S3C"}, {"openssl", "passwd", "ARG", "S3C"}, {"oathtool", "ARG", "S3C"},
	{"qemu-img", "ARG", "-object", "secret,data=S3C"}, {"signtool", "ARG", "/p", "S3C"}, {"schtasks", "ARG", "/rp", "S3C"}, {"certutil", "ARG", "-p", "S3C"},
	{"sc", "ARG", "password=", "S3C"}, {"convertto-securestring", "ARG", "S3C"}, {"fence_ipmilan", "-a", "ARG", "-p", "S3C"},
	{"vault", "kv", "put", "ARG", "x=S3C"}, {"nomad", "var", "put", "ARG", "x=S3C"}, {"smbclient", "-U", "ARG", "//h/s", "S3C"},
}

// Whatever an argument is called, and whatever program has that name: the one that runs takes its secrets where it does.
func TestRedactProgramsAddUp(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	programs := programNames(t)
	for _, args := range programLeaks {
		for _, program := range append(programs, "x", "fence_x", "/usr/bin/curl", "/etc/tls/secret") {
			line := slices.Clone(args)
			for i, arg := range line {
				line[i] = strings.ReplaceAll(arg, "ARG", program)
			}
			script := []string{"sh", "-c", strings.Join(line, " ")}
			for _, line := range [][]string{line, script} {
				got := redact(arguments(line...))
				if strings.Contains(got, "S3C") {
					t.Errorf("%q is shown: %s", line, got)
				}
				checkCommand(t, got)
			}
		}
	}
}

// As many programs as fit into one line take no time that matters.
func TestRedactProgramsIsQuick(t *testing.T) {
	line := strings.Repeat(strings.Join(programNames(t), " ")+" ", 10)[:longestCommand-1]
	if took := leastOf(2*time.Second, func() {
		redact([]byte(line))
		redact([]byte(strings.ReplaceAll(line, " ", "\x00")))
	}); took > 2*time.Second {
		t.Errorf("takes %s", took)
	} else {
		t.Logf("takes %s", took)
	}
}

// programNames are all that secretsOf knows.
func programNames(t *testing.T) []string {
	source, err := os.ReadFile("redact_programs.go")
	if err != nil {
		t.Fatal(err)
	}
	body, _, _ := strings.Cut(string(source), "strings.HasPrefix(name, \"fence_\")")
	var names []string
	for _, group := range regexp.MustCompile(`(?s)\tcase (.*?):(?: //[^\n]*)?\n`).FindAllStringSubmatch(body, -1) {
		for _, name := range regexp.MustCompile(`"([^"]+)"`).FindAllStringSubmatch(group[1], -1) {
			if secretsOf(name[1]) == "" {
				t.Errorf("%q is no program", name[1])
			}
			names = append(names, name[1])
		}
	}
	if len(names) < 150 {
		t.Fatalf("got %d programs", len(names))
	}
	return names
}
