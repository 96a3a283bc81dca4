//! Verdicts: what is enforced, what is reported, and which clause decided.

/// What may happen to an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It goes ahead.
    Allow,
    /// It is stopped.
    Deny,
}

/// How bad it is when a rule speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Severity {
    /// Worth knowing.
    Info = 0,
    /// Worth a look.
    Low = 1,
    /// Worth a look soon.
    #[default]
    Medium = 2,
    /// Worth a look now.
    High = 3,
    /// Worth waking somebody.
    Critical = 4,
}

impl Severity {
    /// All severities with their words, mildest first.
    pub const ALL: [(&'static str, Self); 5] = [
        ("info", Self::Info),
        ("low", Self::Low),
        ("medium", Self::Medium),
        ("high", Self::High),
        ("critical", Self::Critical),
    ];

    /// Its word in the language.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

/// What a denial or a detection asks for beyond its verdict, as a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Responses(pub u8);

impl Responses {
    /// Tell somebody.
    pub const ALERT: Self = Self(1);
    /// Write a log line.
    pub const LOG: Self = Self(2);
    /// Kill the process.
    pub const KILL: Self = Self(4);
    /// Kill the process and everything below it.
    pub const KILL_TREE: Self = Self(8);
    /// Stop the process from running on.
    pub const FREEZE: Self = Self(16);
    /// Block the remote endpoint.
    pub const BLOCK: Self = Self(32);
    /// Cut the workload off.
    pub const QUARANTINE: Self = Self(64);
    /// Those that any policy may ask for; the others need a prevent policy that is not muted.
    pub const HARMLESS: Self = Self(3);

    /// Both sets together.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both sets.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The words of the set's members, in a fixed order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        ["alert", "log", "kill", "kill tree", "freeze", "block", "quarantine"]
            .into_iter()
            .enumerate()
            .filter(move |(i, _)| self.0 & (1 << i) != 0)
            .map(|(_, n)| n)
    }
}

/// What a clause does when it applies. Rules, postures and single-event detections are all clauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ClauseKind {
    /// A `deny` rule.
    Deny = 0,
    /// An `allow` rule.
    Allow = 1,
    /// An `audit` rule.
    Audit = 2,
    /// A policy's `default deny`.
    Default = 3,
    /// A `detect` of one event.
    Detect = 4,
}

impl ClauseKind {
    /// The kind with that code.
    pub fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            0 => Self::Deny,
            1 => Self::Allow,
            2 => Self::Audit,
            3 => Self::Default,
            4 => Self::Detect,
            _ => return None,
        })
    }
}

/// A clause's place in the order of reports: highest severity first, then source order. Smaller is reported first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank(pub u32);

/// Which step of the decision gave the reported verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Reason {
    /// No rule spoke and no posture covers the action.
    Unmentioned = 0,
    /// A `deny` rule applies.
    Denied = 1,
    /// An `allow` rule applies and no `deny` rule does.
    Allowed = 2,
    /// No rule applies and a posture denies.
    Posture = 3,
}

/// The answer to one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decision {
    /// What happens.
    pub enforced: Effect,
    /// What is reported; differs from `enforced` when a policy only detects or is muted.
    pub reported: Effect,
    /// Which step decided.
    pub reason: Reason,
    /// The deciding clause: of the enforced verdict where that denies, else of the reported one.
    pub clause: Option<Rank>,
    /// Whether a rule asks for a record.
    pub audit: bool,
    /// Whether a detection fired.
    pub detected: bool,
    /// Responses asked for.
    pub responses: Responses,
}

impl Decision {
    /// The decision as one non-negative number, the form in which the WASM module returns it: bits 0–31 the clause's rank
    /// (all ones for none), 32 enforced deny, 33 reported deny, 34 audit, 35 detected, 36–37 reason, 40–46 responses.
    pub fn to_bits(self) -> i64 {
        let rank = self.clause.map_or(u32::MAX, |r| r.0);
        i64::from(rank)
            | i64::from(self.enforced == Effect::Deny) << 32
            | i64::from(self.reported == Effect::Deny) << 33
            | i64::from(self.audit) << 34
            | i64::from(self.detected) << 35
            | (self.reason as i64) << 36
            | i64::from(self.responses.0) << 40
    }

    /// The decision that a number stands for; `None` for a number that stands for none.
    pub fn from_bits(bits: i64) -> Option<Self> {
        let bits = bits.cast_unsigned();
        let effect = |bit: u32| if bits & (1 << bit) == 0 { Effect::Allow } else { Effect::Deny };
        let decision = Self {
            enforced: effect(32),
            reported: effect(33),
            reason: [Reason::Unmentioned, Reason::Denied, Reason::Allowed, Reason::Posture]
                [(bits >> 36 & 3) as usize],
            clause: Some(bits as u32).filter(|r| *r != u32::MAX).map(Rank),
            audit: bits & (1 << 34) != 0,
            detected: bits & (1 << 35) != 0,
            responses: Responses((bits >> 40 & 0x7f) as u8),
        };
        (decision.to_bits().cast_unsigned() == bits).then_some(decision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_give_back_the_decision() {
        let d = Decision {
            enforced: Effect::Deny,
            reported: Effect::Deny,
            reason: Reason::Posture,
            clause: Some(Rank(7)),
            audit: true,
            detected: true,
            responses: Responses(0x55),
        };
        assert_eq!(Decision::from_bits(d.to_bits()), Some(d));
        assert_eq!(Decision::from_bits(-1), None);
    }
}
