package collector

import (
	"slices"
	"strings"
)

// secretsOf tells where a program, by its file name, takes secrets that have no telling name; nothing for most. Some
// are not programs, but words of one, such as the "login" of many. The places are written as:
//
//	-p        the next word, or the rest of this one; -xp has it too
//	-p_       the next word alone
//	-p+       the rest of this word alone
//	-u:       as -p, but only what is behind the first ":"; the same for "=", ",", "%" and "/"
//	* */      each word that is no option, or what is behind its first "/"
//	auth>2    the second word behind "auth"
//	//>1      the word behind one that begins with "//"
//	put>=     what is behind "=" in each word behind "put"; put>value= has that of "value" alone
//	>2        the second word behind the program
//	auth$ $   the last word, when there is an "auth", or always
func secretsOf(path string) string {
	if len(path) > 200 || strings.HasPrefix(path, "-") && !strings.Contains(path, "=") {
		return ""
	}
	name := path[strings.LastIndexAny(path, "/\\=(`\"'!{")+1:] // x=$(mysql, ProxyCommand=sshpass
	name = strings.TrimSuffix(strings.ToLower(name), ".exe")
	switch name {
	// Databases and message brokers.
	case "mysql", "mysqldump", "mysqlimport", "mysqlcheck", "mysqlshow", "mysqlslap", "mysqlpump", "mysqlbinlog",
		"mariadb", "mariadb-dump", "mariadb-import", "mariadb-check", "mariadb-show":
		return "-p+"
	case "mysqladmin", "mariadb-admin":
		return "-p+ password>1"
	case "xtrabackup", "mariabackup", "mariadb-backup":
		return "-p+ --encrypt-key"
	case "mongo", "mongosh", "mongodump", "mongorestore", "mongoexport", "mongoimport", "mongostat", "mongotop",
		"cqlsh", "cypher-shell", "mydumper", "myloader", "mycli", "rabbitmqadmin", "couchbase-cli", "cbq", "hdbsql",
		"elasticsearch-users":
		return "-p"
	case "sqlcmd", "bcp", "osql", "tsql", "isql", "mosquitto_pub", "mosquitto_sub", "mosquitto_rr", "p4", "microsocks":
		return "-P"
	case "redis-cli", "valkey-cli", "keydb-cli":
		return "-a_ auth$"
	case "setuser": // of redis
		return ">+"
	case "sqlplus", "expdp", "impdp", "exp", "imp", "sqlldr", "rman", "sqlcl":
		return "*/"
	case ".logon": // of bteq
		return "*,"
	case "gbak", "gfix", "gsec", "gstat", "nbackup", "isql-fb":
		return "-pas_ -pa_"
	case "db2":
		return "using>1"
	case "vsql":
		return "-w"
	case "influx":
		return "-t"
	case "neo4j-admin":
		return "set-initial-password>1"
	case "rabbitmqctl":
		return "add_user>2 change_password>2 authenticate_user>2"
	case "etcdctl", "nats":
		return "--user:"

	// Getting from and to other hosts.
	case "curl":
		return "--user: --proxy-user: -u: -U: -b= --cert: -E:"
	case "http", "https", "xh", "xhs":
		return "-a"
	case "lftp", "open":
		return "-u,"
	case "ncftp", "ncftpput", "ncftpget", "sshpass", "rdesktop", "evil-winrm", "crackmapexec", "nxc", "hydra", "medusa",
		"psexec", "racadm", "smbmap", "openfortivpn", "megaput", "megaget", "megacopy", "megals", "megadl", "rcon", "mcrcon":
		return "-p"
	case "winrs":
		return "-p:+"
	case "xfreerdp", "xfreerdp3", "wlfreerdp":
		return "/p:+ /p_"
	case "ssh-keygen":
		return "-N_ -P_"
	case "smbclient":
		return "-U% --user% //>1"
	case "rpcclient", "smbget", "winexe", "wmic":
		return "-U% --user%"
	case "net":
		return "-U% --user% user>2 use>1"
	case "ipmitool":
		return "-P password>2"
	case "snmpget", "snmpwalk", "snmpbulkwalk", "snmpset", "snmptrap", "snmpgetnext", "snmpbulkget", "snmptable":
		return "-A_ -X_ -c"
	case "wpa_passphrase":
		return ">2"
	case "wpa_cli":
		return "psk>1 password>1"
	case "iwconfig":
		return "key>1"
	case "radtest":
		return ">2 >5"
	case "yt-dlp", "youtube-dl":
		return "-p_"
	case "sipsak":
		return "-a"
	case "sipp", "swaks":
		return "-ap_"
	case "sendemail":
		return "-xp_"
	case "irssi":
		return "-w"
	case "ttyd", "gotty":
		return "-c:"
	case "ss-server", "ss-local", "ss-redir", "ss-tunnel", "ss-manager", "ssserver", "sslocal":
		return "-k"
	case "frpc", "frps":
		return "-t"
	case "supervisorctl", "esxcli", "pcs":
		return "-p"
	case "transmission-remote":
		return "-n:"
	case "transmission-daemon":
		return "-v"
	case "steamcmd":
		return "+login>2"
	case "srcds_run", "srcds_linux", "hlds_run":
		return "+rcon_password>1 +sv_password>1"
	case "ntfy":
		return "-u:"
	case "zerotier-cli":
		return "-T"
	case "netbird":
		return "--setup-key -k_"
	case "cloudflared":
		return "install>1"
	case "deluge-console":
		return "connect>3"

	// What monitoring runs all the time.
	case "check_mysql", "check_mysql_query", "check_pgsql", "check_radius", "check_disk_smb":
		return "-p"
	case "check_ldap", "check_ldaps", "check_smtp":
		return "-P"
	case "check_http", "check_curl":
		return "-a: -b:"
	case "check_snmp", "check_ifstatus", "check_ifoperstatus":
		return "-C -A -X"
	case "check_nt":
		return "-s"

	// Users.
	case "login", "useradd", "usermod", "groupadd", "add-user.sh", "pihole": // the login of docker, helm, az
		return "-p"
	case "ldapsearch", "ldapadd", "ldapmodify", "ldapdelete", "ldapwhoami", "ldapcompare", "ldapmodrdn", "kadmin", "ipa-client-install":
		return "-w"
	case "ldappasswd":
		return "-w -a -s"
	case "ipa-server-install":
		return "-p -a"
	case "samba-tool":
		return "create>2"
	case "doveadm":
		return "-p_ test>2"
	case "slappasswd":
		return "-s"
	case "htpasswd", "mosquitto_passwd":
		return "-b$"
	case "mkpasswd":
		return "$"
	case "hash-password": // of caddy
		return "--plaintext -p"
	case "grafana-cli", "grafana":
		return "reset-admin-password>1"

	// Clouds, builds and stores of secrets.
	case "secret": // of kubectl create, az keyvault, gh
		return "--from-literal= --value --body -b_ -b+"
	case "secrets": // of fly, doppler
		return "set>="
	case "put-parameter": // of aws ssm
		return "--value"
	case "doctl", "flyctl", "fly", "codecov", "vercel", "doppler":
		return "-t"
	case "swift":
		return "-K"
	case "cf":
		return "auth>2"
	case "snyk":
		return "auth>1"
	case "b2":
		return "authorize-account>2 authorize>2"
	case "mc":
		return "set>4 add>4"
	case "bw":
		return "login>2 unlock>1 --session"
	case "vault", "bao":
		return "login>1 unseal>1 put>= patch>= write>value= unwrap>1 lookup>1"
	case "consul", "nomad", "serf":
		return "-encrypt set-agent-token>2"
	case "heroku":
		return "config:set>="
	case "netlify":
		return "env:set>2"
	case "railway":
		return "--set="
	case "composer":
		return "config>3 github-oauth.github.com>1 gitlab-token.gitlab.com>1"
	case "sops":
		return "--set"
	case "virsh":
		return "secret-set-value>2"
	case "dscl":
		return "-passwd>2"
	case "var": // of nomad
		return "put>="
	case "chamber":
		return "write>3"
	case "keyctl":
		return "add>3"
	case "security":
		return "-p_ -w_ -P_ -k_"
	case "ngrok":
		return "authtoken>1 add-authtoken>1"
	case "nordvpn", "twine", "altool", "kopia", "splunk", "veracrypt", "xmrig":
		return "-p"
	case "cargo":
		return "login>1"
	case "poetry":
		return "-p config>3"
	case "nuget":
		return "-k -p"
	case "gitlab-runner":
		return "-r_"
	case "glab":
		return "auth>3"
	case "pm2":
		return "link>1"
	case "encrypt_string": // of ansible-vault
		return "*"
	case "lego":
		return "--hmac"

	// Archives, keys and machines.
	case "zip", "unzip", "zipcloak", "vmware-cmd":
		return "-P"
	case "7z", "7za", "7zr":
		return "-p+"
	case "rar", "unrar":
		return "-hp+ -p+"
	case "rclone":
		return "obscure>1"
	case "openssl":
		return "-k_ -K_ -hmac passwd$"
	case "qpdf":
		return "--encrypt>1 --encrypt>2"
	case "pdftotext", "pdftoppm", "pdftocairo", "pdftohtml", "pdfinfo", "pdfimages", "pdffonts":
		return "-upw_ -opw_"
	case "pdftk":
		return "user_pw>1 owner_pw>1 input_pw>1"
	case "bitcoin-cli":
		return "walletpassphrase>1 walletpassphrasechange>1 walletpassphrasechange>2 encryptwallet>1"
	case "pro", "ua": // of Ubuntu
		return "attach>1"
	case "salt", "salt-call":
		return "shadow.set_password>2"
	case "oathtool":
		return "*"
	case "qemu-system-x86_64", "qemu-system-aarch64", "qemu-img", "qemu-kvm", "kvm":
		return "-object,data= --object,data="

	// Windows.
	case "signtool":
		return "/p_"
	case "schtasks":
		return "/rp_"
	case "certutil":
		return "-p_"
	case "sc":
		return "password=_"
	case "convertto-securestring":
		return "*"
	}
	if strings.HasPrefix(name, "fence_") {
		return "-p"
	}
	return ""
}

// readsPassword is for programs and options that have a password come from a pipe.
func readsPassword(s string) bool {
	return slices.Contains([]string{"chpasswd", "passwd", "smbpasswd", "--stdin", "--password-stdin", "--passphrase-fd", "-S",
		"cryptsetup", "--with-token", "kinit"}, s[strings.LastIndexByte(s, '/')+1:])
}

// saysWords is for programs whose words are what to look for, or to say.
func saysWords(s string) bool {
	return slices.Contains([]string{"grep", "egrep", "fgrep", "zgrep", "rg", "ag", "ack", "man", "apropos", "locate", "less", "vi", "vim",
		"nano", "cat", "ls", "echo", "printf", "logger", "wall", "say", "notify-send"}, s[strings.LastIndexByte(s, '/')+1:])
}
