here=$(pwd)
mkdir -p /tmp/who/v /tmp/who/t /tmp/who/o
for d in v t o; do cp /bin/busybox /tmp/who/$d/; done
echo own >/tmp/who/own
echo tree >/tmp/who/tree
# Two that are older than the agent: a subject itself, and one below a subject.
/tmp/who/v/busybox sh -c 'while [ ! -f /tmp/go ]; do :; done; read line </tmp/who/own && echo "$line"' \
	>/tmp/old.own 2>&1 &
old_own=$!
/tmp/who/t/busybox sh -c '/tmp/who/o/busybox sh -c "while [ ! -f /tmp/go ]; do sleep 1; done; read line </tmp/who/tree && echo \$line"; true' \
	>/tmp/old.tree 2>&1 &
old_tree=$!

start policy.wasm --allow-unsigned
says "$work/agent.log" "canary: denied as it must be (files, network)"
says "$work/agent.log" "ready: enforcing; machine: exec, read, write, create, delete, rename, link, chmod, chown, mmap_exec, mount; network in /sys/fs/cgroup: connect, send, bind"

for part in read modify exec subjects mount network; do
	said "$part"
	. "$here/$part.sh"
	cd /
done

stop
says "$work/agent.log" " 0 unaccounted for"
says "$work/agent.log" "image errors: 0"
says "$work/agent.log" "no task slot: 0"
says "$work/agent.log" "lost reports: 0"
[ ! -e /run/warmord-canary-$agent ]
check $? "the canary's files are gone"
[ "$(ls -l "$work/audit.log" | cut -c1-10)" = "-rw-------" ]
check $? "the log is for root alone"
says "$work/audit.log" "DENIED     read /tmp/read/secret  by /tmp/read/busybox"
says "$work/audit.log" "rule reading.secret (medium, policy.warmor:8)"
says "$work/audit.log.jsonl" '"path":"/tmp/read/secret"'
says "$work/audit.log" "DENIED     rename (source) /tmp/modify/kept"
says "$work/audit.log" "DENIED     rename (target) /tmp/modify/kept"
says "$work/audit.log" "DENIED     exec (binary) /tmp/exec/tools/busybox  by /tmp/exec/busybox"
says "$work/audit.log" "DENIED     exec (script) /tmp/exec/scripts/a.sh  by /tmp/exec/busybox"
says "$work/audit.log" "STARTED    exec (binary) /tmp/exec/other/busybox"
says "$work/audit.log" "DENIED     connect tcp 10.9.9.9:443  by /tmp/net/probe"
says "$work/audit.log" "OBSERVED   connect tcp 10.9.9.9:444"
# Nothing stays behind.
allowed /tmp/read/busybox cat /tmp/read/secret
allowed /tmp/net/probe tcp 10.9.9.9:443
