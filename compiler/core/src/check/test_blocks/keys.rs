//! Keys of records: which fact each names.

use super::shown;
use crate::check::Checker;
use crate::check::facts::{Found, find_fact};
use crate::diagnostics::{Code, Diagnostic};
use crate::resolve::fact_names;
use crate::span::Span;
use crate::syntax::ast::{self, Expr, ExprKind};
use std::collections::HashMap;
use warmor_policy::event::Source;
use warmor_policy::schema::{FieldInfo, process_fields};

impl<'s> Checker<'s> {
    /// The fact that a key names, and its map key.
    pub(super) fn key(
        &mut self,
        key: &'s Expr,
        seen: &mut HashMap<String, Span>,
    ) -> Option<(Source, &'static FieldInfo, Option<String>)> {
        let (words, map_key) = self.key_words(key)?;
        let joined = words.join(".");
        let Found::Fact(source, field) = find_fact(&words) else {
            self.unknown_key(key.span, &joined, fact_names().chain(["ancestors"]));
            return None;
        };
        self.note_key(seen, shown(&joined, map_key.as_deref()), key.span);
        Some((source, field, map_key))
    }

    /// The same for the record of one process, where `process.` may be left out.
    pub(super) fn own_key(
        &mut self,
        key: &'s Expr,
        seen: &mut HashMap<String, Span>,
    ) -> Option<(&'static FieldInfo, Option<String>)> {
        let (words, map_key) = self.key_words(key)?;
        let joined = words.join(".");
        let is =
            |f: &&FieldInfo| f.name == joined || f.name.strip_prefix("process.") == Some(joined.as_str());
        let Some(field) = process_fields().iter().find(is) else {
            let own = process_fields().iter().map(|f| f.name.strip_prefix("process.").unwrap_or(f.name));
            self.unknown_key(key.span, &joined, own);
            return None;
        };
        self.note_key(seen, shown(field.name, map_key.as_deref()), key.span);
        Some((field, map_key))
    }

    fn unknown_key(&mut self, span: Span, wrong: &str, words: impl Iterator<Item = &'static str>) {
        self.report(
            Diagnostic::new(Code::UnknownKey, span, format!("there is no fact `{wrong}`"))
                .did_you_mean(span, wrong, words),
        );
    }

    pub(super) fn note_key(&mut self, seen: &mut HashMap<String, Span>, key: String, span: Span) {
        if let Some(first) = seen.get(&key) {
            let error = Diagnostic::new(Code::DuplicateKey, span, format!("`{key}` is given twice"));
            self.report(error.related(*first, "first given here").help("keep one of them"));
        } else {
            seen.insert(key, span);
        }
    }

    pub(super) fn key_words(&mut self, key: &'s Expr) -> Option<(Vec<&'s str>, Option<String>)> {
        match &key.kind {
            ExprKind::Name(name) if !name.is_missing() => Some((vec![name.as_str()], None)),
            ExprKind::Literal(ast::Literal::String(text)) => Some((text.split('.').collect(), None)),
            ExprKind::Field { base, field } if !field.is_missing() => {
                let (mut words, map_key) = self.key_words(base)?;
                words.push(field.as_str());
                Some((words, map_key))
            }
            ExprKind::Index { base, index } => {
                let (words, _) = self.key_words(base)?;
                match &index.kind {
                    ExprKind::Literal(ast::Literal::String(text)) => Some((words, Some(text.to_string()))),
                    ExprKind::Error => None,
                    _ => {
                        self.mismatch(index.span, "a string", "something else");
                        None
                    }
                }
            }
            ExprKind::Name(_) | ExprKind::Field { .. } | ExprKind::Error => None,
            ExprKind::Any => self.no_key(key.span),
            _ => self.no_key(key.span),
        }
    }

    fn no_key<T>(&mut self, span: Span) -> Option<T> {
        self.report(
            Diagnostic::new(Code::UnknownKey, span, "a key is the name of a fact")
                .help("write for instance `process.exe`"),
        );
        None
    }
}
