//! What an editor shows of the thing under the cursor. A file for each kind of thing.

mod action;
mod constant;
mod date;
mod definition;
mod examples;
mod glob;
mod keyword;
mod literal;
mod local;
mod network;
mod number;
mod rule;
mod subject;
mod values;

use crate::analysis::{Analysis, Place};
use crate::facts;
use crate::markdown::code;
use crate::names::{Meaning, meant};
use crate::tree::{Node, path};
use warmor_compiler::span::Span;

pub(crate) use action::{describe_action, describe_group};
pub(crate) use rule::tier;

/// Something to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// In Markdown.
    pub markdown: String,
    /// What it is about.
    pub span: Span,
}

impl Hover {
    fn new(markdown: &str, span: Span) -> Self {
        Self { markdown: markdown.trim_end().to_owned(), span }
    }
}

/// Most lines of source that are shown.
const MOST_LINES: usize = 12;

/// What there is to show at a place.
pub fn hover(analysis: &Analysis, place: Place) -> Option<Hover> {
    let around = path(&analysis.file(place.file)?.tree, place.offset);
    if let Some(meant) = meant(analysis, place) {
        let markdown = match meant.meaning {
            Meaning::Definition(id) => definition::describe(analysis, id, &around),
            Meaning::Local(name) => Some(local::describe(analysis, name)),
            Meaning::Rules(labels) => labels.first().and_then(|label| rule::at(analysis, *label)),
            Meaning::Fact(fact) => Some(facts::describe(fact)),
            Meaning::Action(action) => Some(describe_action(action)),
            Meaning::Group(group) => Some(describe_group(group)),
            Meaning::Value(table, word) => {
                Some(format!("{}{}", code(&format!("{word}: {}", table.name)), table.doc))
            }
            Meaning::Files(_) | Meaning::Word => None,
        };
        if let Some(markdown) = markdown {
            return Some(Hover::new(&markdown, meant.span));
        }
    }
    literal::hover(analysis, &around)
        .or_else(|| effect(analysis, place, &around))
        .or_else(|| date::until(analysis, place, &around))
        .or_else(|| keyword::hover(analysis, place))
}

/// On `deny`, `allow` or `audit`: the rule.
fn effect(analysis: &Analysis, place: Place, around: &[Node<'_>]) -> Option<Hover> {
    let rule = around.iter().find_map(|node| match node {
        Node::Rule(rule) => Some(*rule),
        _ => None,
    })?;
    rule.effect.span.touches(place.offset).then_some(())?;
    Some(Hover::new(&rule::at(analysis, rule.effect.span)?, rule.effect.span))
}

/// `1 rule`, `2 rules`.
pub(crate) fn counted(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// `1,234,567`: digits in groups.
fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Texts in code marks, with commas between them.
fn quoted<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> String {
    let one = |text: S| crate::markdown::inline(text.as_ref());
    texts.into_iter().map(one).collect::<Vec<_>>().join(", ")
}
