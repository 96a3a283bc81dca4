//! What an image may need to be loaded into the kernel. The C side asserts the same numbers when it is compiled
//! (`include/limits.h`, made by `cargo xtask codegen`).

/// Words of a bank: an image, and how it is to be used.
pub const BANK_WORDS: usize = 1 << 20;
/// Most words of an image.
pub const IMAGE_WORDS: usize = BANK_WORDS - 16;
/// Most selectors of an image.
pub const SELECTORS: usize = 1024;
/// Most roots of a selector's list.
pub const ROOTS: usize = 1024;
/// Most tests on a path through a diagram.
pub const TESTS: usize = 96;
/// Most predicates on ancestors.
pub const PREDICATES: usize = 32;
/// Longest path that the kernel resolves, in bytes; a longer one is unknown.
pub const PATH_BYTES: usize = 4096;
/// Longest path of an executable that the kernel keeps, in bytes; a longer one is unknown.
pub const EXE_BYTES: usize = 256;
