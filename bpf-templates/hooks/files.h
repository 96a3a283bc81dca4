/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Files: opened, received, mapped as code, made, removed, renamed, linked, and their permissions changed.
 *
 * Threat model. The hooks sit behind every way to name a file (open, openat2, io_uring, a path through /proc), and after the
 * kernel has found the object, so there is no argument left to change. A decision holds when the descriptor is made or
 * received: reads and writes through a descriptor that a process already has are not asked again. O_PATH descriptors open nothing and are not asked.
 * The file that exec opens is not a read: it is judged as exec (hooks/exec.h). */
#pragma once

#define FMODE_READ 0x1
#define FMODE_WRITE 0x2
#define FMODE_EXEC 0x20
#define O_TRUNC 01000
#define PROT_EXEC 0x4
#define RENAME_EXCHANGE 2

/* The path of the event's object. */
__noinline int resolve_object(struct scratch *s, __u64 dentry, __u64 vfsmount, __u32 host_mnt_ns)
{
	int at;

	if (!s)
		return 0;
	at = resolve(s, dentry, vfsmount, host_mnt_ns);
	s->values[SOURCE_EVENT][EVENT_PATH] = 0;
	if (at == PATH_ABSENT) {
		s->tags[SOURCE_EVENT][EVENT_PATH] = TAG_ABSENT;
	} else if (at < 0) {
		s->tags[SOURCE_EVENT][EVENT_PATH] = TAG_UNKNOWN;
		count(COUNT_UNKNOWN_PATH);
	} else {
		__u32 start = at & (PATH_END - 1);

		s->tags[SOURCE_EVENT][EVENT_PATH] = TAG_KNOWN;
		s->values[SOURCE_EVENT][EVENT_PATH] = start | (__u64)(PATH_END - start) << 32;
	}
	return 0;
}

static __always_inline void set_path(struct call *c, const void *dentry, const void *vfsmount)
{
	resolve_object(c->s, number(dentry), number(vfsmount), c->host_mnt_ns);
}

static __always_inline void set_role(struct call *c, __u32 role)
{
	if (!c->s)
		return;
	c->s->tags[SOURCE_EVENT][EVENT_ROLE] = TAG_KNOWN;
	c->s->values[SOURCE_EVENT][EVENT_ROLE] = role;
}

/* One event on one path. */
static __always_inline bool path_event(__u32 action, const void *dentry, const void *vfsmount)
{
	struct call c;
	bool deny;

	if (!enter(&c))
		return false;
	begin(&c);
	set_path(&c, dentry, vfsmount);
	deny = judge(&c, action);
	leave(&c);
	return deny;
}

/* What an open file lets its holder do: one event each for reading and for writing. */
static __always_inline bool opened(struct file *file)
{
	__u32 mode = BPF_CORE_READ(file, f_mode), flags = BPF_CORE_READ(file, f_flags);
	struct call c;
	bool deny = false;

	if (flags & FMODE_EXEC || mode & FMODE_EXEC)
		return 0;
	if (!enter(&c))
		return false;
	begin(&c);
	set_path(&c, BPF_CORE_READ(file, f_path.dentry), BPF_CORE_READ(file, f_path.mnt));
	if (c.s) {
		c.s->tags[SOURCE_EVENT][EVENT_FLAGS] = TAG_KNOWN;
		c.s->values[SOURCE_EVENT][EVENT_FLAGS] = flags;
	}
	if (mode & FMODE_READ)
		deny = judge(&c, ACTION_READ);
	if (mode & FMODE_WRITE || flags & O_TRUNC)
		deny |= judge(&c, ACTION_WRITE);
	leave(&c);
	return deny;
}

SEC("lsm/file_open") int BPF_PROG(file_open, struct file *file)
{
	return opened(file) ? -EPERM : 0;
}

/* A descriptor that came over a socket. */
SEC("lsm/file_receive") int BPF_PROG(file_receive, struct file *file)
{
	return opened(file) ? -EPERM : 0;
}

