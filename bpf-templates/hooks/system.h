/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What changes the kernel itself: modules and BPF.
 *
 * Threat model. Whoever loads a module or a program is stronger than any policy. A module comes from a file (finit_module: the path is
 * that of the file the kernel reads), out of memory (init_module: there is no path), or because a process asks for something that the
 * kernel has a module for (there is no path; the helper that then loads it is a process of its own, and is judged too). So a rule
 * that names folders says nothing about modules out of memory, and one without an object does.
 *
 * Every use of bpf(2) is judged, reading included: a descriptor of a map is enough to change what programs go by. Descriptors, mappings
 * and pinned programs that are there stay. The agent itself goes on using it. */
#pragma once

/* A module without a file. */
static __always_inline bool loads_module(void)
{
	return plain_event(ACTION_MODULE);
}

SEC("lsm/kernel_read_file")
int BPF_PROG(kernel_read_file, struct file *file, enum kernel_read_file_id id, bool contents)
{
	if (id != bpf_core_enum_value(enum kernel_read_file_id, READING_MODULE) &&
	    !(bpf_core_enum_value_exists(enum kernel_read_file_id, READING_MODULE_COMPRESSED) &&
	      id == bpf_core_enum_value(enum kernel_read_file_id, READING_MODULE_COMPRESSED)))
		return 0;
	return path_event(ACTION_MODULE, BPF_CORE_READ(file, f_path.dentry), BPF_CORE_READ(file, f_path.mnt)) ? -EPERM : 0;
}

SEC("lsm/kernel_load_data") int BPF_PROG(kernel_load_data, enum kernel_load_data_id id, bool contents)
{
	if (id != bpf_core_enum_value(enum kernel_load_data_id, LOADING_MODULE))
		return 0;
	return loads_module() ? -EPERM : 0;
}

SEC("lsm/kernel_module_request") int BPF_PROG(kernel_module_request, char *name)
{
	return loads_module() ? -EPERM : 0;
}

SEC("lsm/bpf") int BPF_PROG(bpf, int command, union bpf_attr *attributes, unsigned int size)
{
	if (is_agent())
		return 0;
	return plain_event(ACTION_BPF) ? -EPERM : 0;
}
