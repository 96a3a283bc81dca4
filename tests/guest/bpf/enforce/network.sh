mkdir -p /tmp/net
cp /bin/probe /tmp/net/
V=/tmp/net/probe

denied $V tcp 10.9.9.9:443
denied $V tcp 10.9.9.9:8100
allowed $V tcp 10.9.9.9:444
allowed $V tcp 10.1.2.3:443
allowed probe tcp 10.9.9.9:443
# The same address in the form of the other family.
denied $V tcp [::ffff:10.9.9.9]:443
allowed $V tcp [::ffff:10.1.2.3]:443
denied $V tcp [::1]:443
# The wildcard address as a target is the loopback that it reaches.
denied $V tcp [::]:443
allowed $V tcp [::1]:444
# Data that comes with the connection.
denied $V tfo 10.9.9.9:443
allowed $V tfo 10.1.2.3:443
# Datagrams, on a socket that is connected and on one that is not.
denied $V udp 10.9.9.9:53
allowed $V udp 10.9.9.9:54
denied $V send 10.9.9.9:53
denied $V send [::ffff:10.9.9.9]:53
allowed $V send 10.1.2.3:53
denied $V bind 10.1.2.3:80
allowed $V bind 10.1.2.3:81

