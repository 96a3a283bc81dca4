# What was recorded is decided again, offline: by the same artifact as it was, and by another as it would be.
root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
group=$root/warmor-record-$$
mkdir "$group"
trap 'rmdir "$group" 2>/dev/null || { sleep 1; rmdir "$group"; }' EXIT
inside() { sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$group" "$@"; }

rm -f "$work/events.jsonl"
start policy.wasm --allow-unsigned --cgroup "$group" --record "$work/events.jsonl"
says "$work/agent.log" "recording every event that is seen"
denied inside probe tcp 127.7.5.1:443
allowed inside probe tcp 127.7.5.1:444
allowed inside probe tcp 127.7.5.1:8080
allowed inside probe tcp 127.7.5.4:80
allowed inside probe udp 127.7.5.9:53
allowed inside probe send 127.7.5.9:54
allowed inside probe bind 127.7.5.1:8180
stop
says "$work/agent.log" " 0 unaccounted for"
says "$work/agent.log" "; left out: 0"
# What nothing is to be said of is in the recording, and not in the log.
silent "$work/audit.log" "bind"
says "$work/events.jsonl" '"action":"bind"'
[ "$(stat -c %a "$work/events.jsonl")" = 600 ]
check $? "the recording is for its owner alone"

# The same artifact says of all of it what it said, and of the log too.
for events in events.jsonl audit.log.jsonl; do
	warmord replay "$work/$events" --policy policy.wasm >"$work/replayed" || check 1 "$events: nothing differs"
	says "$work/replayed" "no difference from what was recorded"
	silent "$work/replayed" "COULD NOT BE READ"
done
warmord replay "$work/events.jsonl" --policy policy.wasm >"$work/replayed"
lines 1 "$work/replayed" "deny   connect tcp 127.7.5.1:443  by "
lines 1 "$work/replayed" "allow  connect tcp 127.7.5.1:444  by "
lines 1 "$work/replayed" "find   connect tcp 127.7.5.4:80  by "
says "$work/replayed" "allow  connect udp 127.7.5.9:53"
says "$work/replayed" "no rule, detection beacon"

# Another artifact: what it lets through, and what it stops.
code=0
warmord replay "$work/events.jsonl" --policy policy.wasm --against other.wasm --summary >"$work/differs" || code=$?
check "$([ $code = 1 ]; echo $?)" "a difference ends with 1, not $code"
for line in "newly denied: 1 event(s)" "closes.by_udp: 1, first in line " "newly allowed: 1 event(s)" \
	"closes.by_tcp: 1, first in line " "no longer found: 1 event(s)" "no longer detected: 1 event(s)"; do
	says "$work/differs" "$line"
done
warmord replay "$work/events.jsonl" --policy policy.wasm --against other.wasm --format json | tail -1 >"$work/differs" || true
says "$work/differs" '"difference":"newly denied"'

# What cannot be read is an error that names the line, or is counted.
echo '{"action":"connect","prot":53}' >>"$work/events.jsonl"
code=0
warmord replay "$work/events.jsonl" --policy policy.wasm --summary >"$work/replayed" 2>&1 || code=$?
check "$([ $code = 2 ]; echo $?)" "it ends with 2, not $code"
says "$work/replayed" "events.jsonl:$(wc -l <"$work/events.jsonl"): \`prot\`: an event has no such fact"
allowed warmord replay "$work/events.jsonl" --policy policy.wasm --summary --lenient
