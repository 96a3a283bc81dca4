/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Who a process is: the executable it runs, kept per task and evaluated anew at every exec.
 *
 * Threat model. A process cannot choose its record: it is written when the kernel has committed an exec, copied at fork, and
 * removed with the task. A path in a mount namespace that belongs to a user namespace of its own does not count as an
 * identity (an unprivileged process could mount anything over /usr/sbin/sshd there): such an executable is unknown.
 * When the table is full, tasks are looked at each time from mm->exe_file: their executable stays exact; what is lost is
 * their ancestry, which is unknown from then on, never empty.
 *
 * Every image that starts has a number, and a record says which image a task runs. User space puts descent together from the
 * reports of starts: which image started out of which.
 *
 * Tasks older than the runtime are looked at when they first ask for something. Their ancestors are those that still live,
 * with the image that they run now; what ended or was replaced before the runtime came cannot be known. */
#pragma once

#define MAX_GENERATIONS_BACK 16
#define CLONE_THREAD 0x00010000
#define PF_KTHREAD 0x00200000

/* The path of an executable's file, through the path area of a scratch slot. */
__noinline int read_exe(struct scratch *s, __u64 file, __u32 host_mnt_ns)
{
	struct file *f = (void *)file;
	struct exe *out;
	__u32 length;
	int at;

	if (!s)
		return 0;
	out = &s->draft.exe;
	out->len = 0;
	out->zero = 0;
	out->tag = TAG_ABSENT;
	if (!file)
		return 0;
	at = resolve(s, (__u64)BPF_CORE_READ(f, f_path.dentry), (__u64)BPF_CORE_READ(f, f_path.mnt), host_mnt_ns);
	if (at == PATH_ABSENT)
		return 0;
	out->tag = TAG_UNKNOWN;
	length = PATH_END - (at & (PATH_END - 1));
	if (at < 0 || at & PATH_ARRANGED || length > EXE_BYTES) {
		count(COUNT_UNKNOWN_EXE);
		return 0;
	}
	/* The gap behind the path area makes a read of full size harmless and its length constant. */
	if (bpf_probe_read_kernel(out->bytes, EXE_BYTES, &s->data[at & (PATH_END - 1)])) {
		count(COUNT_UNKNOWN_EXE);
		return 0;
	}
	out->len = length;
	out->tag = TAG_KNOWN;
	return 0;
}

static __always_inline void set_exe(struct scratch *s, __u32 source, __u32 at, const struct exe *exe)
{
	__u32 length = exe->len;

	s->tags[source][PROCESS_EXE] = exe->tag;
	s->values[source][PROCESS_EXE] = at | (__u64)length << 32;
	bpf_probe_read_kernel(&s->data[at], EXE_BYTES, exe->bytes);
}

/* A task's name goes to a place in data; gives the fact. */
static __always_inline __u64 name_of(struct scratch *s, struct task_struct *task, __u32 at)
{
	__u32 length = 0;

	bpf_probe_read_kernel(&s->data[at], NAME_BYTES, &task->comm);
	while (length < NAME_BYTES && s->data[at + length])
		length++;
	return at | (__u64)length << 32;
}

/* Sets the facts of a process from its record; what a hook cannot read is unknown. */
__noinline int set_process(struct scratch *s, struct task_record *r, __u64 key)
{
	struct task_struct *task = (void *)key;

	if (!s || !r)
		return 0;
	__builtin_memset(s->tags[SOURCE_PROCESS], TAG_UNKNOWN, sizeof(s->tags[SOURCE_PROCESS]));
	__builtin_memset(s->tags[SOURCE_PARENT], TAG_UNKNOWN, sizeof(s->tags[SOURCE_PARENT]));
	set_exe(s, SOURCE_PROCESS, EXE_AT, &r->exe);
	set_exe(s, SOURCE_PARENT, PARENT_AT, &r->parent);
	s->image = r->image;
	s->forked = r->forked;
	s->ancestors = r->ancestors;
	s->ancestors_known = r->generation != 0;
	s->tags[SOURCE_PROCESS][PROCESS_PID] = TAG_KNOWN;
	s->values[SOURCE_PROCESS][PROCESS_PID] = BPF_CORE_READ(task, tgid);
	s->tags[SOURCE_PROCESS][PROCESS_UID] = TAG_KNOWN;
	s->values[SOURCE_PROCESS][PROCESS_UID] = BPF_CORE_READ(task, cred, euid.val);
	s->tags[SOURCE_PROCESS][PROCESS_GID] = TAG_KNOWN;
	s->values[SOURCE_PROCESS][PROCESS_GID] = BPF_CORE_READ(task, cred, egid.val);
	s->tags[SOURCE_PROCESS][PROCESS_NAME] = TAG_KNOWN;
	s->values[SOURCE_PROCESS][PROCESS_NAME] = name_of(s, task, NAME_AT);
	return 0;
}

