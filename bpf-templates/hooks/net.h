/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Connections, datagrams and local addresses, in cgroup programs: they need no LSM.
 *
 * Threat model. `lsm/socket_connect` sees connect(2) alone; TCP fast open and unconnected datagrams reach the network past it.
 * The cgroup programs run where the kernel has copied the address and is about to use it, for all three. The process chooses
 * how to write an address: an IPv4 address in IPv6 form is the IPv4 address, and the wildcard address as a target is the loopback
 * that it reaches; both are folded here, once. Raw, packet and unix sockets do not come through here (docs/kernel.md). */
#pragma once

#define ALLOW 1
#define DENY 0

/* The kernel's own numbers for protocols are those of the schema. */
static __always_inline int endpoint(struct bpf_sock_addr *context, __u32 action, __be32 a0, __be32 a1, __be32 a2, __be32 a3)
{
	__u32 protocol = context->protocol, port = bpf_ntohs(context->user_port);
	struct call c;
	bool deny;

	if (!enter(&c))
		return ALLOW;
	begin(&c);
	if (c.s) {
		struct scratch *s = c.s;
		__be32 *address = (__be32 *)s->address;

		if (action != ACTION_BIND && !a0 && !a1) {
			if (a2 == bpf_htonl(0xffff) && !a3)
				a3 = bpf_htonl(0x7f000001);
			else if (!a2 && !a3)
				a3 = bpf_htonl(1);
		}
		address[0] = a0;
		address[1] = a1;
		address[2] = a2;
		address[3] = a3;
		s->tags[SOURCE_EVENT][EVENT_ADDRESS] = TAG_KNOWN;
		s->tags[SOURCE_EVENT][EVENT_PORT] = TAG_KNOWN;
		s->values[SOURCE_EVENT][EVENT_PORT] = port;
		s->tags[SOURCE_EVENT][EVENT_PROTOCOL] = TAG_KNOWN;
		s->values[SOURCE_EVENT][EVENT_PROTOCOL] = protocol;
	}
	deny = judge(&c, action);
	leave(&c);
	return deny ? DENY : ALLOW;
}

static __always_inline int endpoint4(struct bpf_sock_addr *context, __u32 action)
{
	return endpoint(context, action, 0, 0, bpf_htonl(0xffff), context->user_ip4);
}

/* A mapped address needs no special case: it has the form that IPv4 addresses are held in. */
static __always_inline int endpoint6(struct bpf_sock_addr *context, __u32 action)
{
	return endpoint(context, action, context->user_ip6[0], context->user_ip6[1], context->user_ip6[2], context->user_ip6[3]);
}

SEC("cgroup/connect4") int connect4(struct bpf_sock_addr *context)
{
	return endpoint4(context, ACTION_CONNECT);
}

SEC("cgroup/connect6") int connect6(struct bpf_sock_addr *context)
{
	return endpoint6(context, ACTION_CONNECT);
}

SEC("cgroup/sendmsg4") int sendmsg4(struct bpf_sock_addr *context)
{
	return endpoint4(context, ACTION_SEND);
}

SEC("cgroup/sendmsg6") int sendmsg6(struct bpf_sock_addr *context)
{
	return endpoint6(context, ACTION_SEND);
}

SEC("cgroup/bind4") int bind4(struct bpf_sock_addr *context)
{
	return endpoint4(context, ACTION_BIND);
}

SEC("cgroup/bind6") int bind6(struct bpf_sock_addr *context)
{
	return endpoint6(context, ACTION_BIND);
}
