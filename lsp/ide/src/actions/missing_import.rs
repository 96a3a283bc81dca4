//! A name that nothing defines, but the standard library does.

use super::{Action, ActionKind, At};
use std::sync::OnceLock;
use warmor_compiler::diagnostics::Code;
use warmor_compiler::resolve::STANDARD_MODULES;
use warmor_compiler::span::FileId;
use warmor_compiler::syntax::ast::{Import, ImportSource, ItemKind};
use warmor_compiler::syntax::parse;

/// The names that standard modules define, each with its module.
pub(crate) fn standard_names() -> &'static [(&'static str, String)] {
    static NAMES: OnceLock<Vec<(&'static str, String)>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let mut names = Vec::new();
        for module in STANDARD_MODULES {
            for item in parse(module.text, FileId(0)).file.items {
                let name = match item.kind {
                    ItemKind::Let(x) => x.name,
                    ItemKind::Subject(x) => x.name,
                    ItemKind::Predicate(x) => x.name,
                    ItemKind::Template(x) => x.name,
                    ItemKind::Param(x) => x.name,
                    _ => continue,
                };
                names.push((module.name, name.as_str().to_owned()));
            }
        }
        names
    })
}

pub(super) fn missing_import(at: &At<'_>, out: &mut Vec<Action>) {
    for diagnostic in at.reported().filter(|d| d.code == Code::UnknownName) {
        let name = at.text(diagnostic.span());
        for (module, _) in standard_names().iter().filter(|(_, known)| known == name) {
            out.push(Action {
                title: format!("import `{name}` from `{module}`"),
                kind: ActionKind::QuickFix,
                edits: vec![edit(at, module, name)],
                mends: Some(diagnostic.clone()),
                is_preferred: true,
            });
        }
    }
}

/// Into the braces of an import of the module, or a line of its own behind the last import.
fn edit(at: &At<'_>, module: &str, name: &str) -> crate::formatting::Edit {
    let tree = &at.source.tree;
    let imports = || {
        tree.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Import(import) => Some((item, import)),
            _ => None,
        })
    };
    let braces = |import: &Import| match (&import.source, &import.names) {
        (ImportSource::Module(source), Some(names)) if crate::tree::dotted(source) == module => {
            names.last().map(|last| last.span.end)
        }
        _ => None,
    };
    if let Some(end) = imports().find_map(|(_, import)| braces(import)) {
        return at.insert(end, format!(", {name}"));
    }
    let line = format!("import {module}.{{{name}}}");
    match (imports().next_back(), &at.source.tree.package) {
        (Some((last, _)), _) => at.insert(last.span.end, format!("\n{line}")),
        (None, Some(package)) => at.insert(package.span.end, format!("\n\n{line}")),
        (None, None) => at.insert(0, format!("{line}\n\n")),
    }
}
