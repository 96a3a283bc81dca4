/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Made by `cargo xtask codegen` from bpf-templates/src/layout.rs. Do not edit. */
#pragma once

_Static_assert(sizeof(struct config) == 32, "size of config");
_Static_assert(__builtin_offsetof(struct config, active) == 0, "offset of config.active");
_Static_assert(__builtin_offsetof(struct config, generation) == 4, "offset of config.generation");
_Static_assert(__builtin_offsetof(struct config, mode) == 8, "offset of config.mode");
_Static_assert(__builtin_offsetof(struct config, host_mnt_ns) == 12, "offset of config.host_mnt_ns");
_Static_assert(__builtin_offsetof(struct config, report) == 16, "offset of config.report");
_Static_assert(__builtin_offsetof(struct config, blind) == 20, "offset of config.blind");
_Static_assert(__builtin_offsetof(struct config, overflow) == 28, "offset of config.overflow");

_Static_assert(sizeof(struct report) == 888, "size of report");
_Static_assert(__builtin_offsetof(struct report, time_ns) == 0, "offset of report.time_ns");
_Static_assert(__builtin_offsetof(struct report, sequence) == 8, "offset of report.sequence");
_Static_assert(__builtin_offsetof(struct report, cgroup) == 16, "offset of report.cgroup");
_Static_assert(__builtin_offsetof(struct report, cpu) == 24, "offset of report.cpu");
_Static_assert(__builtin_offsetof(struct report, generation) == 28, "offset of report.generation");
_Static_assert(__builtin_offsetof(struct report, clause) == 32, "offset of report.clause");
_Static_assert(__builtin_offsetof(struct report, flags) == 36, "offset of report.flags");
_Static_assert(__builtin_offsetof(struct report, pid) == 40, "offset of report.pid");
_Static_assert(__builtin_offsetof(struct report, tid) == 44, "offset of report.tid");
_Static_assert(__builtin_offsetof(struct report, ppid) == 48, "offset of report.ppid");
_Static_assert(__builtin_offsetof(struct report, uid) == 52, "offset of report.uid");
_Static_assert(__builtin_offsetof(struct report, gid) == 56, "offset of report.gid");
_Static_assert(__builtin_offsetof(struct report, action) == 60, "offset of report.action");
_Static_assert(__builtin_offsetof(struct report, role) == 61, "offset of report.role");
_Static_assert(__builtin_offsetof(struct report, reason) == 62, "offset of report.reason");
_Static_assert(__builtin_offsetof(struct report, path_tag) == 63, "offset of report.path_tag");
_Static_assert(__builtin_offsetof(struct report, exe_tag) == 64, "offset of report.exe_tag");
_Static_assert(__builtin_offsetof(struct report, responses) == 65, "offset of report.responses");
_Static_assert(__builtin_offsetof(struct report, protocol) == 66, "offset of report.protocol");
_Static_assert(__builtin_offsetof(struct report, port) == 68, "offset of report.port");
_Static_assert(__builtin_offsetof(struct report, exe_len) == 70, "offset of report.exe_len");
_Static_assert(__builtin_offsetof(struct report, path_len) == 72, "offset of report.path_len");
_Static_assert(__builtin_offsetof(struct report, open_flags) == 76, "offset of report.open_flags");
_Static_assert(__builtin_offsetof(struct report, address) == 80, "offset of report.address");
_Static_assert(__builtin_offsetof(struct report, address_tag) == 96, "offset of report.address_tag");
_Static_assert(__builtin_offsetof(struct report, zero) == 97, "offset of report.zero");
_Static_assert(__builtin_offsetof(struct report, comm) == 104, "offset of report.comm");
_Static_assert(__builtin_offsetof(struct report, exe) == 120, "offset of report.exe");
_Static_assert(__builtin_offsetof(struct report, path) == 376, "offset of report.path");
