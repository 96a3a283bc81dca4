//! What the guest says on its console: `@case NAME`, the case's own lines, `@pass NAME` or `@fail NAME`, at the end `@end`.

/// How a case ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All its checks held.
    Passed,
    /// One did not.
    Failed,
    /// It started and was not heard of again.
    Unfinished,
    /// It never started.
    Missing,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Passed => "passed",
            Self::Failed => "a check does not hold",
            Self::Unfinished => "the guest stopped during the case",
            Self::Missing => "the guest never came to the case",
        })
    }
}

/// The guest's console, by lines, without control characters.
#[derive(Default)]
pub struct Log {
    lines: Vec<String>,
}

impl Log {
    /// Adds a line as it came over the wire.
    pub fn push(&mut self, raw: &str) -> &str {
        let mut clean = String::with_capacity(raw.len());
        let mut chars = raw.chars().peekable();
        while let Some(c) = chars.next() {
            if c == '\u{1b}' {
                // An escape sequence of the firmware: up to its final letter.
                while chars.next_if(|c| !c.is_ascii_alphabetic()).is_some() {}
                chars.next();
            } else if !c.is_control() || c == '\t' {
                clean.push(c);
            }
        }
        self.lines.push(clean);
        self.lines.last().map_or("", String::as_str)
    }

    /// How a case ended.
    pub fn outcome(&self, case: &str) -> Outcome {
        let has = |word: &str| {
            self.lines.iter().any(|l| l.strip_prefix(word).is_some_and(|rest| rest.trim() == case))
        };
        if has("@pass ") {
            Outcome::Passed
        } else if has("@fail ") {
            Outcome::Failed
        } else if has("@case ") {
            Outcome::Unfinished
        } else {
            Outcome::Missing
        }
    }

    /// Whether the guest came to its end.
    pub fn ended(&self) -> bool {
        self.lines.iter().any(|l| l.trim() == "@end")
    }

    /// Whether the guest's kernel broke down.
    pub fn panicked(&self) -> bool {
        self.lines.iter().any(|l| l.contains("Kernel panic"))
    }

    /// What a case said, or the last lines when it never started.
    pub fn said_by(&self, case: &str) -> String {
        let start = format!("@case {case}");
        let at = self.lines.iter().position(|l| l.trim() == start);
        let lines = match at {
            Some(at) => {
                let rest = &self.lines[at + 1..];
                let end = rest.iter().position(|l| l.starts_with('@')).unwrap_or(rest.len());
                &rest[..end]
            }
            None => &self.lines[self.lines.len().saturating_sub(25)..],
        };
        let mut out = String::new();
        for line in lines {
            out.push_str("          | ");
            out.push_str(line);
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_told_apart() {
        let mut log = Log::default();
        for line in
            ["\u{1b}[2Jboot", "@case a", "hello", "@pass a", "@case b", "not so", "@fail b", "@case ab"]
        {
            log.push(line);
        }
        assert_eq!(log.outcome("a"), Outcome::Passed);
        assert_eq!(log.outcome("b"), Outcome::Failed);
        assert_eq!(log.outcome("ab"), Outcome::Unfinished);
        assert_eq!(log.outcome("c"), Outcome::Missing);
        assert_eq!(log.said_by("b"), "          | not so\n");
        assert!(!log.ended() && !log.panicked());
    }
}
