for d in talker inside tcp server quiet modern; do
	mkdir -p /tmp/s/$d
	cp /bin/probe /tmp/s/$d/
done
probe serve /tmp/s/stream /tmp/s/datagrams &
server=$!
start policy.wasm --allow-unsigned
T=/tmp/s/talker/probe I=/tmp/s/inside/probe O=/tmp/s/tcp/probe S=/tmp/s/server/probe Q=/tmp/s/quiet/probe M=/tmp/s/modern/probe

# Raw: IPv4, IPv6; packet: of both kinds; ICMP's own. Families, types and protocols by number.
denied $T socket 2 3 255
denied $T socket 2 3 1
denied $T socket 10 3 58
denied $T socket 17 3 0
denied $T socket 17 2 0
allowed $T socket 2 1 0
allowed $T socket 2 2 17
allowed $T socket 16 3 0
allowed probe socket 2 3 255
allowed probe socket 17 3 0
# A raw socket could reach what is denied; TCP and UDP are asked where they go to.
denied $I socket 2 3 255
denied $I socket 17 3 0
allowed $I tcp 10.1.2.3:443
denied $I tcp 10.9.9.9:443

# A posture is about all of them.
allowed $O tcp 10.1.2.3:443
denied $O socket 2 3 255
denied $O socket 17 2 0
denied $O unix-connect /tmp/s/stream
denied $O unix-send /tmp/s/datagrams
denied $O unix-bind /tmp/s/own
allowed $O bind 10.1.2.3:81
denied $O bind 10.1.2.3:82
denied $O bind 10.1.2.3:83
says "$work/audit.log" "DENIED     listen tcp 10.1.2.3:82"

denied $S bind 10.1.2.3:90
# The wildcard stands for every address.
denied $S bind 0.0.0.0:90
denied $S bind [::ffff:10.1.2.3]:90
allowed $S bind 10.9.9.9:90
allowed $S bind 10.1.2.3:91
allowed probe bind 10.1.2.3:90

denied $Q unix-connect /tmp/s/stream
denied $Q unix-send /tmp/s/datagrams
denied $Q unix-listen /tmp/s/mine
allowed $Q unix-bind /tmp/s/other
allowed $Q tcp 10.1.2.3:443
allowed probe unix-connect /tmp/s/stream
allowed probe unix-send /tmp/s/datagrams
allowed probe unix-listen /tmp/s/his

# One endpoint, by every way to get there.
denied $M tcp 10.9.9.9:443
denied $M mptcp 10.9.9.9:443
denied $M mptcp [::ffff:10.9.9.9]:443
denied $M tfo 10.9.9.9:443
denied $M tfo [::ffff:10.9.9.9]:443
denied $M ring-connect 10.9.9.9:443
denied $M send 10.9.9.9:53
denied $M send-many 10.9.9.9:53
denied $M ring-send 10.9.9.9:53
denied $M elsewhere 10.1.2.3:53 10.9.9.9:53
denied $M udp 10.9.9.9:53
for way in tcp mptcp tfo ring-connect udp send send-many ring-send; do
	allowed $M $way 10.1.2.3:443
	allowed probe $way 10.9.9.9:443
done
allowed $M elsewhere 10.1.2.3:53 10.1.2.3:54
kill $server
stop
says "$work/audit.log" "DENIED     connect raw"
says "$work/audit.log" "DENIED     connect packet"
says "$work/audit.log" "DENIED     connect unix"
says "$work/audit.log" "DENIED     send unix"
says "$work/agent.log" "; disagreements: 0"
silent "$work/agent.log" "compared with the kernel's verdict: 0"
says "$work/agent.log" "image errors: 0"
says "$work/agent.log" " 0 unaccounted for"
