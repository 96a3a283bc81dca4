/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Starting programs.
 *
 * Threat model. Between naming a file and running it the file can change; what is judged here is what the kernel holds: the
 * open file and the bytes of it that choose its interpreter. The hook runs once for the named file and again for each
 * interpreter, so a script cannot hide its interpreter, nor an interpreter the script. The exec is judged by the process that calls it; the
 * new image is evaluated when the kernel has committed to it. A memory file has no path: rules by path do not match it, and a
 * posture that denies does. */
#pragma once

SEC("lsm/bprm_check_security") int BPF_PROG(bprm_check_security, struct linux_binprm *bprm)
{
	struct file *file = BPF_CORE_READ(bprm, file);
	char start[2] = {};
	struct call c;
	bool deny;

	bpf_probe_read_kernel(start, sizeof(start), &bprm->buf);
	if (!enter(&c))
		return 0;
	begin(&c);
	set_path(&c, BPF_CORE_READ(file, f_path.dentry), BPF_CORE_READ(file, f_path.mnt));
	set_role(&c, start[0] == '#' && start[1] == '!' ? ROLE_SCRIPT : ROLE_BINARY);
	deny = judge(&c, ACTION_EXEC);
	leave(&c);
	return deny ? -EPERM : 0;
}

SEC("lsm/bprm_committed_creds") int BPF_PROG(bprm_committed_creds, struct linux_binprm *bprm)
{
	image_started((__u64)BPF_CORE_READ(bprm, file));
	return 0;
}

SEC("lsm/task_free") int BPF_PROG(task_free, struct task_struct *task)
{
	task_gone(number(task));
	return 0;
}
