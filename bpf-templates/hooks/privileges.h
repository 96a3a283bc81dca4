/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a process makes of itself: other identities, capabilities, namespaces.
 *
 * Threat model. Identities change by system call, or by running a file with set-user-id or set-group-id bits; both are judged, the second
 * when the kernel has worked out whom the new image would run as, and by the image that asks for it. A change that changes nothing
 * is no event.
 *
 * A capability is judged when the kernel asks for it and the process has it: what it does not have needs no rule. Where the kernel
 * works with credentials that are not the process's own (an overlay file system's, a network file server's) it is the kernel that
 * uses a capability, unless io_uring does so in the process's name. Tasks of the kernel's own are not asked. Where the kernel
 * says that nobody is to be told, because it only wants to know, it is decided and never reported.
 *
 * A namespace of any kind is judged where it is made: that of users in its own hook, others with clone when the child is made, and
 * with unshare(2), which has no hook, by the capability that the kernel asks for, in that system call alone. The system call's number
 * and flags are those that the kernel keeps, out of the process's reach. Entering a namespace that is there (setns) is another matter. */
#pragma once

#define CAP_SYS_ADMIN 21
#define CAP_OPT_NOAUDIT 0x2
#define PF_IO_WORKER 0x10

#define CLONE_NEWTIME 0x00000080
#define CLONE_NEWUSER 0x10000000
/* Namespaces of mounts, cgroups, host names, messages, processes, networks. */
#define CLONE_NEW_OTHERS (0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x20000000 | 0x40000000)

/* Numbers of system calls: x86_64, and the older one of 32 bits. */
#define NR_UNSHARE 272
#define NR_UNSHARE_32 310
#define NR_IO_URING_ENTER 426
#define NR_X32 0x40000000

/* One event without an object. */
static __always_inline bool plain_event(__u32 action)
{
	struct call c;
	bool deny;

	if (!enter(&c))
		return false;
	begin(&c);
	deny = judge(&c, action);
	leave(&c);
	return deny;
}

static __always_inline bool same_users(const struct cred *a, const struct cred *b)
{
	return BPF_CORE_READ(a, uid.val) == BPF_CORE_READ(b, uid.val) && BPF_CORE_READ(a, euid.val) == BPF_CORE_READ(b, euid.val) &&
	       BPF_CORE_READ(a, suid.val) == BPF_CORE_READ(b, suid.val) && BPF_CORE_READ(a, fsuid.val) == BPF_CORE_READ(b, fsuid.val);
}

static __always_inline bool same_groups(const struct cred *a, const struct cred *b)
{
	return BPF_CORE_READ(a, gid.val) == BPF_CORE_READ(b, gid.val) && BPF_CORE_READ(a, egid.val) == BPF_CORE_READ(b, egid.val) &&
	       BPF_CORE_READ(a, sgid.val) == BPF_CORE_READ(b, sgid.val) && BPF_CORE_READ(a, fsgid.val) == BPF_CORE_READ(b, fsgid.val);
}

SEC("lsm/task_fix_setuid") int BPF_PROG(task_fix_setuid, struct cred *new, const struct cred *old, int flags)
{
	if (same_users(new, old))
		return 0;
	return plain_event(ACTION_SETUID) ? -EPERM : 0;
}

SEC("lsm/task_fix_setgid") int BPF_PROG(task_fix_setgid, struct cred *new, const struct cred *old, int flags)
{
	if (same_groups(new, old))
		return 0;
	return plain_event(ACTION_SETUID) ? -EPERM : 0;
}

SEC("lsm/task_fix_setgroups") int BPF_PROG(task_fix_setgroups, struct cred *new, const struct cred *old)
{
	return plain_event(ACTION_SETUID) ? -EPERM : 0;
}

/* The system call that the current task is in, as the kernel keeps it. */
static __always_inline const struct pt_regs *registers(void)
{
	return (const struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
}

/* The kernel asks for a capability with credentials of somebody else's. */
static __always_inline bool borrowed(struct task_struct *task)
{
	const struct pt_regs *at = registers();

	if (BPF_CORE_READ(task, cred) == BPF_CORE_READ(task, real_cred) || BPF_CORE_READ(task, flags) & PF_IO_WORKER)
		return false;
	return (BPF_CORE_READ(at, orig_ax) & ~(unsigned long)NR_X32) != NR_IO_URING_ENTER;
}

/* unshare(2) of namespaces that have no hook of their own. With a namespace of users among them, that one's hook was asked. */
static __always_inline bool unshares(int capability)
{
	const struct pt_regs *at = registers();
	unsigned long number = BPF_CORE_READ(at, orig_ax) & ~(unsigned long)NR_X32, flags;

	if (capability != CAP_SYS_ADMIN || (number != NR_UNSHARE && number != NR_UNSHARE_32))
		return false;
	flags = number == NR_UNSHARE ? BPF_CORE_READ(at, di) : BPF_CORE_READ(at, bx);
	return flags & (CLONE_NEW_OTHERS | CLONE_NEWTIME) && !(flags & CLONE_NEWUSER);
}

/* The use of a capability. */
static __always_inline bool uses(int capability, bool quiet)
{
	struct call c;
	bool deny;

	if (!enter(&c))
		return false;
	begin(&c);
	if (c.s) {
		c.s->tags[SOURCE_EVENT][EVENT_CAPABILITY] = TAG_KNOWN;
		c.s->values[SOURCE_EVENT][EVENT_CAPABILITY] = capability;
	}
	c.quiet = quiet;
	deny = judge(&c, ACTION_CAPABILITY);
	leave(&c);
	return deny;
}

/* Called for almost everything that a privileged process does: what nobody asks about costs two look-ups. */
SEC("lsm/capable")
int BPF_PROG(capable, const struct cred *cred, struct user_namespace *namespace, int capability, unsigned int options)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	if (asked(1 << ACTION_UNSHARE) && unshares(capability) && plain_event(ACTION_UNSHARE))
		return -EPERM;
	if (!asked(1 << ACTION_CAPABILITY) || BPF_CORE_READ(task, flags) & PF_KTHREAD || is_agent() || borrowed(task))
		return 0;
	return uses(capability, options & CAP_OPT_NOAUDIT) ? -EPERM : 0;
}

SEC("lsm/userns_create") int BPF_PROG(userns_create, const struct cred *cred)
{
	return plain_event(ACTION_UNSHARE) ? -EPERM : 0;
}

/* The child cannot run before this, and its record is there when it does. */
SEC("lsm/task_alloc") int BPF_PROG(task_alloc, struct task_struct *child, unsigned long flags)
{
	if (flags & (CLONE_NEW_OTHERS | CLONE_NEWTIME) && !(flags & CLONE_NEWUSER) && plain_event(ACTION_UNSHARE))
		return -EPERM;
	task_created(number(child), flags & CLONE_THREAD);
	return 0;
}
