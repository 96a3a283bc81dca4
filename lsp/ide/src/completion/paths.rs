//! Paths that the program names elsewhere: whole, and segment by segment behind what is written.

use super::{At, CompletionKind as K};
use crate::tree::{Node, walk};
use std::collections::HashSet;
use warmor_compiler::resolve::Origin;
use warmor_compiler::syntax::ast::{ExprKind, Literal};

/// Most paths that are looked at, and most that are offered at once.
const MOST_KNOWN: usize = 20_000;
const MOST_OFFERED: usize = 200;

impl At<'_> {
    /// The paths of rules and tests. Behind a slash the next segments of those that begin like this, folders with their slash.
    pub(super) fn paths(&mut self) {
        let written = self.analysis.text(self.next.word);
        let Some((folder, _)) = written.rsplit_once('/') else {
            for path in self.known("").into_iter().take(MOST_OFFERED) {
                self.plain(&path, K::Path, 5);
            }
            return;
        };
        let base = format!("{folder}/");
        let mut next: Vec<String> = Vec::new();
        for path in self.known(&base) {
            let rest = &path[base.len()..];
            let segment = rest.split_once('/').map_or(rest, |(first, _)| &rest[..=first.len()]);
            if !segment.is_empty() {
                next.push(format!("{base}{segment}"));
            }
        }
        next.sort_unstable();
        next.dedup();
        for path in next.into_iter().take(MOST_OFFERED) {
            let is_folder = path.ends_with('/');
            let completion = self.plain(&path, K::Path, 1);
            if is_folder {
                completion.detail = String::from("folder");
            }
        }
    }

    /// The paths and globs of the program that begin with a text, but for the one that is being written; in order.
    fn known(&self, start: &str) -> Vec<String> {
        let mut paths: HashSet<String> = HashSet::new();
        let own = |origin| matches!(origin, Origin::Root | Origin::Imported);
        for file in self.analysis.sources().files().filter(|f| own(f.origin)) {
            walk(Node::File(&file.tree), &mut |node| {
                if let Node::Expr(expr) = node
                    && let ExprKind::Literal(Literal::Path(text) | Literal::Glob(text)) = &expr.kind
                    && text.starts_with(start)
                    && paths.len() < MOST_KNOWN
                    && !expr.span.touches(self.next.word.end)
                {
                    paths.insert(text.to_string());
                }
            });
        }
        let mut paths: Vec<String> = paths.into_iter().collect();
        paths.sort_unstable();
        paths
    }
}
