//! Signatures in the format of minisign (<https://jedisct1.github.io/minisign/>): Ed25519 over BLAKE2b-512 of the bytes, and a
//! trusted comment under a signature of its own.

use super::ArtifactError;
use ct_codecs::{Base64, Decoder as _};
use std::fmt;

/// First line of an artifact's signature. No signature covers that line, so there is only one that is accepted.
pub(super) const UNTRUSTED: &str = "untrusted comment: signature of a warmor artifact";
/// What a trusted comment's line begins with.
pub(super) const TRUSTED: &str = "trusted comment: ";
/// Longest signature, in bytes.
const MAX_SIGNATURE: usize = 4096;

/// Bytes of a key file's second line: algorithm, key id, key.
const KEY_BYTES: usize = 2 + 8 + 32;
/// Bytes of a signature's second line: algorithm, key id, signature.
const SIGNATURE_BYTES: usize = 2 + 8 + 64;

/// The random number by which a key is called. Not a digest: it tells keys apart, it does not authenticate them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub u64);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016X}", self.0)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A key that signatures are checked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    id: KeyId,
    key: minisign_verify::PublicKey,
}

/// Why a text is no public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKeyError;

impl fmt::Display for PublicKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a public key: expected a comment line and a line of base64, as `warmorc keygen` and minisign write them")
    }
}

impl std::error::Error for PublicKeyError {}

impl PublicKey {
    /// Reads a key file of minisign, or its second line alone.
    ///
    /// # Errors
    /// When the text is neither.
    pub fn parse(text: &str) -> Result<Self, PublicKeyError> {
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let line = match lines[..] {
            [line] => line,
            [comment, line] if comment.starts_with("untrusted comment: ") => line,
            _ => return Err(PublicKeyError),
        };
        let bytes = decode::<KEY_BYTES>(line).ok_or(PublicKeyError)?;
        let key = minisign_verify::PublicKey::from_base64(line).map_err(|_| PublicKeyError)?;
        if bytes[..2] != *b"Ed" {
            return Err(PublicKeyError);
        }
        Ok(Self { id: key_id(&bytes), key })
    }

    /// The number by which it is called.
    pub fn id(&self) -> KeyId {
        self.id
    }
}

/// The signature of an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    text: String,
    key: KeyId,
    comment_end: usize,
}

impl Signature {
    /// Reads the one form that an artifact's signature has: four lines, the first fixed, each ended by a line feed.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, ArtifactError> {
        let bad = |why| Err(ArtifactError::SignatureMalformed(why));
        if bytes.len() > MAX_SIGNATURE {
            return bad("it is too long");
        }
        let Ok(text) = str::from_utf8(bytes) else { return bad("it is not text") };
        let lines: Vec<&str> = text.split('\n').collect();
        let [first, signature, comment, global, ""] = lines[..] else { return bad("it has not four lines") };
        if first != UNTRUSTED {
            return bad("its first line is not that of an artifact");
        }
        let Some(comment) = comment.strip_prefix(TRUSTED) else { return bad("it has no trusted comment") };
        if comment.chars().any(|c| c.is_control() && c != '\t') {
            return bad("its trusted comment has control characters");
        }
        let Some(signature) = decode::<SIGNATURE_BYTES>(signature) else {
            return bad("its second line is not a signature");
        };
        if decode::<64>(global).is_none() {
            return bad("its last line is not a signature");
        }
        if signature[..2] != *b"ED" {
            return bad("it is not of the algorithm `ED` (minisign's legacy signatures are not accepted)");
        }
        let comment_end = text.len() - global.len() - 2;
        Ok(Self { key: key_id(&signature), comment_end, text: text.to_owned() })
    }

    /// The key that is said to have made it.
    pub fn key(&self) -> KeyId {
        self.key
    }

    /// Its trusted comment. To be believed only once the signature is verified.
    pub fn trusted_comment(&self) -> &str {
        let line = self.text[..self.comment_end].rsplit('\n').next().unwrap_or_default();
        line.strip_prefix(TRUSTED).unwrap_or_default()
    }

    /// The whole text, as minisign reads it from a `.minisig` file.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Checks that one of the keys signed these bytes.
    pub(super) fn verify(&self, signed: &[u8], keys: &[PublicKey]) -> Result<(), ArtifactError> {
        let Ok(signature) = minisign_verify::Signature::decode(&self.text) else {
            return Err(ArtifactError::SignatureMalformed("minisign does not read it"));
        };
        let mut candidates = keys.iter().filter(|k| k.id == self.key).peekable();
        if candidates.peek().is_none() {
            return Err(ArtifactError::UntrustedKey(self.key));
        }
        // Key ids are not unique by force, so every key of that name may answer.
        if candidates.any(|k| k.key.verify(signed, &signature, false).is_ok()) {
            Ok(())
        } else {
            Err(ArtifactError::BadSignature(self.key))
        }
    }
}

/// The key id behind the two bytes of an algorithm.
fn key_id(bytes: &[u8]) -> KeyId {
    let id = bytes.get(2..10).and_then(|b| b.first_chunk()).copied().unwrap_or_default();
    KeyId(u64::from_le_bytes(id))
}

/// Decodes exactly `N` bytes, in their one spelling.
fn decode<const N: usize>(line: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let len = Base64::decode(&mut bytes, line, None).ok()?.len();
    (len == N).then_some(bytes)
}
