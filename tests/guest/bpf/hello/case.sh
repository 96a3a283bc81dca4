# The first example of the documentation, in a kernel.
mkdir -p /usr/bin /srv/hello
cp /bin/busybox /usr/bin/cat
cp /bin/busybox /usr/bin/less
cp /bin/probe /usr/bin/curl
echo secret >/srv/hello/secret.txt
echo open >/srv/hello/open.txt
allowed warmord check policy.wasm --allow-unsigned
start policy.wasm --allow-unsigned
denied /usr/bin/cat /srv/hello/secret.txt
allowed /usr/bin/cat /srv/hello/open.txt
allowed /usr/bin/less /srv/hello/secret.txt
denied /usr/bin/curl tcp 127.0.0.1:4444
allowed /usr/bin/curl tcp 127.0.0.1:4445
allowed /usr/bin/curl udp 127.0.0.1:4444
stop
says "$work/audit.log" "DENIED     read /srv/hello/secret.txt  by /usr/bin/cat"
says "$work/audit.log" "rule hello.secret (high,"
