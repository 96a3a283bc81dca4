/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Made by `cargo xtask codegen` from runtime/policy/schema.toml. Do not edit. */
#pragma once

enum action {
	ACTION_EXEC = 0,
	ACTION_READ = 1,
	ACTION_WRITE = 2,
	ACTION_CREATE = 3,
	ACTION_DELETE = 4,
	ACTION_RENAME = 5,
	ACTION_LINK = 6,
	ACTION_CHMOD = 7,
	ACTION_CHOWN = 8,
	ACTION_MMAP_EXEC = 9,
	ACTION_CONNECT = 10,
	ACTION_SEND = 11,
	ACTION_ACCEPT = 12,
	ACTION_BIND = 13,
	ACTION_LISTEN = 14,
	ACTION_PTRACE = 15,
	ACTION_SIGNAL = 16,
	ACTION_SETUID = 17,
	ACTION_UNSHARE = 18,
	ACTION_MODULE = 19,
	ACTION_BPF = 20,
	ACTION_MOUNT = 21,
	ACTION_CAPABILITY = 22,
	ACTION_SYSCALL = 23,
	ACTIONS = 24,
};

/* Slots of a process record. */
enum process_fact {
	PROCESS_EXE = 0,
	PROCESS_SCRIPT = 1,
	PROCESS_NAME = 2,
	PROCESS_ARGS = 3,
	PROCESS_PID = 4,
	PROCESS_UID = 5,
	PROCESS_GID = 6,
	PROCESS_CWD = 7,
	PROCESS_START_TIME = 8,
	USER_NAME = 9,
	CGROUP_PATH = 10,
	CONTAINER_ID = 11,
	CONTAINER_IMAGE = 12,
	CONTAINER_NAME = 13,
	POD_NAME = 14,
	POD_NAMESPACE = 15,
	POD_LABELS = 16,
	PROCESS_FACTS = 17,
};

/* Slots of the event's own facts. */
enum event_fact {
	EVENT_ROLE = 0,
	EVENT_PATH = 1,
	EVENT_FLAGS = 2,
	EVENT_PROTOCOL = 3,
	EVENT_ADDRESS = 4,
	EVENT_PORT = 5,
	EVENT_HOST = 6,
	EVENT_SIGNAL = 7,
	EVENT_CAPABILITY = 8,
	EVENT_SYSCALL = 9,
	EVENT_ARGS = 10,
	EVENT_TIME = 11,
	EVENT_HOST_NAME = 12,
	EVENT_HOST_KERNEL = 13,
	EVENT_FACTS = 14,
};

/* Which part an object plays in an operation. */
enum role {
	ROLE_BINARY = 1,
	ROLE_SCRIPT = 2,
	ROLE_SOURCE = 3,
	ROLE_TARGET = 4,
};

/* What a socket speaks. `raw` and `packet` are sockets that write their own headers, `unix` those that stay on the machine. */
enum protocol {
	PROTOCOL_ICMP = 1,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_SCTP = 132,
	PROTOCOL_RAW = 257,
	PROTOCOL_UNIX = 258,
	PROTOCOL_PACKET = 259,
	PROTOCOL_MPTCP = 262,
};

/* Whether a fact is there. */
enum tag {
	TAG_ABSENT = 0,
	TAG_UNKNOWN = 1,
	TAG_KNOWN = 2,
};

/* Whose record a fact is read from. */
enum source {
	SOURCE_EVENT = 0,
	SOURCE_PROCESS = 1,
	SOURCE_PARENT = 2,
	SOURCE_TARGET = 3,
};
