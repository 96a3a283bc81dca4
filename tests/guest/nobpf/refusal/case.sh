mkdir -p /tmp/d
echo s >/tmp/d/secret
if warmord run policy.wasm --allow-unsigned --audit-log /tmp/audit.log >/tmp/agent.log 2>&1; then
	check 1 "the agent refuses"
else
	check 0 ""
fi
says /tmp/agent.log "\`bpf\` is not among this kernel's active security modules"
says /tmp/agent.log "refusing to claim enforcement of \`read\`"
says /tmp/agent.log "yama,bpf"
silent /tmp/agent.log "ready"
allowed cat /tmp/d/secret
allowed probe tcp 10.9.9.9:443

# The network rules alone, when that is what was asked for.
start policy.wasm --allow-unsigned --only-network
says /tmp/agent.log "NOT ENFORCED, as asked: read"
says /tmp/agent.log "ready: enforcing; files and exec: none; network in /sys/fs/cgroup: connect"
denied probe tcp 10.9.9.9:443
allowed probe tcp 10.1.2.3:443
allowed cat /tmp/d/secret
stop
says /tmp/audit.log "STARTED    exec /bin/probe"

start policy.wasm --allow-unsigned --mode detect
says /tmp/agent.log "files and exec: not seen"
allowed probe tcp 10.9.9.9:443
stop
