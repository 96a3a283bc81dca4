//! The WebAssembly module of an artifact, taken apart: it must be the fixed runner, and its data the tables that it runs on.
//!
//! The runner's loops step the automata and diagrams of the image, whichever it is; that is argued once, and tested. So what is left to
//! show of a module is that it *is* the runner, byte by byte, and what its data mean.

use crate::lower::wasm::{IMAGE_ADDRESS, runner};
use warmor_policy::image::{Image, ImageError};
use wasmparser::{DataKind, Operator, Parser, Payload};

const PAGE: u64 = 65_536;

/// Why a module is not the runner with tables as its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotRunner {
    /// It is not well formed.
    Malformed,
    /// It has other sections than the runner, or in another order.
    Sections,
    /// This section differs from the runner's.
    Differs(&'static str),
    /// The memory has not exactly the pages that the tables and the result take.
    Memory,
    /// The data are not one segment at the place of the tables.
    Data,
    /// The data are no tables.
    Tables(ImageError),
}

impl std::fmt::Display for NotRunner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed => f.write_str("the module is not well formed"),
            Self::Sections => f.write_str("the module has other sections than the runner"),
            Self::Differs(section) => write!(f, "the module's {section} section is not the runner's"),
            Self::Memory => f.write_str("the module's memory is not of the size that its tables take"),
            Self::Data => f.write_str("the module's data are not one segment at the place of the tables"),
            Self::Tables(why) => write!(f, "the module's data are no tables: {why}"),
        }
    }
}

impl std::error::Error for NotRunner {}

/// A section by its id and its contents.
type Section<'a> = (u8, &'a [u8]);

/// Ids of sections, as the WebAssembly specification numbers them.
const CUSTOM: u8 = 0;
const MEMORY: u8 = 5;
const DATA: u8 = 11;
const NAMES: [&str; 13] = [
    "custom",
    "type",
    "import",
    "function",
    "table",
    "memory",
    "global",
    "export",
    "start",
    "element",
    "code",
    "data",
    "datacount",
];

/// What a module is made of, and the only memory and the only piece of data that it has.
struct Parts<'a> {
    sections: Vec<Section<'a>>,
    memory: Option<(u64, Option<u64>)>,
    data: Option<(i32, &'a [u8])>,
}

fn take_apart(module: &[u8]) -> Result<Parts<'_>, NotRunner> {
    let malformed = |_| NotRunner::Malformed;
    let mut parts = Parts { sections: Vec::new(), memory: None, data: None };
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.map_err(malformed)?;
        if let Some((id, range)) = payload.as_section() {
            let range = range.start as usize..range.end as usize;
            parts.sections.push((id, module.get(range).ok_or(NotRunner::Malformed)?));
        }
        match payload {
            Payload::MemorySection(memories) => {
                let all = memories.into_iter().collect::<Result<Vec<_>, _>>().map_err(malformed)?;
                let [memory] = all.as_slice() else { return Err(NotRunner::Memory) };
                if memory.memory64 || memory.shared || memory.page_size_log2.is_some() {
                    return Err(NotRunner::Memory);
                }
                parts.memory = Some((memory.initial, memory.maximum));
            }
            Payload::DataSection(segments) => {
                let all = segments.into_iter().collect::<Result<Vec<_>, _>>().map_err(malformed)?;
                let [segment] = all.as_slice() else { return Err(NotRunner::Data) };
                let DataKind::Active { memory_index: 0, offset_expr } = &segment.kind else {
                    return Err(NotRunner::Data);
                };
                let operators = offset_expr.get_operators_reader().into_iter();
                let operators = operators.collect::<Result<Vec<_>, _>>().map_err(malformed)?;
                let [Operator::I32Const { value }, Operator::End] = operators.as_slice() else {
                    return Err(NotRunner::Data);
                };
                parts.data = Some((*value, segment.data));
            }
            _ => {}
        }
    }
    Ok(parts)
}

/// The tables that the runner in a module runs on.
///
/// # Errors
/// When the module is not the runner, with tables as its data and the memory that they take.
pub fn module_image(module: &[u8]) -> Result<Image, NotRunner> {
    let found = take_apart(module)?;
    let fixed = take_apart(runner())?;
    // Names for debuggers are not part of what runs; an artifact's module has none.
    let mut expected: Vec<Section<'_>> =
        fixed.sections.into_iter().filter(|(id, _)| *id != CUSTOM && *id != DATA).collect();
    expected.push((DATA, &[]));
    if !found.sections.iter().map(|(id, _)| id).eq(expected.iter().map(|(id, _)| id)) {
        return Err(NotRunner::Sections);
    }
    for ((id, contents), (_, wanted)) in found.sections.iter().zip(&expected) {
        if !matches!(*id, MEMORY | DATA) && contents != wanted {
            return Err(NotRunner::Differs(NAMES.get(usize::from(*id)).unwrap_or(&"unknown")));
        }
    }
    let (address, data) = found.data.ok_or(NotRunner::Data)?;
    let (words, rest) = data.as_chunks::<4>();
    if usize::try_from(address) != Ok(IMAGE_ADDRESS) || !rest.is_empty() {
        return Err(NotRunner::Data);
    }
    let image =
        Image::load(words.iter().map(|w| u32::from_le_bytes(*w)).collect()).map_err(NotRunner::Tables)?;
    // Behind the tables the runner writes a bit for each clause.
    let result = image.clause_count().div_ceil(32) * 4;
    let pages = ((IMAGE_ADDRESS + data.len() + result) as u64).div_ceil(PAGE);
    if found.memory != Some((pages, Some(pages))) {
        return Err(NotRunner::Memory);
    }
    Ok(image)
}
