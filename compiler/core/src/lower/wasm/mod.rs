//! The WASM module of a policy: a fixed runner and the table image as its data.
//!
//! Exports: `memory`; `event` and `event_capacity`, where the host writes an event and how long it may be; `decide(ptr, len) ->
//! i64`, the bits of a [`Decision`](warmor_policy::verdict::Decision) or -1; `applying(ptr, len) -> i32`, the address of a bit for each
//! clause by rank, or 0; `set_muted(policy, muted)`. It imports nothing.

use super::Lowered;
use wasm_encoder::{ConstExpr, DataSection, MemorySection, MemoryType, Module, RawSection, SectionId};

include!(concat!(env!("OUT_DIR"), "/layout.rs"));

/// The runner that every module holds.
static RUNNER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/runner.wasm"));

const PAGE: usize = 65_536;

/// The core sections of the module for an image. Equal images give equal bytes.
pub fn module(lowered: &Lowered) -> Vec<u8> {
    let words = lowered.image.words();
    let result = lowered.image.clause_count().div_ceil(32) * 4;
    let pages = (IMAGE_ADDRESS + words.len() * 4 + result).div_ceil(PAGE) as u64;
    let mut module = Module::new();
    for (id, data) in sections(RUNNER) {
        if id == SectionId::Memory as u8 {
            let mut memories = MemorySection::new();
            memories.memory(MemoryType {
                minimum: pages,
                maximum: Some(pages),
                memory64: false,
                shared: false,
                page_size_log2: None,
            });
            module.section(&memories);
        } else if id != SectionId::Custom as u8 {
            module.section(&RawSection { id, data });
        }
    }
    let mut data = DataSection::new();
    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    data.active(0, &ConstExpr::i32_const(IMAGE_ADDRESS as i32), bytes);
    module.section(&data);
    module.finish()
}

/// The module that every artifact's is compared with: the runner, with a memory of some size and without data.
pub fn runner() -> &'static [u8] {
    RUNNER
}

/// The sections of a module that the build made, hence well formed.
fn sections(module: &'static [u8]) -> impl Iterator<Item = (u8, &'static [u8])> {
    let mut rest = module.get(8..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (id, mut tail) = rest.split_first()?;
        let (mut size, mut shift) = (0usize, 0);
        loop {
            let (byte, after) = tail.split_first()?;
            tail = after;
            size |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let (data, after) = tail.split_at_checked(size)?;
        rest = after;
        Some((*id, data))
    })
}
