//! A table image as text: the diagrams that decide, node by node.

mod automata;
mod nodes;

pub use automata::{Automaton, Edge, State, Target, automaton};
pub use nodes::{Node, NodeKind, nodes};

use std::collections::BTreeSet;
use std::fmt::Write;
use warmor_policy::artifact::manifest::Manifest;
use warmor_policy::event::Source;
use warmor_policy::image::{CLAUSE_WORDS, Image, NONE, classifier, header, leaf, node};
use warmor_policy::schema::{Action, event_fields, process_fields};
use warmor_policy::verdict::ClauseKind;

/// What the image is made of, then its selectors, diagrams and leaves by offset, last first: the roots stand on top.
pub fn describe(image: &Image, manifest: &Manifest) -> String {
    let reader = Reader { words: image.words(), manifest: Some(manifest) };
    let mut text = reader.header();
    for at in reader.reachable().into_iter().rev() {
        reader.node(&mut text, at);
    }
    text
}

struct Reader<'a> {
    words: &'a [u32],
    /// Names of clauses, where they are wanted.
    manifest: Option<&'a Manifest>,
}

impl Reader<'_> {
    /// A word; 0 beyond the end, which a validated image never asks for.
    fn word(&self, at: usize) -> usize {
        self.words.get(at).copied().unwrap_or(0) as usize
    }

    fn list(&self, at: usize, count: usize) -> impl Iterator<Item = usize> + '_ {
        (at..at + count).map(|i| self.word(i))
    }

    fn selectors(&self) -> Vec<usize> {
        self.list(self.word(header::SELECTORS), self.word(header::SELECTOR_COUNT)).collect()
    }

    fn predicates(&self) -> Vec<usize> {
        self.list(self.word(header::PREDICATES), self.word(header::PREDICATE_COUNT)).collect()
    }

    fn header(&self) -> String {
        let states = self.words.len().saturating_sub(self.word(header::STATES)) * 4;
        let mut text = format!(
            "words {}, of these automata {states} bytes\nselectors {}, leaves {}, predicates {}\n",
            self.words.len(),
            join(&self.selectors()),
            self.word(header::LEAF_COUNT),
            join(&self.predicates())
        );
        for rank in 0..self.word(header::CLAUSE_COUNT) {
            let at = self.word(header::CLAUSES) + rank * CLAUSE_WORDS;
            let kind = match ClauseKind::from_code(self.word(at) as u32) {
                Some(ClauseKind::Deny) => "deny",
                Some(ClauseKind::Allow) => "allow",
                Some(ClauseKind::Audit) => "audit",
                Some(ClauseKind::Default) => "default deny",
                Some(ClauseKind::Detect) => "detect",
                None => "?",
            };
            let label = self.manifest.and_then(|m| m.clauses.get(rank)).map_or("", |c| c.label.as_str());
            let _ = writeln!(text, "clause {rank}: {kind} {label}");
        }
        text
    }

    /// Every node that a walk can reach.
    fn reachable(&self) -> BTreeSet<usize> {
        let mut seen = BTreeSet::new();
        let mut open: Vec<usize> = self.selectors();
        open.extend(self.predicates());
        while let Some(at) = open.pop() {
            if seen.insert(at) {
                open.extend(self.children(at));
            }
        }
        seen
    }

    fn children(&self, at: usize) -> Vec<usize> {
        match self.words.get(at).map(|w| w & 0xff) {
            Some(node::SCOPES) => self.roots(at).into_iter().flat_map(|(_, roots)| roots).collect(),
            Some(node::TEST | node::HITS) => self.list(at + 3, self.word(at + 2)).collect(),
            _ => Vec::new(),
        }
    }

    /// For each action that has some, its roots.
    fn roots(&self, at: usize) -> Vec<(Action, Vec<usize>)> {
        let lists = Action::all().map(|a| (a, self.word(at + 1 + a as usize)));
        lists
            .filter(|(_, list)| *list != 0)
            .map(|(a, list)| (a, self.list(list + 1, self.word(list)).collect()))
            .collect()
    }

    fn node(&self, text: &mut String, at: usize) {
        let first = self.words.get(at).copied().unwrap_or(0);
        let _ = match first & 0xff {
            node::LEAF => writeln!(text, "@{at} leaf{}", self.leaf(at)),
            node::SCOPES => {
                let roots = self.roots(at);
                let parts: Vec<String> =
                    roots.iter().map(|(a, r)| format!("{} {}", a.name(), join(r))).collect();
                writeln!(
                    text,
                    "@{at} scopes: {}",
                    if parts.is_empty() { "none".to_owned() } else { parts.join("; ") }
                )
            }
            node::TRUTH => {
                let word = ["false", "unknown", "true"].get(self.word(at + 1)).copied().unwrap_or("?");
                writeln!(text, "@{at} {word}")
            }
            node::TEST => {
                let children: Vec<usize> = self.list(at + 3, self.word(at + 2)).collect();
                let fact = fact(first >> 8 & 0xff, (first >> 16) as usize);
                writeln!(
                    text,
                    "@{at} {fact} by {}: {}",
                    self.classifier(self.word(at + 1)),
                    classes(&children)
                )
            }
            node::HITS => {
                let leaves: Vec<usize> = self.list(at + 3, self.word(at + 2)).collect();
                let fact = fact(first >> 8 & 0xff, (first >> 16) as usize);
                writeln!(
                    text,
                    "@{at} hits in {fact} by {}: {}",
                    self.classifier(self.word(at + 1)),
                    hits(&leaves)
                )
            }
            _ => writeln!(text, "@{at} ?"),
        };
    }

    fn leaf(&self, at: usize) -> String {
        let columns = [
            ("deny", leaf::ENFORCED_DENY),
            ("allow", leaf::ENFORCED_ALLOW),
            ("default", leaf::ENFORCED_DEFAULT),
            ("reported deny", leaf::REPORTED_DENY),
            ("reported allow", leaf::REPORTED_ALLOW),
            ("reported default", leaf::REPORTED_DEFAULT),
        ];
        let mut text = String::new();
        for (name, column) in columns {
            let rank = self.word(at + column);
            if rank != NONE as usize {
                let _ = write!(text, ", {name} {rank}");
            }
        }
        let flags = self.word(at + leaf::FLAGS);
        if flags != 0 {
            let _ = write!(text, ", flags {flags:#x}");
        }
        text
    }

    fn classifier(&self, at: usize) -> String {
        format!("{} @{at}", self.classifier_name(at))
    }

    /// What a classifier looks at.
    fn classifier_name(&self, at: usize) -> &'static str {
        match self.words.get(at).copied().unwrap_or(0) {
            classifier::TEXT => "text",
            classifier::TEXT_REVERSED => "text from the back",
            classifier::NUMBER => "number",
            classifier::ADDRESS => "address",
            classifier::DEPTH => "depth",
            classifier::FLAGS => "flags",
            classifier::KEY => "key",
            classifier::ANY => "any",
            classifier::ALL => "all",
            classifier::RELATION => "relation",
            classifier::SAME => "same",
            classifier::ANCESTOR => "ancestor",
            classifier::PRESENT => "presence",
            _ => "?",
        }
    }
}

