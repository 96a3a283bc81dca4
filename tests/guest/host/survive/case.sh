# What an agent pinned goes on without it, and the next one takes it over without a gap.
root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
group=$root/warmor-test-$$
pins=/sys/fs/bpf/warmor-test-$$
mkdir "$group"
clean() {
	kill -9 "$(cat "$work/agent.pid")" 2>/dev/null || true
	warmord stop --yes --pins "$pins" --socket "$work/control.sock" >/dev/null 2>&1 || true
	rmdir "$group" 2>/dev/null || { sleep 1; rmdir "$group"; }
}
trap clean EXIT
inside() { sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$group" "$@"; }
begin() { start_lasting "$@" --allow-unsigned --only-network --cgroup "$group" --pins "$pins" --state "$work/state"; }

begin policy.wasm
denied inside probe tcp 127.7.0.1:443
allowed inside probe tcp 127.7.0.1:444

# Killed under load: whoever tries all the time is denied all the time.
inside sh -c 'while [ ! -e done ]; do probe tcp 127.7.0.1:443 && echo REACHED; done' >"$work/hammer.log" 2>&1 &
hammer=$!
sleep 1
kill -9 "$agent"
wait "$agent" 2>/dev/null || true
denied inside probe tcp 127.7.0.1:443
allowed inside probe tcp 127.7.0.1:444
says "$work/agent.log" "ready: enforcing"

# The same programs: found in their places.
begin
says "$work/agent.log" "in place since an earlier start: generation 2 goes on deciding"
says "$work/agent.log" "ready: enforcing"
denied inside probe tcp 127.7.0.1:443
tell status >"$work/status.txt"
says "$work/status.txt" "generation 3"
says "$work/status.txt" "enforcement goes on"
# A second agent is turned away, and changes nothing.
if warmord run other.wasm --allow-unsigned --only-network --cgroup "$group" --pins "$pins" --state "$work/state" \
	--socket "$work/control.sock" --audit-log "$work/second.log" >"$work/second.txt" 2>&1; then
	check 1 "a second agent is turned away"
fi
says "$work/second.txt" "another agent is running"
# Ended in an orderly way, enforcement stays.
kill "$agent"
wait "$agent" || check 1 "the agent ends without an error"
says "$work/agent.log" "GOES ON DECIDING"
denied inside probe tcp 127.7.0.1:443

# A bad artifact leaves in force what is.
head -c 100 policy.wasm >bad.wasm
if begin_bad=$(warmord run bad.wasm --allow-unsigned --only-network --cgroup "$group" --pins "$pins" --state "$work/state" \
	--socket "$work/control.sock" --audit-log "$work/audit.log" 2>&1); then
	check 1 "a bad artifact is refused: $begin_bad"
fi
denied inside probe tcp 127.7.0.1:443
touch done
wait "$hammer" || true
silent "$work/hammer.log" REACHED
says "$work/hammer.log" "Operation not permitted"

# Another policy takes the place of the first.
begin other.wasm
denied inside probe tcp 127.7.0.1:444
allowed inside probe tcp 127.7.0.1:443

# Stopping asks, and says what it takes away.
if tell stop --pins "$pins" </dev/null >"$work/stop.txt" 2>&1; then check 1 "stop asks"; fi
says "$work/stop.txt" "not confirmed; nothing was changed"
denied inside probe tcp 127.7.0.1:444
tell stop --yes --pins "$pins" >"$work/stop.txt"
says "$work/stop.txt" "programs in the kernel: bind4"
says "$work/stop.txt" "enforced: connect"
wait "$agent" || check 1 "the agent ends without an error"
says "$work/agent.log" " 0 unaccounted for"
allowed inside probe tcp 127.7.0.1:444
if [ -e "$pins" ]; then check 1 "no pin is left"; else check 0 ""; fi
tell stop --yes --pins "$pins" >"$work/stop.txt"
says "$work/stop.txt" "nothing to stop"
