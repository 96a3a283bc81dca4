/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What kernel and user space both read. The mirror of every struct is in `src/layout.rs`; a test there compares sizes and
 * offsets with the object's own type information, so change both or neither. */
#pragma once

/* Bytes kept of an executable's path. A longer one is unknown: cutting it would let two programs look alike. */
#define EXE_BYTES 256
/* Bytes of the object's path in a report. Reports may be cut, and say so; decisions see the whole path. */
#define REPORT_PATH_BYTES 512

/* The path of an executable. */
struct exe {
	__u16 tag;
	__u16 len;
	__u32 zero;
	__u8 bytes[EXE_BYTES];
};

/* What is kept per task, from task_alloc (or the fork tracepoint) to task_free. */
struct task_record {
	struct exe exe;      /* the image that runs */
	struct exe parent;   /* the image that the creator ran when it created this process */
	__u64 ancestors;     /* two bits for each test of ancestors in the table image: some ancestor passes; perhaps one does */
	__u64 image;         /* the number of the image that runs, or ELDER and a process id; 0 when that cannot be said */
	__u32 generation;    /* of the table image that computed the bits; 0 when they mean nothing */
	__u32 forked;        /* 1 when a fork made the task out of that image, 0 when it started the image itself */
};

/* In place of an image's number: what the process of this id ran when the runtime came. User space has looked at those. */
#define ELDER (1ull << 63)

/* What holds for all images. */
struct config {
	__u32 host_mnt_ns;   /* inode number of the host's mount namespace */
	__u32 overflow;      /* set by the programs when the table of tasks was full: missing ancestry is unknown from then on */
	__u32 agent;         /* process id of the agent, and when it started, in hundredths of a second since boot: nobody else is both */
	__u32 unused;
	__u64 agent_started;
};

enum mode {
	MODE_OFF = 0,        /* nothing is decided */
	MODE_DETECT = 1,     /* decide and report, deny nothing */
	MODE_ENFORCE = 2,
};

#define WANT_ACTIONS 0xffffffu
#define WANT_STARTED (1u << 24)
_Static_assert(ACTIONS <= 24, "every action has a bit among WANT_ACTIONS");

enum report_flag {
	REPORT_DENIED = 1,        /* the operation was stopped */
	REPORT_WOULD_DENY = 2,    /* it would have been, but the runtime only detects */
	REPORT_AUDIT = 4,         /* a rule asked for a record */
	REPORT_STARTED = 8,       /* an image has started: path is its own, and the process is what it was until then */
	REPORT_OBSERVED = 16,     /* nothing but wanted */
	REPORT_NO_SCRATCH = 32,   /* no scratch slot was free: all facts were unknown */
	REPORT_FINDING = 64,      /* reported as a denial, and not enforced: a policy that only detects */
	REPORT_DETECTED = 128,    /* a detection of one event fired */
};

#define REPORT_ALL 0xffff

/* As in warmor_policy::verdict::Reason. */
enum reason {
	REASON_UNMENTIONED = 0,
	REASON_DENIED = 1,
	REASON_ALLOWED = 2,
	REASON_POSTURE = 3,
};

/* One report in the ring. Fixed size: the ring's accounting stays exact and the reader needs no parser. */
struct report {
	__u64 time_ns;       /* CLOCK_MONOTONIC */
	__u64 sequence;      /* per CPU, counts the lost ones too */
	__u64 cgroup;
	__u64 image;         /* which image asks, as in struct task_record */
	__u64 started;       /* the number of the image that has started, else 0 */
	__u32 cpu;
	__u32 generation;
	__u32 clause;        /* rank of the deciding clause; all ones for none */
	__u32 flags;         /* enum report_flag */
	__u32 pid;
	__u32 tid;
	__u32 ppid;
	__u32 uid;
	__u32 gid;
	__u8 action;
	__u8 role;
	__u8 reason;         /* enum reason */
	__u8 responses;      /* as in warmor_policy::verdict::Responses */
	__u8 path_tag;
	__u8 exe_tag;
	__u8 parent_tag;
	__u8 address_tag;
	__u8 flags_tag;
	__u8 name_tag;
	__u8 user_tag;       /* of uid and gid */
	__u8 forked;         /* as in struct task_record */
	__u8 target_tag;     /* of the executable of the process that is acted on */
	__u8 target_known;   /* 1 when there is such a process, and its numbers and its name are known */
	__u8 code_tag;
	__u8 port_tag;
	__u32 code;          /* the signal, or the capability */
	__u32 target_pid;
	__u32 target_uid;
	__u32 target_gid;
	__u16 protocol;
	__u16 port;
	__u16 exe_len;
	__u16 parent_len;
	__u16 target_len;
	__u16 unused2;
	__u32 path_len;      /* of the whole path; what does not fit is cut off at the end */
	__u32 open_flags;
	__u8 address[16];    /* network order, IPv4 as IPv4-mapped */
	__u8 comm[16];
	__u8 target_comm[16];
	__u8 exe[EXE_BYTES];
	__u8 parent[EXE_BYTES];
	__u8 target[EXE_BYTES];
	__u8 path[REPORT_PATH_BYTES];
};

/* One counter each, per CPU. Nothing that goes wrong goes uncounted. */
enum counter {
	COUNT_DECISIONS = 0,      /* events decided */
	COUNT_DENIED = 1,         /* events denied */
	COUNT_WOULD_DENY = 2,     /* events that would be denied, in detect mode */
	COUNT_UNKNOWN_PATH = 3,   /* object paths that could not be known */
	COUNT_UNKNOWN_EXE = 4,    /* executables that could not be known */
	COUNT_NO_SCRATCH = 5,     /* no scratch slot was free: every fact of the event counted as unknown */
	COUNT_NO_TASK_SLOT = 6,   /* the table of tasks was full: ancestry of that task is unknown */
	COUNT_LATE_RESOLVED = 7,  /* tasks older than the runtime, looked at when they first asked for something */
	COUNT_IMAGE_ERROR = 8,    /* the image could not be read: the event was denied in enforce mode */
	COUNT_EMITTED = 9,        /* reports that were asked for */
	COUNT_LOST = 10,          /* of them, those that the full ring had no room for */
	COUNT_IMAGES = 11,        /* images started */
	COUNTERS = 12,
};
