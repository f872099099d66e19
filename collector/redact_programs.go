package collector

import "strings"

// A secretOption is an option of a program that has a secret.
type secretOption struct {
	name     string
	after    string // only what is behind this is secret
	attached bool   // never a word of its own: -pSECRET
	separate bool   // always a word of its own: -p SECRET
	bundled  bool   // may be the last letter of several
}

// secretOptions are those of a program by its file name; none for most.
func secretOptions(path string) []secretOption {
	if len(path) > 200 || strings.HasPrefix(path, "-") && !strings.Contains(path, "=") {
		return nil
	}
	name := path[strings.LastIndexAny(path, "/\\=(`\"'!{")+1:] // x=$(mysql, ProxyCommand=sshpass
	name = strings.TrimSuffix(strings.ToLower(name), ".exe")
	switch name {
	case "mysql", "mysqldump", "mysqladmin", "mysqlimport", "mysqlcheck", "mysqlshow", "mysqlslap", "mysqlpump", "mysqlbinlog",
		"mariadb", "mariadb-dump", "mariadb-admin", "mariadb-import", "mariadb-check", "mariadb-show", "mariadb-backup", "xtrabackup":
		return []secretOption{{name: "-p", attached: true}}
	case "curl":
		return []secretOption{{name: "--user", after: ":"}, {name: "--proxy-user", after: ":"}, {name: "-u", after: ":", bundled: true},
			{name: "-U", after: ":", bundled: true}, {name: "-b", after: "="}, {name: "--cert", after: ":"}, {name: "-E", after: ":"}}
	case "http", "https", "xh", "xhs":
		return []secretOption{{name: "-a", after: ":"}}
	case "redis-cli", "valkey-cli", "keydb-cli":
		return []secretOption{{name: "-a", separate: true}}
	case "mongo", "mongosh", "mongodump", "mongorestore", "mongoexport", "mongoimport", "mongostat", "mongotop",
		"twine", "cqlsh", "useradd", "usermod", "groupadd", "mydumper", "myloader", "mycli", "crackmapexec", "nxc", "rdesktop", "evil-winrm",
		"rabbitmqadmin", "ncftp", "ncftpput", "ncftpget", "sshpass", "login", "nordvpn", "couchbase-cli", "cbq", "splunk":
		return []secretOption{{name: "-p"}}
	case "sqlcmd", "bcp", "ipmitool", "zip", "unzip", "zipcloak",
		"mosquitto_pub", "mosquitto_sub", "mosquitto_rr", "tsql", "isql", "vmware-cmd":
		return []secretOption{{name: "-P"}}
	case "ldapsearch", "ldapadd", "ldapmodify", "ldapdelete", "ldapwhoami", "ldapcompare", "ldapmodrdn":
		return []secretOption{{name: "-w"}}
	case "ldappasswd":
		return []secretOption{{name: "-w"}, {name: "-a"}, {name: "-s"}}
	case "smbclient", "rpcclient", "smbget", "winexe", "wmic", "net":
		return []secretOption{{name: "-U", after: "%"}, {name: "--user", after: "%"}}
	case "snmpget", "snmpwalk", "snmpbulkwalk", "snmpset", "snmptrap", "snmpgetnext", "snmpbulkget", "snmptable":
		return []secretOption{{name: "-A", separate: true}, {name: "-X", separate: true}, {name: "-c"}}
	case "7z", "7za", "7zr":
		return []secretOption{{name: "-p", attached: true}}
	case "xfreerdp", "xfreerdp3", "wlfreerdp":
		return []secretOption{{name: "/p:", attached: true}, {name: "/password:", attached: true}}
	case "ssh-keygen":
		return []secretOption{{name: "-N", separate: true}, {name: "-P", separate: true}}
	case "docker", "podman", "nerdctl", "buildah", "skopeo", "helm", "oras":
		return nil // -p is for ports, but behind the word login
	case "rar", "unrar":
		return []secretOption{{name: "-hp", attached: true}, {name: "-p", attached: true}}
	case "gh":
		return []secretOption{{name: "-b"}, {name: "--body"}}
	case "doctl", "flyctl", "fly":
		return []secretOption{{name: "-t"}}
	case "security", "yt-dlp", "youtube-dl":
		return []secretOption{{name: "-p", separate: true}}
	case "irssi":
		return []secretOption{{name: "-w"}}
	case "transmission-remote":
		return []secretOption{{name: "-n", after: ":"}}
	case "transmission-daemon":
		return []secretOption{{name: "-v"}}
	case "oathtool":
		return []secretOption{{after: ""}}
	case "qemu-system-x86_64", "qemu-system-aarch64", "qemu-img", "qemu-kvm", "kvm":
		return []secretOption{{name: "-object", after: "data="}, {name: "--object", after: "data="}}
	case "lego":
		return []secretOption{{name: "--hmac"}}
	case "iwconfig":
		return []secretOption{{name: "key"}}
	case "etcdctl":
		return []secretOption{{name: "--user", after: ":"}}
	case "lftp", "open":
		return []secretOption{{name: "-u", after: ","}}
	case "sqlplus", "expdp", "impdp", "exp", "imp", "sqlldr", "rman", "sqlcl":
		return []secretOption{{after: "/"}}
	case "openssl":
		return []secretOption{{name: "-k", separate: true}, {name: "-K", separate: true}, {name: "-hmac"}}
	case "consul", "nomad", "serf":
		return []secretOption{{name: "-encrypt"}}
	}
	return nil
}

// endsSecret is for programs whose last word is a secret.
func endsSecret(before, s string) bool {
	switch before[strings.LastIndexByte(before, '/')+1:] {
	case "htpasswd", "mosquitto_passwd":
		return len(s) > 1 && s[0] == '-' && s[1] != '-' && strings.Contains(s, "b")
	case "openssl":
		return s == "passwd"
	}
	return false
}

// secretBehind is how many words behind this one a secret is; 0 for none.
func secretBehind(before, s string) int {
	switch s[strings.LastIndexByte(s, '/')+1:] {
	case "authtoken", "add-authtoken", "unseal", "obscure":
		return 1
	case "login", "auth":
		if before == "vault" || before == "bao" || before == "snyk" {
			return 1
		}
	case "set":
		if before == "alias" { // mc alias set name url user secret
			return 4
		}
	case "add_user", "change_password", "wpa_passphrase":
		return 2
	}
	return 0
}

// readsPassword is for programs and options that have a password come from a pipe.
func readsPassword(s string) bool {
	switch s[strings.LastIndexByte(s, '/')+1:] {
	case "chpasswd", "passwd", "smbpasswd", "--stdin", "--password-stdin", "--passphrase-fd", "-S", "cryptsetup", "--with-token":
		return true
	}
	return false
}

// isFinder is for programs whose words are what to look for, and where.
func isFinder(s string) bool {
	switch s[strings.LastIndexByte(s, '/')+1:] {
	case "grep", "egrep", "fgrep", "zgrep", "rg", "ag", "ack", "man", "apropos", "locate", "less", "vi", "vim", "nano", "cat", "ls":
		return true
	}
	return false
}
