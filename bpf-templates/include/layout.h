/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Made by `cargo xtask codegen` from bpf-templates/src/layout.rs. Do not edit. */
#pragma once

_Static_assert(sizeof(struct config) == 24, "size of config");
_Static_assert(__builtin_offsetof(struct config, host_mnt_ns) == 0, "offset of config.host_mnt_ns");
_Static_assert(__builtin_offsetof(struct config, overflow) == 4, "offset of config.overflow");
_Static_assert(__builtin_offsetof(struct config, agent) == 8, "offset of config.agent");
_Static_assert(__builtin_offsetof(struct config, unused) == 12, "offset of config.unused");
_Static_assert(__builtin_offsetof(struct config, agent_started) == 16, "offset of config.agent_started");

_Static_assert(sizeof(struct task_record) == 552, "size of task_record");
_Static_assert(__builtin_offsetof(struct task_record, exe) == 0, "offset of task_record.exe");
_Static_assert(__builtin_offsetof(struct task_record, parent) == 264, "offset of task_record.parent");
_Static_assert(__builtin_offsetof(struct task_record, ancestors) == 528, "offset of task_record.ancestors");
_Static_assert(__builtin_offsetof(struct task_record, image) == 536, "offset of task_record.image");
_Static_assert(__builtin_offsetof(struct task_record, generation) == 544, "offset of task_record.generation");
_Static_assert(__builtin_offsetof(struct task_record, forked) == 548, "offset of task_record.forked");

_Static_assert(sizeof(struct report) == 1456, "size of report");
_Static_assert(__builtin_offsetof(struct report, time_ns) == 0, "offset of report.time_ns");
_Static_assert(__builtin_offsetof(struct report, sequence) == 8, "offset of report.sequence");
_Static_assert(__builtin_offsetof(struct report, cgroup) == 16, "offset of report.cgroup");
_Static_assert(__builtin_offsetof(struct report, image) == 24, "offset of report.image");
_Static_assert(__builtin_offsetof(struct report, started) == 32, "offset of report.started");
_Static_assert(__builtin_offsetof(struct report, cpu) == 40, "offset of report.cpu");
_Static_assert(__builtin_offsetof(struct report, generation) == 44, "offset of report.generation");
_Static_assert(__builtin_offsetof(struct report, clause) == 48, "offset of report.clause");
_Static_assert(__builtin_offsetof(struct report, flags) == 52, "offset of report.flags");
_Static_assert(__builtin_offsetof(struct report, pid) == 56, "offset of report.pid");
_Static_assert(__builtin_offsetof(struct report, tid) == 60, "offset of report.tid");
_Static_assert(__builtin_offsetof(struct report, ppid) == 64, "offset of report.ppid");
_Static_assert(__builtin_offsetof(struct report, uid) == 68, "offset of report.uid");
_Static_assert(__builtin_offsetof(struct report, gid) == 72, "offset of report.gid");
_Static_assert(__builtin_offsetof(struct report, action) == 76, "offset of report.action");
_Static_assert(__builtin_offsetof(struct report, role) == 77, "offset of report.role");
_Static_assert(__builtin_offsetof(struct report, reason) == 78, "offset of report.reason");
_Static_assert(__builtin_offsetof(struct report, responses) == 79, "offset of report.responses");
_Static_assert(__builtin_offsetof(struct report, path_tag) == 80, "offset of report.path_tag");
_Static_assert(__builtin_offsetof(struct report, exe_tag) == 81, "offset of report.exe_tag");
_Static_assert(__builtin_offsetof(struct report, parent_tag) == 82, "offset of report.parent_tag");
_Static_assert(__builtin_offsetof(struct report, address_tag) == 83, "offset of report.address_tag");
_Static_assert(__builtin_offsetof(struct report, flags_tag) == 84, "offset of report.flags_tag");
_Static_assert(__builtin_offsetof(struct report, name_tag) == 85, "offset of report.name_tag");
_Static_assert(__builtin_offsetof(struct report, user_tag) == 86, "offset of report.user_tag");
_Static_assert(__builtin_offsetof(struct report, forked) == 87, "offset of report.forked");
_Static_assert(__builtin_offsetof(struct report, target_tag) == 88, "offset of report.target_tag");
_Static_assert(__builtin_offsetof(struct report, target_known) == 89, "offset of report.target_known");
_Static_assert(__builtin_offsetof(struct report, code_tag) == 90, "offset of report.code_tag");
_Static_assert(__builtin_offsetof(struct report, port_tag) == 91, "offset of report.port_tag");
_Static_assert(__builtin_offsetof(struct report, code) == 92, "offset of report.code");
_Static_assert(__builtin_offsetof(struct report, target_pid) == 96, "offset of report.target_pid");
_Static_assert(__builtin_offsetof(struct report, target_uid) == 100, "offset of report.target_uid");
_Static_assert(__builtin_offsetof(struct report, target_gid) == 104, "offset of report.target_gid");
_Static_assert(__builtin_offsetof(struct report, protocol) == 108, "offset of report.protocol");
_Static_assert(__builtin_offsetof(struct report, port) == 110, "offset of report.port");
_Static_assert(__builtin_offsetof(struct report, exe_len) == 112, "offset of report.exe_len");
_Static_assert(__builtin_offsetof(struct report, parent_len) == 114, "offset of report.parent_len");
_Static_assert(__builtin_offsetof(struct report, target_len) == 116, "offset of report.target_len");
_Static_assert(__builtin_offsetof(struct report, unused2) == 118, "offset of report.unused2");
_Static_assert(__builtin_offsetof(struct report, path_len) == 120, "offset of report.path_len");
_Static_assert(__builtin_offsetof(struct report, open_flags) == 124, "offset of report.open_flags");
_Static_assert(__builtin_offsetof(struct report, address) == 128, "offset of report.address");
_Static_assert(__builtin_offsetof(struct report, comm) == 144, "offset of report.comm");
_Static_assert(__builtin_offsetof(struct report, target_comm) == 160, "offset of report.target_comm");
_Static_assert(__builtin_offsetof(struct report, exe) == 176, "offset of report.exe");
_Static_assert(__builtin_offsetof(struct report, parent) == 432, "offset of report.parent");
_Static_assert(__builtin_offsetof(struct report, target) == 688, "offset of report.target");
_Static_assert(__builtin_offsetof(struct report, path) == 944, "offset of report.path");
