//! Modules and what they define, with the import that a name of the standard library needs.

use super::{At, Completion, CompletionKind as K, escape};
use crate::formatting::Edit;
use std::sync::OnceLock;
use warmor_compiler::resolve::{DefKind, Definition, Origin, STANDARD_MODULES};
use warmor_compiler::span::{FileId, Span};
use warmor_compiler::syntax::ast::{ImportSource, Item, ItemKind, Name};
use warmor_compiler::syntax::lexer::{Token, TokenKind as T};
use warmor_compiler::syntax::parse;

/// Something that a module of the standard library defines.
pub(super) struct Standard {
    module: &'static str,
    pub(super) name: String,
    pub(super) kind: DefKind,
    doc: String,
    /// The names of a template's or predicate's parameters.
    pub(super) parameters: Vec<String>,
}

/// Everything that the standard library defines.
pub(super) fn standard() -> &'static [Standard] {
    static STANDARD: OnceLock<Vec<Standard>> = OnceLock::new();
    STANDARD.get_or_init(|| {
        let modules = STANDARD_MODULES.iter();
        let items =
            modules.flat_map(|m| parse(m.text, FileId(0)).file.items.into_iter().map(|item| (m.name, item)));
        items.filter_map(|(module, item)| standard_item(module, &item)).collect()
    })
}

fn standard_item(module: &'static str, item: &Item) -> Option<Standard> {
    let (name, kind) = defined(item)?;
    let doc = item.docs.as_ref().map(|d| d.text.to_string()).unwrap_or_default();
    Some(Standard { module, name: name.as_str().to_owned(), kind, doc, parameters: parameters(item) })
}

fn defined(item: &Item) -> Option<(&Name, DefKind)> {
    match &item.kind {
        ItemKind::Let(x) => Some((&x.name, DefKind::Let)),
        ItemKind::Subject(x) => Some((&x.name, DefKind::Subject)),
        ItemKind::Predicate(x) => Some((&x.name, DefKind::Predicate)),
        ItemKind::Param(x) => Some((&x.name, DefKind::Param)),
        ItemKind::Template(x) => Some((&x.name, DefKind::Template)),
        _ => None,
    }
}

/// The names of an item's parameters.
pub(super) fn parameters(item: &Item) -> Vec<String> {
    let list = match &item.kind {
        ItemKind::Template(x) => &x.parameters,
        ItemKind::Predicate(x) => &x.parameters,
        _ => return Vec::new(),
    };
    list.iter().map(|p| p.name.as_str().to_owned()).collect()
}

/// How a name with parameters is completed: with a place for each.
pub(super) fn call(name: &str, parameters: &[String]) -> String {
    let places = parameters.iter().enumerate().map(|(i, p)| format!("${{{}:{}}}", i + 1, escape(p)));
    format!("{}({})", escape(name), places.collect::<Vec<_>>().join(", "))
}

impl At<'_> {
    /// In an import: a module, or a name of one.
    pub(super) fn import(&mut self, before: &[Token]) {
        let text = |t: &Token| self.analysis.text(t.span).to_owned();
        let dotted: String = before.iter().skip(1).take_while(|t| t.kind != T::LeftBrace).map(text).collect();
        if before.iter().any(|t| t.kind == T::LeftBrace) {
            self.members_of(dotted.trim_end_matches('.'));
            return;
        }
        let symbols = &self.analysis.checked().symbols;
        let own = symbols.modules.iter().map(String::as_str).filter(|m| !m.is_empty());
        let mut modules: Vec<&str> = STANDARD_MODULES.iter().map(|m| m.name).chain(own).collect();
        modules.sort_unstable();
        modules.dedup();
        for module in modules {
            // `std.fi|` replaces what is after the last dot.
            let Some(rest) = module.strip_prefix(&dotted) else { continue };
            let completion = self.plain(module, K::Module, 0);
            completion.snippet = escape(rest);
        }
    }

    fn members_of(&mut self, module: &str) {
        for item in standard().iter().filter(|s| s.module == module) {
            let completion = self.plain(&item.name, kind(item.kind), 0);
            completion.detail = String::from(item.kind.name());
            completion.documentation.clone_from(&item.doc);
        }
        let symbols = &self.analysis.checked().symbols;
        let own: Vec<&Definition> =
            symbols.definitions.iter().filter(|d| symbols.module(d.module) == module).collect();
        for definition in own {
            self.plain(&definition.name, kind(definition.kind), 0).documentation.clone_from(&definition.doc);
        }
    }

    /// What the standard library has of some kinds and the file does not import yet.
    pub(super) fn standard(&mut self, wanted: &[DefKind], as_call: bool) {
        let Some(file) = self.analysis.file(self.next.word.file).filter(|f| f.origin != Origin::Standard)
        else {
            return;
        };
        let imports: Vec<(&Item, String, Option<&Vec<Name>>)> = file
            .tree
            .items
            .iter()
            .filter_map(|item| match &item.kind {
                ItemKind::Import(import) => match &import.source {
                    ImportSource::Module(name) => {
                        Some((item, crate::tree::dotted(name), import.names.as_ref()))
                    }
                    ImportSource::File(_) => None,
                },
                _ => None,
            })
            .collect();
        let after = file.tree.items.iter().take_while(|i| matches!(i.kind, ItemKind::Import(_))).last();
        let after = after.map(|i| i.span.end).or(file.tree.package.as_ref().map(|p| p.span.end));
        for item in standard().iter().filter(|s| wanted.contains(&s.kind)) {
            let own = imports.iter().find(|(_, module, names)| module == item.module && names.is_some());
            let names = own.and_then(|(_, _, names)| *names);
            if names.is_some_and(|names| names.iter().any(|n| n.as_str() == item.name)) {
                continue;
            }
            let edit = match (names.and_then(|n| n.last()), after) {
                (Some(last), _) => insert(last.span.end, last.span.file, format!(", {}", item.name)),
                (None, Some(end)) => {
                    insert(end, file.id, format!("\nimport {}.{{{}}}", item.module, item.name))
                }
                (None, None) => insert(0, file.id, format!("import {}.{{{}}}\n\n", item.module, item.name)),
            };
            let snippet = if as_call || item.kind == DefKind::Predicate {
                call(&item.name, &item.parameters)
            } else {
                escape(&item.name)
            };
            self.out.push(Completion {
                label: item.name.clone(),
                kind: kind(item.kind),
                detail: format!("import {}", item.module),
                documentation: item.doc.clone(),
                replaced: self.next.word,
                snippet,
                also: vec![edit],
                rank: 4,
            });
        }
    }
}

fn insert(at: u32, file: FileId, text: String) -> Edit {
    Edit { span: Span::new(file, at, at), text }
}

/// What a definition is as a completion.
pub(super) const fn kind(kind: DefKind) -> K {
    match kind {
        DefKind::Let | DefKind::Param => K::Constant,
        DefKind::Subject => K::Subject,
        DefKind::Predicate => K::Predicate,
        DefKind::Template => K::Template,
        DefKind::Policy | DefKind::Detect => K::Clause,
    }
}
