package collector

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// arguments is a command line as the kernel has it.
func arguments(args ...string) []byte {
	return []byte(strings.Join(args, "\x00") + "\x00")
}

func TestRedact(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		// Nothing to hide.
		{[]string{"/usr/sbin/sshd", "-D"}, "/usr/sbin/sshd -D"},
		{[]string{"bash", "-c", "echo a b"}, `bash -c "echo a b"`},
		{[]string{"a", "", `"`, `'x y'`, `x "y`, `a "b' c`}, `a "" '"' "'x y'" 'x "y' “a "b' c”`},
		{[]string{"/opt/My App/bin"}, "/opt/My App/bin"},
		{[]string{"vault", "--password-file", "/run/x"}, "vault --password-file /run/x"},
		{[]string{"x", "--tokenizer=x", "--author=x", "--max-tokens=5", "--max-token", "5"}, "x --tokenizer=x --author=x --max-tokens=5 --max-token 5"},
		{[]string{"x", "--author", "ann", "--authority", "y", "--bypass=1", "--compass", "n"}, "x --author ann --authority y --bypass=1 --compass n"},
		{[]string{"x", "--auth-mode=ldap", "--secret-name", "db", "--token-ttl=5m", "--no-password", "y"}, "x --auth-mode=ldap --secret-name db --token-ttl=5m --no-password y"},
		{[]string{"mongod", "--auth", "--dbpath", "/data"}, "mongod --auth --dbpath /data"},
		{[]string{"ansible-playbook", "--ask-pass", "site.yml"}, "ansible-playbook --ask-pass site.yml"},
		{[]string{"ansible", "--private-key", "/root/.ssh/id", "--private-key=~/.ssh/id"}, "ansible --private-key /root/.ssh/id --private-key=~/.ssh/id"},
		{[]string{"x", "--credentials=/etc/c.json", "--key", "k", "--public-key=abc"}, "x --credentials=/etc/c.json --key k --public-key=abc"},
		{[]string{"env", "PWD=/home/ann", "SSH_AUTH_SOCK=/tmp/a"}, "env PWD=/home/ann SSH_AUTH_SOCK=/tmp/a"},
		{[]string{"docker", "run", "-p", "80:80", "-v", "./secret:/secret", "registry/token:1.2", "ubuntu:22.04"}, "docker run -p 80:80 -v ./secret:/secret registry/token:1.2 ubuntu:22.04"},
		{[]string{"docker", "build", "--secret", "id=npm,src=/x"}, "docker build --secret id=npm,src=/x"},
		{[]string{"docker", "run", "alpine@sha256:0123", "a:b@sha256:0123"}, "docker run alpine@sha256:0123 a:b@sha256:0123"},
		{[]string{"git", "clone", "git@github.com:a/b.git"}, "git clone git@github.com:a/b.git"},
		{[]string{"git", "clone", "ssh://git@github.com/a/b.git"}, "git clone ssh://git@github.com/a/b.git"},
		{[]string{"curl", "http://localhost:8080/@scope/x?page=2&q=token"}, "curl http://localhost:8080/@scope/x?page=2&q=token"},
		{[]string{"mysql", "-p", "db", "-uroot", "-P3306"}, "mysql -p db -uroot -P3306"},
		{[]string{"ssh", "-p", "22", "host"}, "ssh -p 22 host"},
		{[]string{"mkdir", "-pv", "/x"}, "mkdir -pv /x"},
		{[]string{"passwd", "root"}, "passwd root"},
		{[]string{"login", "-p", "--", "ann"}, "login -p -- ann"},
		{[]string{"curl", "-u", "ann", "http://x"}, "curl -u ann http://x"},
		{[]string{"systemd-tty-ask-password-agent", "--watch"}, "systemd-tty-ask-password-agent --watch"},
		{[]string{"rustc", "-C", "std::token::x", "Foo::Secret::Bar"}, "rustc -C std::token::x Foo::Secret::Bar"},
		{[]string{"task-0123456789012345678901234"}, "task-0123456789012345678901234"},
		{[]string{"x", "--password="}, "x --password="},
		{[]string{"x", "--password", "--user", "ann"}, "x --password --user ann"},

		// Options.
		{[]string{"x", "--password=hunter2"}, "x --password=•••"},
		{[]string{"x", "--password", "hunter2"}, "x --password •••"},
		{[]string{"x", "--password", "two words", "y"}, `x --password "•••" y`},
		{[]string{"x", "--Password=a,b;c&d e"}, `x "--Password=•••"`},
		{[]string{"x", "-password", "hunter2", "-passwd=a", "-pwd", "b"}, "x -password ••• -passwd=••• -pwd •••"},
		{[]string{"x", "--db-pass", "a", "--pass=b", "--userpass=c"}, "x --db-pass ••• --pass=••• --userpass=•••"},
		{[]string{"x", "--token=a", "--auth-token", "b", "--gitlab_token=c", "--authToken=d"}, "x --token=••• --auth-token ••• --gitlab_token=••• --authToken=•••"},
		{[]string{"x", "--secret", "a", "--client-secret=b", "--secret-key=c", "--secret-id=d"}, "x --secret ••• --client-secret=••• --secret-key=••• --secret-id=•••"},
		{[]string{"x", "--api-key=a", "--apikey", "b", "--apiKey=c", "--API_KEY=d", "--api.key=e"}, "x --api-key=••• --apikey ••• --apiKey=••• --API_KEY=••• --api.key=•••"},
		{[]string{"x", "--auth=ann:pw", "--basic-auth", "b"}, "x --auth=••• --basic-auth •••"},
		{[]string{"x", "--credential=a", "--credentials", "b"}, "x --credential=••• --credentials •••"},
		{[]string{"x", "--private-key=MIIabc", "--encryption-key", "k0", "--password2=b"}, "x --private-key=••• --encryption-key ••• --password2=•••"},
		{[]string{"redis-server", "--requirepass", "a", "--masterauth", "b"}, "redis-server --requirepass ••• --masterauth •••"},
		{[]string{"java", "-Djavax.net.ssl.keyStorePassword=a", "-Ddb.url=x"}, "java -Djavax.net.ssl.keyStorePassword=••• -Ddb.url=x"},
		{[]string{"openssl", "req", "-passin", "pass:a"}, "openssl req -passin •••"},
		{[]string{"nmcli", "wifi", "connect", "x", "password", "hunter2"}, "nmcli wifi connect x password •••"},

		// Options of programs.
		{[]string{"mysql", "-uroot", "-phunter2", "db"}, "mysql -uroot -p••• db"},
		{[]string{"/usr/bin/mysqldump", "-phunter2"}, "/usr/bin/mysqldump -p•••"},
		{[]string{"mariadb", "-h", "x", "-ph", "db"}, "mariadb -h x -p••• db"},
		{[]string{"sudo", "-u", "x", "mysql", "-phunter2"}, "sudo -u x mysql -p•••"},
		{[]string{"curl", "-u", "ann:pw", "http://x"}, "curl -u ann:••• http://x"},
		{[]string{"curl", "-sSu", "ann:pw", "--user", "a:b", "--proxy-user=c:d", "-ue:f"}, "curl -sSu ann:••• --user a:••• --proxy-user=c:••• -ue:•••"},
		{[]string{"sshpass", "-p", "x", "ssh", "h"}, "sshpass -p ••• ssh h"},
		{[]string{"sshpass", "-phunter2", "ssh", "h"}, "sshpass -p••• ssh h"},
		{[]string{"redis-cli", "-h", "h", "-a", "x", "ping"}, "redis-cli -h h -a ••• ping"},
		{[]string{"mongosh", "-u", "a", "-p", "x"}, "mongosh -u a -p •••"},
		{[]string{"docker", "login", "-u", "a", "-p", "x"}, "docker login -u a -p •••"},
		{[]string{"smbclient", "-U", "ann%pw", "//h/s"}, "smbclient -U ann%••• //h/s"},
		{[]string{"ldapsearch", "-D", "cn=a", "-w", "x"}, "ldapsearch -D cn=a -w •••"},

		// Variables, connection strings, JSON.
		{[]string{"env", "PASSWORD=x", "PGPASSWORD=y", "A=b", "run"}, "env PASSWORD=••• PGPASSWORD=••• A=b run"},
		{[]string{"docker", "run", "-e", "MYSQL_ROOT_PASSWORD=x", "-e", "DB_PASS=y", "mysql"}, "docker run -e MYSQL_ROOT_PASSWORD=••• -e DB_PASS=••• mysql"},
		{[]string{"psql", "password=x"}, "psql password=•••"},
		{[]string{"psql", "host=h password=x y"}, `psql "host=h password=••• y"`},
		{[]string{"psql", "host=h password='x y' dbname=d"}, `psql "host=h password=••• dbname=d"`},
		{[]string{"x", "Server=h;Uid=sa;Pwd=hunter2;Db=d"}, "x Server=h;Uid=sa;Pwd=•••;Db=d"},
		{[]string{"mount", "-o", "username=a,password=b,ro"}, "mount -o username=a,password=•••,ro"},
		{[]string{"x", `{"user":"a","password":"b c","n":1}`}, `x '{"user":"a","password":"•••","n":1}'`},
		{[]string{"x", `{"api_key": "b\"c", "n": 1}`}, `x '{"api_key": "•••", "n": 1}'`},
		{[]string{"x", `"{\"token\":\"b\"}"`}, `x '"{\"token\":\"•••\"}"'`},
		{[]string{"x", "{token:abc}"}, "x {token:•••}"},
		{[]string{"x", ":password => 'abc'"}, `x ":password => '•••'"`},

		// Headers.
		{[]string{"curl", "--header", "Authorization: Bearer x", "http://h"}, `curl --header "Authorization: •••" http://h`},
		{[]string{"curl", "-H", "X-Api-Key: x", "-H", "Accept: y z"}, `curl -H "X-Api-Key: •••" -H "Accept: y z"`},
		{[]string{"curl", "-H", "X-Auth-Token:x", "-H", "Cookie: a=b; c=d"}, `curl -H X-Auth-Token:••• -H "Cookie: •••"`},
		{[]string{"sh", "-c", "curl -H 'Authorization: Basic abc' http://h"}, `sh -c "curl -H 'Authorization: •••' http://h"`},
		{[]string{"sh", "-c", `curl -H Authorization:\ Bearer\ abcdefgh h`}, `sh -c "curl -H Authorization:••• h"`},

		// Addresses.
		{[]string{"x", "postgres://u:p@h/d"}, "x postgres://u:•••@h/d"},
		{[]string{"x", "--dsn=postgres://u:p@ss@h:5432/d?sslmode=off"}, "x --dsn=postgres://u:•••@h:5432/d?sslmode=off"},
		{[]string{"x", "postgres://u:p/q@h/d", "redis://:p@h"}, "x postgres://u:•••@h/d redis://:•••@h"},
		{[]string{"x", "amqp://a:b@h1,amqp://c:d@h2"}, "x amqp://a:•••@h1,amqp://c:•••@h2"},
		{[]string{"x", "https://0123456789abcdef0123456789abcdef@sentry.io/1"}, "x https://•••@sentry.io/1"},
		{[]string{"x", "user:pass@tcp(127.0.0.1:3306)/db", "--proxy=u:p@h:3128"}, "x user:•••@tcp(127.0.0.1:3306)/db --proxy=u:•••@h:3128"},
		{[]string{"curl", "https://h/?a=1&token=x&b=2#c"}, "curl https://h/?a=1&token=•••&b=2#c"},
		{[]string{"curl", "https://h/b?sv=1&sig=a%2Bb&X-Amz-Signature=ff&key=0123456789abcdef"}, "curl https://h/b?sv=1&sig=•••&X-Amz-Signature=•••&key=•••"},

		// Keys by their look.
		{[]string{"x", "AKIAIOSFODNN7EXAMPLE", "y"}, "x ••• y"},
		{[]string{"x", "a=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln,b"}, "x a=•••,b"},
		{[]string{"x", "ghp_0123456789012345678901234567890123ab", "glpat-0123456789abcdefghij", "xoxb-1234567890-abc"}, "x ••• ••• •••"},
		{[]string{"x", "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY----- z"}, `x "••• z"`},
		{[]string{"x", "https://sk-0123456789abcdefghij@h"}, "x https://•••@h"},

		// In scripts, and in titles.
		{[]string{"sh", "-c", "mysql -uroot -phunter2 db; ls -px"}, `sh -c "mysql -uroot -p••• db; ls -px"`},
		{[]string{"sh", "-c", "PGPASSWORD=x psql\n\tcurl -u a:b h"}, `sh -c "PGPASSWORD=••• psql  curl -u a:••• h"`},
		{[]string{"sh", "-c", "x --password='a b' --n"}, `sh -c "x --password=••• --n"`},
		{[]string{"sh", "-c", `su -c "x --password 'a b'" -`}, `sh -c “su -c "x --password '•••'" -”`},
		{[]string{"sh", "-c", "export PASSWORD = x"}, `sh -c "export PASSWORD = •••"`},
		{[]string{"sh", "-c", "mysql -e \"ALTER USER a PASSWORD 'x'\""}, `sh -c “mysql -e "ALTER USER a PASSWORD '•••'"”`},
		{[]string{"nginx: master process nginx -g daemon off;     "}, "nginx: master process nginx -g daemon off;"},
		{[]string{"postgres: ann db 10.0.0.1(1234) idle"}, "postgres: ann db 10.0.0.1(1234) idle"},
		{[]string{"worker --password hunter2 --token=x http://a:b@c/"}, "worker --password ••• --token=••• http://a:•••@c/"},
		{[]string{"curl -H Authorization: Bearer abc http://h"}, "curl -H Authorization: ••• http://h"},
		{[]string{`x --password="a b" c`}, `x --password=••• c`},

		// Hostile.
		{[]string{"a\x1b[31mb", "\xff", "c\u202ed"}, "a\uFFFD[31mb \uFFFD c\uFFFDd"},
		{[]string{""}, ""},
		{[]string{"<script>", "x"}, "<script> x"},
	} {
		got := redact(arguments(tt.args...))
		if got != tt.want {
			t.Errorf("%q:\n got %s\nwant %s", tt.args, got, tt.want)
		}
		checkCommand(t, got)
	}
	if got := redact(nil); got != "" {
		t.Errorf("a kernel thread: got %q", got)
	}
	if got := redact([]byte("a\x00b\x00\x00\x00\x00")); got != "a b" {
		t.Errorf("padding: got %q", got)
	}
}

