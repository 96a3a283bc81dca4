//! The chain of the audit log: each record carries the digest of everything before it.
//!
//! A line of the JSON file is an object in printable ASCII that ends with `,"n":NUMBER,"hash":"HASH"}`. The hash is SHA-256 over the
//! hash of the record before, as 64 hexadecimal digits, and the line's own bytes up to `,"hash"`. Who changes, removes, moves
//! or adds a record has to write anew all that follow, and then the last hash is another.

use std::fmt::Write as _;
use warmor_policy::artifact::Digest;

/// Longest line that is read as a record, in bytes. No event comes near it.
pub const MAX_LINE: usize = 1 << 20;

const HASH: &[u8] = b",\"hash\":\"";
const NUMBER: &[u8] = b",\"n\":";
const END: &[u8] = b"\"}";

/// A record by its number and its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its number. The first record of a chain is number 0.
    pub number: u64,
    /// Its hash, which covers all records before it.
    pub hash: Digest,
}

/// The end of a chain, where records are added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chain(Option<Head>);

impl Chain {
    /// A chain that goes on after a record; a new one after none.
    pub fn after(head: Option<Head>) -> Self {
        Self(head)
    }

    /// The last record.
    pub fn head(&self) -> Option<Head> {
        self.0
    }

    /// Makes a record of a JSON object's text, without a line end.
    pub fn seal(&mut self, object: &str) -> String {
        let number = self.0.map_or(0, |head| head.number + 1);
        let open = object.strip_suffix('}').unwrap_or(object);
        // An object without keys gets no comma in front of its first.
        let comma = if open.ends_with('{') { "" } else { "," };
        let mut line = format!("{open}{comma}\"n\":{number}");
        let hash = digest(self.0, line.as_bytes());
        let _ = write!(line, ",\"hash\":\"{hash}\"}}");
        self.0 = Some(Head { number, hash });
        line
    }
}

/// The hash of a record after another. Where there is none, zeros stand for its hash.
fn digest(before: Option<Head>, body: &[u8]) -> Digest {
    let before = before.map(|head| head.hash).unwrap_or_default();
    Digest::of(&[before.to_string().as_bytes(), body].concat())
}

/// A line that has a record's form. Whether it belongs where it stands is another question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link<'l> {
    /// What is hashed of it.
    body: &'l [u8],
    /// What it says of itself.
    pub head: Head,
}

impl<'l> Link<'l> {
    /// Reads a line, without its end; `None` if it does not have a record's form.
    pub fn parse(line: &'l [u8]) -> Option<Self> {
        let (rest, digits) = line.strip_suffix(END)?.split_last_chunk::<64>()?;
        let hash = Digest::parse(str::from_utf8(digits).ok()?)?;
        let body = rest.strip_suffix(HASH)?;
        let digits = body.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        let (front, digits) = body.split_at(body.len() - digits);
        if !front.ends_with(NUMBER) && front != b"{\"n\":" {
            return None;
        }
        let number: u64 = str::from_utf8(digits).ok()?.parse().ok()?;
        // One number has one spelling.
        (number.to_string().as_bytes() == digits).then_some(Self { body, head: Head { number, hash } })
    }

    /// Whether its hash is that of its contents after that record.
    pub fn follows(&self, before: Option<Head>) -> bool {
        digest(before, self.body) == self.head.hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_what_the_documentation_says() {
        let mut chain = Chain::default();
        let first = chain.seal(r#"{"a":1}"#);
        let body = r#"{"a":1,"n":0"#;
        let hash = Digest::of(format!("{}{body}", "0".repeat(64)).as_bytes());
        assert_eq!(first, format!("{body},\"hash\":\"{hash}\"}}"));
        let second = chain.seal("{}");
        let next = Digest::of(format!("{hash}{{\"n\":1").as_bytes());
        assert_eq!(second, format!("{{\"n\":1,\"hash\":\"{next}\"}}"));
        assert_eq!(chain.head(), Some(Head { number: 1, hash: next }));
    }

    #[test]
    fn what_was_sealed_is_read_and_follows_only_its_predecessor() {
        let mut chain = Chain::default();
        let lines: Vec<String> = (0..12).map(|i| chain.seal(&format!("{{\"i\":{i}}}"))).collect();
        let links: Vec<Link<'_>> = lines.iter().map(|l| Link::parse(l.as_bytes()).unwrap()).collect();
        assert!(links[0].follows(None));
        for (i, link) in links.iter().enumerate() {
            assert_eq!(link.head.number, i as u64);
            for (j, before) in links.iter().enumerate() {
                assert_eq!(link.follows(Some(before.head)), j + 1 == i, "{i} after {j}");
            }
        }
    }

    #[test]
    fn other_lines_are_no_records() {
        let line = Chain::default().seal(r#"{"a":1}"#);
        for other in [
            String::new(),
            "{}".into(),
            line[1..line.len() - 1].into(),
            line.replace(",\"n\":0", ",\"n\":00"),
            line.replace(",\"n\":0", ",\"m\":0"),
            line.replace(",\"n\":0", ",\"n\":"),
            line.replace(",\"n\":0", ",\"n\":99999999999999999999"),
            line.to_uppercase(),
        ] {
            assert_eq!(Link::parse(other.as_bytes()), None, "{other}");
        }
    }
}
