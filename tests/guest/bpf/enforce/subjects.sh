V=/tmp/who/v/busybox T=/tmp/who/t/busybox O=/tmp/who/o/busybox
touch /tmp/go
wait $old_own || true
wait $old_tree || true
says /tmp/old.own "Operation not permitted"
says /tmp/old.tree "Operation not permitted"

denied $V cat /tmp/who/own
# A fork is what its creator is: the subshell opens the file and runs no other image.
denied $V sh -c '(read line </tmp/who/own) || exit 1'
# An exec is evaluated anew.
allowed $V env $O cat /tmp/who/own
allowed $O cat /tmp/who/own
denied $O env $V cat /tmp/who/own

# A tree holds its root, whatever that starts, and what that starts again.
denied $T cat /tmp/who/tree
denied $T env $O cat /tmp/who/tree
denied $T sh -c "$O sh -c '$O env $O cat /tmp/who/tree; exit \$?'; exit \$?"
allowed $O cat /tmp/who/tree
allowed $T env $O cat /tmp/who/own
allowed $V env $O cat /tmp/who/tree