func TestRedactIsBounded(t *testing.T) {
	long := redact(arguments("x", strings.Repeat("ä", 3000), "y"))
	if len(long) > longestShown || !strings.HasSuffix(long, "ä…") {
		t.Errorf("got %d bytes: %q", len(long), long)
	}
	// What is cut off is no beginning of a secret.
	line := append(arguments("x", "--password", strings.Repeat("s", longestCommand)), "tail"...)
	if got := redact(line[:longestCommand]); got != "x --password" {
		t.Errorf("got %q", got)
	}
	for n := range 40 {
		line := arguments("x", strings.Repeat("n", longestShown-32+n), "--password=hunter2hunter2", "http://u:hunter2@h")
		if got := redact(line); strings.Contains(got, "hunt") {
			t.Errorf("got %q", got)
		}
	}
}

func checkCommand(t *testing.T, s string) {
	t.Helper()
	if len(s) > longestShown || !utf8.ValidString(s) || oneLine(s) != s {
		t.Fatalf("%q is not fit to be shown", s)
	}
	if again := redact([]byte(s)); again != s {
		t.Fatalf("%q becomes %q", s, again)
	}
}

// What anybody may write into a command line takes no time that matters.
func TestRedactIsQuick(t *testing.T) {
	for _, piece := range []string{"a:", "=a:", "token:", "token=", "token: ", "a://b:c", "eyJ-", `="='`, "=“", `"a `, `='"`, "--p ", "x=y&sig=", ":::", "=  ", "mysql -p ", "a@b:", "password  ", "\x00\x00a b", "token:[", `token:{"`, "token('", "token:'", "a=b;pwd=c d", ";pwd=", "a://b:c/@", "ssh a:b@",
		"set password for ", "a'b ", "x'", "echo a | sudo ", "sqlplus a/b ", "add_user ", "identified by ", "s.", "https://a/hooks/",
		"insert into a(token", "insert into a(token)(", "expect password send a ", "auth('a',", "redis-cli auth a; ", "net use a: ", "auth: a b "} {
		line := []byte(strings.Repeat(piece, longestCommand/len(piece)))
		if took := leastOf(time.Second, func() { redact(line) }); took > time.Second {
			t.Errorf("%q takes %s", piece, took)
		} else {
			t.Logf("%q takes %s", piece, took)
		}
	}
}

