# What is in force changes while the agent runs, and every question is answered.
root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
group=$root/warmor-test-$$
mkdir "$group"
trap 'rmdir "$group" 2>/dev/null || { sleep 1; rmdir "$group"; }' EXIT
inside() { sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$group" "$@"; }
refuses() { # TEXT COMMAND...: must fail and say the text
	text=$1
	shift
	if "$@" >"$work/refused.txt" 2>&1; then check 1 "refused: $*"; else says "$work/refused.txt" "$text"; fi
}

start_lasting policy.wasm --allow-unsigned --only-network --cgroup "$group" --no-pin --state "$work/state"
denied inside probe tcp 127.7.0.1:443
denied inside probe tcp 127.7.0.1:445

# Why was this blocked?
sleep 1
tell why >"$work/why.txt"
says "$work/why.txt" "connect tcp 127.7.0.1:445"
says "$work/why.txt" "rule   second.no_445"
tell why --last 5 >"$work/why.txt"
says "$work/why.txt" "rule   first.no_443"
says "$work/why.txt" "nobody goes there"
tell why --pid 1 >"$work/why.txt"
says "$work/why.txt" "nothing was denied"
tell top >"$work/top.txt"
says "$work/top.txt" "first.no_443"
# What the canary caused is nobody's business.
silent "$work/top.txt" "(no rule)"
tell policies >"$work/policies.txt"
says "$work/policies.txt" "prevent  first"

# A dry run changes nothing.
tell apply other.wasm --dry-run >"$work/apply.txt"
says "$work/apply.txt" "would be in force: apply"
denied inside probe tcp 127.7.0.1:443
allowed inside probe tcp 127.7.0.1:444
# Neither does what is refused.
head -c 100 policy.wasm >bad.wasm
refuses "artifact" tell apply bad.wasm
denied inside probe tcp 127.7.0.1:443

# On trial, and nobody confirms: it goes back by itself.
tell apply other.wasm --confirm-within 3s >"$work/apply.txt"
says "$work/apply.txt" "goes back in 3 s"
allowed inside probe tcp 127.7.0.1:443
denied inside probe tcp 127.7.0.1:444
refuses "waits to be confirmed" tell apply policy.wasm
says "$work/state/state.json" '"unconfirmed":true'
sleep 4
denied inside probe tcp 127.7.0.1:443
allowed inside probe tcp 127.7.0.1:444
says "$work/agent.log" "ROLLED BACK because nobody confirmed it in time"
says "$work/state/state.json" '"unconfirmed":false'
refuses "nothing waits to be confirmed" tell confirm
# On trial, and taken back by hand.
tell apply other.wasm --confirm-within 1h >/dev/null
tell rollback >/dev/null
denied inside probe tcp 127.7.0.1:443
# On trial, and confirmed.
tell apply other.wasm --confirm-within 1h >/dev/null
tell confirm >/dev/null
allowed inside probe tcp 127.7.0.1:443
denied inside probe tcp 127.7.0.1:444
if cmp -s other.wasm "$work/state/current.wasm"; then check 0 ""; else check 1 "the state has what is in force"; fi

# Break-glass: one policy is no longer kept to, and said to be.
tell apply policy.wasm >/dev/null
tell mute second >/dev/null
allowed inside probe tcp 127.7.0.1:445
denied inside probe tcp 127.7.0.1:443
tell status >"$work/status.txt"
says "$work/status.txt" "MUTED        second"
refuses "there is no policy" tell mute third
sleep 1
says "$work/audit.log" "FINDING    connect tcp 127.7.0.1:445"
tell unmute second >/dev/null
denied inside probe tcp 127.7.0.1:445

# Numbers for machines.
tell metrics >"$work/metrics.txt"
says "$work/metrics.txt" "warmor_policies_enforced 2"
says "$work/metrics.txt" 'warmor_denials_by_rule_total{rule="first.no_443"}'
silent "$work/agent.log" DISAGREEMENT
stop
says "$work/agent.log" "disagreements: 0"
says "$work/agent.log" " 0 unaccounted for"
