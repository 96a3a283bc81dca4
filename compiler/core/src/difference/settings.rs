//! What programs differ in that is no matter of single events: what they are compiled for and with, limits, detections of several events.

use super::meaning::{Correlation, Meaning, Meanings};
use crate::model::{Detection, Limit, Model, Policy, Resource};
use crate::span::Span;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// What a setting is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The name of the root package.
    Package,
    /// What the program is compiled for.
    Target,
    /// The value of this parameter.
    Param(String),
    /// Whether this policy is applied to what was opened before it.
    Revalidate(String),
    /// A limit of this policy, on this resource.
    Limit(String, &'static str),
    /// A detection of several events. Such are compared as they are written, not by what they find.
    Correlation(String),
    /// The tags of this detection.
    Tags(String),
}

/// Where a difference of settings leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tendency {
    /// It changes nothing by itself: what follows from it is told as a change of events.
    Same,
    /// Less is limited, reported or asked for; or that cannot be excluded.
    Wider,
    /// More is.
    Narrower,
    /// Neither.
    Other,
}

/// A setting that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// What it is about.
    pub subject: Subject,
    /// What it was; `None` where there was none.
    pub old: Option<String>,
    /// What it is; `None` where there is none.
    pub new: Option<String>,
    /// Where it is written in the old program.
    pub old_span: Option<Span>,
    /// Where it is written in the new program.
    pub new_span: Option<Span>,
    /// Where it leads.
    pub tendency: Tendency,
}

/// The settings that differ.
pub(super) fn settings<'m>(meanings: &mut Meanings<'m>, old: &'m Model, new: &'m Model) -> Vec<Setting> {
    let mut out = Vec::new();
    let mut text = |subject, old: &str, new: &str| {
        if old != new {
            let (old, new) = (Some(old.to_owned()), Some(new.to_owned()));
            out.push(Setting { subject, old, new, old_span: None, new_span: None, tendency: Tendency::Same });
        }
    };
    text(Subject::Package, &old.package, &new.package);
    text(Subject::Target, &old.target.to_string(), &new.target.to_string());
    out.extend(params(old, new));
    out.extend(revalidations(old, new));
    out.extend(limits(meanings, old, new));
    out.extend(correlations(meanings, old, new));
    out.extend(tags(old, new));
    out
}

/// By key: what there is in the old program, and in the new one.
fn both<K: Ord, T>(
    old: impl IntoIterator<Item = (K, T)>,
    new: impl IntoIterator<Item = (K, T)>,
) -> BTreeMap<K, (Option<T>, Option<T>)> {
    let mut all: BTreeMap<K, (Option<T>, Option<T>)> = BTreeMap::new();
    for (key, value) in old {
        all.entry(key).or_insert((None, None)).0 = Some(value);
    }
    for (key, value) in new {
        all.entry(key).or_insert((None, None)).1 = Some(value);
    }
    all
}

fn params(old: &Model, new: &Model) -> Vec<Setting> {
    let all = both(old.params.iter().cloned(), new.params.iter().cloned());
    let differ = all.into_iter().filter(|(_, (old, new))| old != new);
    differ
        .map(|(name, (old, new))| Setting {
            subject: Subject::Param(name),
            old,
            new,
            old_span: None,
            new_span: None,
            tendency: Tendency::Same,
        })
        .collect()
}

fn revalidations(old: &Model, new: &Model) -> Vec<Setting> {
    fn named(model: &Model) -> impl Iterator<Item = (&str, &Policy)> {
        model.policies.iter().map(|p| (p.name.as_str(), p))
    }
    let mut out = Vec::new();
    for (name, policies) in both(named(old), named(new)) {
        let (old, new) = policies;
        let revalidates = |p: Option<&Policy>| p.is_some_and(|p| p.revalidate);
        let (was, is) = (revalidates(old), revalidates(new));
        // What comes or goes with its policy is told by the policy's rules.
        if let (Some(old), Some(new)) = (old, new)
            && was != is
        {
            let word = |b: bool| b.then(|| "revalidate".to_owned());
            out.push(Setting {
                subject: Subject::Revalidate(name.to_owned()),
                old: word(was),
                new: word(is),
                old_span: Some(old.span),
                new_span: Some(new.span),
                tendency: if is { Tendency::Narrower } else { Tendency::Wider },
            });
        }
    }
    out
}

