//! What the standard library defines, and the import that a name of it needs.

use crate::formatting::Edit;
use crate::shape::Shape;
use crate::tree::dotted;
use std::collections::HashMap;
use std::sync::OnceLock;
use warmor_compiler::resolve::{DefKind, STANDARD_MODULES, SourceFile};
use warmor_compiler::span::{FileId, Span};
use warmor_compiler::syntax::ast::{Import, ImportSource, Item, ItemKind, Name};
use warmor_compiler::syntax::parse;

/// Something that a module of the standard library defines.
pub(crate) struct Standard {
    pub(crate) module: &'static str,
    pub(crate) name: String,
    pub(crate) kind: DefKind,
    pub(crate) doc: String,
    /// The names of a template's or predicate's parameters.
    pub(crate) parameters: Vec<String>,
    /// Of a `let`, the kind of its values.
    pub(crate) shape: Option<Shape>,
}

/// Everything that the standard library defines.
pub(crate) fn standard() -> &'static [Standard] {
    static STANDARD: OnceLock<Vec<Standard>> = OnceLock::new();
    STANDARD.get_or_init(|| {
        let modules = STANDARD_MODULES.iter();
        let items: Vec<(&str, Item)> = modules
            .flat_map(|m| parse(m.text, FileId(0)).file.items.into_iter().map(|item| (m.name, item)))
            .collect();
        let mut all: Vec<Standard> =
            items.iter().filter_map(|(module, item)| standard_item(module, item)).collect();
        shapes(&items, &mut all);
        all
    })
}

/// Finds out the kinds of the `let`s: those of literals, then those that name others.
fn shapes(items: &[(&'static str, Item)], all: &mut [Standard]) {
    let mut known: HashMap<String, Shape> = HashMap::new();
    loop {
        let before = known.len();
        for (_, item) in items {
            if let ItemKind::Let(definition) = &item.kind
                && !known.contains_key(definition.name.as_str())
                && let Some(shape) =
                    Shape::of(&definition.value, &mut |name| known.get(name.as_str()).copied())
            {
                known.insert(definition.name.as_str().to_owned(), shape);
            }
        }
        if known.len() == before {
            break;
        }
    }
    for item in all.iter_mut().filter(|item| item.kind == DefKind::Let) {
        item.shape = known.get(&item.name).copied();
    }
}

fn standard_item(module: &'static str, item: &Item) -> Option<Standard> {
    let (name, kind) = defined(item)?;
    let doc = item.docs.as_ref().map(|d| d.text.to_string()).unwrap_or_default();
    Some(Standard {
        module,
        name: name.as_str().to_owned(),
        kind,
        doc,
        parameters: parameters(item),
        shape: None,
    })
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
pub(crate) fn parameters(item: &Item) -> Vec<String> {
    let list = match &item.kind {
        ItemKind::Template(x) => &x.parameters,
        ItemKind::Predicate(x) => &x.parameters,
        _ => return Vec::new(),
    };
    list.iter().map(|p| p.name.as_str().to_owned()).collect()
}

/// Imports a name of a module into a file: into the braces of an import of that module, or by a line behind the file's first
/// imports. `None` when the file imports it already.
pub(crate) fn import(file: &SourceFile, module: &str, name: &str) -> Option<Edit> {
    let insert = |at: u32, text: String| Some(Edit { span: Span::new(file.id, at, at), text });
    let imports = file.tree.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Import(Import { source: ImportSource::Module(source), names: Some(names) }) => {
            (dotted(source) == module).then_some(names)
        }
        _ => None,
    });
    let mut braces = None;
    for names in imports {
        if names.iter().any(|n| n.as_str() == name) {
            return None;
        }
        braces = braces.or_else(|| names.last());
    }
    if let Some(last) = braces {
        return insert(last.span.end, format!(", {name}"));
    }
    let first = file.tree.items.iter().take_while(|i| matches!(i.kind, ItemKind::Import(_))).last();
    match (first, &file.tree.package) {
        (Some(import), _) => insert(import.span.end, format!("\nimport {module}.{{{name}}}")),
        (None, Some(package)) => insert(package.span.end, format!("\n\nimport {module}.{{{name}}}")),
        (None, None) => insert(0, format!("import {module}.{{{name}}}\n\n")),
    }
}
