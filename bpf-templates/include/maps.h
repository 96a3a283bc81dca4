/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Every map of the programs, and the scratch slots. */
#pragma once

/* Words of a table image, 4 MiB (the largest value of an array that the kernel copies): one fixed size, so that the inlined array lookup works through the array of maps and the
 * verifier accepts a masked index. A policy that needs more is refused by the compiler. */
#define IMAGE_WORDS (1u << 20)
struct image {
	__u32 words[IMAGE_WORDS];
};

struct image_bank {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct image));
};

/* Two banks: the one that decides, and the one that is being filled. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct image_bank);
} banks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct config);
} config SEC(".maps");

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
