//! Making keys and signatures, in minisign's formats. The runtime has no part in this: feature `sign` is the command line's.
//!
//! Signatures are deterministic, as RFC 8032 has them: signing a build twice gives the same bytes.

use super::signature::{KeyId, PublicKey, TRUSTED, UNTRUSTED};
use super::write::append_signature;
use super::{Artifact, ArtifactError, FORMAT, Trust};
use blake2::digest::consts::U32;
use blake2::{Blake2b, Blake2b512, Digest as _};
use ct_codecs::{Base64, Decoder as _, Encoder as _};
use ed25519_compact::{KeyPair, Seed};
use std::fmt;
use zeroize::Zeroizing;

/// Bytes of a secret key file's second line: three algorithms of 2 bytes, salt, work, memory, then the encrypted part.
const HEAD: usize = 3 * 2 + 32 + 8 + 8;
/// The part that a password encrypts: key id, secret key, checksum.
const BODY: usize = 8 + 64 + 32;

const SIGNATURE_ALGORITHM: [u8; 2] = *b"Ed";
const KDF_NONE: [u8; 2] = [0, 0];
const KDF_SCRYPT: [u8; 2] = *b"Sc";
const CHECKSUM: [u8; 2] = *b"B2";

/// Work and memory of keys that are written here: scrypt with N = 2^17, r = 8, p = 1, as OWASP's password storage cheat sheet
/// has it. minisign reads them from the file.
const WORK: u64 = 1 << 22;
const MEMORY: u64 = 128 << 20;
/// The most that is accepted from a file: what minisign itself uses (1 GiB).
const MAX_WORK: u64 = 1 << 25;
const MAX_MEMORY: u64 = 1 << 30;

/// Why there is no key or no signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignError {
    /// The text is no secret key.
    NotAKey(&'static str),
    /// The key is encrypted and no password was given.
    PasswordNeeded,
    /// The password is not that of the key, or the key file is damaged.
    WrongPassword,
    /// Deriving the key would take more work or memory than minisign asks for.
    TooExpensive,
    /// The system gives no random numbers.
    NoRandomness,
    /// What was to be signed is no unsigned artifact.
    Artifact(ArtifactError),
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAKey(why) => {
                write!(f, "not a secret key: {why}; expected what `warmorc keygen` or minisign writes")
            }
            Self::PasswordNeeded => f.write_str("the secret key is encrypted: a password is needed"),
            Self::WrongPassword => {
                f.write_str("the password is not that of the secret key, or the key file is damaged")
            }
            Self::TooExpensive => {
                f.write_str("the secret key asks for more work or memory than minisign uses")
            }
            Self::NoRandomness => f.write_str("the system gives no random numbers"),
            Self::Artifact(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for SignError {}

impl From<ArtifactError> for SignError {
    fn from(why: ArtifactError) -> Self {
        Self::Artifact(why)
    }
}

/// A key that signatures are made with. Overwritten in memory when dropped, and never printed.
pub struct SecretKey {
    id: [u8; 8],
    /// Seed and public key.
    key: Zeroizing<[u8; 64]>,
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", self.id())
    }
}

impl SecretKey {
    /// A new key from the system's random numbers.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn generate() -> Result<Self, SignError> {
        let mut seed = Zeroizing::new([0; 32]);
        let mut id = [0; 8];
        getrandom::fill(&mut *seed)
            .and_then(|()| getrandom::fill(&mut id))
            .map_err(|_| SignError::NoRandomness)?;
        Self::from_seed(&seed, id).ok_or(SignError::NoRandomness)
    }

    /// The key of a seed; none if the seed is all zero.
    pub(super) fn from_seed(seed: &[u8; 32], id: [u8; 8]) -> Option<Self> {
        let pair = KeyPair::try_from_seed(Seed::new(*seed)).ok()?;
        Some(Self { id, key: Zeroizing::new(*pair.sk) })
    }

    /// Reads a secret key file. The password is needed if the key is encrypted, and not looked at if it is not.
    ///
    /// # Errors
    /// When the text is no secret key, or the password is missing or wrong.
    pub fn parse(text: &str, password: Option<&str>) -> Result<Self, SignError> {
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let [comment, line] = lines[..] else { return Err(SignError::NotAKey("it has not two lines")) };
        if !comment.starts_with("untrusted comment: ") {
            return Err(SignError::NotAKey("its first line is no comment"));
        }
        let mut bytes = Zeroizing::new([0; HEAD + BODY]);
        match Base64::decode(&mut *bytes, line, None) {
            Ok(decoded) if decoded.len() == HEAD + BODY => {}
            _ => return Err(SignError::NotAKey("its second line is not base64 of a key")),
        }
        let (head, body) = bytes.split_at_mut(HEAD);
        if head[..2] != SIGNATURE_ALGORITHM || head[4..6] != CHECKSUM {
            return Err(SignError::NotAKey("it is of an unknown algorithm"));
        }
        if head[2..4] == KDF_SCRYPT {
            let password = password.ok_or(SignError::PasswordNeeded)?;
            let number = |at: usize| head[at..].first_chunk().map_or(u64::MAX, |b| u64::from_le_bytes(*b));
            mask(body, password, &head[6..38], number(38), number(46))?;
        } else if head[2..4] != KDF_NONE {
            return Err(SignError::NotAKey("it is encrypted in an unknown way"));
        }
        let encrypted = head[2..4] == KDF_SCRYPT;
        let damaged = if encrypted { SignError::WrongPassword } else { SignError::NotAKey("it is damaged") };
        let (Some(id), Some(seed)) = (body.first_chunk::<8>(), body[8..].first_chunk::<32>()) else {
            return Err(damaged);
        };
        let key = Self::from_seed(seed, *id).ok_or(damaged.clone())?;
        // minisign leaves the checksum of a key that it does not encrypt empty.
        let summed = body[72..] == key.checksum() || !encrypted && body[72..] == [0; 32];
        if body[8..72] != key.key[..] || !summed {
            return Err(damaged);
        }
        Ok(key)
    }

    /// The text of the secret key file; encrypted if a password is given.
    ///
    /// # Errors
    /// When the system gives no random numbers to encrypt with.
    pub fn to_text(&self, password: Option<&str>) -> Result<Zeroizing<String>, SignError> {
        let mut bytes = Zeroizing::new([0; HEAD + BODY]);
        let (head, body) = bytes.split_at_mut(HEAD);
        head[..2].copy_from_slice(&SIGNATURE_ALGORITHM);
        head[4..6].copy_from_slice(&CHECKSUM);
        body[..8].copy_from_slice(&self.id);
        body[8..72].copy_from_slice(&*self.key);
        body[72..].copy_from_slice(&self.checksum());
        let mut comment = "warmor secret key (not encrypted)";
        if let Some(password) = password {
            comment = "warmor encrypted secret key";
            head[2..4].copy_from_slice(&KDF_SCRYPT);
            getrandom::fill(&mut head[6..38]).map_err(|_| SignError::NoRandomness)?;
            head[38..46].copy_from_slice(&WORK.to_le_bytes());
            head[46..].copy_from_slice(&MEMORY.to_le_bytes());
            mask(body, password, &head[6..38], WORK, MEMORY)?;
        }
        let line = Zeroizing::new(encode(&*bytes));
        Ok(Zeroizing::new(format!("untrusted comment: {comment}\n{}\n", *line)))
    }

    /// The number by which the key is called.
    pub fn id(&self) -> KeyId {
        KeyId(u64::from_le_bytes(self.id))
    }

    /// The text of the public key file.
    pub fn public_text(&self) -> String {
        let bytes = [&SIGNATURE_ALGORITHM[..], &self.id, &self.key[32..]].concat();
        format!("untrusted comment: warmor public key {}\n{}\n", self.id(), encode(&bytes))
    }

    /// The key that checks what this one signs.
    ///
    /// # Errors
    /// Never for a key that was made or read here.
    pub fn public_key(&self) -> Result<PublicKey, SignError> {
        PublicKey::parse(&self.public_text()).map_err(|_| SignError::NotAKey("it has no public key"))
    }

    fn checksum(&self) -> [u8; 32] {
        Blake2b::<U32>::new()
            .chain_update(SIGNATURE_ALGORITHM)
            .chain_update(self.id)
            .chain_update(*self.key)
            .finalize()
            .into()
    }

    fn sign(&self, message: &[u8]) -> [u8; 64] {
        // Without noise: the deterministic signature of RFC 8032.
        *ed25519_compact::SecretKey::new(*self.key).sign(message, None)
    }

    /// A signature file over some bytes.
    pub(super) fn signature_text(&self, message: &[u8], comment: &str) -> String {
        let signature = self.sign(&Blake2b512::digest(message));
        let line = [&b"ED"[..], &self.id, &signature].concat();
        let global = self.sign(&[&signature[..], comment.as_bytes()].concat());
        format!("{UNTRUSTED}\n{}\n{TRUSTED}{comment}\n{}\n", encode(&line), encode(&global))
    }
}