// leastOf tells how long something takes: the least of ten times, or the first that is little enough. A busy machine may stop it in
// the middle of one.
func leastOf(enough time.Duration, do func()) time.Duration {
	least := time.Duration(math.MaxInt64)
	for n := 0; n < 10 && least > enough; n++ {
		start := time.Now()
		do()
		least = min(least, time.Since(start))
	}
	return least
}

// FuzzRedact plants a secret where it is known to be one, between arguments that may be anything.
func FuzzRedact(f *testing.F) {
	for i := range 48 {
		f.Add([]byte("ls\x00-l"), []byte("a 'b\x00\"c"), uint64(i)*7919+12345, byte(i))
	}
	f.Add([]byte("a='b"), []byte("c'"), uint64(1), byte(0))
	f.Add([]byte(`sh -c "x`), []byte(`y"`), uint64(1), byte(1))
	f.Fuzz(func(t *testing.T, before, after []byte, seed uint64, shape byte) {
		checkCommand(t, redact(before))

		secret := make([]byte, 20)
		for i := range secret {
			secret[i] = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"[seed%56]
			seed = seed/3 + seed*2862933555777941757 + 3037000493
		}
		s := string(secret)
		planted := [][]string{
			{"--password=" + s},
			{"--password", s},
			{"PGPASSWORD=" + s},
			{"--api-key", s},
			{"--auth-token=" + s},
			{"mysql", "-p" + s},
			{"curl", "-u", "ann:" + s},
			{"sshpass", "-p", s},
			{"redis-cli", "-a", s},
			{"--header", "Authorization: Bearer " + s},
			{"-H", "X-Api-Key: " + s},
			{"postgres://u:" + s + "@h/"},
			{"https://h/?a=b&token=" + s + "&c=d"},
			{"https://h/?sig=" + s},
			{"AKIA" + strings.ToUpper(s)[:16]},
			{"eyJ" + s + "." + s + "." + s},
			{"ghp_" + s + s[:16]},
			{"glpat-" + s},
			{"xoxb-" + s},
			{`{"a":1,"password":"` + s + `"}`},
			{"host=h password=" + s + " dbname=d"},
			{"sh", "-c", "mysql -p" + s + " db"},
			{"-Dapi.key=" + s},
			{"-HAuthorization: Bearer " + s},
			{"Server=h;Password=my " + s + ";Db=d"},
			{"sh", "-c", "mysql -p'my " + s + "' db"},
			{`{"token":["a","` + s + `"]}`},
			{"postgres://u:4x/" + s + "@h/"},
			{"https://" + s + "@github.com/a/b"},
			{"mysql", "-e", "CREATE USER a IDENTIFIED BY '" + s + "'"},
			{"ssh", "-o", "ProxyCommand=sshpass -p " + s + " ssh h", "x"},
			{"config", "set", "requirepass", s},
			{"/password:" + s},
			{"dckr_pat_" + s},
			{"sh", "-c", "curl -H 'Authorization: Bearer " + s + "' h"},
			{"expect", "-c", `spawn x; expect "assword:"; send "` + s + `\r"`},
			{"mysql", "-e", "INSERT INTO u(name, password) VALUES('a', '" + s + "')"},
			{"openssl", "rsa", "-passin", "pass:" + s},
			{"htpasswd", "-b", "f", "ann", s, ";"},
			{"mongosh", "--eval", "db.auth('ann', '" + s + "')"},
			{"radtest", "ann", s, "h", "0", s},
		}
		args := planted[int(shape)%len(planted)]
		line := append(append([]byte{}, before...), 0)
		line = append(append(line, arguments(args...)...), after...)
		got := redact(line)
		checkCommand(t, got)
		if len(line) < longestCommand && strings.Contains(strings.ToUpper(got), strings.ToUpper(s)[:16]) && !strings.Contains(strings.ToUpper(string(before)+string(after)), strings.ToUpper(s)[:16]) {
			t.Fatalf("%q in %q is shown: %q", args, line, got)
		}
	})
}

func BenchmarkRedact(b *testing.B) {
	line := arguments("java", "-Xmx1g", "-Ddb.password=x", "-jar", "/opt/app/app.jar", "--server.port=8080", "--url=jdbc:postgresql://h/db?user=a&password=b")
	b.ReportAllocs()
	for b.Loop() {
		redact(line)
	}
}
