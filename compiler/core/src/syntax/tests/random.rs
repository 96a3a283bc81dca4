//! Random texts, from a seed: the same in each run.

/// Numbers that look random (xorshift*, Vigna 2016).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(high).unwrap() % bound
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// Words, signs and fragments of the language, and some of none.
#[rustfmt::skip]
pub const VOCABULARY: &[&str] = &[
    "@silence",
    "@silence(unused, \"why\")",
    "syscall",
    "package",
    "import",
    "let",
    "subject",
    "predicate",
    "param",
    "template",
    "policy",
    "assume",
    "assert",
    "test",
    "detect",
    "for",
    "any",
    "except",
    "mode",
    "default",
    "unknown",
    "revalidate",
    "severity",
    "use",
    "without",
    "limit",
    "allow",
    "deny",
    "audit",
    "where",
    "then",
    "because",
    "until",
    "overrides",
    "to",
    "from",
    "on",
    "port",
    "host",
    "reported",
    "never",
    "always",
    "only",
    "can",
    "as",
    "expect",
    "target",
    "with",
    "by",
    "tags",
    "sequence",
    "count",
    "distinct",
    "within",
    "and",
    "or",
    "not",
    "in",
    "matches",
    "contains",
    "starts_with",
    "ends_with",
    "has",
    "some",
    "true",
    "false",
    "read",
    "write",
    "exec",
    "connect",
    "process",
    "signal",
    "==",
    "!=",
    "<",
    ">=",
    "=",
    "+",
    "-",
    ",",
    ".",
    ":",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "a",
    "web",
    "ancestor",
    "all",
    "tree",
    "label:",
    "x.y",
    "/",
    "/etc/**",
    "/a/{b,c}",
    "/a/{b",
    "/x[",
    "/a\\ b",
    "10.0.0.1",
    "10.0.0.0/8",
    "::1",
    "fe80::/10",
    "1:2",
    "512MiB",
    "30s",
    "80%",
    "9000-9100",
    "2027-01-31",
    "7x",
    "\"text\"",
    "\"a\\\"b\"",
    "\"open",
    "\"\\q\"",
    "@",
    "~",
    "é",
    "\u{202E}",
    "\u{0}",
    "\\",
    "'",
    ";",
    "#",
    "# note\n",
    "## doc\n",
    "\r\n",
];

/// A text of `length` pieces of the vocabulary.
pub fn soup(random: &mut Random, length: usize) -> String {
    let mut text = String::new();
    for _ in 0..length {
        text.push_str(random.pick(VOCABULARY));
        text.push_str(random.pick(&[" ", " ", " ", " ", "", "\n", "\n  "]));
    }
    text
}

/// The text with a few bytes taken out, doubled, or replaced by pieces of the vocabulary.
pub fn mutate(random: &mut Random, source: &str) -> String {
    let mut text = source.to_owned();
    for _ in 0..=random.below(4) {
        let mut place = || {
            let mut at = random.below(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (a, b) = (place(), place());
        let (start, end) = (a.min(b), a.max(b));
        let end = end.min(start + 40);
        let end = (start..=end).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(start);
        match random.below(4) {
            0 => text.replace_range(start..end, ""),
            1 => {
                let copy = text[start..end].to_owned();
                text.insert_str(start, &copy);
            }
            2 => text.insert_str(start, random.pick(VOCABULARY)),
            _ => text.truncate(end),
        }
    }
    text
}
