/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Working memory of one decision: the event's facts and the bytes that they point to.
 *
 * LSM programs can be preempted, and another task on the same CPU can enter the same program. Per-CPU memory alone would
 * then let one task's path be judged as another's. So each CPU has a few slots, and a task claims one atomically; tasks stay
 * on their CPU while the program runs. When none is free the event is decided as one of which nothing is known; the answer
 * depends on the action alone, so user space has it ready (config.blind). Nothing is let through for want of memory. */
#pragma once

#define SOURCES 4            /* event, process, parent, target: as warmor_policy::event::Source */
#define SLOTS 24             /* most facts of a record */

/* Where things lie in `data`. A path is written from right to left and ends at PATH_END; a component longer than what is left
 * may be read over the end, into the gap before EXE_AT, never further. */
#define PATH_END 4096
#define EXE_AT (PATH_END + 256)
#define PARENT_AT (EXE_AT + EXE_BYTES)
#define NAME_AT (PARENT_AT + EXE_BYTES)
#define NAME_BYTES 16
#define STARTED_AT (NAME_AT + NAME_BYTES)
#define TARGET_AT (STARTED_AT + EXE_BYTES)
#define TARGET_NAME_AT (TARGET_AT + EXE_BYTES)
#define DATA_BYTES 8192

/* Where a pass over bytes stands. Of an automaton: the transition that it took last, and what is left of the string that the
 * state matches. */
struct run {
	__u32 hits;                    /* the node whose leaves are taken on the way, or 0 */
	__u32 next;
	__u32 string;                  /* counted in bytes of the image */
	__u32 left;
	__u32 at;                      /* the bytes that are still to be read: their place in data, and how many */
	__u32 rest;
	__u32 other;                   /* the place of those that they are compared with */
};

/* Where a binary search stands. */
struct search {
	__u32 low;
	__u32 high;
};

struct scratch {
	__u32 busy;
	__u32 slot;                    /* its own index */
	struct run run;
	struct search search;
	__u8 tags[SOURCES][SLOTS];
	__u64 values[SOURCES][SLOTS];  /* a number; offset | length << 32 of bytes in data; an address is ADDRESS, not here */
	__u8 address[16];              /* network order, IPv4 as IPv4-mapped */
	__u64 asker;                   /* the task that asks: the current one, but where a hook says otherwise */
	__u64 image;                   /* which image asks, and whether by a fork: as in struct task_record */
	__u64 started;                 /* the number of the image that has started, if that is the event */
	__u32 forked;
	__u64 ancestors;               /* two bits for each predicate of the image: ANCESTOR_YES, ANCESTOR_UNKNOWN */
	__u32 ancestors_known;
	__u32 columns[7];              /* the answer so far, as warmor_policy::image::leaf names them */
	struct task_record draft;      /* a record before it is stored */
	__u8 data[DATA_BYTES];
};

#define SCRATCH_SLOTS 6

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_SLOTS);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

static __always_inline struct scratch *claim(void)
{
	for (__u32 i = 0; i < SCRATCH_SLOTS; i++) {
		__u32 slot = i;
		struct scratch *s = bpf_map_lookup_elem(&scratch, &slot);

		if (s && __sync_val_compare_and_swap(&s->busy, 0, 1) == 0) {
			s->slot = i;
			return s;
		}
	}
	return 0;
}

static __always_inline void release(struct scratch *s)
{
	__sync_lock_test_and_set(&s->busy, 0);
}