fn fact(source: u32, slot: usize) -> String {
    let process = |prefix: &str| {
        process_fields().get(slot).map_or("?".to_owned(), |f| match prefix {
            "process" => f.name.to_owned(),
            _ => format!("{prefix}.{}", f.name.strip_prefix("process.").unwrap_or(f.name)),
        })
    };
    match source {
        s if s == Source::Event as u32 => event_fields().get(slot).map_or("?", |f| f.name).to_owned(),
        s if s == Source::Process as u32 => process("process"),
        s if s == Source::Parent as u32 => process("parent"),
        _ => process("target"),
    }
}

/// The children by class: `absent`, `unknown`, then the classes of known values.
fn classes(children: &[usize]) -> String {
    let parts: Vec<String> =
        children.iter().enumerate().map(|(class, at)| format!("{} @{at}", class_name(class))).collect();
    parts.join(", ")
}

/// The leaves by class: where a byte follows, and where the text ends.
fn hits(leaves: &[usize]) -> String {
    let pairs = leaves.chunks_exact(2).enumerate();
    let parts = pairs.map(|(class, pair)| match class {
        0..=2 => format!("{} @{}", class_name(class), pair[1]),
        _ => format!("{} @{} then @{}", class_name(class), pair[0], pair[1]),
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn class_name(class: usize) -> String {
    match class {
        0 => "absent".to_owned(),
        1 => "unknown".to_owned(),
        n => n.to_string(),
    }
}

fn join(offsets: &[usize]) -> String {
    if offsets.is_empty() {
        return "none".to_owned();
    }
    offsets.iter().map(|at| format!("@{at}")).collect::<Vec<_>>().join(" ")
}
