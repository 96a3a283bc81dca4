mkdir -p /tmp/mount/closed/below /tmp/mount/open /tmp/mount/other
cp /bin/busybox /tmp/mount/
M=/tmp/mount/busybox

denied $M mount -t tmpfs m /tmp/mount/closed
denied $M mount -t tmpfs m /tmp/mount/closed/below
denied $M mount -o bind /tmp/mount/other /tmp/mount/closed
allowed $M mount -t tmpfs m /tmp/mount/open
denied $M mount -o move /tmp/mount/open /tmp/mount/closed
allowed $M mount -o move /tmp/mount/open /tmp/mount/other
allowed mount -t tmpfs m /tmp/mount/closed
umount /tmp/mount/closed
umount /tmp/mount/other
