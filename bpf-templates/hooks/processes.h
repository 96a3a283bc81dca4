/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What one process does to another: tracing it, looking into it, and signals.
 *
 * Threat model. A process that may trace another has all that this one has. Every way to do so asks here: ptrace(2), process_vm_readv
 * and writev, /proc/PID/mem, pidfd_getfd, and what of /proc shows another's memory, environment, mappings and open files. A process can
 * also offer itself to its parent: the parent is then the one that traces. And a process that is traced can start another image, with
 * its tracer still there; so an exec of a traced process is judged as tracing the file that it starts (the kernel does as much
 * for set-user-id programs alone). What a process does to itself, all its threads included, the kernel never asks about.
 *
 * Signals are judged where the kernel checks permission, behind kill, tgkill, sigqueue and pidfd_send_signal, for each process that a
 * group has. Not judged are signals that the kernel itself sends (of a terminal, a pipe, a child, a timer), those that a process
 * sends to itself, and signal 0, which is a question and no signal. A signal that fcntl(F_SETOWN) asks for comes from the kernel
 * later, in anybody's context (docs/kernel.md). */
#pragma once

#define PTRACE_MODE_NOAUDIT 0x04

/* One event of a process on another. The kernel asks without telling anybody where it only wants to know: that is decided, and
 * never reported. */
static __always_inline bool acts_on(__u64 asker, __u64 target, __u32 action, __u32 signal, bool quiet)
{
	struct call c;
	bool deny;

	if (!enter(&c))
		return false;
	begin_as(&c, asker);
	set_target(c.s, target, c.host_mnt_ns);
	if (c.s && action == ACTION_SIGNAL) {
		c.s->tags[SOURCE_EVENT][EVENT_SIGNAL] = TAG_KNOWN;
		c.s->values[SOURCE_EVENT][EVENT_SIGNAL] = signal;
	}
	c.quiet = quiet;
	deny = judge(&c, action);
	leave(&c);
	return deny;
}

SEC("lsm/ptrace_access_check") int BPF_PROG(ptrace_access_check, struct task_struct *child, unsigned int mode)
{
	/* The agent looks at what processes run that are older than itself. */
	if (is_agent())
		return 0;
	return acts_on(bpf_get_current_task(), number(child), ACTION_PTRACE, 0, mode & PTRACE_MODE_NOAUDIT) ? -EPERM : 0;
}

SEC("lsm/ptrace_traceme") int BPF_PROG(ptrace_traceme, struct task_struct *parent)
{
	return acts_on(number(parent), bpf_get_current_task(), ACTION_PTRACE, 0, false) ? -EPERM : 0;
}

/* The file that a traced process starts, as the executable of the target that it will be. */
__noinline int set_target_file(struct scratch *s, __u64 file, __u32 host_mnt_ns)
{
	if (!s)
		return 0;
	set_target(s, bpf_get_current_task(), host_mnt_ns);
	read_exe(s, file, host_mnt_ns);
	set_exe(s, SOURCE_TARGET, TARGET_AT, &s->draft.exe);
	return 0;
}

/* A traced process starts a file. */
static __always_inline bool starts_traced(struct task_struct *task, struct linux_binprm *bprm)
{
	struct call c;
	bool deny;

	if (!enter(&c))
		return false;
	begin_as(&c, (__u64)BPF_CORE_READ(task, parent));
	set_target_file(c.s, (__u64)BPF_CORE_READ(bprm, file), c.host_mnt_ns);
	deny = judge(&c, ACTION_PTRACE);
	leave(&c);
	return deny;
}

SEC("lsm/bprm_creds_from_file") int BPF_PROG(bprm_creds_from_file, struct linux_binprm *bprm, struct file *file)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	if (BPF_CORE_READ(task, ptrace) && asked(1 << ACTION_PTRACE) && starts_traced(task, bprm))
		return -EPERM;
	if ((BPF_CORE_READ(bprm, cred, euid.val) != BPF_CORE_READ(task, cred, euid.val) ||
	     BPF_CORE_READ(bprm, cred, egid.val) != BPF_CORE_READ(task, cred, egid.val)) &&
	    asked(1 << ACTION_SETUID) && plain_event(ACTION_SETUID))
		return -EPERM;
	return 0;
}

SEC("lsm/task_kill")
int BPF_PROG(task_kill, struct task_struct *target, struct kernel_siginfo *info, int signal, const struct cred *cred)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	/* With credentials of its own it is the kernel that answers for somebody who is not there. */
	if (!signal || cred || BPF_CORE_READ(task, tgid) == BPF_CORE_READ(target, tgid))
		return 0;
	return acts_on((__u64)task, number(target), ACTION_SIGNAL, signal, false) ? -EPERM : 0;
}
