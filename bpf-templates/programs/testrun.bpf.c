// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The kernel's decisions, made to order: hook programs cannot be run by a test, so the same functions are called here on
 * events that the test writes. */
#include "warmor.h"

#define BATCH 64

/* One event: its facts as a hook would set them. */
struct question {
	__u32 action;
	__u32 ancestors_known;
	__u64 ancestors;
	__u8 tags[SOURCES][SLOTS];
	__u64 values[SOURCES][SLOTS];
	__u8 address[16];
	__u8 data[DATA_BYTES];
};

struct answer {
	__u32 columns[7];
	__s32 status;
	__u64 ancestry;
	__u64 nanoseconds;
};

#include "layout_testrun.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BATCH);
	__type(key, __u32);
	__type(value, struct question);
} questions SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BATCH);
	__type(key, __u32);
	__type(value, struct answer);
} answers SEC(".maps");

static long ask(__u32 i, int *failed)
{
	struct question *q = bpf_map_lookup_elem(&questions, &i);
	struct answer *a = bpf_map_lookup_elem(&answers, &i);
	struct call c;
	__u64 started;

	*failed = 1;
	if (!q || !a || !enter(&c))
		return 1;
	if (!c.s) {
		leave(&c);
		return 1;
	}
	bpf_probe_read_kernel(c.s->tags, sizeof(q->tags), q->tags);
	bpf_probe_read_kernel(c.s->values, sizeof(q->values), q->values);
	bpf_probe_read_kernel(c.s->address, sizeof(q->address), q->address);
	bpf_probe_read_kernel(c.s->data, sizeof(q->data), q->data);
	c.s->ancestors = q->ancestors;
	c.s->ancestors_known = q->ancestors_known;
	started = bpf_ktime_get_ns();
	a->status = decide(c.image, c.s, q->action);
	a->nanoseconds = bpf_ktime_get_ns() - started;
	bpf_probe_read_kernel(a->columns, sizeof(a->columns), c.s->columns);
	a->ancestry = ancestry(c.image, c.s, 0);
	leave(&c);
	*failed = 0;
	return 0;
}

SEC("raw_tp/warmor_ask") int ask_all(struct bpf_raw_tracepoint_args *context)
{
	int failed = 1;

	bpf_loop(BATCH, ask, &failed, 0);
	return failed;
}