static __always_inline bool mapped(struct file *file)
{
	return path_event(ACTION_MMAP_EXEC, BPF_CORE_READ(file, f_path.dentry), BPF_CORE_READ(file, f_path.mnt));
}

SEC("lsm/mmap_file") int BPF_PROG(mmap_file, struct file *file, unsigned long wanted, unsigned long prot, unsigned long flags)
{
	if (!file || !(prot & PROT_EXEC))
		return 0;
	return mapped(file) ? -EPERM : 0;
}

SEC("lsm/file_mprotect") int BPF_PROG(file_mprotect, struct vm_area_struct *area, unsigned long wanted, unsigned long prot)
{
	struct file *file = BPF_CORE_READ(area, vm_file);

	if (!file || !(prot & PROT_EXEC))
		return 0;
	return mapped(file) ? -EPERM : 0;
}

#define ON_PATH(hook, action, dentry, mnt, ...)                                                                                  \
	SEC("lsm/" #hook) int BPF_PROG(hook, __VA_ARGS__)                                                                        \
	{                                                                                                                        \
		return path_event(action, dentry, mnt) ? -EPERM : 0;                                                             \
	}

ON_PATH(path_truncate, ACTION_WRITE, BPF_CORE_READ(path, dentry), BPF_CORE_READ(path, mnt), struct path *path)
ON_PATH(path_mknod, ACTION_CREATE, dentry, BPF_CORE_READ(dir, mnt), struct path *dir, struct dentry *dentry)
ON_PATH(path_mkdir, ACTION_CREATE, dentry, BPF_CORE_READ(dir, mnt), struct path *dir, struct dentry *dentry)
ON_PATH(path_symlink, ACTION_CREATE, dentry, BPF_CORE_READ(dir, mnt), struct path *dir, struct dentry *dentry)
ON_PATH(path_unlink, ACTION_DELETE, dentry, BPF_CORE_READ(dir, mnt), struct path *dir, struct dentry *dentry)
ON_PATH(path_rmdir, ACTION_DELETE, dentry, BPF_CORE_READ(dir, mnt), struct path *dir, struct dentry *dentry)
ON_PATH(path_chmod, ACTION_CHMOD, BPF_CORE_READ(path, dentry), BPF_CORE_READ(path, mnt), struct path *path)
ON_PATH(path_chown, ACTION_CHOWN, BPF_CORE_READ(path, dentry), BPF_CORE_READ(path, mnt), struct path *path)

/* Two events of one operation: the name that is there, and the one that will be. */
static __always_inline bool moved(__u32 action, const void *from, const void *from_mnt, const void *to, const void *to_mnt)
{
	struct call c;
	bool deny;

	if (!enter(&c))
		return false;
	begin(&c);
	set_path(&c, from, from_mnt);
	set_role(&c, ROLE_SOURCE);
	deny = judge(&c, action);
	set_path(&c, to, to_mnt);
	set_role(&c, ROLE_TARGET);
	deny |= judge(&c, action);
	leave(&c);
	return deny;
}

SEC("lsm/path_link") int BPF_PROG(path_link, struct dentry *from, struct path *dir, struct dentry *to)
{
	const void *mnt = BPF_CORE_READ(dir, mnt);

	return moved(ACTION_LINK, from, mnt, to, mnt) ? -EPERM : 0;
}

SEC("lsm/path_rename")
int BPF_PROG(path_rename, struct path *from_dir, struct dentry *from, struct path *to_dir, struct dentry *to, unsigned int flags)
{
	const void *from_mnt = BPF_CORE_READ(from_dir, mnt), *to_mnt = BPF_CORE_READ(to_dir, mnt);

	if (moved(ACTION_RENAME, from, from_mnt, to, to_mnt))
		return -EPERM;
	/* An exchange moves the other file, too. */
	if (flags & RENAME_EXCHANGE && moved(ACTION_RENAME, to, to_mnt, from, from_mnt))
		return -EPERM;
	return 0;
}
