mkdir -p /tmp/modify/folder/sub /tmp/modify/other/sub
cp /bin/busybox /tmp/modify/
for f in kept free one two three folder/a other/a other/b; do echo "$f" >/tmp/modify/$f; done
V=/tmp/modify/busybox
cd /tmp/modify

allowed $V cat kept
denied $V sh -c 'echo x >kept'
denied $V sh -c 'echo x >>kept'
allowed $V sh -c 'echo x >free'
denied $V dd if=free of=kept
denied $V truncate -s 0 kept
allowed $V truncate -s 0 free
denied $V touch folder/new
denied $V mkdir folder/newdir
denied $V mknod folder/pipe p
denied $V ln -s /tmp/modify/free folder/symlink
allowed $V touch other/new
allowed $V mkdir other/newdir
allowed $V mknod other/pipe p
allowed $V ln -s /tmp/modify/free other/symlink
denied $V rm -f folder/a
denied $V rmdir folder/sub
allowed $V rm -f other/a
allowed $V rmdir other/sub
# Both ends of a rename and of a link.
denied $V mv kept moved
denied $V mv one kept
denied $V mv one folder/one
allowed $V mv one renamed
denied $V ln kept hard
denied $V ln two folder/two
allowed $V ln two linked
denied $V chmod 777 kept
allowed $V chmod 777 two
denied $V chown 1:1 kept
allowed $V chown 1:1 two
# Others may.
allowed sh -c 'echo x >kept'
allowed rm -f folder/a


