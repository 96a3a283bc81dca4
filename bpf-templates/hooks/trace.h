/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Who is who where the BPF LSM is not active, for the network rules.
 *
 * Threat model. As in hooks/exec.h, with two losses. A tracepoint cannot refuse a fork, and a program at a tracepoint that was
 * preempted is not entered again on the same CPU: the kernel counts such a miss, the runtime shows the count, and the task
 * is looked at when it asks for something. */
#pragma once

SEC("tp_btf/sched_process_fork") int BPF_PROG(sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	task_created(number(child), BPF_CORE_READ(child, pid) != BPF_CORE_READ(child, tgid));
	return 0;
}

SEC("tp_btf/sched_process_exec") int BPF_PROG(sched_process_exec, struct task_struct *task, int old, struct linux_binprm *bprm)
{
	image_started((__u64)BPF_CORE_READ(bprm, file));
	return 0;
}

SEC("tp_btf/sched_process_free") int BPF_PROG(sched_process_free, struct task_struct *task)
{
	task_gone(number(task));
	return 0;
}