/* Makes the record, in s->draft, of a task that has none of this generation. */
__noinline int look_at(struct image *image, struct scratch *s, __u64 key, __u32 generation, __u32 host_mnt_ns)
{
	struct task_struct *task = (void *)key, *up;
	struct task_record *known;
	__u32 zero = 0;
	struct config *now = bpf_map_lookup_elem(&config, &zero);
	__u64 bits = 0;
	bool complete = false;

	if (!image || !s || !now)
		return 0;
	count(COUNT_LATE_RESOLVED);
	up = BPF_CORE_READ(task, group_leader, real_parent);
	for (__u32 i = 0; i < MAX_GENERATIONS_BACK; i++) {
		__u64 up_key;

		if (!up || !BPF_CORE_READ(up, tgid)) {
			complete = true;
			break;
		}
		up = BPF_CORE_READ(up, group_leader);
		up_key = (__u64)up;
		known = bpf_map_lookup_elem(&tasks, &up_key);
		if (known && known->generation == generation) {
			set_process(s, known, up_key);
			bits = ancestry(image, s, bits | known->ancestors);
			complete = true;
			break;
		}
		read_exe(s, (__u64)BPF_CORE_READ(up, mm, exe_file), host_mnt_ns);
		s->draft.parent.tag = TAG_UNKNOWN;
		s->draft.parent.len = 0;
		s->draft.ancestors = 0;
		s->draft.generation = generation;
		set_process(s, &s->draft, up_key);
		bits = ancestry(image, s, bits);
		up = BPF_CORE_READ(up, real_parent);
	}
	up = BPF_CORE_READ(task, group_leader, real_parent);
	if (up)
		read_exe(s, (__u64)BPF_CORE_READ(up, mm, exe_file), host_mnt_ns);
	bpf_probe_read_kernel(&s->draft.parent, sizeof(struct exe), &s->draft.exe);
	read_exe(s, (__u64)BPF_CORE_READ(task, mm, exe_file), host_mnt_ns);
	s->draft.ancestors = bits;
	s->draft.generation = generation;
	s->draft.image = ELDER | BPF_CORE_READ(task, tgid);
	s->draft.forked = 0;
	if (now->overflow || !complete) {
		/* Perhaps this task is younger than the runtime and its record was lost: any ancestor is possible. */
		s->draft.ancestors |= 0xaaaaaaaaaaaaaaaaull;
		s->draft.image = 0;
	}
	return 0;
}

/* Stores s->draft for a task. Looks the slot up again: before Linux 6.4 a map takes its values from memory of a map, and what
 * is passed to a global function no longer counts as that. The slot is the same one, tasks stay on their CPU. */
static __always_inline void store(struct scratch *s, __u64 key)
{
	__u32 zero = 0, slot = s->slot;
	struct scratch *same = bpf_map_lookup_elem(&scratch, &slot);

	if (!same || bpf_map_update_elem(&tasks, &key, &same->draft, BPF_ANY)) {
		struct config *now = bpf_map_lookup_elem(&config, &zero);

		count(COUNT_NO_TASK_SLOT);
		if (now)
			now->overflow = 1;
	}
}

/* Gets the record of the task that asks into s->draft. */
static __always_inline void current_record(struct image *image, struct scratch *s, __u32 generation, __u32 host_mnt_ns)
{
	__u64 key = bpf_get_current_task();
	struct task_record *r = bpf_map_lookup_elem(&tasks, &key);

	if (r && r->generation == generation) {
		bpf_probe_read_kernel(&s->draft, sizeof(*r), r);
		return;
	}
	look_at(image, s, key, generation, host_mnt_ns);
	store(s, key);
}

