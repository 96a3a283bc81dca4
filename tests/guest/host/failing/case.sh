# An agent whose starts fail must not take the machine down: it looks on, and says so.
root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
group=$root/warmor-test-$$
mkdir "$group"
trap 'rmdir "$group" 2>/dev/null || { sleep 1; rmdir "$group"; }' EXIT
inside() { sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$group" "$@"; }
begin() { start_lasting policy.wasm --allow-unsigned --only-network --cgroup "$1" --no-pin --state "$work/state"; }
fails() { # ARTIFACT CGROUP: a start that does not get to its end
	if warmord run "$1" --allow-unsigned --only-network --cgroup "$2" --no-pin --state "$work/state" \
		--socket "$work/control.sock" --audit-log "$work/audit.log" >"$work/fails.log" 2>&1; then
		check 1 "this start fails"
	else
		check 0 ""
	fi
}

# What an operator mistypes is no failed start.
for try in 1 2 3; do fails no-such.wasm "$group"; done
begin "$group"
denied inside probe tcp 127.7.0.1:443
stop

# Two starts that break off in the middle are.
fails policy.wasm "$root/no-such-group"
fails policy.wasm "$root/no-such-group"
begin "$group"
says "$work/agent.log" "It STARTS IN DETECT: NOTHING IS DENIED"
says "$work/agent.log" "ready: detecting, nothing is denied"
allowed inside probe tcp 127.7.0.1:443
tell status >"$work/status.txt"
says "$work/status.txt" "stance       detect"
stop

# That one got to its end: the next enforces.
begin "$group"
silent "$work/agent.log" "STARTS IN DETECT"
denied inside probe tcp 127.7.0.1:443
stop
