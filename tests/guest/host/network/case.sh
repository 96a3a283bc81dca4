# Only what is in a cgroup of this case's own is touched.
root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
group=$root/warmor-test-$$
mkdir "$group"
trap 'rmdir "$group" 2>/dev/null || { sleep 1; rmdir "$group"; }' EXIT
inside() { sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$group" "$@"; }

start policy.wasm --allow-unsigned --cgroup "$group"
says "$work/agent.log" "canary: denied as it must be (network)"
says "$work/agent.log" "network in $group: connect, send, bind"

denied inside probe tcp 127.7.0.1:443
denied inside probe tcp 127.7.0.1:8100
allowed inside probe tcp 127.7.0.1:444
allowed inside probe tcp 127.7.1.1:443
# The same address in the form of the other family.
denied inside probe tcp [::ffff:127.7.0.1]:443
allowed inside probe tcp [::ffff:127.7.1.1]:443
denied inside probe tcp [::1]:443
# The wildcard address as a target is the loopback that it reaches.
denied inside probe tcp [::]:443
allowed inside probe tcp [::1]:444
# Data that comes with the connection.
denied inside probe tfo 127.7.0.1:443
allowed inside probe tfo 127.7.1.1:443
# Datagrams, on a socket that is connected and on one that is not.
denied inside probe udp 127.7.0.1:53
allowed inside probe udp 127.7.0.1:54
denied inside probe send 127.7.0.1:53
denied inside probe send [::ffff:127.7.0.1]:53
allowed inside probe send 127.7.0.1:54
denied inside probe bind 127.7.0.1:8180
allowed inside probe bind 127.7.0.1:8181
# Outside of the cgroup nothing changes.
allowed probe tcp 127.7.0.1:443
allowed probe send 127.7.0.1:53

stop
says "$work/audit.log" "DENIED     connect tcp 127.7.0.1:443"
says "$work/audit.log" "OBSERVED   connect tcp 127.7.0.1:444"
says "$work/audit.log" "STARTED    exec (binary)"
says "$work/audit.log.jsonl" '"rule":"network.by_tcp"'
says "$work/agent.log" " 0 unaccounted for"
says "$work/agent.log" "lost reports: 0"
allowed inside probe tcp 127.7.0.1:443
