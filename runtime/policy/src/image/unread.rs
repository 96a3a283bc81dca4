//! What an image denies only because this release's kernel programs do not read a fact.
//!
//! To the programs such a fact is unknown, and what is unknown lets denials apply. A policy for the pods of one namespace would
//! so become one for every process of the machine: that is not what it says, and must not happen.

use super::Image;
use crate::event::{Event, Fact, Record, Source, encode};
use crate::schema::{Action, process_fields};
use crate::verdict::Effect;
use std::collections::BTreeSet;

/// What would be denied, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Actions that would be denied to processes that no policy speaks of.
    pub actions: BTreeSet<Action>,
    /// The facts that this hangs on, as policies write them.
    pub facts: BTreeSet<String>,
}

/// A fact of a process that the programs do not read: whose, and its slot.
type Slot = (Source, usize);

impl Image {
    /// What a process is denied that has no fact at all, as soon as what this release's kernel programs do not read counts as
    /// unknown.
    pub fn unread(&self) -> Unread {
        unread(self)
    }
}

fn unread(image: &Image) -> Unread {
    let slots: Vec<Slot> = [Source::Process, Source::Parent, Source::Target]
        .into_iter()
        .flat_map(|source| (0..process_fields().len()).map(move |slot| (source, slot)))
        .filter(|(source, slot)| !process_fields()[*slot].read_of.contains(source))
        .collect();
    let mut found = Unread::default();
    for action in Action::all() {
        let denied =
            |unknown: &dyn Fn(&Slot) -> bool| is_denied(image, action, slots.iter().filter(|s| unknown(s)));
        if denied(&|_| false) || !denied(&|_| true) {
            continue;
        }
        found.actions.insert(action);
        // It hangs on a fact that alone is enough, or that alone is missed.
        let matter = slots.iter().filter(|s| denied(&|t| t == *s) || !denied(&|t| t != *s));
        found.facts.extend(matter.map(written));
    }
    found
}

/// Whether the action is denied to a process of which these facts are unknown, and no others are there.
fn is_denied<'s>(image: &Image, action: Action, unknown: impl Iterator<Item = &'s Slot>) -> bool {
    let mut event = Event::new(action);
    event.facts.fill(Fact::Unknown);
    for (source, slot) in unknown {
        let record: &mut Record = match source {
            Source::Parent => &mut event.parent,
            Source::Target => &mut event.target,
            Source::Process | Source::Event => &mut event.process,
        };
        record.0[*slot] = Fact::Unknown;
    }
    let decision = encode(&event).map(|bytes| image.decide(&bytes));
    matches!(decision, Ok(Ok(decision)) if decision.enforced == Effect::Deny)
}

fn written((source, slot): &Slot) -> String {
    let name = process_fields()[*slot].name;
    let own = name.strip_prefix("process.").unwrap_or(name);
    match source {
        Source::Parent => format!("parent.{own}"),
        Source::Target => format!("target.{own}"),
        Source::Process | Source::Event => name.to_owned(),
    }
}
