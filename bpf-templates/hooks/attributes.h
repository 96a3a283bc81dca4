/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Access that is not in the permission bits, and truncation through a descriptor.
 *
 * Threat model. Access lists and what security modules keep of a file (its capabilities among them) are extended attributes, and
 * change who may do what as chmod does: they are judged as chmod. Other attributes (`user.*`, `trusted.*`) open nothing.
 *
 * These hooks know the file and not the mount that the process came through. The path that is judged is that of the file's own
 * file system where it is mounted as a whole in the process's mount namespace; it is unknown where it is not, and on kernels that keep
 * their mounts in another form (docs/kernel.md).
 *
 * A descriptor to truncate through was opened for writing, which was judged; the truncation is judged too where the kernel says
 * what it is about (Linux 6.2). */
#pragma once

#define MOUNTS 256
#define ATTRIBUTE_BYTES 24

/* A search among the mounts of a file system. */
struct mount_search {
	struct mnt_namespace *here;
	struct dentry *root;
	struct list_head *first;
	struct list_head *at;
	struct mount *found;
};

static long next_mount(__u32 i, struct mount_search *m)
{
	struct list_head *at = m->at;
	struct mount *mount = (void *)((char *)at - bpf_core_field_offset(struct mount, mnt_instance));

	if (!at || at == m->first)
		return 1;
	if (BPF_CORE_READ(mount, mnt_ns) == m->here && BPF_CORE_READ(mount, mnt.mnt_root) == m->root) {
		m->found = mount;
		return 1;
	}
	m->at = BPF_CORE_READ(at, next);
	return 0;
}

/* The mount of a file's whole file system in the caller's namespace; 0 when there is none. */
static __always_inline const void *mount_of_whole(struct dentry *dentry)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct super_block *super = BPF_CORE_READ(dentry, d_sb);
	struct mount_search m = {};

	if (!bpf_core_field_exists(struct mount, mnt_instance))
		return 0;
	m.here = BPF_CORE_READ(task, nsproxy, mnt_ns);
	m.root = BPF_CORE_READ(super, s_root);
	m.first = (void *)((char *)super + bpf_core_field_offset(struct super_block, s_mounts));
	m.at = BPF_CORE_READ(super, s_mounts.next);
	bpf_loop(MOUNTS, next_mount, &m, 0);
	return m.found ? (char *)m.found + bpf_core_field_offset(struct mount, mnt) : 0;
}

static __always_inline bool starts_with(const char *text, const char *beginning, __u32 length)
{
	for (__u32 i = 0; i < length; i++)
		if (text[i] != beginning[i])
			return false;
	return true;
}

/* Whether an attribute says who may do what. */
static __always_inline bool opens(const char *name)
{
	char text[ATTRIBUTE_BYTES] = {};

	bpf_probe_read_kernel_str(text, sizeof(text), name);
	return starts_with(text, "security.", 9) || starts_with(text, "system.posix_acl", 16);
}

static __always_inline bool access_changed(struct dentry *dentry)
{
	return asked(1 << ACTION_CHMOD) && path_event(ACTION_CHMOD, dentry, mount_of_whole(dentry));
}

SEC("lsm/inode_setxattr")
int BPF_PROG(inode_setxattr, void *map, struct dentry *dentry, const char *name, const void *value, __u64 size, int flags)
{
	return opens(name) && access_changed(dentry) ? -EPERM : 0;
}

SEC("lsm/inode_removexattr") int BPF_PROG(inode_removexattr, void *map, struct dentry *dentry, const char *name)
{
	return opens(name) && access_changed(dentry) ? -EPERM : 0;
}

SEC("lsm/inode_set_acl") int BPF_PROG(inode_set_acl, void *map, struct dentry *dentry, const char *name, void *list)
{
	return access_changed(dentry) ? -EPERM : 0;
}

SEC("lsm/inode_remove_acl") int BPF_PROG(inode_remove_acl, void *map, struct dentry *dentry, const char *name)
{
	return access_changed(dentry) ? -EPERM : 0;
}

SEC("lsm/file_truncate") int BPF_PROG(file_truncate, struct file *file)
{
	return path_event(ACTION_WRITE, BPF_CORE_READ(file, f_path.dentry), BPF_CORE_READ(file, f_path.mnt)) ? -EPERM : 0;
}
