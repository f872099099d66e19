package collector

import (
	"strings"
	"testing"
)

// secretLines are what people really type, or have their tools type. Each S3C is a secret; an argument without one
// must be shown as it is.
var secretLines = [][]string{
	// Statements of SQL.
	{"mysql", "-e", "INSERT INTO users(name,password) VALUES('u','S3C')"},
	{"psql", "-c", "INSERT INTO users (id, password_hash) VALUES (1, 'S3C'), (2, 'S3C')"},
	{"psql", "-c", "insert into t(name, api_token, n) values ('a', 'S3C', 5)"},
	{"psql", "-c", "UPDATE users SET password='S3C' WHERE id=1"},
	{"psql", "-c", "UPDATE users SET password = crypt('S3C', gen_salt('bf')) WHERE id=1"},
	{"psql", "-c", "UPDATE users SET n=1, password = md5('S3C') WHERE id=1"},
	{"psql", "-c", "SELECT * FROM users WHERE password = 'S3C'"},
	{"mysql", "-e", "REPLACE INTO users SET name='u', passwd=PASSWORD('S3C')"},
	{"mysql", "-e", "CHANGE MASTER TO MASTER_HOST='h', MASTER_USER='r', MASTER_PASSWORD='S3C'"},
	{"mysql", "-e", "CHANGE REPLICATION SOURCE TO SOURCE_PASSWORD='S3C'"},
	{"psql", "-c", "ALTER USER a WITH ENCRYPTED PASSWORD 'S3C'"},
	{"psql", "-c", "ALTER ROLE a PASSWORD 'my S3C pass'"},
	{"psql", "-c", "CREATE SUBSCRIPTION s CONNECTION 'host=h password=S3C dbname=d' PUBLICATION p"},
	{"psql", "-c", "CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'a', password 'S3C')"},
	{"clickhouse-client", "--query", "CREATE USER a IDENTIFIED WITH sha256_password BY 'S3C'"},
	{"clickhouse-client", "--password", "S3C", "-q", "select 1"},
	{"sqlcmd", "-S", "h", "-U", "sa", "-PS3C", "-Q", "select 1"},
	{"sqlcmd", "-Q", "ALTER LOGIN sa WITH PASSWORD = N'S3C'"},

	// Databases.
	{"mongosh", "--eval", "db.auth('a','S3C')"},
	{"mongosh", "--eval", `db.createUser({user:"a",pwd:"S3C",roles:["root"]})`},
	{"mongosh", "--eval", `db.changeUserPassword("a", "S3C")`},
	{"mongodump", "--uri=mongodb://u:S3C@h1:27017,h2:27017/db?replicaSet=r"},
	{"redis-cli", "--pass", "S3C", "ping"},
	{"redis-cli", "-u", "redis://:S3C@h:6379/0"},
	{"redis-cli", "-h", "h", "AUTH", "S3C"},
	{"redis-cli", "auth", "ann", "S3C"},
	{"redis-cli", "ACL", "SETUSER", "ann", "on", ">S3C", "~*", "+@all"},
	{"redis-server", "*:6379", "--requirepass", "S3C"},
	{"pg_basebackup", "-d", "host=h user=r password=S3C", "-D", "/data"},
	{"influx", "-username", "a", "-password", "S3C"},
	{"influx", "setup", "--username", "a", "--password", "S3C", "--token", "S3C", "--org", "o"},
	{"influx", "query", "-t", "S3C", "-o", "org"},
	{"cypher-shell", "-u", "neo4j", "-p", "S3C", "match (n) return n"},
	{"neo4j-admin", "dbms", "set-initial-password", "S3C"},
	{"arangosh", "--server.password", "S3C"},
	{"elasticsearch-users", "useradd", "ann", "-p", "S3C", "-r", "superuser"},
	{"vsql", "-U", "a", "-w", "S3C", "-c", "select 1"},
	{"gbak", "-user", "sysdba", "-pas", "S3C", "a.fdb", "b.fbk"},
	{"db2", "connect", "to", "x", "user", "a", "using", "S3C"},
	{"nodetool", "-u", "a", "-pw", "S3C", "status"},
	{"pgloader", "mysql://u:S3C@h/d", "pgsql://u:S3C@h/d"},
	{"psql", "postgresql://h/d?user=u&password=S3C&sslmode=require"},
	{"impdp", "system/S3C@//h:1521/xe", "full=y"},
	{"hdbsql", "-u", "SYSTEM", "-p", "S3C"},
	{"bteq", ".logon h/u,S3C"},

	// Message brokers.
	{"kafka-console-consumer.sh", "--consumer-property", `sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="a" password="S3C";`},
	{"kcat", "-b", "h:9092", "-X", "sasl.password=S3C", "-L"},
	{"kcat", "-Xsasl.username=a", "-Xsasl.password=S3C"},
	{"rabbitmqctl", "add_user", "a", "S3C"}, {"rabbitmqctl", "authenticate_user", "a", "S3C"},
	{"rabbitmqadmin", "-u", "a", "-p", "S3C", "list", "queues"},
	{"nats", "--user", "a", "--password", "S3C", "pub", "x", "y"},
	{"nats-server", "--user", "a", "--pass", "S3C", "-p", "4222"},
	{"mosquitto_sub", "-h", "h", "-u", "a", "--pw", "S3C", "-t", "#"},
	{"pulsar-admin", "--auth-params", "token:S3C", "tenants", "list"},
	{"pulsar-admin", "--auth-params", `{"token":"S3C"}`},

	// Clouds.
	{"aws", "configure", "set", "aws_session_token", "S3C"},
	{"aws", "rds", "modify-db-instance", "--db-instance-identifier", "x", "--master-user-password", "S3C"},
	{"aws", "secretsmanager", "create-secret", "--name", "x", "--secret-string", "S3C"},
	{"aws", "secretsmanager", "put-secret-value", "--secret-id", "arn:x:y", "--secret-string", `{"user":"a","password":"S3C"}`},
	{"aws", "ssm", "put-parameter", "--name", "/x/y", "--type", "SecureString", "--value", "S3C"},
	{"aws", "lambda", "update-function-configuration", "--environment", "Variables={DB_PASSWORD=S3C,A=b}"},
	{"az", "login", "--service-principal", "-u", "app", "-p", "S3C", "--tenant", "t"},
	{"az", "storage", "blob", "list", "--account-key", "S3C", "--account-name", "a"},
	{"az", "storage", "blob", "list", "--sas-token", "S3C"},
	{"az", "storage", "blob", "list", "--connection-string", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=S3C==;EndpointSuffix=core.windows.net"},
	{"az", "keyvault", "secret", "set", "--vault-name", "v", "--name", "n", "--value", "S3C"},
	{"az", "vm", "create", "--admin-username", "a", "--admin-password", "S3C"},
	{"gcloud", "sql", "users", "set-password", "root", "--instance=x", "--password=S3C"},
	{"ibmcloud", "login", "--apikey", "S3C", "-r", "eu-de"},
	{"aliyun", "configure", "set", "--access-key-id", "A", "--access-key-secret", "S3C"},
	{"linode-cli", "linodes", "create", "--root_pass", "S3C"},
	{"openstack", "--os-username", "a", "--os-password", "S3C", "server", "list"},
	{"s3cmd", "--secret_key=S3C", "ls"},
	{"swift", "-A", "http://h/auth", "-U", "a", "-K", "S3C", "list"},
	{"heroku", "config:set", "API_KEY=S3C"},
	{"vercel", "--token", "S3C", "deploy"},
	{"netlify", "deploy", "--auth", "S3C"},
	{"fly", "secrets", "set", "DATABASE_PASSWORD=S3C"},
	{"cloudflared", "tunnel", "run", "--token", "S3C"},
	{"ngrok", "http", "80", "--authtoken", "S3C"},
	{"ngrok", "config", "add-authtoken", "S3C"},
	{"tailscale", "up", "--authkey", "S3C"},
	{"cf", "login", "-a", "api", "-u", "a", "-p", "S3C"}, {"cf", "auth", "ann", "S3C"},
	{"oc", "login", "https://h:6443", "-u", "a", "-p", "S3C"}, {"oc", "login", "--token=S3C"},
	{"bw", "login", "a@b.c", "S3C"}, {"bw", "unlock", "S3C", "--raw"},
	{"b2", "authorize-account", "0123", "S3C"},
	{"azcopy", "copy", "x", "https://a.blob.core.windows.net/c?sv=2022-11-02&ss=b&sig=S3C%3D"},
	{"hcloud", "--token", "S3C", "server", "list"},

	// Provisioning and Kubernetes.
	{"terraform", "apply", "-var", "db_password=S3C"},
	{"terraform", "init", "-backend-config=access_key=S3C"}, {"terraform", "init", "-backend-config=password=S3C"},
	{"ansible-playbook", "-e", "ansible_become_pass=S3C x=y", "site.yml"},
	{"ansible-playbook", "--extra-vars", `{"db_pass":"S3C","n":1}`, "site.yml"},
	{"ansible-vault", "encrypt_string", "S3C"},
	{"packer", "build", "-var", "api_token=S3C", "x.pkr.hcl"},
	{"helm", "install", "x", "c", "--set", "auth.rootPassword=S3C,auth.user=u"},
	{"helm", "upgrade", "x", "c", "--set-string", "postgresql.password=S3C"},
	{"helm", "registry", "login", "h", "-u", "a", "-p", "S3C"},
	{"kubectl", "create", "secret", "generic", "x", "--from-literal=password=S3C"},
	{"kubectl", "create", "secret", "generic", "x", "--from-literal=foo=S3C", "--from-literal", "bar=S3C"},
	{"kubectl", "create", "secret", "docker-registry", "r", "--docker-username=a", "--docker-password=S3C"},
	{"kubectl", "config", "set-credentials", "a", "--token=S3C"},
	{"kubectl", "run", "x", "--env=DB_PASSWORD=S3C", "--image=y"},
	{"kubectl", "exec", "-it", "p", "--", "mysql", "-uroot", "-pS3C"},
	{"kubectl", "patch", "secret", "x", "-p", `{"data":{"password":"S3C"}}`},
	{"kubeadm", "join", "h:6443", "--token", "S3C", "--discovery-token-ca-cert-hash", "sha256:0123"},
	{"k3s", "agent", "--server", "https://h:6443", "--token", "S3C"},
	{"docker", "build", "--build-arg", "NPM_TOKEN=S3C", "."}, {"docker", "build", "--build-arg=NPM_TOKEN=S3C", "."},
	{"docker", "run", "--env=PASSWORD=S3C", "x"}, {"docker", "login", "-u", "a", "-p=S3C"}, {"docker", "login", "--username=a", "--password=S3C"},
	{"skopeo", "copy", "--src-creds=u:S3C", "--dest-creds", "u:S3C", "docker://a", "docker://b"},
	{"crane", "auth", "login", "-u", "a", "-p", "S3C", "r"},

	// Backups and archives.
	{"env", "BORG_PASSPHRASE=S3C", "borg", "create", "::x"},
	{"restic", "-r", "rest:http://u:S3C@h:8000/", "backup", "/x"},
	{"duplicity", "/x", "scp://u:S3C@h//backup"},
	{"rclone", "--sftp-pass", "S3C", "copy", "a", "b"},
	{"rclone", "copy", ":sftp,user=a,pass=S3C:dir", "x"},
	{"rclone", "config", "create", "r", "s3", "secret_access_key", "S3C"},
	{"kopia", "repository", "connect", "filesystem", "-p", "S3C"},
	{"7z", "a", "-pS3C", "x.7z", "y"}, {"zip", "-rP", "S3C", "x.zip", "y"}, {"zip", "-r", "-P", "S3C", "x.zip", "y"},
	{"gpg", "--batch", "--passphrase", "S3C", "-d", "x.gpg"},
	{"openssl", "enc", "-aes-256-cbc", "-pass", "pass:S3C", "-in", "x"},
	{"openssl", "rsa", "-passin", "pass:S3C", "-passout", "pass:S3C", "-in", "k"},
	{"pgbackrest", "--repo1-cipher-pass=S3C", "backup"},
	{"xtrabackup", "--backup", "--encrypt=AES256", "--encrypt-key=S3C"},
	{"rsync", "-a", "rsync://u:S3C@h/m", "x"},

	// Continuous integration and packages.
	{"gitlab-runner", "register", "--registration-token", "S3C"}, {"gitlab-runner", "register", "-r", "S3C"},
	{"./config.sh", "--url", "https://github.com/a/b", "--token", "S3C"},
	{"java", "-jar", "agent.jar", "-url", "http://h/", "-secret", "S3C", "-name", "x"},
	{"java", "-jar", "jenkins-cli.jar", "-s", "http://h", "-auth", "u:S3C", "who-am-i"},
	{"sonar-scanner", "-Dsonar.host.url=http://h", "-Dsonar.login=S3C"}, {"sonar-scanner", "-Dsonar.token=S3C"},
	{"codecov", "-t", "S3C"},
	{"npm", "publish", "--otp=S3C"}, {"npm", "config", "set", "//r/:_authToken=S3C"}, {"npm", "publish", "--//registry.npmjs.org/:_authToken=S3C"},
	{"yarn", "config", "set", "npmAuthToken", "S3C"},
	{"mvn", "deploy", "-Dgpg.passphrase=S3C"}, {"gradle", "publish", "-Psigning.password=S3C", "-PossrhPassword=S3C"},
	{"nuget", "push", "x.nupkg", "-ApiKey", "S3C"}, {"dotnet", "nuget", "push", "x.nupkg", "-k", "S3C", "-s", "u"},
	{"cargo", "login", "S3C"}, {"poetry", "config", "pypi-token.pypi", "S3C"}, {"poetry", "config", "http-basic.x", "u", "S3C"},
	{"pip", "install", "--index-url", "https://u:S3C@h/simple", "x"}, {"pip", "install", "git+https://S3C@github.com/a/b"},
	{"git", "-c", "http.extraHeader=Authorization: Basic S3C", "clone", "https://h/x"},
	{"git", "-c", "http.https://github.com/.extraheader=AUTHORIZATION: basic S3C", "fetch"},
	{"git", "clone", "https://oauth2:S3C@gitlab.com/a"}, {"git", "push", "https://x-access-token:S3C@github.com/a/b"},
	{"git-remote-https", "origin", "https://u:S3C@h/a"},
	{"gh", "api", "-H", "Authorization: token S3C", "/user"}, {"glab", "auth", "login", "-t", "S3C"}, {"act", "-s", "GITHUB_TOKEN=S3C"},
	{"jfrog", "rt", "u", "--apikey=S3C", "--user=a"},
	{"xcrun", "altool", "--upload-app", "-u", "a", "-p", "S3C"}, {"xcrun", "notarytool", "submit", "x.zip", "--password", "S3C"},
	{"jarsigner", "-storepass", "S3C", "-keypass", "S3C", "x.jar", "a"}, {"apksigner", "sign", "--ks-pass", "pass:S3C", "x.apk"},

	// Java, Python, Node.
	{"java", "-Dspring.datasource.password=S3C", "-jar", "x.jar"}, {"java", "-jar", "x.jar", "--spring.datasource.password=S3C"},
	{"java", "-javaagent:/n.jar", "-Dnewrelic.config.license_key=S3C", "-jar", "x.jar"},
	{"java", `-Dspring.application.json={"db":{"password":"S3C"}}`},
	{"java", "-Djasypt.encryptor.password=S3C", "-Dvault.token=S3C"},
	{"kcadm.sh", "config", "credentials", "--server", "u", "--realm", "r", "--user", "a", "--password", "S3C"},
	{"kcadm.sh", "set-password", "--username", "a", "--new-password", "S3C"},
	{"flyway", "-url=jdbc:x", "-user=a", "-password=S3C", "migrate"}, {"add-user.sh", "-u", "a", "-p", "S3C"},
	{"python3", "-c", "import psycopg2; psycopg2.connect(host='h', password='S3C')"},
	{"gunicorn", "-e", "SECRET_KEY=S3C", "app:app"}, {"celery", "-A", "p", "-b", "redis://:S3C@h:6379/0", "worker"},
	{"celery", "-A", "p", "flower", "--basic_auth=u:S3C"}, {"celery", "--broker=amqp://u:S3C@h//", "worker"},
	{"jupyter", "lab", "--NotebookApp.token=S3C"}, {"jupyter", "lab", "--ServerApp.password=argon2:S3C"},
	{"node", "-e", "process.env.API_KEY='S3C'; require('./x')"}, {"node", "app.js", "--jwtSecret=S3C"},
	{"pm2", "link", "S3C", "pub"},
	{"node", "-e", `const c = {apiKey: "S3C", n: 1}`},
	{"php", "-r", "new PDO('mysql:host=h', 'u', 'x'); $password = 'S3C';"},
	{"php", "artisan", "x", "--password=S3C"},
	{"ruby", "-e", "ENV['SECRET_KEY_BASE'] = 'S3C'"},

	// Other hosts.
	{"plink", "-ssh", "-pw", "S3C", "u@h", "ls"}, {"pscp", "-pw", "S3C", "x", "u@h:/x"},
	{"expect", "-c", `spawn ssh h; expect "password:"; send "S3C\r"; interact`},
	{"expect", "-c", `spawn su -; expect Password:; send S3C\r; interact`},
	{"expect", "-c", `spawn ssh h; expect { "*yes/no*" { send "yes\r"; exp_continue } "*assword:" { send "S3C\r" } }`},
	{"expect", "-c", `set timeout 5; spawn x; expect "assword"; send -- "S3C\n"`},
	{"sh", "-c", `expect -c 'spawn ssh h; expect "password:"; send "S3C\r"'`},
	{"mosh-client", "MOSH_KEY=S3C", "h", "60001"}, {"env", "MOSH_KEY=S3C", "mosh-client", "h", "60001"},
	{"x11vnc", "-passwd", "S3C", "-display", ":0"}, {"xfreerdp", "/u:a", "/p:S3C", "/v:h"},
	{"nmcli", "dev", "wifi", "connect", "x", "password", "S3C"}, {"wpa_passphrase", "net", "S3C"}, {"wpa_cli", "-i", "wlan0", "set_network", "0", "psk", "S3C"},
	{"pppd", "user", "a", "password", "S3C", "nodetach"}, {"radtest", "ann", "S3C", "h", "0", "S3C"},
	{"snmpget", "-v3", "-u", "a", "-A", "S3C", "-X", "S3C", "h"}, {"snmpget", "-v2c", "-c", "S3C", "h", "sysName.0"},
	{"ipmitool", "-H", "h", "-U", "a", "-P", "S3C", "power", "status"}, {"ipmitool", "user", "set", "password", "2", "S3C"},
	{"racadm", "-r", "h", "-u", "root", "-p", "S3C", "getsysinfo"}, {"fence_ipmilan", "-a", "h", "-l", "a", "-p", "S3C", "-o", "status"},
	{"ovftool", "x.ova", "vi://u:S3C@h/"}, {"psexec.py", "dom/ann:S3C@10.0.0.1"},
	{"pjsua", "--id", "sip:u@h", "--password", "S3C"}, {"baresip", "-e", "/uanew sip:u:S3C@h"}, {"x", "sip:user:S3C@host"}, {"x", "<sips:user:S3C@host>"},
	{"baresip", "-e", "/uanew <sip:u@h>;auth_pass=S3C"}, {"sipsak", "-u", "a", "-a", "S3C", "-s", "sip:a@h"}, {"sipp", "-au", "a", "-ap", "S3C", "h"},

	// Mail and directories.
	{"swaks", "--auth-user", "a", "--auth-password", "S3C", "--to", "b@c.d"}, {"swaks", "-au", "a", "-ap", "S3C"},
	{"mutt", "-e", "set imap_pass=S3C"}, {"mailx", "-S", "smtp-auth-password=S3C", "b@c.d"}, {"sendemail", "-xu", "a", "-xp", "S3C"},
	{"imapsync", "--user1", "a", "--password1", "S3C", "--user2", "b", "--password2", "S3C"}, {"curl", "imaps://u:S3C@h/INBOX"},
	{"doveadm", "auth", "test", "ann", "S3C"}, {"doveadm", "pw", "-p", "S3C"},
	{"ldapsearch", "-x", "-D", "cn=a,dc=b", "-w", "S3C", "-b", "dc=b"}, {"ldapsearch", "-xw", "S3C", "-D", "cn=a"}, {"ldapadd", "-D", "cn=a", "-wS3C", "-f", "x"},
	{"ldappasswd", "-s", "S3C", "cn=b"}, {"slappasswd", "-s", "S3C"}, {"net", "ads", "join", "-U", "admin%S3C"}, {"net", "rpc", "info", "--user=admin%S3C"},
	{"kadmin", "-p", "a/admin", "-w", "S3C", "-q", "listprincs"}, {"kadmin.local", "-q", "addprinc -pw S3C ann"},
	{"samba-tool", "user", "create", "ann", "S3C"}, {"samba-tool", "domain", "provision", "--adminpass=S3C"}, {"ipa-server-install", "-p", "S3C", "-a", "S3C", "-U"},
	{"mkpasswd", "-m", "sha-512", "S3C"}, {"htpasswd", "-bc", "/f", "ann", "S3C"}, {"caddy", "hash-password", "--plaintext", "S3C"},

	// The web.
	{"wget", "--http-user=a", "--http-password=S3C", "http://h"}, {"wget", "--header=Authorization: Bearer S3C", "http://h"},
	{"wget", "--post-data", "user=a&password=S3C&x=y", "http://h"}, {"wget", "--post-data=user=a&password=S3C", "http://h"}, {"wget", "ftp://u:S3C@h/x"},
	{"aria2c", "--http-passwd=S3C", "--rpc-secret=S3C"}, {"aria2c", "--rpc-secret", "S3C"}, {"axel", "-H", "Cookie: sid=S3C", "http://h"},
	{"curl", "-d", `{"user":"a","password":"S3C"}`, "http://h"}, {"curl", "-d", "user=a", "-d", "pass=S3C", "http://h"},
	{"curl", "--data-urlencode", "client_secret=S3C", "http://h"}, {"curl", "--oauth2-bearer", "S3C", "http://h"},
	{"curl", "--aws-sigv4", "aws:amz", "-u", "AKEY:S3C", "http://h"}, {"curl", "-x", "http://u:S3C@proxy:3128", "http://h"}, {"curl", "-x", "u:S3C@proxy:3128", "http://h"},
	{"curl", "--proxy-header", "Proxy-Authorization: Basic S3C", "http://h"}, {"curl", "-HPRIVATE-TOKEN:S3C", "http://h"}, {"curl", "-H", "X-Vault-Token: S3C", "http://h"},
	{"curl", "-H", "apikey: S3C", "http://h"}, {"curl", "--cert", "c.pem:S3C", "http://h"}, {"curl", "--pass", "S3C", "http://h"}, {"curl", "--tlspassword", "S3C", "http://h"},
	{"curl", "-b", "sid=S3C", "http://h"}, {"curl", "--cookie", "sid=S3C", "http://h"}, {"curl", "-H", "DD-API-KEY: S3C", "http://h"}, {"curl", "-H", "X-Amz-Security-Token: S3C"},
	{"curl", "-H", "X-Auth-Key: S3C"}, {"curl", "-H", "X-Access-Key: S3C"}, {"curl", "-H", "Ocp-Apim-Subscription-Key: S3C"}, {"curl", "-H", "X-Session-Id: S3C"},
	{"curl", "https://h/?apikey=S3C&q=x"}, {"curl", "https://h/a?x=y&access_token=S3C"}, {"curl", "https://h/a#access_token=S3C"}, {"curl", "-F", "token=S3C", "http://h"},
	{"http", "POST", "h", "password=S3C"}, {"http", "-a", "u:S3C", "h"}, {"http", "h", "Authorization:Bearer S3C"}, {"http", "h", "X-API-Key:S3C"}, {"http", "-a", "S3C", "-A", "bearer", "h"},
	{"grpcurl", "-H", "authorization: Bearer S3C", "h:443", "list"}, {"grpcurl", "-d", `{"token": "S3C"}`, "h:443", "x"},
	{"curl", "-H", "Authorization: AWS4-HMAC-SHA256 Credential=A/b/c, Signature=S3C"}, {"curl", "-H", `Authorization: Digest username="a", response="S3C"`},
	{"curl", "-H", "Authorization: S3C"}, {"curl", "-H", "Authorization:S3C"}, {"curl", "-H", "X-Token: a S3C"},
	{"sh", "-c", `curl -s -H "Authorization: Bearer S3C" http://h | jq .`}, {"sh", "-c", `curl -s --header="X-Api-Key: S3C" http://h`},
	{"sh", "-c", `curl -d "{\"password\":\"S3C\"}" http://h`}, {"sh", "-c", `curl -d '{"password":"S3C"}' http://h`}, {"bash", "-c", `TOKEN=S3C; curl -H "Authorization: Bearer $TOKEN" h`},
	{"bash", "-lc", `export DB_PASSWORD="my S3C" && ./run`}, {"bash", "-c", "export AWS_SECRET_ACCESS_KEY=S3C AWS_DEFAULT_REGION=x; aws s3 ls"}, {"bash", "-c", "read PW <<< S3C; x --password $PW"},

	// What runs for long beside the others, and what monitoring runs again and again.
	{"ttyd", "-c", "a:S3C", "-p", "7681", "bash"}, {"gotty", "-c", "a:S3C", "-w", "bash"},
	{"ss-server", "-s", "0.0.0.0", "-p", "8388", "-k", "S3C", "-m", "aes-256-gcm"}, {"ss-local", "-kS3C", "-s", "h"}, {"ssserver", "-k", "S3C"}, {"sslocal", "-s", "h:1", "-k", "S3C"},
	{"frpc", "tcp", "-t", "S3C", "-s", "h:7000"}, {"frps", "-t", "S3C"}, {"socat", "TCP-LISTEN:1", "PROXY:p:h:1,proxyauth=u:S3C"}, {"trojan-go", "-url", "trojan://S3C@h:443"}, {"hysteria", "client", "-s", "hy2://S3C@h:443"},
	{"/usr/lib/nagios/plugins/check_mysql", "-H", "h", "-P", "3306", "-u", "a", "-p", "S3C"}, {"check_mysql", "-u", "a", "-pS3C"}, {"check_pgsql", "-l", "a", "-p", "S3C"},
	{"check_ldap", "-H", "h", "-b", "dc=x", "-D", "cn=a", "-P", "S3C"}, {"check_http", "-H", "h", "-a", "u:S3C"}, {"check_curl", "-b", "u:S3C", "-H", "h"}, {"check_smtp", "-H", "h", "-A", "LOGIN", "-U", "a", "-P", "S3C"},
	{"check_snmp", "-H", "h", "-C", "S3C", "-o", "sysUpTime.0"}, {"check_snmp", "-P", "3", "-U", "a", "-A", "S3C", "-X", "S3C"}, {"check_nt", "-H", "h", "-s", "S3C", "-v", "CPULOAD"},
	{"supervisorctl", "-u", "a", "-p", "S3C", "status"}, {"esxcli", "-s", "h", "-u", "root", "-p", "S3C", "vm", "process", "list"}, {"pcs", "host", "auth", "h", "-u", "hacluster", "-p", "S3C"},
	{"bitcoin-cli", "walletpassphrase", "S3C", "60"}, {"bitcoin-cli", "-rpcwallet=w", "encryptwallet", "S3C"}, {"nats", "--user", "a:S3C", "sub", "x"}, {"salt", "*", "shadow.set_password", "root", "S3C"},
	{"consul", "acl", "set-agent-token", "agent", "S3C"}, {"mc", "config", "host", "add", "m", "https://h", "ann", "S3C"}, {"bw", "--session", "S3C", "list", "items"}, {"pro", "attach", "S3C"}, {"ua", "attach", "S3C"},
	{"grafana", "cli", "admin", "reset-admin-password", "S3C"}, {"vercel", "-t", "S3C", "deploy"}, {"doppler", "run", "-t", "S3C", "--", "x"},
	{"qpdf", "--encrypt", "S3C", "S3C", "256", "--", "a.pdf", "b.pdf"}, {"pdftotext", "-upw", "S3C", "a.pdf"}, {"pdftk", "a.pdf", "output", "b.pdf", "user_pw", "S3C"},

	// Windows.
	{"cmdkey", "/add:h", "/user:a", "/pass:S3C"}, {"psexec", `\\h`, "-u", "a", "-p", "S3C", "cmd"}, {"wmic", "/node:h", "/user:a", "/password:S3C", "os"},
	{"schtasks", "/create", "/ru", "a", "/rp", "S3C"}, {"sc", "config", "x", "obj=", "a", "password=", "S3C"}, {"net", "user", "ann", "S3C", "/add"},
	{"net", "use", "Z:", `\\h\s`, "S3C", "/user:ann"}, {"net", "use", `\\h\s`, "/user:ann", "S3C"},
	{"msbuild", "x.csproj", "/p:Configuration=Release", "/p:Password=S3C"}, {"msbuild", "-p:PublishPassword=S3C"}, {"msdeploy", "-dest:auto,computername=h,username=u,password=S3C"},
	{"powershell", "-Command", "ConvertTo-SecureString 'S3C' -AsPlainText -Force"}, {"powershell", "-Command", "ConvertTo-SecureString -String S3C -AsPlainText -Force"},
	{"certutil", "-f", "-p", "S3C", "-importpfx", "x.pfx"}, {"signtool", "sign", "/f", "x.pfx", "/p", "S3C", "x.exe"}, {"winrs", "-r:h", "-u:a", "-p:S3C", "dir"},
	{"WinSCP.exe", "/command", "open sftp://u:S3C@h"}, {"setup.exe", "/SAPWD=S3C", "/Q"}, {"msiexec", "/i", "x.msi", "PASSWORD=S3C"}, {"setup.exe", "/password=S3C"},

	// Stores of secrets.
	{"vault", "kv", "put", "secret/x", "password=S3C"}, {"vault", "write", "auth/userpass/login/u", "password=S3C"}, {"vault", "operator", "unseal", "S3C"},
	{"etcdctl", "put", "/x/password", "S3C"}, {"keyctl", "add", "user", "x", "S3C", "@u"}, {"chamber", "write", "svc", "key", "S3C"},
	{"security", "add-generic-password", "-a", "a", "-s", "s", "-w", "S3C"}, {"security", "import", "x.p12", "-P", "S3C"}, {"security", "set-key-partition-list", "-k", "S3C", "x"},
	{"jwt", "encode", "--secret", "S3C", "{}"}, {"age-keygen", "AGE-SECRET-KEY-1S3C0123456789ABCDEFGHJKLMNP"}, {"step", "ca", "token", "x", "--password", "S3C"},
	{"minio", "server", "/d", "--secret-key", "S3C"}, {"grafana-cli", "admin", "reset-admin-password", "S3C"}, {"wp", "user", "create", "a", "a@b.c", "--user_pass=S3C"},
	{"wp", "config", "create", "--dbuser=a", "--dbpass=S3C"}, {"drush", "site-install", "--account-pass=S3C", "--db-url=mysql://u:S3C@h/d"},
	{"openvpn", "--http-proxy-user-pass", "S3C"}, {"deluge-console", "connect", "h", "a", "S3C"}, {"pihole", "-a", "-p", "S3C"}, {"cloud-init", "x", "chpasswd: {list: ['root:S3C']}"},
	{"prometheus", "--web.basic-auth=u:S3C"}, {"telegraf", "--token=S3C"}, {"datadog-agent", "DD_API_KEY=S3C"},
	{"ffmpeg", "-i", "x", "-f", "flv", "rtmp://live.twitch.tv/app/live_123_S3C"}, {"srt-live-transmit", "srt://h:1?passphrase=S3C"}, {"ffplay", "rtsp://a:S3C@h:554/ch1"},
	{"hydra", "-l", "a", "-p", "S3C", "ssh://h"},
	// What is put into a store is secret by whatever name.
	{"vault", "kv", "put", "secret/x", "value=S3C"}, {"vault", "kv", "put", "-mount=kv", "app", "user=ann", "dsn=S3C", "cert=@c.pem"},
	{"vault", "kv", "patch", "secret/x", "foo=S3C"}, {"bao", "kv", "put", "secret/x", "value=S3C"}, {"vault", "write", "secret/x", "ttl=1h", "value=S3C"},
	{"nomad", "var", "put", "x", "foo=S3C"}, {"doppler", "secrets", "set", "FOO=S3C"}, {"sh", "-c", "vault kv put secret/x value=S3C; ls a=b"},
	{"gh", "secret", "set", "NAME", "-bS3C"}, {"gh", "secret", "set", "-b", "S3C", "NAME"},
	{"zip", "-9rP", "S3C", "x.zip", "y"}, {"smbclient", "//h/s", "S3C", "-U", "ann"}, {"smbclient", "-U", "ann", "//h/s", "S3C", "-c", "ls"},
	{"heroku", "config:set", "STRIPE=S3C", "-a", "shop"}, {"netlify", "env:set", "STRIPE", "S3C"}, {"railway", "variables", "--set", "STRIPE=S3C"},
	{"vault", "unwrap", "S3C"}, {"vault", "token", "lookup", "S3C"}, {"sops", "--set", `["a"] "S3C"`, "x.yaml"}, {"virsh", "secret-set-value", "0123", "S3C"},
	{"composer", "config", "http-basic.h.example", "ann", "S3C"}, {"composer", "config", "--global", "github-oauth.github.com", "S3C"},
	{"smbmap", "-u", "ann", "-p", "S3C", "-H", "h"}, {"openfortivpn", "h", "-u", "ann", "-p", "S3C"}, {"netbird", "up", "--setup-key", "S3C"},
	{"zerotier-cli", "-TS3C", "info"}, {"cloudflared", "service", "install", "S3C"}, {"microsocks", "-u", "ann", "-P", "S3C"}, {"ntfy", "pub", "-u", "ann:S3C", "topic"},
	{"veracrypt", "-p", "S3C", "x"}, {"p4", "-P", "S3C", "sync"}, {"megaput", "-u", "a", "-p", "S3C", "x"}, {"mcrcon", "-H", "h", "-p", "S3C", "list"},
	{"steamcmd", "+login", "ann", "S3C", "+quit"}, {"srcds_run", "-game", "x", "+rcon_password", "S3C"},
}

func TestRedactSecretLines(t *testing.T) {
	for _, secret := range []string{"S3C", "letmein"} {
		for _, line := range secretLines {
			var args []string
			for _, arg := range line {
				args = append(args, strings.ReplaceAll(arg, "S3C", secret))
			}
			got := redact(arguments(args...))
			if strings.Contains(got, secret) || !strings.Contains(got, blot) {
				t.Errorf("%q is shown: %s", args, got)
			}
			for i, arg := range args {
				if !strings.Contains(line[i], "S3C") && !strings.Contains(got, arg) {
					t.Errorf("%q of %q is not shown: %s", arg, args, got)
				}
			}
			checkCommand(t, got)
		}
	}
}

// openLines have no secret, and many words that sound like one: all of it must be shown.
var openLines = [][]string{
	// Prose.
	{"git", "commit", "-m", "fix password reset: done"}, {"git", "commit", "-am", "auth: handle expired token"},
	{"git", "commit", "-m", "token: refresh it before it expires"}, {"git", "commit", "-m", "remove the secret: it was never used"},
	{"git", "commit", "-m", "password manager, passphrase prompt and API key rotation"}, {"git", "commit", "-m", "Add password to form"},
	{"git", "commit", "-m", "docs: describe --password-file and the credential helper"}, {"git", "commit", "-m", "store no password in the log"},
	{"sh", "-c", "git commit -m 'fix password reset: done'"}, {"sh", "-c", `git commit -m "auth: handle errors" && git push`},
	{"gh", "pr", "create", "--title", "Reset password by mail", "--body", "The token: it expires now"}, {"gh", "pr", "create", "-b", "Adds a password field"},
	{"logger", "-t", "app", "invalid password for user bob"}, {"notify-send", "Password changed", "Your password was changed today"},
	{"zenity", "--password", "--title=Enter your password"}, {"echo", "Enter", "password", "now"}, {"sh", "-c", "echo Enter password now"},
	{"journalctl", "-u", "ssh", "-g", "Failed password"}, {"journalctl", "-g", "password", "-u", "ssh"}, {"sh", "-c", "journalctl | grep 'Failed password for'"},
	{"bash", "-c", "read -rsp 'Enter passphrase: ' p; echo"}, {"dialog", "--passwordbox", "Enter the password", "8", "40"}, {"wall", "password", "policy", "changes"},

	// Things named so.
	{"sudo", "passwd", "ann"}, {"docker", "exec", "x", "passwd", "root"}, {"apt", "install", "vim", "pass", "tmux"}, {"tmux", "new", "-s", "pass", "vim"},
	{"kubectl", "get", "secret", "db-password", "-o", "yaml"}, {"kubectl", "describe", "secret", "token-x"}, {"kubectl", "get", "secrets", "-n", "vault"}, {"kubectl", "delete", "secret", "api-key", "-n", "x"},
	{"kubectl", "create", "secret", "generic", "x", "--from-file=password=./p.txt"}, {"kubectl", "create", "configmap", "x", "--from-literal=a=b"},
	{"kubectl", "create", "token", "builder", "--duration=1h"}, {"docker", "secret", "create", "db_password", "./p.txt"}, {"docker", "service", "create", "--secret", "source=db_password,target=x"},
	{"aws", "secretsmanager", "get-secret-value", "--secret-id", "arn:aws:secretsmanager:eu:1:secret:x"}, {"aws", "sts", "get-session-token", "--duration-seconds", "900"}, {"aws", "iam", "list-access-keys", "--user-name", "ann"},
	{"gcloud", "auth", "activate-service-account", "--key-file=/k.json"}, {"gcloud", "secrets", "versions", "access", "latest"}, {"gcloud", "auth", "print-access-token"}, {"occ", "user:add", "--password-from-env", "x"}, {"cadvisor", "--http_auth_file=x"}, {"kinit", "--password-file=x"},
	{"cryptsetup", "--key-file=-", "open", "/dev/x", "y"}, {"sqlplus", "-S", "/nolog", "@x"},
	{"az", "account", "get-access-token", "--resource", "https://x"}, {"az", "login", "--use-device-code", "-t", "tenant"}, {"az", "keyvault", "secret", "show", "--vault-name", "v", "--name", "n"},
	{"vault", "token", "lookup"}, {"vault", "kv", "get", "secret/db/password"}, {"vault", "server", "-config=/vault.hcl"}, {"vault", "agent", "-config=/a.hcl"}, {"vault", "auth", "enable", "userpass"},
	{"systemctl", "status", "vault", "auth.service", "getty@tty1"}, {"systemctl", "restart", "password-agent.service"}, {"systemd-ask-password", "--timeout=0", "Passphrase for disk"},
	{"openssl", "rsa", "-passin", "file:/k/pass", "-in", "k.pem"}, {"openssl", "rsa", "-passin", "env:X", "-passout", "fd:3"}, {"openssl", "rsa", "-passin", "stdin"}, {"openssl", "req", "-passin=file:/k/pass"},
	{"openssl", "enc", "-aes-256-cbc", "-pass", "env:P", "-in", "x"}, {"openssl", "rand", "-hex", "32"}, {"openssl", "x509", "-in", "token.crt", "-noout"}, {"apksigner", "sign", "--ks-pass", "env:KS", "--key-pass", "file:/x", "a.apk"},
	{"ssh-keygen", "-t", "ed25519", "-f", "/root/.ssh/token_key"}, {"ssh-keygen", "-lf", "key.pub"}, {"ssh-add", "/root/.ssh/secret_ed25519"}, {"ssh", "-o", "PreferredAuthentications=password", "h"},
	{"ssh", "-o", "NumberOfPasswordPrompts=1", "-i", "/k", "u@h"}, {"sshd:", "ann", "[priv]"}, {"ssh-agent", "-s"}, {"gpg", "--batch", "--passphrase-file", "/k", "-d", "x.gpg"}, {"gpg", "--passphrase-fd", "0", "-c", "x"},
	{"gpg-agent", "--homedir", "/root/.gnupg", "--use-standard-socket", "--daemon"}, {"pass", "show", "mail/ann"}, {"pass", "insert", "mail/ann"}, {"keepassxc", "/home/ann/Passwords.kdbx"}, {"bw", "list", "items"},
	{"borg", "create", "--encryption=repokey", "::x", "/secret"}, {"restic", "--password-file", "/k", "-r", "/r", "backup", "/x"}, {"restic", "--password-command", "cat /k", "snapshots"}, {"duplicity", "--encrypt-key", "ABCD1234", "/x", "file:///y"},
	{"cryptsetup", "luksOpen", "--key-file", "/k", "/dev/sda2", "x"}, {"rsync", "--password-file=/k", "-a", "u@h::m", "x"}, {"mysql", "--defaults-extra-file=/k.cnf", "-p", "db"}, {"mysqldump", "--defaults-file=/k", "--password", "--user=ann"},
	{"psql", "-W", "-U", "ann", "-c", "select passwd from pg_shadow"}, {"psql", "-c", "\\password ann"}, {"psql", "-c", "INSERT INTO t(name, n) VALUES ('a', 1)"}, {"psql", "-c", "INSERT INTO events VALUES ('token', 'x')"},
	{"psql", "-c", "ALTER TABLE users ADD COLUMN password text"}, {"psql", "-c", "select count(*) from tokens where user_id = 5"}, {"mysql", "-e", "SHOW VARIABLES LIKE 'validate_password%'"}, {"psql", "-c", "CREATE TABLE u (id int, password text, token text)"},
	{"redis-cli", "get", "auth"}, {"redis-cli", "--scan", "--pattern", "token:*"}, {"redis-server", "/etc/redis.conf", "--port", "6379"}, {"redis-server:", "127.0.0.1:6379", "[sentinel]"}, {"mongod", "--auth", "--keyFile", "/k"},
	{"kafka-topics.sh", "--command-config", "/sasl.properties", "--list"}, {"rabbitmqctl", "list_users"}, {"nats-server", "--config", "/n.conf", "--auth_timeout=2"}, {"mosquitto", "-c", "/etc/mosquitto/mosquitto.conf"},
	{"curl", "--netrc-file", "/k", "https://h/oauth/token"}, {"curl", "https://h/reset-password/form"}, {"curl", "-X", "POST", "https://h/api/v1/tokens?limit=5&page=2"}, {"curl", "-b", "/jar", "-c", "/jar", "https://h/"}, {"curl", "-K", "/secret.cfg"},
	{"wget", "--ask-password", "--user=a", "http://h"}, {"wget", "--load-cookies", "cookies.txt", "http://h"}, {"wget", "--auth-no-challenge", "http://h"}, {"curl", "--anyauth", "-H", "Accept: application/json", "http://h"}, {"curl", "-H", "X-Request-Id: a1b2", "http://h"},
	{"java", "-Djavax.net.ssl.keyStore=/k.jks", "-Djava.security.auth.login.config=/jaas.conf", "-jar", "keycloak.jar"}, {"java", "-Djava.security.egd=file:/dev/urandom", "-jar", "secret-service.jar"}, {"java", "-XX:+HeapDumpOnOutOfMemoryError", "com.acme.PasswordResetJob"},
	{"java", "-cp", "/opt/token-service.jar", "com.acme.auth.TokenServer", "--port=8080"}, {"python3", "-m", "pytest", "-k", "password and not slow", "tests/test_auth.py"}, {"python3", "train.py", "--max-tokens", "512", "--tokenizer", "bpe"}, {"python3", "/opt/token_rotator.py", "--interval=5m"},
	{"vllm", "serve", "m", "--max-num-batched-tokens", "8192", "--tokenizer-mode", "auto"}, {"llama-server", "--n-predict", "128", "--special-tokens"}, {"node", "/app/auth-server/index.js", "--session-timeout=30"}, {"node", "--secure-heap=2", "passport.js"}, {"npm", "run", "test:auth"}, {"npx", "tsc", "-p", "auth"},
	{"go", "test", "-run", "TestPassword/reset:x", "./auth/..."}, {"go", "run", "./cmd/token", "list"}, {"gunicorn", "--bind", "0.0.0.0:80", "auth.wsgi:app"}, {"celery", "-A", "tokens", "worker"}, {"make", "password-check", "TOKENS=5"},
	{"sed", "-n", "/password/p", "/etc/x"}, {"awk", "/password:/ {print $2}", "x"}, {"find", "/", "-name", "*secret*"}, {"vim", "/etc/passwd", "/etc/shadow"}, {"tail", "-f", "/var/log/auth.log"}, {"grep", "-rn", "api_key:", "/etc"}, {"grep", "-i", "secret", "x"},
	{"openvpn", "--auth-user-pass", "/k", "--auth-nocache", "--auth-retry", "interact"}, {"openconnect", "--passwd-on-stdin", "--user=ann", "h"}, {"wg", "set", "wg0", "private-key", "/k"}, {"wg", "genkey"}, {"hostapd", "/etc/hostapd.conf"}, {"wpa_supplicant", "-c", "/etc/wpa.conf"},
	{"adcli", "join", "--stdin-password", "dom"}, {"realm", "join", "--user=admin", "dom"}, {"kinit", "-k", "-t", "/k", "u@R"}, {"ldapsearch", "-x", "-W", "-D", "cn=a", "-b", "dc=b"}, {"ldapsearch", "-y", "/k", "-D", "cn=a"}, {"ldapsearch", "-Y", "EXTERNAL", "(userPassword=*)"},
	{"x", "sip:user@host:5060"}, {"pjsua", "sip:10.0.0.1:5060"}, {"mutt", "mailto:a@b.c"}, {"msmtp", "--passwordeval=cat /k", "b@c"}, {"offlineimap", "-c", "/x"}, {"fetchmail", "--auth", "password", "-d", "300"}, {"dovecot/auth", "-w"}, {"dovecot/imap-login"}, {"saslauthd", "-a", "pam", "-m", "/run/saslauthd"},
	{"expect", "-c", "spawn telnet h; expect login; send \"ann\\r\""}, {"expect", "/opt/password.exp"}, {"msbuild", "x.sln", "/p:Configuration=Release", "/t:Build"}, {"net", "use", "Z:", `\\h\s`}, {"net", "user", "ann", "/delete"}, {"cmdkey", "/list"},
	{"terraform", "apply", "-var-file=secrets.tfvars"}, {"ansible-playbook", "--vault-password-file", "/k", "site.yml"}, {"ansible-playbook", "--ask-vault-pass", "-e", "@secrets.yml", "site.yml"}, {"ansible-vault", "edit", "secrets.yml"}, {"ansible-galaxy", "install", "a.password"}, {"helm", "upgrade", "x", "c", "-f", "secrets.yaml"},
	{"kube-apiserver", "--service-account-key-file=/k", "--token-auth-file=/t", "--enable-bootstrap-token-auth=true", "--authorization-mode=Node,RBAC"}, {"kubelet", "--bootstrap-kubeconfig=/b", "--authentication-token-webhook=true"}, {"kube-proxy", "--config=/c"},
	{"kube-controller-manager", "--root-ca-file=/c", "--controllers=*,bootstrapsigner,tokencleaner"}, {"etcd", "--client-cert-auth=true"}, {"containerd-shim-runc-v2", "-namespace", "k8s.io", "-id", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
	{"docker", "login", "--username", "ann", "--password-stdin", "r.io"}, {"docker", "run", "--secret", "id=x", "--label", "auth=none", "vault:1.2"}, {"docker", "push", "r.io/a/token:1.2.3"}, {"gitlab-runner", "run", "--working-directory", "/x"}, {"Runner.Listener", "run"}, {"sonar-scanner", "-Dsonar.projectKey=x"},
	{"git", "config", "--global", "credential.helper", "store"}, {"git", "credential-cache--daemon", "/x"}, {"git", "log", "--grep", "password", "--oneline"}, {"git", "checkout", "-b", "fix/password-reset"}, {"git", "diff", "HEAD", "--", "token.go"}, {"git-credential-libsecret", "get"},
	{"gnome-keyring-daemon", "--start", "--components=secrets"}, {"/usr/libexec/gdm-session-worker", "[pam/gdm-password]"}, {"polkit-agent-helper-1", "ann"}, {"agetty", "-o", "-p -- \\u", "--noclear", "tty1"}, {"login", "-f", "ann"}, {"su", "-", "ann", "-c", "id"},
	{"nmcli", "dev", "wifi", "connect", "x", "--ask"}, {"oauth2-proxy", "--config=/c", "--cookie-secure=true", "--cookie-expire=168h"}, {"prometheus", "--web.config.file=/c", "--storage.tsdb.retention.time=15d"}, {"zfs", "load-key", "-a"}, {"zfs", "snapshot", "tank/secret@daily"}, {"zfs", "create", "-o", "keyformat=passphrase", "t/x"},
	{"check_http", "-H", "h", "-u", "/health", "-p", "8080"}, {"check_ldap", "-H", "h", "-p", "389", "-b", "dc=x"}, {"check_disk", "-w", "20%", "-c", "10%", "-p", "/"}, {"ttyd", "-p", "7681", "-i", "lo", "bash"}, {"ss-server", "-c", "/etc/ss.json", "-p", "8388"},
	{"ss", "-tlnp", "-K", "dst", "10.0.0.1"}, {"frpc", "-c", "/etc/frpc.toml"}, {"socat", "TCP-LISTEN:80,fork", "PROXY:p:h:443,proxyport=3128"}, {"mc", "/home/ann", "/tmp"}, {"mc", "mirror", "--watch", "a/b", "c/d"}, {"qpdf", "--decrypt", "a.pdf", "b.pdf"}, {"pcs", "status"}, {"nats", "sub", "-s", "nats://h:4222", "x"},
	{"trufflehog", "filesystem", "/src"}, {"gitleaks", "detect", "--redact"}, {"john", "--wordlist=w", "/hashes"}, {"hashcat", "-m", "1000", "hashes", "w"}, {"chage", "-l", "ann"}, {"pwgen", "16", "1"}, {"loginctl", "session-status", "c2"},
}

func TestRedactOpenLines(t *testing.T) {
	for _, args := range openLines {
		want, _ := joinArguments(args)
		if got := redact(arguments(args...)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
