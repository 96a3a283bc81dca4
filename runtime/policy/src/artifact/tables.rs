//! The section `warmor.tables`: the table image behind a header of its own, in little-endian 32-bit words.

use super::ArtifactError;
use crate::image::Image;

/// Version of the header.
const VERSION: u32 = 1;
/// Words of the header: its version and the length of the image.
const HEADER: usize = 2;

pub(super) fn write(image: &Image) -> Vec<u8> {
    let words = image.words();
    let mut out = Vec::with_capacity((HEADER + words.len()) * 4);
    for word in [VERSION, words.len() as u32].iter().chain(words) {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out
}

pub(super) fn read(bytes: &[u8]) -> Result<Image, ArtifactError> {
    let bad = |why| Err(ArtifactError::TablesMalformed(why));
    let (words, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return bad("the section is not a whole number of words");
    }
    let mut words = words.iter().map(|w| u32::from_le_bytes(*w));
    if words.next() != Some(VERSION) {
        return bad("the header's version is not 1");
    }
    match words.next() {
        Some(length) if length as usize == words.len() => Ok(Image::load(words.collect())?),
        _ => bad("the header does not give the length of the image"),
    }
}