/// The smallest limit of each scope on each resource: the others have no effect.
fn limits<'m>(meanings: &mut Meanings<'m>, old: &'m Model, new: &'m Model) -> Vec<Setting> {
    let mut smallest = |number: usize, model: &'m Model| {
        let mut all: BTreeMap<(Meaning, &'static str), &'m Limit> = BTreeMap::new();
        for limit in &model.limits {
            let scope = meanings.scope((number, model), &model.policy(limit.policy).scope);
            let known = all.entry((scope, word(limit.resource))).or_insert(limit);
            if limit.amount < known.amount {
                *known = limit;
            }
        }
        all
    };
    let (before, after) = (smallest(0, old), smallest(1, new));
    let mut out = Vec::new();
    for ((_, resource), (was, is)) in both(before, after) {
        let amount = |l: Option<&Limit>| l.map(|l| l.amount);
        let (least, most) = (amount(was).unwrap_or(u64::MAX), amount(is).unwrap_or(u64::MAX));
        if amount(was) == amount(is) {
            continue;
        }
        let policy = is.map(|l| &new.policy(l.policy).name).or(was.map(|l| &old.policy(l.policy).name));
        out.push(Setting {
            subject: Subject::Limit(policy.cloned().unwrap_or_default(), resource),
            old: was.map(written),
            new: is.map(written),
            old_span: was.map(|l| l.span),
            new_span: is.map(|l| l.span),
            tendency: if most > least { Tendency::Wider } else { Tendency::Narrower },
        });
    }
    out
}

fn word(resource: Resource) -> &'static str {
    match resource {
        Resource::Memory => "memory",
        Resource::Cpu => "cpu",
        Resource::Processes => "processes",
        Resource::OpenFiles => "open_files",
    }
}

/// The amount as it may be written.
fn written(limit: &Limit) -> String {
    let amount = limit.amount;
    match limit.resource {
        Resource::Memory => {
            let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
            let fits =
                units.into_iter().find(|(_, bits)| amount >= 1 << bits && amount.trailing_zeros() >= *bits);
            fits.map_or(format!("{amount}B"), |(unit, bits)| format!("{}{unit}", amount >> bits))
        }
        Resource::Cpu if amount.is_multiple_of(100) => format!("{}%", amount / 100),
        Resource::Cpu => format!("{}.{:02}%", amount / 100, amount % 100),
        Resource::Processes | Resource::OpenFiles => amount.to_string(),
    }
}

/// Detections of several events. That one of them finds the same as another is not proved: whatever is not written alike counts as
/// different, and may find less.
fn correlations<'m>(meanings: &mut Meanings<'m>, old: &'m Model, new: &'m Model) -> Vec<Setting> {
    let mut of = |number: usize, model: &'m Model| -> Vec<(&'m Detection, Correlation<'m>)> {
        let all = model.detections.iter();
        all.filter_map(|d| Some((d, meanings.correlation((number, model), d)?))).collect()
    };
    let (before, after) = (of(0, old), of(1, new));
    let left = |own: &[(&'m Detection, Correlation<'m>)], other: &[(&'m Detection, Correlation<'m>)]| {
        let asks = |d: &Detection| (d.severity, d.responses, d.alert.clone());
        let same =
            |d: &Detection, c: &Correlation<'m>| other.iter().any(|(o, p)| p == c && asks(o) == asks(d));
        let left = own.iter().filter(|(d, c)| !same(d, c)).map(|(d, _)| (d.name.as_str(), *d));
        left.collect::<FxHashMap<_, _>>()
    };
    let (gone, come) = (left(&before, &after), left(&after, &before));
    let differ = both(gone, come).into_iter();
    differ
        .map(|(name, (was, is))| Setting {
            subject: Subject::Correlation(name.to_owned()),
            old: was.map(|d| d.severity.name().to_owned()),
            new: is.map(|d| d.severity.name().to_owned()),
            old_span: was.map(|d| d.span),
            new_span: is.map(|d| d.span),
            tendency: if was.is_some() { Tendency::Wider } else { Tendency::Narrower },
        })
        .collect()
}

fn tags(old: &Model, new: &Model) -> Vec<Setting> {
    fn named(model: &Model) -> impl Iterator<Item = (&str, &Detection)> {
        model.detections.iter().map(|d| (d.name.as_str(), d))
    }
    let mut out = Vec::new();
    for (name, detections) in both(named(old), named(new)) {
        let (Some(old), Some(new)) = detections else { continue };
        if old.tags != new.tags {
            out.push(Setting {
                subject: Subject::Tags(name.to_owned()),
                old: Some(old.tags.join(", ")),
                new: Some(new.tags.join(", ")),
                old_span: Some(old.span),
                new_span: Some(new.span),
                tendency: Tendency::Other,
            });
        }
    }
    out
}
