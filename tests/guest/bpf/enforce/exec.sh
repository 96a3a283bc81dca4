mkdir -p /tmp/exec/tools /tmp/exec/other /tmp/exec/scripts
for d in . tools other; do cp /bin/busybox /tmp/exec/$d/; done
printf '#!/bin/sh\ntrue\n' >/tmp/exec/scripts/a.sh
printf '#!/bin/sh\ntrue\n' >/tmp/exec/other/a.sh
# A script that is allowed, whose interpreter is not.
printf '#!/tmp/exec/tools/busybox sh\ntrue\n' >/tmp/exec/other/b.sh
# A program in the folder of scripts is no script.
cp /bin/busybox /tmp/exec/scripts/
chmod 755 /tmp/exec/scripts/a.sh /tmp/exec/other/a.sh /tmp/exec/other/b.sh
V=/tmp/exec/busybox

denied $V env /tmp/exec/tools/busybox true
allowed $V env /tmp/exec/other/busybox true
allowed env /tmp/exec/tools/busybox true
denied $V env /tmp/exec/scripts/a.sh
allowed $V env /tmp/exec/other/a.sh
denied $V env /tmp/exec/other/b.sh
allowed $V env /tmp/exec/scripts/busybox true
allowed env /tmp/exec/scripts/a.sh
# Reading is not starting, and starting is not reading.
allowed $V cat /tmp/exec/tools/busybox

# A program whose code may not be mapped cannot run.
mkdir -p /tmp/exec/unmappable
cp /bin/busybox /tmp/exec/unmappable/
if $V env /tmp/exec/unmappable/busybox true; then check 0 ""; else check 1 "another subject's image maps its own code"; fi
