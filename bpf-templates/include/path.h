/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A file's path, by our own walk from its dentry to the root of the mount namespace.
 *
 * Threat model. The process chooses how it names a file: relative, through links, through /proc, from inside a chroot. None
 * of this matters here, because the walk starts at the object that the kernel found and ignores the process's root and working
 * directory (bpf_d_path does not: `chroot /etc` would turn /etc/shadow into /shadow). It crosses mounts upwards, so a file
 * under a mount has the path that its namespace shows.
 *
 * The path is *known* only when the walk ends at the root of the caller's mount namespace or of the host's. It is *absent*
 * for what never had one (pipes, sockets, memory files live on mounts of the kernel's own). In every other case it is
 * *unknown*: detached mounts, dentries cut off from their root (NFS, file handles), more than WALK_STEPS components, more
 * than PATH_END bytes, a failed read.
 *
 * Not covered: a rename that runs during the walk can yield a path that never was (rename_lock is out of our reach); a bind
 * mount inside the same namespace gives a file a second path. docs/kernel.md says who can do either. */
#pragma once

#define WALK_STEPS 256

#define PATH_ABSENT (-1)
#define PATH_UNKNOWN (-2)
/* Set in the result when a user namespace of its own owns the mount namespace: an unprivileged process may have arranged it. */
#define PATH_ARRANGED (1 << 16)

/* ERR_PTR(-EINVAL): the namespace of mounts that the kernel keeps to itself. */
#define MNT_NS_INTERNAL ((__u64)-22)

/* Pointers that the verifier tracks cannot be arguments of global functions; plain numbers can. */
static __always_inline __u64 number(const void *pointer)
{
	__u64 n = 0;
	const void *p = pointer;

	bpf_probe_read_kernel(&n, sizeof(n), &p);
	return n;
}

static __always_inline struct mount *mount_of(struct vfsmount *vfs)
{
	return (struct mount *)((char *)vfs - bpf_core_field_offset(struct mount, mnt));
}

static __always_inline int path_end(struct mount *top, __u32 offset, __u32 host_mnt_ns)
{
	struct mnt_namespace *ns = BPF_CORE_READ(top, mnt_ns);
	struct task_struct *task = (void *)bpf_get_current_task();

	if ((__u64)ns == MNT_NS_INTERNAL)
		return PATH_ABSENT;
	if (!ns || BPF_CORE_READ(ns, root) != top)
		return PATH_UNKNOWN;
	if (BPF_CORE_READ(ns, ns.inum) == host_mnt_ns)
		return offset;
	if (BPF_CORE_READ(task, nsproxy, mnt_ns) != ns)
		return PATH_UNKNOWN;
	return BPF_CORE_READ(ns, user_ns, level) ? (int)(offset | PATH_ARRANGED) : (int)offset;
}

/* A walk on its way up. */
struct ascent {
	struct scratch *s;
	struct dentry *dentry;
	struct vfsmount *vfs;
	struct mount *mount;
	__u32 offset;
	__u32 host_mnt_ns;
	int result;
};

/* One step: out of a mount, or to the parent folder. */
static long ascend(__u32 step, struct ascent *a)
{
	/* Copies: an access within BPF_CORE_READ is looked for in the kernel's types, and ours are not among them. */
	struct dentry *d = a->dentry, *parent;
	struct vfsmount *vfs = a->vfs;
	struct mount *mount = a->mount;
	__u32 length, offset = a->offset;
	const unsigned char *name;

	if (d == BPF_CORE_READ(vfs, mnt_root)) {
		struct mount *up = BPF_CORE_READ(mount, mnt_parent);

		if (up == mount) {
			if (offset == PATH_END) {
				offset = PATH_END - 1;
				a->s->data[PATH_END - 1] = '/';
			}
			a->result = path_end(up, offset, a->host_mnt_ns);
			return 1;
		}
		a->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		a->mount = up;
		a->vfs = (void *)((char *)up + bpf_core_field_offset(struct mount, mnt));
		return 0;
	}
	parent = BPF_CORE_READ(d, d_parent);
	if (parent == d) {
		/* A root of its own, but not the mount's: what the kernel made for itself, or what is cut off. */
		if ((__u64)BPF_CORE_READ(mount, mnt_ns) == MNT_NS_INTERNAL)
			a->result = PATH_ABSENT;
		return 1;
	}
	length = BPF_CORE_READ(d, d_name.len);
	name = BPF_CORE_READ(d, d_name.name);
	if (length > 255 || length + 1 > offset)
		return 1;
	offset = (offset - length) & (PATH_END - 1);
	if (bpf_probe_read_kernel(&a->s->data[offset], length, name))
		return 1;
	offset = (offset - 1) & (PATH_END - 1);
	a->s->data[offset] = '/';
	a->offset = offset;
	a->dentry = parent;
	return 0;
}

/* Writes the path into s->data, ending at PATH_END. Gives its offset, with PATH_ARRANGED, or PATH_ABSENT or PATH_UNKNOWN. */
__noinline int resolve(struct scratch *s, __u64 dentry, __u64 vfsmount, __u32 host_mnt_ns)
{
	struct ascent a = {};

	if (!s || !dentry || !vfsmount)
		return PATH_UNKNOWN;
	a.s = s;
	a.dentry = (void *)dentry;
	a.vfs = (void *)vfsmount;
	a.mount = mount_of(a.vfs);
	a.offset = PATH_END;
	a.host_mnt_ns = host_mnt_ns;
	a.result = PATH_UNKNOWN;
	bpf_loop(WALK_STEPS, ascend, &a, 0);
	return a.result;
}
