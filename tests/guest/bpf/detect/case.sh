mkdir -p /tmp/d
echo s >/tmp/d/secret
start policy.wasm --allow-unsigned --mode detect
says "$work/agent.log" "ready: detecting, nothing is denied"
allowed cat /tmp/d/secret
allowed probe tcp 10.9.9.9:443
stop
says "$work/audit.log" "WOULD-DENY read /tmp/d/secret"
says "$work/audit.log" "WOULD-DENY connect tcp 10.9.9.9:443"
silent "$work/audit.log" "DENIED "
says "$work/agent.log" "  denied: 0"
says "$work/agent.log" "  would be denied: 2"
