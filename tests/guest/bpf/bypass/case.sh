mkdir -p /tmp/b/thief /tmp/b/runner /tmp/b/started
cp /bin/busybox /bin/probe /tmp/b/thief/
cp /bin/probe /tmp/b/runner/
cp /bin/probe /tmp/b/started/
for f in secret open one two three; do echo "$f" >/tmp/b/$f; done
T=/tmp/b/thief/probe
# Two that hold descriptors: of the secret, and of its neighbour.
sleep 1000 </tmp/b/secret &
holder=$!
sleep 1000 </tmp/b/open &
neighbour=$!
start policy.wasm --allow-unsigned

# A descriptor out of another process is received, and that is judged.
denied $T getfd $holder 0
allowed $T getfd $neighbour 0
allowed probe getfd $holder 0
# So is one that is opened by the link of another's.
denied $T empty /proc/$holder/fd/0
denied /tmp/b/thief/busybox cat /proc/$holder/fd/0
allowed /tmp/b/thief/busybox cat /proc/$neighbour/fd/0

# Operations by a worker of the kernel's.
denied $T ring-open /tmp/b/secret
denied $T ring-unlink /tmp/b/secret
denied $T ring-rename /tmp/b/secret /tmp/b/taken
denied $T ring-rename /tmp/b/one /tmp/b/secret
denied $T ring-link /tmp/b/secret /tmp/b/taken
allowed $T ring-open /tmp/b/open
allowed $T ring-rename /tmp/b/one /tmp/b/moved
allowed $T ring-link /tmp/b/two /tmp/b/linked
allowed $T ring-unlink /tmp/b/three
allowed probe ring-open /tmp/b/secret

# Access that is not in the permission bits.
denied $T attribute /tmp/b/secret system.posix_acl_access
denied $T attribute /tmp/b/secret security.probe
allowed $T attribute /tmp/b/secret trusted.probe
allowed $T attribute /tmp/b/open system.posix_acl_access
allowed $T attribute /tmp/b/open security.probe
allowed probe attribute /tmp/b/secret system.posix_acl_access

denied $T empty /tmp/b/secret
allowed $T empty /tmp/b/open

# A program without a name, and one by a name that the kernel keeps.
denied /tmp/b/runner/probe from-memory /bin/probe
allowed probe from-memory /bin/probe
allowed /tmp/b/runner/probe itself
denied /tmp/b/started/probe itself
kill $holder $neighbour
stop
says "$work/audit.log" "DENIED     exec (binary) (no path)  by /tmp/b/runner/probe"
says "$work/audit.log" "DENIED     exec (binary) /tmp/b/started/probe"
says "$work/audit.log" "DENIED     chmod /tmp/b/secret"
says "$work/agent.log" "; disagreements: 0"
says "$work/agent.log" "image errors: 0"
says "$work/agent.log" " 0 unaccounted for"