/* Copies the record of a task that is not the current one. It can start another image meanwhile, and the memory of its old
 * record then be another's: what is copied counts only if the record is still where it was. */
static __always_inline struct task_record *copy_record(struct scratch *s, __u64 key)
{
	struct task_record *r = bpf_map_lookup_elem(&tasks, &key);

	if (!r)
		return 0;
	bpf_probe_read_kernel(&s->draft, sizeof(*r), r);
	return bpf_map_lookup_elem(&tasks, &key) == r ? &s->draft : 0;
}

/* Gets the record of a task that is not the current one into s->draft. It is never stored: it could replace a newer one. */
static __always_inline void other_record(struct image *image, struct scratch *s, __u64 key, __u32 generation, __u32 host_mnt_ns)
{
	struct task_record *r = copy_record(s, key);

	if (!r || r->generation != generation)
		look_at(image, s, key, generation, host_mnt_ns);
}

/* An event of which nothing is set yet. */
static __always_inline void clear_event(struct scratch *s)
{
	s->started = 0;
	s->values[SOURCE_TARGET][PROCESS_EXE] = 0;
	s->values[SOURCE_EVENT][EVENT_SIGNAL] = 0;
	__builtin_memset(s->tags[SOURCE_EVENT], TAG_ABSENT, sizeof(s->tags[SOURCE_EVENT]));
	__builtin_memset(s->tags[SOURCE_TARGET], TAG_UNKNOWN, sizeof(s->tags[SOURCE_TARGET]));
	s->values[SOURCE_EVENT][EVENT_ROLE] = 0;
	s->values[SOURCE_EVENT][EVENT_PATH] = 0;
	s->values[SOURCE_EVENT][EVENT_FLAGS] = 0;
	s->values[SOURCE_EVENT][EVENT_PROTOCOL] = 0;
	s->values[SOURCE_EVENT][EVENT_PORT] = 0;
	s->tags[SOURCE_EVENT][EVENT_HOST] = TAG_UNKNOWN;
	s->tags[SOURCE_EVENT][EVENT_ARGS] = TAG_UNKNOWN;
	s->tags[SOURCE_EVENT][EVENT_TIME] = TAG_UNKNOWN;
	s->tags[SOURCE_EVENT][EVENT_HOST_NAME] = TAG_UNKNOWN;
	s->tags[SOURCE_EVENT][EVENT_HOST_KERNEL] = TAG_UNKNOWN;
}

/* Sets the facts of the process that asks, and clears those of the event. */
__noinline int set_facts(struct image *image, struct scratch *s, __u64 asker, __u32 generation, __u32 host_mnt_ns)
{
	if (!image || !s)
		return 0;
	if (asker == bpf_get_current_task())
		current_record(image, s, generation, host_mnt_ns);
	else
		other_record(image, s, asker, generation, host_mnt_ns);
	s->asker = asker;
	set_process(s, &s->draft, asker);
	clear_event(s);
	return 0;
}

static __always_inline void begin_as(struct call *c, __u64 asker)
{
	set_facts(c->image, c->s, asker, c->generation, c->host_mnt_ns);
}

static __always_inline void begin(struct call *c)
{
	begin_as(c, bpf_get_current_task());
}

/* Sets the facts of the process that is acted on. */
__noinline int set_target(struct scratch *s, __u64 key, __u32 host_mnt_ns)
{
	struct task_struct *task = (void *)key;
	struct task_record *r;

	if (!s)
		return 0;
	r = copy_record(s, key);
	if (!r) {
		__u64 file = (__u64)BPF_CORE_READ(task, mm, exe_file);

		read_exe(s, file, host_mnt_ns);
		/* Only a task of the kernel's own has no image; of one that ends it is gone. */
		if (!file && !(BPF_CORE_READ(task, flags) & PF_KTHREAD))
			s->draft.exe.tag = TAG_UNKNOWN;
	}
	set_exe(s, SOURCE_TARGET, TARGET_AT, &s->draft.exe);
	s->tags[SOURCE_TARGET][PROCESS_PID] = TAG_KNOWN;
	s->values[SOURCE_TARGET][PROCESS_PID] = BPF_CORE_READ(task, tgid);
	s->tags[SOURCE_TARGET][PROCESS_UID] = TAG_KNOWN;
	s->values[SOURCE_TARGET][PROCESS_UID] = BPF_CORE_READ(task, cred, euid.val);
	s->tags[SOURCE_TARGET][PROCESS_GID] = TAG_KNOWN;
	s->values[SOURCE_TARGET][PROCESS_GID] = BPF_CORE_READ(task, cred, egid.val);
	s->tags[SOURCE_TARGET][PROCESS_NAME] = TAG_KNOWN;
	s->values[SOURCE_TARGET][PROCESS_NAME] = name_of(s, task, TARGET_NAME_AT);
	return 0;
}

