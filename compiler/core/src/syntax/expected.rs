//! From the parser's list of tokens that would fit to words for a person.

use super::lexer::TokenKind;

/// Whether only a name would fit.
pub(super) fn is_name_only(expected: &[String]) -> bool {
    contains(expected, "IDENT") && !contains(expected, "NUMBER") && !contains(expected, "ACTION")
}

/// Whether someone may have wanted this reserved word as a name. The words that join parts of a statement do not count:
/// before them a name is missing.
pub(super) fn is_name_like(token: TokenKind) -> bool {
    use TokenKind as T;
    token.is_reserved()
        && !matches!(
            token,
            T::For
                | T::Can
                | T::To
                | T::From
                | T::On
                | T::Except
                | T::Where
                | T::Then
                | T::Because
                | T::Until
                | T::In
                | T::And
                | T::Or
                | T::Not
        )
}

fn contains(expected: &[String], terminal: &str) -> bool {
    expected.iter().any(|candidate| candidate == terminal)
}

/// At most this many suggestions: more help nobody.
const LONGEST: usize = 5;

/// Says what would fit, most helpful first.
pub(super) fn in_words(expected: &[String], what: &'static str) -> Vec<&'static str> {
    let has = |terminal| contains(expected, terminal);
    let mut words = Vec::new();
    let mut is_value = false;
    if has("ACTION") && !has("NUMBER") && !has("\"port\"") {
        words.push("an action");
    } else if has("NUMBER") && has("\"not\"") && !has("\"==\"") {
        words.push("a condition or a value");
        is_value = true;
    } else if has("NUMBER") && has("PATH") {
        words.push("a value");
        is_value = true;
    } else if has("NUMBER") {
        words.push("a number");
    } else if has("IDENT") {
        words.push("a name");
    } else if has("STRING") {
        words.push("a text in double quotes");
    }
    if has("\"==\"") {
        words.push("an operator such as `==` or `in`");
    }
    for (terminal, word) in WORDS {
        let begins_value = is_value && matches!(terminal, "\"port\"" | "\"target\"");
        if words.len() < LONGEST && has(terminal) && !begins_value {
            words.push(word);
        }
    }
    // A statement may end wherever one of its optional parts may begin.
    if has("\"where\"") || has("\"within\"") || has("\"with\"") {
        words.truncate(LONGEST - 1);
        words.push(match what {
            "rule" => "the end of the rule",
            "claim" => "the end of the claim",
            "expectation" => "the end of the expectation",
            _ => "the end of the statement",
        });
    }
    words
}

/// Tokens that are worth naming, in the order in which they help.
const WORDS: [(&str, &str); 30] = [
    ("\"for\"", "`for`"),
    ("\"=\"", "`=`"),
    ("\"can\"", "`can`"),
    ("\"allow\"", "`allow`"),
    ("\"deny\"", "`deny`"),
    ("\"never\"", "`never`"),
    ("\"always\"", "`always`"),
    ("\"only\"", "`only`"),
    ("\"]\"", "`]`"),
    ("\")\"", "`)`"),
    ("\"}\"", "`}`"),
    ("\":\"", "`:`"),
    ("\",\"", "`,`"),
    ("\"to\"", "`to`"),
    ("\"port\"", "`port`"),
    ("\"except\"", "`except`"),
    ("\"where\"", "`where`"),
    ("\"within\"", "`within`"),
    ("\"distinct\"", "`distinct`"),
    ("\"by\"", "`by`"),
    ("\"target\"", "`target`"),
    ("\"with\"", "`with`"),
    ("\"without\"", "`without`"),
    ("\"and\"", "`and`"),
    ("\"or\"", "`or`"),
    ("\"severity\"", "`severity`"),
    ("\"then\"", "`then`"),
    ("\"because\"", "`because`"),
    ("\"until\"", "`until`"),
    ("\"overrides\"", "`overrides`"),
];

/// What someone may have meant who wrote `found` where `expected` would fit.
pub(super) fn advice(token: TokenKind, found: &str, expected: &[String]) -> Option<String> {
    let has = |terminal| contains(expected, terminal);
    let advice = match token {
        TokenKind::Equal if has("\"==\"") => "`==` compares; `=` only defines",
        TokenKind::Minus if has("\"for\"") || has("\"=\"") => "names have no `-`: write `_`",
        TokenKind::Number if has("\"port\"") => return Some(format!("a port is written `port {found}`")),
        TokenKind::Colon if has("\"port\"") => "a port is written `port 443`, apart from the address",
        TokenKind::Any if has("ACTION") => {
            "actions are named one by one, or by a group such as `modify` or `net`"
        }
        TokenKind::Ident => return closest(found, expected).map(|word| format!("did you mean `{word}`?")),
        _ => return None,
    };
    Some(advice.to_owned())
}

/// The reserved word that would fit and is spelled most like `found`, if any is near.
fn closest<'e>(found: &str, expected: &'e [String]) -> Option<&'e str> {
    let words = expected.iter().filter_map(|terminal| terminal.strip_prefix('"')?.strip_suffix('"'));
    closest_word(found, words.filter(|word| word.len() > 1))
}

/// The word spelled most like `found`: at most one change for each three letters.
pub(super) fn closest_word<'w>(found: &str, words: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    let limit = found.len().div_ceil(3).min(3);
    words
        .filter(|word| word.len().abs_diff(found.len()) <= limit)
        .map(|word| (distance(found.as_bytes(), word.as_bytes()), word))
        .filter(|(distance, word)| *distance <= limit && *distance < word.len().max(2))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// How many bytes must be changed, added, left out or swapped with their neighbour to get from `a` to `b`.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, &y) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && x == b[j - 1] && a[i - 1] == y {
                best = best.min(before_last[j - 1] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_word_is_found() {
        let words = ["allow", "deny", "audit", "use"];
        assert_eq!(closest_word("alow", words.into_iter()), Some("allow"));
        assert_eq!(closest_word("dney", words.into_iter()), Some("deny"));
        assert_eq!(closest_word("permit", words.into_iter()), None);
        assert_eq!(closest_word("x", words.into_iter()), None);
    }
}
