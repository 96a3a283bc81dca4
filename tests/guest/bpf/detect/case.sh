mkdir -p /tmp/d
echo s >/tmp/d/secret
start policy.wasm --allow-unsigned --mode detect
says /tmp/agent.log "ready: detecting, nothing is denied"
allowed cat /tmp/d/secret
allowed probe tcp 10.9.9.9:443
stop
says /tmp/audit.log "WOULD-DENY read /tmp/d/secret"
says /tmp/audit.log "WOULD-DENY connect tcp 10.9.9.9:443"
silent /tmp/audit.log "DENIED "
says /tmp/agent.log "  denied: 0"
says /tmp/agent.log "  would be denied: 2"
