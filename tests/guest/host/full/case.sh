# A disk gets full under the log. Denial does not depend on it, what has room in memory is written later, and the rest is counted.
root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
group=$root/warmor-full-$$
mkdir "$group"
mkdir -p "$work/disk"
mount -t tmpfs -o size=512k,mode=700 none "$work/disk"
trap 'umount "$work/disk"; rmdir "$group" 2>/dev/null || { sleep 1; rmdir "$group"; }' EXIT
inside() { sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$group" "$@"; }

log=$work/disk/audit.log
start policy.wasm --allow-unsigned --cgroup "$group" --no-aggregate
denied inside probe flood 127.7.6.1:53
waited=0
while ! grep -q "THE AUDIT LOG CANNOT BE WRITTEN" "$work/agent.log" && [ $waited -lt 30 ]; do
	sleep 1
	waited=$((waited + 1))
done
lines 1 "$work/agent.log" "THE AUDIT LOG CANNOT BE WRITTEN"
denied inside probe udp 127.7.6.1:53
allowed inside probe udp 127.7.6.1:54
# Long enough for the agent to come to the end of the ring.
sleep 6
mount -o remount,size=64m "$work/disk"
sleep 2
denied inside probe udp 127.7.6.1:53
stop
says "$work/agent.log" "the audit log is written again"
silent "$work/agent.log" "NOT IN THE LOG"
says "$work/agent.log" " 0 unaccounted for"
warmord log verify "$log" >"$work/verified" || check 1 "the log is whole: $(cat "$work/verified")"
logged=$(sed -n 's/.* = \([0-9]*\) logged + .*/\1/p' "$work/agent.log")
written=$(grep -c '"outcome":' "$log.jsonl")
uncounted=$(sed -n 's/.*"cause":"log not writable".*"reports":\([0-9]*\).*/\1/p' "$log.jsonl" | awk '{ all += $1 } END { print all + 0 }')
check "$([ "$((written + uncounted))" = "$logged" ]; echo $?)" "$written in the log and $uncounted missing in it are $logged"
check "$([ "$uncounted" -gt 0 ]; echo $?)" "there was more than there was room for"
