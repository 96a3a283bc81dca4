#!/bin/sh
# The guest's first process: makes the file systems, runs every case, and powers off.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t cgroup2 cgroup /sys/fs/cgroup
mount -t securityfs security /sys/kernel/security
mount -t bpf bpf /sys/fs/bpf
# Not the initial file system: it cannot be left by pivot_root, and real roots are mounts of their own.
mount -t tmpfs tmp /tmp
ip link set lo up
ip addr add 10.9.9.9/32 dev lo
ip addr add 10.1.2.3/32 dev lo
echo "guest: $(cat /proc/sys/kernel/osrelease), security modules $(cat /sys/kernel/security/lsm)"
for case in /cases/*; do
	name=${case##*/}
	echo "@case $name"
	if (cd "$case" && timeout 240 sh -eu -c '. /lib/cases.sh; . ./case.sh; finish'); then
		echo "@pass $name"
	else
		echo "@fail $name"
	fi
	# A case that failed half-way may have left its agent behind: nothing of it may reach the next one.
	if [ -f /tmp/agent.pid ]; then
		kill -9 "$(cat /tmp/agent.pid)" 2>/dev/null
		rm -f /tmp/agent.pid
	fi
	cd /
	rm -rf /tmp/*
done
echo "@end"
sync
poweroff -f
