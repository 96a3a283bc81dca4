/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Every map of the programs, and the scratch slots. */
#pragma once

/* Words of a bank, 4 MiB (the largest value of an array that the kernel copies): one fixed size, so that the inlined array lookup works through the array of maps and the
 * verifier accepts a masked index. The image has all but the last words; a policy that needs more is refused by the compiler. */
#define BANK_WORDS (1u << 20)
#define IMAGE_WORDS (BANK_WORDS - 16)
struct image {
	__u32 words[BANK_WORDS];
};

/* How an image is to be used, in the words behind it: it comes and goes with the image, in one step. */
enum setup {
	SETUP_GENERATION = IMAGE_WORDS,  /* number of the image, part of every report; never 0 */
	SETUP_MODE,                      /* enum mode */
	SETUP_REPORT,                    /* what is reported although nothing was denied: a bit for each action, and WANT_STARTED */
	SETUP_BLIND,                     /* actions (bits) that are denied when nothing is known of the event */
	SETUP_ASKED,                     /* actions (bits) that the image says something about, or that are reported */
};

struct image_bank {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct image));
};

/* The bank that decides. User space fills another and puts it here: the kernel changes one pointer, which a hook call reads once, and
 * lets go of the old bank when no program can hold it any more. Without a bank nothing is decided. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct image_bank);
} bank SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct config);
} config SEC(".maps");

/* The highest generation so far. User space's own, kept here to live as long as the images do. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} generation SEC(".maps");

/* Keyed by the address of the task: a pid is not yet known in task_alloc, and workers of io_uring have a task of their own. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 32768);
	__type(key, __u64);
	__type(value, struct task_record);
} tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 23);
} reports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

static __always_inline void count(__u32 which)
{
	__u64 *n = bpf_map_lookup_elem(&counters, &which);

	/* Atomic: on a preemptible kernel two tasks can be in the same program on one CPU. */
	if (n)
		__sync_fetch_and_add(n, 1);
}
