mkdir -p /tmp/read/dir/deep /tmp/read/mnt /tmp/read/jail/etc
cp /bin/busybox /tmp/read/
cp /bin/busybox /tmp/read/jail/
for f in secret open dir/x dir/deep/y jail/etc/shadow jail/open; do echo "$f" >/tmp/read/$f; done
ln -s /tmp/read/secret /tmp/link
V=/tmp/read/busybox



denied $V cat /tmp/read/secret
allowed $V cat /tmp/read/open
allowed cat /tmp/read/secret
denied $V cat /tmp/read/dir/x
denied $V cat /tmp/read/dir/deep/y
# The folder itself is not below itself.
allowed $V ls /tmp/read/dir
denied $V ls /tmp/read/dir/deep

# However the file is named.
cd /tmp/read
denied $V cat secret
denied $V cat ./dir/../secret
denied $V cat /tmp/link
denied $V cat /proc/self/cwd/secret
denied $V cat /proc/self/root/tmp/read/secret
cd /
denied $V dd if=/tmp/read/secret of=/dev/null
# A root of one's own does not give a file another path.
denied $V chroot /tmp/read/jail /busybox cat /etc/shadow
allowed $V chroot /tmp/read/jail /busybox cat /open
# A mount below a protected folder is protected by its place.
mount -t tmpfs m /tmp/read/dir/deep
echo z >/tmp/read/dir/deep/z
denied $V cat /tmp/read/dir/deep/z
umount /tmp/read/dir/deep
# A pipe has no path, and no rule by path is about it.
allowed $V sh -c 'echo x | /bin/cat'

# Nothing stays behind.