/* A new task: its record is its creator's. A new process also has one more ancestor, the image of its creator. */
static __always_inline void task_created(__u64 child, bool thread)
{
	struct call c;

	if (!enter(&c))
		return;
	if (c.s) {
		current_record(c.image, c.s, c.generation, c.host_mnt_ns);
		if (!thread) {
			set_process(c.s, &c.s->draft, bpf_get_current_task());
			c.s->draft.ancestors = ancestry(c.image, c.s, c.s->draft.ancestors);
			bpf_probe_read_kernel(&c.s->draft.parent, sizeof(struct exe), &c.s->draft.exe);
			c.s->draft.forked = 1;
		}
		store(c.s, child);
	} else {
		/* Not what an earlier task of the same address was. */
		bpf_map_delete_elem(&tasks, &child);
	}
	leave(&c);
}

static __always_inline void task_gone(__u64 task)
{
	bpf_map_delete_elem(&tasks, &task);
}

/* A number that no other image has. */
static __always_inline __u64 new_image(void)
{
	__u32 which = COUNT_IMAGES;
	__u64 *images = bpf_map_lookup_elem(&counters, &which);

	return images ? (__u64)(bpf_get_smp_processor_id() + 1) << 40 | __sync_fetch_and_add(images, 1) : 0;
}

/* Reports that the image in s->draft has started. The facts of the process are set, to those of the image before; what the exec
 * has changed of them already is unknown. */
__noinline int report_start(struct scratch *s, __u32 generation)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 length;

	if (!s)
		return 0;
	clear_event(s);
	s->started = s->draft.image;
	length = s->draft.exe.len;
	s->tags[SOURCE_EVENT][EVENT_PATH] = s->draft.exe.tag;
	s->values[SOURCE_EVENT][EVENT_PATH] = STARTED_AT | (__u64)length << 32;
	bpf_probe_read_kernel(&s->data[STARTED_AT], EXE_BYTES, s->draft.exe.bytes);
	s->tags[SOURCE_EVENT][EVENT_ROLE] = TAG_KNOWN;
	s->values[SOURCE_EVENT][EVENT_ROLE] = ROLE_BINARY;
	s->tags[SOURCE_PROCESS][PROCESS_NAME] = TAG_UNKNOWN;
	/* Where these differ, the file perhaps had a bit that changed the user. */
	if (BPF_CORE_READ(task, cred, uid.val) != BPF_CORE_READ(task, cred, euid.val) ||
	    BPF_CORE_READ(task, cred, gid.val) != BPF_CORE_READ(task, cred, egid.val)) {
		s->tags[SOURCE_PROCESS][PROCESS_UID] = TAG_UNKNOWN;
		s->tags[SOURCE_PROCESS][PROCESS_GID] = TAG_UNKNOWN;
	}
	return emit(s, generation, ACTION_EXEC, REPORT_STARTED, NONE);
}

/* The current task runs another image now. The old one becomes an ancestor. */
static __always_inline void image_started(__u64 file)
{
	__u64 key = bpf_get_current_task();
	struct call c;

	if (!enter(&c))
		return;
	if (c.s) {
		current_record(c.image, c.s, c.generation, c.host_mnt_ns);
		set_process(c.s, &c.s->draft, key);
		c.s->draft.ancestors = ancestry(c.image, c.s, c.s->draft.ancestors);
		read_exe(c.s, file, c.host_mnt_ns);
		c.s->draft.image = new_image();
		c.s->draft.forked = 0;
		store(c.s, key);
		if (c.report & WANT_STARTED)
			report_start(c.s, c.generation);
	} else {
		/* Not what it was before: it will be looked at when it asks for something. */
		bpf_map_delete_elem(&tasks, &key);
	}
	leave(&c);
}
