/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* One call of a hook: take memory and the image that decides, decide events, report, give the memory back. */
#pragma once

#define EPERM 1

struct call {
	struct scratch *s;         /* 0 when no slot was free */
	struct image *image;       /* what decides, the same one from the beginning of the call to its end */
	__u32 generation, mode, host_mnt_ns, report, blind;
	bool quiet;                /* decide, and tell nobody */
};

/* Whether something is asked of any of these actions (bits). For hooks that are called often, and of which little is asked. */
static __always_inline bool asked(__u32 actions)
{
	__u32 zero = 0;
	void *inner = bpf_map_lookup_elem(&bank, &zero);
	struct image *image = inner ? bpf_map_lookup_elem(inner, &zero) : 0;

	return image && image->words[SETUP_ASKED] & actions;
}

/* Whether the agent asks. What it needs to do its work is not judged: a rule about everybody must not take away the means to change
 * it. An id alone would be another's one day. */
static __always_inline bool is_agent(void)
{
	__u32 zero = 0;
	struct config *now = bpf_map_lookup_elem(&config, &zero);
	struct task_struct *task = (void *)bpf_get_current_task();

	return now && BPF_CORE_READ(task, tgid) == (int)now->agent &&
	       BPF_CORE_READ(task, group_leader, start_boottime) / 10000000 == now->agent_started;
}

/* Starts a call. False when nothing is to be decided. */
static __always_inline bool enter(struct call *c)
{
	__u32 zero = 0;
	struct config *config_now = bpf_map_lookup_elem(&config, &zero);
	void *inner = bpf_map_lookup_elem(&bank, &zero);
	struct image *image = inner ? bpf_map_lookup_elem(inner, &zero) : 0;

	if (!config_now || !image || image->words[SETUP_MODE] == MODE_OFF)
		return false;
	c->image = image;
	c->generation = image->words[SETUP_GENERATION];
	c->mode = image->words[SETUP_MODE];
	c->report = image->words[SETUP_REPORT];
	c->blind = image->words[SETUP_BLIND];
	c->host_mnt_ns = config_now->host_mnt_ns;
	c->quiet = false;
	c->s = claim();
	if (!c->s)
		count(COUNT_NO_SCRATCH);
	return true;
}

static __always_inline void leave(struct call *c)
{
	if (c->s)
		release(c->s);
}

/* Sends a report. What the ring has no room for is counted, and its number is missing in the sequence. */
__noinline int emit(struct scratch *s, __u32 generation, __u32 action, __u32 flags, __u32 clause)
{
	__u64 current = bpf_get_current_task();
	struct task_struct *task = (void *)(s ? s->asker : current);
	__u32 which = COUNT_EMITTED;
	__u64 *emitted = bpf_map_lookup_elem(&counters, &which);
	__u64 sequence = emitted ? __sync_fetch_and_add(emitted, 1) : 0;
	struct report *r = bpf_ringbuf_reserve(&reports, sizeof(*r), 0);

	if (!r) {
		count(COUNT_LOST);
		return 0;
	}
	r->time_ns = bpf_ktime_get_ns();
	r->sequence = sequence;
	r->cgroup = (__u64)task == current ? bpf_get_current_cgroup_id() : BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	r->cpu = bpf_get_smp_processor_id();
	r->generation = generation;
	r->clause = clause;
	r->flags = flags & 0xffff;
	r->pid = BPF_CORE_READ(task, tgid);
	r->tid = BPF_CORE_READ(task, pid);
	r->ppid = BPF_CORE_READ(task, real_parent, tgid);
	r->uid = BPF_CORE_READ(task, cred, euid.val);
	r->gid = BPF_CORE_READ(task, cred, egid.val);
	r->action = action;
	r->reason = flags >> 16;
	r->responses = flags >> 24;
	r->role = 0;
	r->protocol = 0;
	r->port = 0;
	r->open_flags = 0;
	r->path_tag = r->exe_tag = r->parent_tag = r->address_tag = r->flags_tag = TAG_UNKNOWN;
	r->name_tag = r->user_tag = TAG_KNOWN;
	r->target_tag = r->code_tag = TAG_UNKNOWN;
	r->port_tag = TAG_UNKNOWN;
	r->target_known = r->unused2 = 0;
	r->target_len = 0;
	r->code = 0;
	r->path_len = 0;
	r->exe_len = r->parent_len = 0;
	r->image = r->started = 0;
	r->forked = 0;
	bpf_probe_read_kernel(r->comm, sizeof(r->comm), &task->comm);
	if (s) {
		__u64 path = s->values[SOURCE_EVENT][EVENT_PATH], exe = s->values[SOURCE_PROCESS][PROCESS_EXE];
		__u32 whole = path >> 32, length = whole;
		__u32 exe_length = exe >> 32, parent_length = s->values[SOURCE_PARENT][PROCESS_EXE] >> 32;

		r->image = s->image;
		r->started = s->started;
		r->forked = s->forked;
		r->name_tag = s->tags[SOURCE_PROCESS][PROCESS_NAME];
		r->user_tag = s->tags[SOURCE_PROCESS][PROCESS_UID];
		r->flags_tag = s->tags[SOURCE_EVENT][EVENT_FLAGS];
		r->role = s->values[SOURCE_EVENT][EVENT_ROLE];
		r->protocol = s->values[SOURCE_EVENT][EVENT_PROTOCOL];
		r->port = s->values[SOURCE_EVENT][EVENT_PORT];
		r->port_tag = s->tags[SOURCE_EVENT][EVENT_PORT];
		r->open_flags = s->values[SOURCE_EVENT][EVENT_FLAGS];
		r->address_tag = s->tags[SOURCE_EVENT][EVENT_ADDRESS];
		__builtin_memcpy(r->address, s->address, sizeof(r->address));
		r->path_tag = s->tags[SOURCE_EVENT][EVENT_PATH];
		if (r->path_tag == TAG_KNOWN) {
			r->path_len = whole;
			barrier_var(length);
			if (length > REPORT_PATH_BYTES)
				length = REPORT_PATH_BYTES;
			bpf_probe_read_kernel(r->path, length, &s->data[(__u32)path & (DATA_BYTES - 1)]);
		}
		r->exe_tag = s->tags[SOURCE_PROCESS][PROCESS_EXE];
		if (r->exe_tag == TAG_KNOWN) {
			r->exe_len = exe_length;
			bpf_probe_read_kernel(r->exe, EXE_BYTES, &s->data[EXE_AT]);
		}
		__u32 code = action == ACTION_CAPABILITY ? EVENT_CAPABILITY : EVENT_SIGNAL;

		r->code_tag = s->tags[SOURCE_EVENT][code];
		r->code = s->values[SOURCE_EVENT][code];
		r->target_known = s->tags[SOURCE_TARGET][PROCESS_PID] == TAG_KNOWN;
		if (r->target_known) {
			r->target_pid = s->values[SOURCE_TARGET][PROCESS_PID];
			r->target_uid = s->values[SOURCE_TARGET][PROCESS_UID];
			r->target_gid = s->values[SOURCE_TARGET][PROCESS_GID];
			bpf_probe_read_kernel(r->target_comm, NAME_BYTES, &s->data[TARGET_NAME_AT]);
		}
		r->target_tag = s->tags[SOURCE_TARGET][PROCESS_EXE];
		if (r->target_tag == TAG_KNOWN) {
			r->target_len = s->values[SOURCE_TARGET][PROCESS_EXE] >> 32;
			bpf_probe_read_kernel(r->target, EXE_BYTES, &s->data[TARGET_AT]);
		}
		r->parent_tag = s->tags[SOURCE_PARENT][PROCESS_EXE];
		if (r->parent_tag == TAG_KNOWN) {
			r->parent_len = parent_length;
			bpf_probe_read_kernel(r->parent, EXE_BYTES, &s->data[PARENT_AT]);
		}
	}
	bpf_ringbuf_submit(r, 0);
	return 0;
}

