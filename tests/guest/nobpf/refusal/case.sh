mkdir -p /tmp/d
echo s >/tmp/d/secret
if warmord run policy.wasm --allow-unsigned --no-pin --no-state --no-socket --audit-log "$work/audit.log" >"$work/agent.log" 2>&1; then
	check 1 "the agent refuses"
else
	check 0 ""
fi
says "$work/agent.log" "\`bpf\` is not among this kernel's active security modules"
says "$work/agent.log" "refusing to claim enforcement of \`read\`"
says "$work/agent.log" "yama,bpf"
silent "$work/agent.log" "ready"
allowed cat /tmp/d/secret
allowed probe tcp 10.9.9.9:443

# What could be kept to can be asked before.
warmord check policy.wasm --allow-unsigned >"$work/check.txt" && check 1 "a part cannot be kept to" || check 0 ""
says "$work/check.txt" "NOT KEPT TO, for \`bpf\` is not among the active security modules:"
says "$work/check.txt" "all.deny#1 (policy.warmor:6): read"
warmord check policy.wasm --allow-unsigned --format json >"$work/check.json" || true
says "$work/check.json" '"whole":false'

# The network rules alone, when that is what was asked for.
start policy.wasm --allow-unsigned --only-network
says "$work/agent.log" "NOT ENFORCED, as asked: read"
says "$work/agent.log" "ready: enforcing; machine: none; network in /sys/fs/cgroup: connect"
denied probe tcp 10.9.9.9:443
allowed probe tcp 10.1.2.3:443
allowed cat /tmp/d/secret
stop
says "$work/audit.log" "STARTED    exec (binary) /bin/probe"

start policy.wasm --allow-unsigned --mode detect
says "$work/agent.log" "files, and raw, packet and unix sockets: not seen"
allowed probe tcp 10.9.9.9:443
stop
