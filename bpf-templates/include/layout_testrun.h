/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Made by `cargo xtask codegen` from bpf-templates/src/layout.rs. Do not edit. */
#pragma once

_Static_assert(sizeof(struct question) == 9088, "size of question");
_Static_assert(__builtin_offsetof(struct question, action) == 0, "offset of question.action");
_Static_assert(__builtin_offsetof(struct question, ancestors_known) == 4, "offset of question.ancestors_known");
_Static_assert(__builtin_offsetof(struct question, ancestors) == 8, "offset of question.ancestors");
_Static_assert(__builtin_offsetof(struct question, tags) == 16, "offset of question.tags");
_Static_assert(__builtin_offsetof(struct question, values) == 112, "offset of question.values");
_Static_assert(__builtin_offsetof(struct question, address) == 880, "offset of question.address");
_Static_assert(__builtin_offsetof(struct question, data) == 896, "offset of question.data");

_Static_assert(sizeof(struct answer) == 48, "size of answer");
_Static_assert(__builtin_offsetof(struct answer, columns) == 0, "offset of answer.columns");
_Static_assert(__builtin_offsetof(struct answer, status) == 28, "offset of answer.status");
_Static_assert(__builtin_offsetof(struct answer, ancestry) == 32, "offset of answer.ancestry");
_Static_assert(__builtin_offsetof(struct answer, nanoseconds) == 40, "offset of answer.nanoseconds");
