//! The values of literal tokens: numbers with units, addresses, ranges, dates, strings, paths.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::ast::{Date, Literal};
use super::error::{SyntaxErrorKind, excerpt};

/// Multiples of a byte.
const SIZES: [(&str, u64); 9] = [
    ("B", 1),
    ("KB", 1000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

/// Multiples of a nanosecond.
const DURATIONS: [(&str, u64); 7] = [
    ("ns", 1),
    ("us", 1000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// The value of a token that starts with a digit or is an IPv6 address.
pub(super) fn number(text: &str) -> Result<Literal, SyntaxErrorKind> {
    if text.contains(':') || text.contains('/') || text.bytes().filter(|&byte| byte == b'.').count() > 1 {
        return address(text);
    }
    if text.contains('-') {
        return range_or_date(text);
    }
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(unit_at);
    if digits.is_empty() || unit.contains('.') || (digits.len() > 1 && digits.starts_with('0')) {
        return Err(SyntaxErrorKind::InvalidNumber { found: excerpt(text) });
    }
    let too_large = || SyntaxErrorKind::NumberTooLarge { found: excerpt(text) };
    let value: u64 = digits.parse().map_err(|_| too_large())?;
    let scaled = |units: &[(&str, u64)]| {
        let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
        Some(value.checked_mul(*factor).ok_or_else(too_large))
    };
    if unit.is_empty() {
        Ok(Literal::Int(value))
    } else if unit == "%" {
        Ok(Literal::Share(value))
    } else if let Some(size) = scaled(&SIZES) {
        size.map(Literal::Size)
    } else if let Some(duration) = scaled(&DURATIONS) {
        duration.map(Literal::Duration)
    } else {
        Err(SyntaxErrorKind::UnknownUnit { unit: excerpt(unit) })
    }
}

fn address(text: &str) -> Result<Literal, SyntaxErrorKind> {
    let invalid = || SyntaxErrorKind::InvalidAddress { found: excerpt(text) };
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr = if address.contains(':') {
        address.parse::<Ipv6Addr>().map_err(|_| invalid())?.into()
    } else {
        address.parse::<Ipv4Addr>().map_err(|_| invalid())?.into()
    };
    let Some(prefix) = prefix else { return Ok(Literal::Ip(address)) };
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let canonical =
        prefix == "0" || (!prefix.starts_with('0') && prefix.bytes().all(|byte| byte.is_ascii_digit()));
    match prefix.parse::<u8>() {
        Ok(prefix) if canonical && prefix <= longest => Ok(Literal::Cidr { address, prefix }),
        _ => Err(invalid()),
    }
}

fn range_or_date(text: &str) -> Result<Literal, SyntaxErrorKind> {
    let invalid = || SyntaxErrorKind::InvalidNumber { found: excerpt(text) };
    let parts: Vec<&str> = text.split('-').collect();
    if parts.iter().any(|part| part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(invalid());
    }
    let too_large = |_| SyntaxErrorKind::NumberTooLarge { found: excerpt(text) };
    match *parts.as_slice() {
        [first, last] => {
            let (first, last) = (first.parse().map_err(too_large)?, last.parse().map_err(too_large)?);
            if first > last {
                return Err(SyntaxErrorKind::ReversedRange { first, last });
            }
            Ok(Literal::Range { first, last })
        }
        [year, month, day] => {
            let parts = if year.len() == 4 && month.len() == 2 && day.len() == 2 {
                year.parse().ok().zip(month.parse().ok()).zip(day.parse().ok())
            } else {
                None
            };
            parts
                .and_then(|((year, month), day)| date(year, month, day))
                .map(Literal::Date)
                .ok_or_else(|| SyntaxErrorKind::InvalidDate { found: excerpt(text) })
        }
        _ => Err(invalid()),
    }
}

/// The day, if the Gregorian calendar has it and it is not before 1970.
fn date(year: u16, month: u8, day: u8) -> Option<Date> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    ((1970..=9999).contains(&year) && (1..=days).contains(&day)).then_some(Date { year, month, day })
}

/// The value of an unquoted path.
pub(super) fn path(text: &str) -> Literal {
    let mut escaped = false;
    let is_glob = text.bytes().any(|byte| {
        let special = !escaped && matches!(byte, b'*' | b'?' | b'[' | b'{');
        escaped = !escaped && byte == b'\\';
        special
    });
    if is_glob { Literal::Glob(text.into()) } else { Literal::Path(text.into()) }
}

/// The value of a string token, with its quotes; where an escape is unknown, the value without it and its range in `token`.
pub(super) fn string(token: &str) -> (Box<str>, Option<std::ops::Range<usize>>) {
    let inner = token.strip_prefix('"').unwrap_or(token);
    if !inner.contains('\\') {
        return (inner.strip_suffix('"').unwrap_or(inner).into(), None);
    }
    let mut value = String::with_capacity(inner.len());
    let mut unknown = None;
    let mut rest = inner;
    while let Some(character) = rest.chars().next() {
        let after = &rest[character.len_utf8()..];
        match character {
            // Only an escaped quote can stand anywhere but at the end.
            '"' => break,
            '\\' => {
                let (decoded, length) = escape(after);
                if let Some(decoded) = decoded {
                    value.push_str(decoded.text().as_str());
                } else {
                    let at = token.len() - rest.len();
                    unknown.get_or_insert(at..at + 1 + length);
                }
                rest = &after[length..];
                continue;
            }
            _ => value.push(character),
        }
        rest = after;
    }
    (value.into(), unknown)
}

/// What an escape stands for.
enum Escape {
    Character(char),
    /// A glob escape: the backslash stays.
    Glob(char),
}

impl Escape {
    fn text(&self) -> String {
        match self {
            Self::Character(character) => character.to_string(),
            Self::Glob(character) => format!("\\{character}"),
        }
    }
}

/// What the text after a backslash stands for, and its length in bytes.
fn escape(rest: &str) -> (Option<Escape>, usize) {
    let Some(character) = rest.chars().next() else { return (None, 0) };
    let decoded = match character {
        '"' | '\\' => Escape::Character(character),
        'n' => Escape::Character('\n'),
        'r' => Escape::Character('\r'),
        't' => Escape::Character('\t'),
        '*' | '?' | '[' | ']' | '{' | '}' => Escape::Glob(character),
        'u' => {
            let digits =
                rest.strip_prefix("u{").and_then(|rest| rest.split_once('}')).map(|(digits, _)| digits);
            let Some(digits) = digits.filter(|digits| !digits.contains(['"', '\\'])) else {
                return (None, 1);
            };
            let value = u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'));
            return (value.and_then(char::from_u32).map(Escape::Character), digits.len() + 3);
        }
        _ => return (None, character.len_utf8()),
    };
    (Some(decoded), character.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_of_the_calendar() {
        assert!(date(2000, 2, 29).is_some());
        assert!(date(2100, 2, 29).is_none());
        assert!(date(2024, 4, 31).is_none());
        assert!(date(2024, 13, 1).is_none());
        assert!(date(1969, 12, 31).is_none());
    }

    #[test]
    fn numbers_are_read_with_their_units() {
        assert_eq!(number("33"), Ok(Literal::Int(33)));
        assert_eq!(number("512MiB"), Ok(Literal::Size(512 << 20)));
        assert_eq!(number("1KB"), Ok(Literal::Size(1000)));
        assert_eq!(number("30s"), Ok(Literal::Duration(30_000_000_000)));
        assert_eq!(number("250%"), Ok(Literal::Share(250)));
        assert_eq!(number("9000-9100"), Ok(Literal::Range { first: 9000, last: 9100 }));
        assert_eq!(number("2027-01-31"), Ok(Literal::Date(Date { year: 2027, month: 1, day: 31 })));
        assert_eq!(
            number("::/0"),
            Ok(Literal::Cidr { address: IpAddr::V6(Ipv6Addr::UNSPECIFIED), prefix: 0 })
        );
        assert_eq!(number("18446744073709551615"), Ok(Literal::Int(u64::MAX)));
    }

    #[test]
    fn what_is_no_number_is_told_apart() {
        use SyntaxErrorKind as Kind;
        assert!(matches!(number("18446744073709551616"), Err(Kind::NumberTooLarge { .. })));
        assert!(matches!(number("99999999999999TiB"), Err(Kind::NumberTooLarge { .. })));
        assert!(matches!(number("30sec"), Err(Kind::UnknownUnit { .. })));
        assert!(matches!(number("007"), Err(Kind::InvalidNumber { .. })));
        assert!(matches!(number("1.5"), Err(Kind::InvalidNumber { .. })));
        assert!(matches!(number("10.0.0"), Err(Kind::InvalidAddress { .. })));
        assert!(matches!(number("10.0.0.0/33"), Err(Kind::InvalidAddress { .. })));
        assert!(matches!(number("10.0.0.0/08"), Err(Kind::InvalidAddress { .. })));
        assert!(matches!(number("::g/8"), Err(Kind::InvalidAddress { .. })));
        assert!(matches!(number("2027-02-30"), Err(Kind::InvalidDate { .. })));
        assert!(matches!(number("9100-9000"), Err(Kind::ReversedRange { first: 9100, last: 9000 })));
        assert!(matches!(number("1-2-3-4"), Err(Kind::InvalidNumber { .. })));
    }

    #[test]
    fn strings_keep_glob_escapes() {
        assert_eq!(string(r#""plain""#), ("plain".into(), None));
        assert_eq!(string(r#""a\"b\\c\n\u{48}""#), ("a\"b\\c\nH".into(), None));
        assert_eq!(string(r#""/a/\*""#), (r"/a/\*".into(), None));
        assert_eq!(string(r#""a\qb""#), ("ab".into(), Some(2..4)));
        assert_eq!(string(r#""a\u{D800}b""#), ("ab".into(), Some(2..10)));
        assert_eq!(string(r#""open"#), ("open".into(), None));
    }

    #[test]
    fn an_escaped_star_makes_no_glob() {
        assert_eq!(path("/a/*"), Literal::Glob("/a/*".into()));
        assert_eq!(path(r"/a/\*"), Literal::Path(r"/a/\*".into()));
        assert_eq!(path(r"/a/\\*"), Literal::Glob(r"/a/\\*".into()));
    }
}