/// Signs an artifact. The trusted comment names the package, the format and the key.
///
/// # Errors
/// When the bytes are no artifact, or one that is signed already.
pub fn sign(unsigned: Vec<u8>, key: &SecretKey) -> Result<Vec<u8>, SignError> {
    let artifact = Artifact::read(unsigned, Trust::AllowUnsigned)?;
    // A package's name is one of the language, but the bytes need not come from this compiler.
    let package: String = artifact.manifest().package.chars().filter(|c| !c.is_control()).take(200).collect();
    let comment = format!("warmor artifact, package {package}, format {FORMAT}, key {}", key.id());
    let text = key.signature_text(artifact.signed_bytes(), &comment);
    Ok(append_signature(artifact, &text)?)
}

fn encode(bytes: &[u8]) -> String {
    // Fails only for lengths near the size of the address space.
    Base64::encode_to_string(bytes).unwrap_or_default()
}

/// Encrypts or decrypts, by the stream that scrypt makes of the password.
fn mask(body: &mut [u8], password: &str, salt: &[u8], work: u64, memory: u64) -> Result<(), SignError> {
    if work > MAX_WORK || memory > MAX_MEMORY {
        return Err(SignError::TooExpensive);
    }
    let mut stream = Zeroizing::new([0; BODY]);
    let (log_n, p) = scrypt_parameters(work, memory);
    let params = scrypt::Params::new(log_n, 8, p).map_err(|_| SignError::TooExpensive)?;
    scrypt::scrypt(password.as_bytes(), salt, &params, &mut *stream).map_err(|_| SignError::TooExpensive)?;
    for (byte, mask) in body.iter_mut().zip(stream.iter()) {
        *byte ^= mask;
    }
    Ok(())
}

/// The parameters that libsodium's `crypto_pwhash_scryptsalsa208sha256` picks for a work and a memory limit.
fn scrypt_parameters(work: u64, memory: u64) -> (u8, u32) {
    let work = work.max(32_768);
    let log_n = |max: u64| (1..63).find(|n| 1u64 << n > max / 2).unwrap_or(63);
    if work < memory / 32 {
        (log_n(work / 32), 1)
    } else {
        let log_n = log_n(memory / 1024);
        let blocks = ((work / 4) >> log_n).min(0x3fff_ffff);
        (log_n, (blocks / 8) as u32)
    }
}
