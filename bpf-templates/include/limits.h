/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Made by `cargo xtask codegen` from bpf-templates/src/limits.rs. Do not edit. */
#pragma once

_Static_assert(BANK_WORDS == 1048576, "BANK_WORDS is what the agent takes it for");
_Static_assert(IMAGE_WORDS == 1048560, "IMAGE_WORDS is what the agent takes it for");
_Static_assert(SETUP_GENERATION == 1048560, "SETUP_GENERATION is what the agent takes it for");
_Static_assert(SETUP_MODE == 1048561, "SETUP_MODE is what the agent takes it for");
_Static_assert(SETUP_REPORT == 1048562, "SETUP_REPORT is what the agent takes it for");
_Static_assert(SETUP_BLIND == 1048563, "SETUP_BLIND is what the agent takes it for");
_Static_assert(SETUP_ASKED == 1048564, "SETUP_ASKED is what the agent takes it for");
_Static_assert(MAX_SELECTORS == 1024, "MAX_SELECTORS is what the agent takes it for");
_Static_assert(MAX_ROOTS == 1024, "MAX_ROOTS is what the agent takes it for");
_Static_assert(MAX_TESTS == 96, "MAX_TESTS is what the agent takes it for");
_Static_assert(MAX_PREDICATES == 32, "MAX_PREDICATES is what the agent takes it for");
_Static_assert(PATH_END == 4096, "PATH_END is what the agent takes it for");
_Static_assert(EXE_BYTES == 256, "EXE_BYTES is what the agent takes it for");
