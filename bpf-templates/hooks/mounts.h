/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Mounting, moving a mount, and changing the root: what would move the paths that other rules speak of.
 *
 * Threat model. A process that may mount can give a file a second path, or put its own file where another is looked for. The
 * old system call and the new ones (fsmount, open_tree and move_mount) come through different hooks; a mount that is never
 * attached to a path is not asked for, and files on it have unknown paths. The path that is judged is the mount point; pivot_root has two. */
#pragma once

ON_PATH(sb_mount, ACTION_MOUNT, BPF_CORE_READ(path, dentry), BPF_CORE_READ(path, mnt), const char *device, struct path *path)
ON_PATH(move_mount, ACTION_MOUNT, BPF_CORE_READ(to, dentry), BPF_CORE_READ(to, mnt), struct path *from, struct path *to)

SEC("lsm/sb_pivotroot") int BPF_PROG(sb_pivotroot, struct path *put_old, struct path *new_root)
{
	if (path_event(ACTION_MOUNT, BPF_CORE_READ(put_old, dentry), BPF_CORE_READ(put_old, mnt)))
		return -EPERM;
	return path_event(ACTION_MOUNT, BPF_CORE_READ(new_root, dentry), BPF_CORE_READ(new_root, mnt)) ? -EPERM : 0;
}
