//! What two verdicts on the same event differ in, and what becomes of many such.

use std::collections::BTreeMap;

/// What is said of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Whether it is stopped.
    pub denied: bool,
    /// Whether some policy denies it, whatever is made of that.
    pub found: bool,
    /// The rule that decided, with severity and place where they are known.
    pub rule: Option<String>,
    /// Detections that fire.
    pub detections: Vec<String>,
}

impl Said {
    /// Its word.
    pub fn word(&self) -> &'static str {
        match (self.denied, self.found) {
            (true, _) => "deny",
            (false, true) => "find",
            (false, false) => "allow",
        }
    }
}

/// A way in which verdicts differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// It was let through and is stopped.
    NewlyDenied,
    /// It was stopped and is let through.
    NewlyAllowed,
    /// It is let through as before, but now some policy denies it.
    NewlyFound,
    /// It is let through as before, and no policy denies it any more.
    NoLongerFound,
    /// A detection fires that did not.
    NewlyDetected,
    /// A detection no longer fires.
    NoLongerDetected,
}

impl Difference {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 6] = [
        Self::NewlyDenied,
        Self::NewlyAllowed,
        Self::NewlyFound,
        Self::NoLongerFound,
        Self::NewlyDetected,
        Self::NoLongerDetected,
    ];

    /// Its words.
    pub fn name(self) -> &'static str {
        match self {
            Self::NewlyDenied => "newly denied",
            Self::NewlyAllowed => "newly allowed",
            Self::NewlyFound => "newly found",
            Self::NoLongerFound => "no longer found",
            Self::NewlyDetected => "newly detected",
            Self::NoLongerDetected => "no longer detected",
        }
    }
}

/// How the second says otherwise than the first, and by which rule or detection: the one that denies or fires, in whichever of the two
/// it does.
pub fn differences(before: &Said, after: &Said) -> Vec<(Difference, String)> {
    let rule = |said: &Said| said.rule.clone().unwrap_or_else(|| "no rule".to_owned());
    let mut all = Vec::new();
    match (before.denied, after.denied) {
        (false, true) => all.push((Difference::NewlyDenied, rule(after))),
        (true, false) => all.push((Difference::NewlyAllowed, rule(before))),
        _ => match (before.found, after.found) {
            (false, true) => all.push((Difference::NewlyFound, rule(after))),
            (true, false) => all.push((Difference::NoLongerFound, rule(before))),
            _ => {}
        },
    }
    for (what, has, lacks) in
        [(Difference::NewlyDetected, after, before), (Difference::NoLongerDetected, before, after)]
    {
        let only = has.detections.iter().filter(|name| !lacks.detections.contains(name));
        all.extend(only.map(|name| (what, name.clone())));
    }
    all
}

/// Events of one difference by one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group<E> {
    /// How many.
    pub events: u64,
    /// The first.
    pub example: E,
}

/// Differences by kind and rule. There are no more of them than rules.
#[derive(Clone, Debug)]
pub struct Groups<E>(BTreeMap<(Difference, String), Group<E>>);

impl<E> Default for Groups<E> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<E> Groups<E> {
    /// Counts events that differ so.
    pub fn add(&mut self, difference: Difference, rule: String, times: u64, example: impl FnOnce() -> E) {
        let group =
            self.0.entry((difference, rule)).or_insert_with(|| Group { events: 0, example: example() });
        group.events += times;
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of a kind, by rule, most events first.
    pub fn of(&self, difference: Difference) -> Vec<(&str, &Group<E>)> {
        let of = self.0.iter().filter(|((kind, _), _)| *kind == difference);
        let mut groups: Vec<_> = of.map(|((_, rule), group)| (rule.as_str(), group)).collect();
        groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.events));
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(denied: bool, found: bool, rule: &str, detections: &[&str]) -> Said {
        let rule = (!rule.is_empty()).then(|| rule.to_owned());
        Said { denied, found, rule, detections: detections.iter().map(|d| (*d).to_owned()).collect() }
    }

    #[test]
    fn a_difference_is_put_down_to_who_denies() {
        let allow = said(false, false, "allows", &[]);
        let find = said(false, true, "finds", &["x", "y"]);
        let deny = said(true, true, "denies", &["y"]);
        let of = |a, b| {
            differences(a, b).into_iter().map(|(d, r)| format!("{}: {r}", d.name())).collect::<Vec<_>>()
        };
        assert_eq!(of(&allow, &deny), ["newly denied: denies", "newly detected: y"]);
        assert_eq!(of(&deny, &allow), ["newly allowed: denies", "no longer detected: y"]);
        assert_eq!(of(&allow, &find), ["newly found: finds", "newly detected: x", "newly detected: y"]);
        assert_eq!(
            of(&find, &allow),
            ["no longer found: finds", "no longer detected: x", "no longer detected: y"]
        );
        assert_eq!(of(&find, &deny), ["newly denied: denies", "no longer detected: x"]);
        assert_eq!(of(&deny, &said(true, true, "another", &["y"])), [""; 0]);
    }

    #[test]
    fn groups_keep_the_first_event() {
        let mut groups = Groups::default();
        for (i, rule) in ["a", "b", "b"].into_iter().enumerate() {
            groups.add(Difference::NewlyDenied, rule.to_owned(), 1, || i);
        }
        let b = Group { events: 2, example: 1 };
        let a = Group { events: 1, example: 0 };
        assert_eq!(groups.of(Difference::NewlyDenied), [("b", &b), ("a", &a)]);
        assert_eq!(groups.of(Difference::NewlyAllowed), []);
    }
}
