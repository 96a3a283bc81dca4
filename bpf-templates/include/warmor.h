/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Everything that a program includes, in the order in which it builds on itself. */
#pragma once

#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>
#include "schema.h"
#include "shared.h"
#include "layout.h"
#include "maps.h"
#include "scratch.h"
#include "image.h"
#include "limits.h"
#include "path.h"
#include "call.h"
#include "tasks.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
