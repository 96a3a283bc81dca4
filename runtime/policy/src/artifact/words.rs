//! How the manifest spells the values that compiler and runtime share: by the words of the language.

// `serde(with)` passes by reference, whatever the size.
#![allow(clippy::trivially_copy_pass_by_ref, clippy::ref_option)]

use crate::schema::Action;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An optional value that is written even where there is none, as `null`: serde alone would take a key left out for one.
pub(super) fn spelled<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

/// Severities.
pub(super) mod severity {
    use super::{Deserialize, Deserializer, Serializer, de};
    use crate::verdict::Severity;

    pub fn serialize<S: Serializer>(value: &Severity, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(value.name())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Severity, D::Error> {
        let word = String::deserialize(deserializer)?;
        let known = Severity::ALL.iter().find(|(name, _)| *name == word);
        known.map(|(_, s)| *s).ok_or_else(|| de::Error::custom(format!("unknown severity `{word}`")))
    }
}

/// Kinds of clauses.
pub(super) mod kind {
    use super::{Deserialize, Deserializer, Serializer, de};
    use crate::verdict::ClauseKind;

    const WORDS: [&str; 5] = ["deny", "allow", "audit", "default", "detect"];

    pub fn serialize<S: Serializer>(value: &ClauseKind, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(WORDS[*value as usize])
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ClauseKind, D::Error> {
        let word = String::deserialize(deserializer)?;
        let code = WORDS.iter().position(|w| *w == word);
        code.and_then(|c| ClauseKind::from_code(c as u32))
            .ok_or_else(|| de::Error::custom(format!("unknown kind of clause `{word}`")))
    }
}

/// Sets of responses, as lists in their fixed order.
pub(super) mod responses {
    use super::{Deserialize, Deserializer, Serializer, de};
    use crate::verdict::Responses;

    pub fn serialize<S: Serializer>(value: &Responses, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(value.names())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Responses, D::Error> {
        let words = Vec::<String>::deserialize(deserializer)?;
        let mut set = Responses::default();
        for word in &words {
            let bit = Responses(0x7f).names().position(|name| name == word);
            let bit = bit.ok_or_else(|| de::Error::custom(format!("unknown response `{word}`")))?;
            set = set.union(Responses(1 << bit));
        }
        if !set.names().eq(words.iter().map(String::as_str)) {
            return Err(de::Error::custom("responses are not in their order"));
        }
        Ok(set)
    }
}

/// Lists of actions, ascending by code.
pub(super) mod actions {
    use super::{Action, Deserialize, Deserializer, Serializer, de};

    pub fn serialize<S: Serializer>(value: &[Action], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(value.iter().map(|a| a.name()))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Action>, D::Error> {
        let words = Vec::<String>::deserialize(deserializer)?;
        let known = |w: &String| {
            Action::from_name(w).ok_or_else(|| de::Error::custom(format!("unknown action `{w}`")))
        };
        let actions: Vec<Action> = words.iter().map(known).collect::<Result<_, _>>()?;
        if !actions.is_sorted_by(|a, b| (*a as u8) < (*b as u8)) {
            return Err(de::Error::custom("actions are not in their order"));
        }
        Ok(actions)
    }
}

/// Kernel releases.
pub(super) mod kernel {
    use super::{Deserialize, Deserializer, Serialize, Serializer, de};
    use crate::schema::KernelVersion;

    pub fn serialize<S: Serializer>(value: &Option<KernelVersion>, serializer: S) -> Result<S::Ok, S::Error> {
        value.map(|v| v.to_string()).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<KernelVersion>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let release = text.split_once('.').and_then(|(major, minor)| {
            Some(KernelVersion { major: major.parse().ok()?, minor: minor.parse().ok()? })
        });
        match release {
            Some(release) if release.to_string() == text => Ok(Some(release)),
            _ => Err(de::Error::custom(format!("`{text}` is not a kernel release"))),
        }
    }
}
