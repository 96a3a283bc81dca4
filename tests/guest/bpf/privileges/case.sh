for d in closed folder tool caps quiet modules elsewhere suid; do mkdir -p /tmp/pr/$d; done
for d in closed folder tool suid; do cp /bin/probe /tmp/pr/$d/; done
for d in closed caps quiet; do cp /bin/busybox /tmp/pr/$d/; done
for d in modules elsewhere; do dd if=/dev/zero of=/tmp/pr/$d/a.ko bs=4096 count=1 2>/dev/null; done
echo x >/tmp/pr/file
C=/tmp/pr/closed
chown 55 /tmp/pr/suid/probe
chmod 4755 /tmp/pr/suid/probe
start policy.wasm --allow-unsigned

# Another identity, by any of its numbers, or by a file that has one.
denied $C/probe setuid 5
denied $C/probe setgid 5
denied $C/probe setgroups 5
denied $C/busybox env /tmp/pr/suid/probe bpf
says "$work/audit.log" "DENIED     setuid"
allowed $C/probe setuid 0
allowed $C/probe setgid 0
allowed probe setuid 5
allowed probe setgid 5
allowed probe setgroups 5
allowed env /tmp/pr/suid/probe setuid 55
allowed $C/busybox env /tmp/pr/tool/probe setuid 5

# Namespaces of every kind, both ways to make one.
for kind in mnt cgroup uts ipc pid net user time mnt,uts user,net; do
	denied $C/probe unshare $kind
	allowed probe unshare $kind
	if [ $kind != time ]; then
		denied $C/probe clone $kind
		allowed probe clone $kind
	fi
done
allowed $C/probe setns uts
# Other work that the same capability is needed for goes on.
allowed $C/busybox hostname guest
allowed $C/busybox sh -c 'true & wait'

# Modules from a file, out of memory, and asked for by name.
denied $C/probe finit /tmp/pr/modules/a.ko
denied $C/probe init
$C/probe socket 9 5 0 2>/dev/null || true
says "$work/audit.log" "DENIED     module (no path)  by /tmp/pr/closed/probe"
denied /tmp/pr/folder/probe finit /tmp/pr/modules/a.ko
allowed /tmp/pr/folder/probe finit /tmp/pr/elsewhere/a.ko
allowed /tmp/pr/folder/probe init
allowed probe finit /tmp/pr/modules/a.ko
allowed probe init

# Capabilities: what is named, and nothing else.
denied /tmp/pr/caps/busybox chroot / /bin/true
denied /tmp/pr/caps/busybox chown 1 /tmp/pr/file
allowed /tmp/pr/caps/busybox hostname guest
allowed chroot / /bin/true
allowed chown 1 /tmp/pr/file
says "$work/audit.log" "DENIED     capability CAP_SYS_CHROOT (no path)  by /tmp/pr/caps/busybox"
# The kernel wonders about this one at every mapping of memory. It is denied, and nobody is told.
allowed /tmp/pr/quiet/busybox true
silent "$work/audit.log" "/tmp/pr/quiet/busybox pid"
denied /tmp/pr/quiet/busybox hostname guest
lines 1 "$work/audit.log" "capability CAP_SYS_ADMIN (no path)  by /tmp/pr/quiet/busybox"

# Programs, for nobody but who is named, and the agent that is at work: not for another agent.
denied probe bpf
allowed /tmp/pr/tool/probe bpf
if warmord run policy.wasm --allow-unsigned --audit-log /tmp/other.log >/tmp/other 2>&1; then check 1 "another agent cannot start"; fi
says /tmp/other "error: the kernel programs cannot be loaded"
stop
says "$work/audit.log" "DENIED     unshare"
says "$work/agent.log" "; disagreements: 0"
silent "$work/agent.log" "compared with the kernel's verdict: 0"
says "$work/agent.log" "image errors: 0"
says "$work/agent.log" " 0 unaccounted for"
