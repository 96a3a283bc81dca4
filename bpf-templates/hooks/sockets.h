/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Sockets that the cgroup programs (hooks/net.h) do not see, and listening.
 *
 * Threat model. Who has a raw or a packet socket can send whatever it likes to whomever it likes, and the addresses are in the bytes
 * that it sends. So it is judged when it is made, as all that can be done with it: a connect, a send and a bind, with an endpoint that
 * is not known. The same holds for every internet protocol but TCP and UDP: their hooks are not called for others. MPTCP goes
 * over TCP sockets of the kernel's, and is judged as TCP.
 *
 * A unix socket reaches a process of this machine and has no address: there is none, and no rule about addresses is about it. A
 * connection is judged where it is made, a datagram where it is sent, connected or not. A pair of sockets (socketpair) reaches nobody
 * else. Sockets of the kernel's own are not asked about, nor families that are none of these (netlink, vsock, bluetooth and so on). */
#pragma once

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_PACKET 17
#define AF_XDP 44
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define SOCK_SEQPACKET 5

/* One event of a protocol with an endpoint of which `tag` says what is known: not known, or not there. */
static __always_inline bool endpoint_event(struct call *c, __u32 action, __u32 protocol, __u32 tag)
{
	if (c->s) {
		c->s->tags[SOURCE_EVENT][EVENT_PROTOCOL] = TAG_KNOWN;
		c->s->values[SOURCE_EVENT][EVENT_PROTOCOL] = protocol;
		c->s->tags[SOURCE_EVENT][EVENT_ADDRESS] = tag;
		c->s->tags[SOURCE_EVENT][EVENT_PORT] = tag;
	}
	return judge(c, action);
}

/* The protocol of a socket whose operations no other hook sees; 0 for others. */
static __always_inline __u32 unseen_protocol(int family, int type, int protocol)
{
	if (family == AF_PACKET || family == AF_XDP)
		return PROTOCOL_PACKET;
	if (family != AF_INET && family != AF_INET6)
		return 0;
	if (type == SOCK_RAW)
		return PROTOCOL_RAW;
	if (type == SOCK_STREAM && (!protocol || protocol == PROTOCOL_TCP || protocol == PROTOCOL_MPTCP))
		return 0;
	if (type == SOCK_DGRAM && (!protocol || protocol == PROTOCOL_UDP))
		return 0;
	/* Without a number it is the one that has such sockets. */
	return protocol ? protocol : PROTOCOL_SCTP;
}

SEC("lsm/socket_create") int BPF_PROG(socket_create, int family, int type, int protocol, int kernel)
{
	__u32 unseen = unseen_protocol(family, type, protocol);
	struct call c;
	bool deny;

	if (kernel || !unseen || !enter(&c))
		return 0;
	begin(&c);
	deny = endpoint_event(&c, ACTION_CONNECT, unseen, TAG_UNKNOWN);
	deny |= endpoint_event(&c, ACTION_SEND, unseen, TAG_UNKNOWN);
	deny |= endpoint_event(&c, ACTION_BIND, unseen, TAG_UNKNOWN);
	leave(&c);
	return deny ? -EPERM : 0;
}

static __always_inline bool unix_event(__u32 action)
{
	struct call c;
	bool deny;

	if (!enter(&c))
		return false;
	begin(&c);
	deny = endpoint_event(&c, action, PROTOCOL_UNIX, TAG_ABSENT);
	leave(&c);
	return deny;
}

SEC("lsm/unix_stream_connect")
int BPF_PROG(unix_stream_connect, struct sock *socket, struct sock *other, struct sock *new)
{
	return unix_event(ACTION_CONNECT) ? -EPERM : 0;
}

SEC("lsm/unix_may_send") int BPF_PROG(unix_may_send, struct socket *socket, struct socket *other)
{
	return asked(1 << ACTION_SEND) && unix_event(ACTION_SEND) ? -EPERM : 0;
}

/* Of the internet's families a cgroup program is asked. */
SEC("lsm/socket_bind") int BPF_PROG(socket_bind, struct socket *socket, struct sockaddr *address, int length)
{
	if (BPF_CORE_READ(socket, sk, __sk_common.skc_family) != AF_UNIX)
		return 0;
	return unix_event(ACTION_BIND) ? -EPERM : 0;
}

/* The local endpoint of a socket. The kernel chooses a port after this where there is none. */
static __always_inline void set_local(struct scratch *s, struct sock *sk, bool six)
{
	__be32 *address = (__be32 *)s->address;

	if (six) {
		struct in6_addr own = BPF_CORE_READ(sk, __sk_common.skc_v6_rcv_saddr);

		__builtin_memcpy(address, &own, sizeof(own));
	} else {
		address[0] = address[1] = 0;
		address[2] = bpf_htonl(0xffff);
		address[3] = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
	}
	s->values[SOURCE_EVENT][EVENT_PORT] = BPF_CORE_READ(sk, __sk_common.skc_num);
	s->tags[SOURCE_EVENT][EVENT_ADDRESS] = TAG_KNOWN;
	s->tags[SOURCE_EVENT][EVENT_PORT] = TAG_UNKNOWN;
	if (s->values[SOURCE_EVENT][EVENT_PORT])
		s->tags[SOURCE_EVENT][EVENT_PORT] = TAG_KNOWN;
}

/* Starts to listen on an internet socket. */
static __always_inline bool listens(struct sock *sk, bool six)
{
	__u32 protocol = BPF_CORE_READ(sk, sk_protocol);
	struct call c;
	bool deny;

	if (!enter(&c))
		return false;
	begin(&c);
	if (c.s) {
		set_local(c.s, sk, six);
		c.s->tags[SOURCE_EVENT][EVENT_PROTOCOL] = TAG_KNOWN;
		c.s->values[SOURCE_EVENT][EVENT_PROTOCOL] = protocol == PROTOCOL_MPTCP ? PROTOCOL_TCP : protocol;
	}
	deny = judge(&c, ACTION_LISTEN);
	leave(&c);
	return deny;
}

SEC("lsm/socket_listen") int BPF_PROG(socket_listen, struct socket *socket, int backlog)
{
	struct sock *sk = BPF_CORE_READ(socket, sk);
	__u32 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	bool deny = false;

	if (family == AF_INET || family == AF_INET6)
		deny = listens(sk, family == AF_INET6);
	else if (family == AF_UNIX)
		deny = unix_event(ACTION_LISTEN);
	return deny ? -EPERM : 0;
}
