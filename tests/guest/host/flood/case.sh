# A ring that nobody reads fills up. Denial does not depend on it, and what is lost is counted.
root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
group=$root/warmor-flood-$$
mkdir "$group"
trap 'kill -CONT "$(cat "$work/agent.pid" 2>/dev/null)" 2>/dev/null || true; rmdir "$group" 2>/dev/null || { sleep 1; rmdir "$group"; }' EXIT
inside() { sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$group" "$@"; }

start policy.wasm --allow-unsigned --cgroup "$group"
kill -STOP "$agent"
denied inside probe flood 127.7.0.1:53
allowed inside probe flood 127.7.0.1:54
denied inside probe udp 127.7.0.1:53
kill -CONT "$agent"
stop
# 20,000, one more, and the canary.
says "$work/agent.log" "  denied: 20002"
silent "$work/agent.log" "lost reports: 0"
says "$work/agent.log" " 0 unaccounted for"
logged=$(sed -n 's/.* = \([0-9]*\) logged + .*/\1/p' "$work/agent.log")
aggregated=$(sed -n 's/.* logged + \([0-9]*\) aggregated + .*/\1/p' "$work/agent.log")
counted=$(sed -n 's/.*"times":\([0-9]*\).*/\1/p' "$work/audit.log.jsonl" | awk '{ all += $1 } END { print all + 0 }')
lines "$((logged + $(grep -c '"times":' "$work/audit.log.jsonl")))" "$work/audit.log.jsonl" '"outcome":'
check "$([ "$aggregated" = "$counted" ]; echo $?)" "each of $aggregated reports is counted in a line, not $counted"
# A flood of the same takes two lines; the flood of what is allowed is none of the log's business.
lines 2 "$work/audit.log" "DENIED     connect udp 127.7.0.1:53  by "
# The log says how many are missing in it, and is whole.
lost=$(sed -n 's/^  lost reports: //p' "$work/agent.log")
warmord log verify "$work/audit.log" >"$work/verified" || check 1 "the log is whole"
says "$work/verified" "$lost report(s) are missing, as the log itself says in"
head=$(warmord log head "$work/audit.log")
allowed warmord log verify --anchor "$head" "$work/audit.log"
