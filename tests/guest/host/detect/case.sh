# Of the network, only what is in a cgroup of this case's own is seen; every image that starts on the machine is.
root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
group=$root/warmor-detect-$$
mkdir "$group"
here=/tmp/warmor-detect
rm -rf $here
mkdir $here
trap 'rm -rf $here; rmdir "$group" 2>/dev/null || { sleep 1; rmdir "$group"; }' EXIT
cp "$(readlink -f "$(command -v probe)")" $here/tool
cp "$(command -v sh)" $here/server
inside() { sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$group" "$@"; }

start policy.wasm --allow-unsigned --cgroup "$group" --mute broken
says "$work/agent.log" "MUTED, as asked: broken"
says "$work/agent.log" "detecting: watch, tool_of_server, beacon; every exec, connect is judged"
says "$work/agent.log" "NOT EXECUTED: detections of sequences and counts: many"
silent "$work/agent.log" "NOT SEEN"

# A finding, and its neighbours.
allowed inside probe tcp 127.7.3.4:80
allowed inside probe tcp 127.7.3.4:81
allowed inside probe tcp 127.7.4.4:80
# What is stopped is stopped as before, and an audit rule asks for a record.
denied inside probe tcp 127.7.3.1:443
allowed inside probe tcp 127.7.3.1:8080
allowed inside probe tcp 127.7.3.1:8443
# A detection by the program, and the same by another program, and elsewhere.
allowed inside $here/tool udp 127.7.3.9:53
allowed inside probe udp 127.7.3.9:53
allowed inside $here/tool udp 127.7.3.9:54
# The server starts the tool itself; then somebody else does.
allowed $here/server -c "$here/tool udp 127.0.0.1:7; true"
allowed $here/server -c "sh -c '$here/tool udp 127.0.0.1:7; true'; true"
stop

lines 2 "$work/audit.log" "FINDING "
says "$work/audit.log" "FINDING    connect tcp 127.7.3.4:80"
says "$work/audit.log" "rule watch.metadata (high, policy.warmor:11)  alert secops"
says "$work/audit.log" "FINDING    connect tcp 127.7.3.1:8443"
says "$work/audit.log" "rule broken.closed (medium, policy.warmor:24)"
says "$work/audit.log" "OBSERVED   connect tcp 127.7.3.4:81"
says "$work/audit.log" "OBSERVED   connect tcp 127.7.4.4:80"
says "$work/audit.log" "DENIED     connect tcp 127.7.3.1:443"
says "$work/audit.log" "AUDIT      connect tcp 127.7.3.1:8080"
lines 1 "$work/audit.log" "detection beacon (low"
says "$work/audit.log" "DETECTED   connect udp 127.7.3.9:53  by $here/tool"
lines 1 "$work/audit.log" "detection tool_of_server (critical, policy.warmor:27) [attack.execution, attack.t1059]  alert secops  asked for, not carried out: kill"
says "$work/audit.log" "DETECTED   exec (binary) $here/tool  by $here/server"
for part in '"rule":"watch.metadata"' '"policy":"watch"' '"reason":"denied"' '"because":"nobody asks the metadata service"'; do
	grep -F '"outcome":"FINDING"' "$work/audit.log.jsonl" >"$work/findings" || true
	says "$work/findings" "$part"
done
says "$work/agent.log" "; disagreements: 0"
silent "$work/agent.log" "compared with the kernel's verdict: 0"
says "$work/agent.log" "without an answer: 0"
says "$work/agent.log" " 0 unaccounted for"
says "$work/agent.log" "lost reports: 0"
