/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The few kernel types that the programs touch, written by hand. Every access is relocated against the running kernel's BTF
 * (CO-RE), so only names matter here: order, padding and missing members do not. */
#pragma once

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u16 __sum16;
typedef __u32 __wsum;
typedef _Bool bool;

enum { false = 0, true = 1 };
enum { BPF_ANY = 0, BPF_NOEXIST = 1 };
enum { BPF_F_NO_PREALLOC = 1 };
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_RINGBUF = 27,
};

/* User API: fixed layout, must not be relocated. */
struct bpf_sock;
struct bpf_raw_tracepoint_args;
struct bpf_sock_addr {
	__u32 user_family;
	__u32 user_ip4;
	__u32 user_ip6[4];
	__u32 user_port;
	__u32 family;
	__u32 type;
	__u32 protocol;
	__u32 msg_src_ip4;
	__u32 msg_src_ip6[4];
	union {
		struct bpf_sock *sk;
		__u64 : 64;
	} __attribute__((aligned(8)));
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernel_siginfo;
struct cred;
union bpf_attr;
struct sockaddr;
struct qstr {
	__u32 len;
	const unsigned char *name;
};
struct user_namespace {
	int level;
};
struct ns_common {
	__u32 inum;
};
struct mount;
struct mnt_namespace {
	struct ns_common ns;
	struct mount *root;
	struct user_namespace *user_ns;
};
struct list_head {
	struct list_head *next;
};
struct super_block {
	struct dentry *s_root;
	struct list_head s_mounts;
};
struct dentry {
	struct super_block *d_sb;
	struct dentry *d_parent;
	struct qstr d_name;
};
struct vfsmount {
	struct dentry *mnt_root;
};
struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct mnt_namespace *mnt_ns;
	struct list_head mnt_instance;
};
struct in6_addr {
	__u8 bytes[16];
};
struct sock_common {
	__be32 skc_rcv_saddr;
	__u16 skc_num;
	__u16 skc_family;
	struct in6_addr skc_v6_rcv_saddr;
};
struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
};
struct socket {
	struct sock *sk;
};
struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};
struct file {
	struct path f_path;
	__u32 f_flags;
	__u32 f_mode;
};
struct linux_binprm {
	struct file *file;
	struct cred *cred;
	char buf[256];
};
struct vm_area_struct {
	struct file *vm_file;
};
struct mm_struct {
	struct file *exe_file;
};
typedef struct {
	__u32 val;
} kuid_t;
typedef struct {
	__u32 val;
} kgid_t;
struct cred {
	kuid_t uid;
	kgid_t gid;
	kuid_t suid;
	kgid_t sgid;
	kuid_t euid;
	kgid_t egid;
	kuid_t fsuid;
	kgid_t fsgid;
};
/* Registers as the kernel keeps them while a task is in a system call. */
struct pt_regs {
	unsigned long bx;
	unsigned long di;
	unsigned long orig_ax;
};
enum kernel_read_file_id {
	READING_MODULE = 2,
	READING_MODULE_COMPRESSED = 3,
};
enum kernel_load_data_id {
	LOADING_MODULE = 2,
};
struct kernfs_node {
	__u64 id;
};
struct cgroup {
	struct kernfs_node *kn;
};
struct css_set {
	struct cgroup *dfl_cgrp;
};
struct nsproxy {
	struct mnt_namespace *mnt_ns;
};
struct task_struct {
	__u32 flags;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct mm_struct *mm;
	const struct cred *cred;
	const struct cred *real_cred;
	__u64 start_boottime;
	struct nsproxy *nsproxy;
	struct css_set *cgroups;
	__u32 ptrace;
	struct task_struct *parent;
	char comm[16];
};

#pragma clang attribute pop
