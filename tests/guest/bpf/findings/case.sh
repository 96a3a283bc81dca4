# busybox goes by its name, so the folder tells the programs apart.
mkdir -p /tmp/f/secret /tmp/f/server /tmp/f/shell /tmp/f/other
for f in server shell other; do cp /bin/busybox /tmp/f/$f/; done
for f in secret/a secretb closed noted log; do echo x >/tmp/f/$f; done
printf '#!/bin/sh\ntrue\n' >/tmp/f/run.sh
chmod 755 /tmp/f/run.sh

start policy.wasm --allow-unsigned --mute broken
says "$work/agent.log" "detecting: looks, shell_below_server, script, guests; every exec, read, accept is judged"
says "$work/agent.log" "NOT SEEN by guests: accept"
silent "$work/agent.log" "NOT SEEN by looks"

# Allowed and found; its neighbours are neither stopped nor found.
allowed cat /tmp/f/secret/a
allowed cat /tmp/f/secretb
allowed ls /tmp/f/secret
denied cat /tmp/f/closed
allowed cat /tmp/f/noted
allowed sh -c 'echo y >/tmp/f/log'
# By descent: below the server, however deep, and nowhere else.
allowed /tmp/f/server/busybox env /tmp/f/shell/busybox true
allowed /tmp/f/server/busybox sh -c '/tmp/f/other/busybox sh -c "/tmp/f/other/busybox env /tmp/f/shell/busybox false; true"; true'
allowed /tmp/f/other/busybox env /tmp/f/shell/busybox true
allowed /tmp/f/shell/busybox true
allowed /tmp/f/server/busybox env /tmp/f/other/busybox true
allowed /tmp/f/run.sh
stop

lines 1 "$work/audit.log" "rule looks.secret"
says "$work/audit.log" "FINDING    read /tmp/f/secret/a  by /bin/busybox"
says "$work/audit.log" "rule looks.secret (high, policy.warmor:9)  alert secops"
# What only detects asks for nothing but to be told of.
silent "$work/audit.log" "freeze"
says "$work/audit.log" "FINDING    write /tmp/f/log"
lines 1 "$work/audit.log" "DENIED     read /tmp/f/closed"
lines 1 "$work/audit.log" "AUDIT      read /tmp/f/noted"
silent "$work/audit.log" "/tmp/f/secretb"
silent "$work/audit.log" "OBSERVED   read"
lines 2 "$work/audit.log" "detection shell_below_server (critical, policy.warmor:24) [attack.execution]  alert secops  asked for, not carried out: kill tree"
says "$work/audit.log" "DETECTED   exec (binary) /tmp/f/shell/busybox  by /tmp/f/server/busybox"
says "$work/audit.log" "DETECTED   exec (binary) /tmp/f/shell/busybox  by /tmp/f/other/busybox"
lines 1 "$work/audit.log" "detection script (low"
says "$work/audit.log" "DETECTED   exec (script) /tmp/f/run.sh  by /bin/busybox"
lines 1 "$work/audit.log.jsonl" '"rule":"looks.secret"'
lines 1 "$work/audit.log.jsonl" '"because":"nobody reads this"'
lines 2 "$work/audit.log.jsonl" '"not_carried_out":["kill tree"]'
says "$work/agent.log" "; disagreements: 0"
silent "$work/agent.log" "compared with the kernel's verdict: 0"
says "$work/agent.log" "without an answer: 0"
says "$work/agent.log" " 0 unaccounted for"
says "$work/agent.log" "lost reports: 0"