/* What `decide` put into s->columns, as report flags; the clause that decided goes to *clause. */
static __always_inline __u32 read_columns(__u32 *k, bool *deny, __u32 *clause)
{
	__u32 flags = (k[6] & 0xff) << 24;
	__u32 reason;

	*deny = k[0] != NONE || (k[1] == NONE && k[2] != NONE);
	if (*deny) {
		reason = k[0] != NONE ? REASON_DENIED : REASON_POSTURE;
		*clause = k[0] != NONE ? k[0] : k[2];
	} else if (k[3] != NONE) {
		reason = REASON_DENIED;
		*clause = k[3];
	} else if (k[4] != NONE) {
		reason = REASON_ALLOWED;
		*clause = k[4];
	} else {
		reason = k[5] != NONE ? REASON_POSTURE : REASON_UNMENTIONED;
		*clause = k[5];
	}
	if (!*deny && (reason == REASON_DENIED || reason == REASON_POSTURE))
		flags |= REPORT_FINDING;
	if (k[6] & LEAF_AUDIT)
		flags |= REPORT_AUDIT;
	if (k[6] & LEAF_DETECTED)
		flags |= REPORT_DETECTED;
	return flags | reason << 16;
}

/* Among the bits of the mode: nobody is told. */
#define QUIET 0x80

/* Decides first and reports second: a full ring changes nothing. Gives 1 to deny. */
__noinline int verdict(struct image *image, struct scratch *s, __u32 action, __u64 setup, __u32 blind)
{
	__u32 mode = setup & (QUIET - 1), wanted = (setup >> 8) & WANT_ACTIONS, generation = setup >> 32;
	__u32 flags = 0, clause = NONE;
	bool deny;

	count(COUNT_DECISIONS);
	if (!s) {
		deny = (blind >> (action & 31)) & 1;
		flags = REPORT_NO_SCRATCH | REASON_DENIED << 16;
	} else if (!image || decide(image, s, action)) {
		count(COUNT_IMAGE_ERROR);
		deny = true;
	} else {
		flags = read_columns(s->columns, &deny, &clause);
	}
	if (deny && mode == MODE_ENFORCE) {
		count(COUNT_DENIED);
		flags |= REPORT_DENIED;
	} else if (deny) {
		count(COUNT_WOULD_DENY);
		flags |= REPORT_WOULD_DENY;
		deny = false;
	}
	if (!(flags & REPORT_ALL) && (wanted >> (action & 31)) & 1)
		flags |= REPORT_OBSERVED;
	if (flags & REPORT_ALL && !(setup & QUIET))
		emit(s, generation, action, flags, clause);
	return deny;
}

/* The verdict of an event whose facts are set: true to deny. */
static __always_inline bool judge(struct call *c, __u32 action)
{
	__u64 setup = c->mode | (c->quiet ? QUIET : 0) | (c->report & WANT_ACTIONS) << 8 | (__u64)c->generation << 32;
	int denied = verdict(c->image, c->s, action, setup, c->blind);

	/* The compiler sees that it is 0 or 1 and computes with it; the verifier does not, and asks for a comparison. */
	barrier_var(denied);
	return denied != 0;
}
