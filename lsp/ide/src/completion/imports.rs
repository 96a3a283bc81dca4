//! Modules and what they define, with the import that a name of the standard library needs.

use super::{At, Completion, CompletionKind as K, escape};
use crate::shape::Shape;
use crate::standard::{Standard, import, standard};
use warmor_compiler::resolve::{DefKind, Definition, Origin, STANDARD_MODULES};
use warmor_compiler::syntax::lexer::{Token, TokenKind as T};

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

    /// What the standard library has of some kinds and the file does not import yet; of values those that fit.
    pub(super) fn standard(&mut self, wanted: &[DefKind], as_call: bool, shape: Option<Shape>) {
        let Some(file) = self.analysis.file(self.next.word.file).filter(|f| f.origin != Origin::Standard)
        else {
            return;
        };
        let fits = |s: &&Standard| {
            wanted.contains(&s.kind) && (s.kind != DefKind::Let || shape.is_none() || s.shape == shape)
        };
        for item in standard().iter().filter(fits) {
            let Some(edit) = import(file, item.module, &item.name) else { continue };
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
