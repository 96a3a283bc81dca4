//! Name tables: what each module defines, what each file imports, and who uses what.

use super::sources::{Origin, SourceFile, Sources, dotted};
use crate::diagnostics::{Applicability, Code, Diagnostic, Sink, nearest};
use crate::span::{FileId, Span};
use crate::syntax::ast::{Import, ImportSource, Item, ItemKind, Name};
use std::collections::{HashMap, HashSet};
use warmor_policy::schema::{event_fields, process_fields};

/// A definition's number, in the order of files and places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DefId(pub u32);

/// A module's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleId(pub u32);

/// What a definition defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DefKind {
    /// A named value.
    Let,
    /// A named predicate over a process.
    Subject,
    /// A condition with parameters.
    Predicate,
    /// A value from outside.
    Param,
    /// Rules with parameters.
    Template,
    /// A policy.
    Policy,
    /// A detection.
    Detect,
}

impl DefKind {
    /// Its word in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Let => "let",
            Self::Subject => "subject",
            Self::Predicate => "predicate",
            Self::Param => "param",
            Self::Template => "template",
            Self::Policy => "policy",
            Self::Detect => "detection",
        }
    }

    pub(crate) const fn space(self) -> Space {
        match self {
            Self::Let | Self::Subject | Self::Predicate | Self::Param => Space::Value,
            Self::Template => Space::Template,
            Self::Policy | Self::Detect => Space::Policy,
        }
    }
}

/// Names of one space hide each other, names of different spaces do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Space {
    Value,
    Template,
    Policy,
}

impl Space {
    const ALL: [Self; 3] = [Self::Value, Self::Template, Self::Policy];
}

/// A definition, for whoever shows it.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: DefKind,
    /// The module it belongs to.
    pub module: ModuleId,
    /// Where the name is written.
    pub span: Span,
    /// The whole definition.
    pub item: Span,
    /// Its doc comment, without the marks.
    pub doc: String,
}

/// A place where a definition is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// The word.
    pub span: Span,
    /// What it means.
    pub definition: DefId,
}

/// Definitions and their uses: what "go to definition", "find references" and "rename" are made of.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    /// All definitions, by [`DefId`].
    pub definitions: Vec<Definition>,
    /// All uses, by place.
    pub uses: Vec<Use>,
    /// The names of the modules, by [`ModuleId`]; empty for a file without a package that is imported by its path.
    pub modules: Vec<String>,
}

impl Symbols {
    /// The definition of an id.
    pub fn definition(&self, id: DefId) -> Option<&Definition> {
        self.definitions.get(id.0 as usize)
    }

    /// The definition that is named at a place: by a use of it, or by its own name.
    pub fn at(&self, file: FileId, offset: u32) -> Option<DefId> {
        let here = |span: Span| span.file == file && span.touches(offset);
        let used = self.uses.iter().find(|u| here(u.span)).map(|u| u.definition);
        used.or_else(|| self.definitions.iter().position(|d| here(d.span)).map(|i| DefId(i as u32)))
    }

    /// Where a definition is used.
    pub fn uses_of(&self, id: DefId) -> impl Iterator<Item = Span> {
        self.uses.iter().filter(move |u| u.definition == id).map(|u| u.span)
    }

    /// The name of a module; empty for one without a name.
    pub fn module(&self, id: ModuleId) -> &str {
        self.modules.get(id.0 as usize).map_or("", String::as_str)
    }
}

/// What looking a name up gives.
pub(crate) enum Lookup {
    /// A definition.
    Found(DefId),
    /// A module under its alias.
    Module(ModuleId),
    /// Nothing.
    Nothing,
}

pub(crate) struct Def<'s> {
    pub(crate) name: &'s Name,
    pub(crate) kind: DefKind,
    pub(crate) module: ModuleId,
    pub(crate) item: &'s Item,
}

struct Module<'s> {
    /// `a.b`; empty for a file without a package.
    name: String,
    is_program: bool,
    spaces: [HashMap<&'s str, DefId>; 3],
}

struct ImportedName {
    definitions: [Option<DefId>; 3],
    span: Span,
    used: bool,
}

struct Alias {
    module: ModuleId,
    span: Span,
    used: bool,
}

struct FileNames<'s> {
    module: ModuleId,
    names: HashMap<&'s str, ImportedName>,
    aliases: HashMap<&'s str, Alias>,
    /// Files imported without braces: all their names.
    whole: Vec<Alias>,
}

/// All names of a compilation.
pub(crate) struct Names<'s> {
    sources: &'s Sources,
    pub(crate) defs: Vec<Def<'s>>,
    modules: Vec<Module<'s>>,
    files: Vec<FileNames<'s>>,
    uses: Vec<Use>,
    /// Policies and detections of libraries that an import of the program names.
    pub(crate) adopted: Vec<DefId>,
}

/// The first words of facts: no definition may be named like one.
pub(crate) fn fact_roots() -> impl Iterator<Item = &'static str> {
    let fields = process_fields().iter().chain(event_fields());
    ["parent", "target"].into_iter().chain(fields.map(|f| f.name.split('.').next().unwrap_or(f.name)))
}

impl<'s> Names<'s> {
    /// Reads all definitions and imports of the sources.
    pub(crate) fn collect(sources: &'s Sources, package: &str, sink: &mut Sink) -> Self {
        let mut names = Self {
            sources,
            defs: Vec::new(),
            modules: Vec::new(),
            files: Vec::new(),
            uses: Vec::new(),
            adopted: Vec::new(),
        };
        let mut by_name: HashMap<String, ModuleId> = HashMap::new();
        let declared = |file: &SourceFile| file.tree.package.as_ref().map(|p| dotted(&p.name));
        // Who works on the standard library has its files as a program: they stand in the place of those that the compiler
        // carries.
        let roots = sources.files().filter(|f| f.origin == Origin::Root);
        let own: HashSet<String> = roots.filter_map(declared).collect();
        for file in sources.files() {
            let name = declared(file);
            let is_replaced =
                file.origin == Origin::Standard && name.as_ref().is_some_and(|n| own.contains(n));
            let name = match name {
                Some(name) => name,
                None if file.origin == Origin::Root => package.to_owned(),
                None => String::new(),
            };
            let is_program = matches!(file.origin, Origin::Root | Origin::Imported);
            let module = match by_name.get(&name) {
                Some(module) if !name.is_empty() => *module,
                _ => {
                    let id = ModuleId(names.modules.len() as u32);
                    names.modules.push(Module {
                        name: name.clone(),
                        is_program: false,
                        spaces: Default::default(),
                    });
                    by_name.insert(name, id);
                    id
                }
            };
            names.modules[module.0 as usize].is_program |= is_program;
            names.files.push(FileNames {
                module,
                names: HashMap::new(),
                aliases: HashMap::new(),
                whole: Vec::new(),
            });
            if !is_replaced {
                for item in &file.tree.items {
                    names.define(module, item, sink);
                }
            }
        }
        for file in sources.files() {
            for item in &file.tree.items {
                if let ItemKind::Import(import) = &item.kind {
                    names.import(file.id, import, item.span, &by_name, sink);
                }
            }
        }
        names
    }

    fn define(&mut self, module: ModuleId, item: &'s Item, sink: &mut Sink) {
        let (name, kind) = match &item.kind {
            ItemKind::Let(x) => (&x.name, DefKind::Let),
            ItemKind::Subject(x) => (&x.name, DefKind::Subject),
            ItemKind::Predicate(x) => (&x.name, DefKind::Predicate),
            ItemKind::Param(x) => (&x.name, DefKind::Param),
            ItemKind::Template(x) => (&x.name, DefKind::Template),
            ItemKind::Policy(x) => (&x.name, DefKind::Policy),
            ItemKind::Detect(x) => (&x.name, DefKind::Detect),
            ItemKind::Import(_)
            | ItemKind::Assume(_)
            | ItemKind::Assert(_)
            | ItemKind::Test(_)
            | ItemKind::Error => return,
        };
        let id = DefId(self.defs.len() as u32);
        self.defs.push(Def { name, kind, module, item });
        if name.is_missing() {
            return;
        }
        if kind.space() == Space::Value && fact_roots().any(|root| root == name.as_str()) {
            sink.push(
                Diagnostic::new(
                    Code::ReservedName,
                    name.span,
                    format!("`{}` is the name of a fact", name.text),
                )
                .help("choose another name: inside a condition this one means the fact"),
            );
        }
        let space = &mut self.modules[module.0 as usize].spaces[kind.space() as usize];
        if let Some(first) = space.get(name.as_str()) {
            let first = &self.defs[first.0 as usize];
            sink.push(
                Diagnostic::new(
                    Code::DuplicateDefinition,
                    name.span,
                    format!("`{}` is defined twice", name.text),
                )
                .label("defined again here")
                .related(first.name.span, format!("first defined here, as a {}", first.kind.name()))
                .help("rename one of them"),
            );
        } else {
            space.insert(name.as_str(), id);
        }
    }

    fn import(
        &mut self,
        file: FileId,
        import: &'s Import,
        span: Span,
        by_name: &HashMap<String, ModuleId>,
        sink: &mut Sink,
    ) {
        let (module, shown) = match &import.source {
            ImportSource::Module(name) => {
                if name.segments.iter().any(Name::is_missing) {
                    return;
                }
                let text = dotted(name);
                let Some(module) = by_name.get(&text) else {
                    let standard = super::stdlib::STANDARD_MODULES.iter().map(|m| m.name);
                    let known = standard.chain(by_name.keys().map(String::as_str));
                    let mut error = Diagnostic::new(Code::UnknownModule, name.span, format!("there is no module `{text}`"))
                        .help("a module is a package of this project, of a dependency in `warmor.toml`, or one of `std`");
                    if nearest(&text, known.clone()).is_some() {
                        error = error.did_you_mean(name.span, &text, known);
                    }
                    sink.push(error);
                    self.poison(file, import);
                    return;
                };
                (*module, text)
            }
            ImportSource::File(text) => match self.sources.imported(file, &text.value) {
                Ok(id) => (self.files[id.0 as usize].module, text.value.to_string()),
                Err(reason) => {
                    sink.push(
                        Diagnostic::new(Code::FileNotFound, text.span, format!("cannot import {reason}"))
                            .help("the path is relative to the folder of the importing file"),
                    );
                    self.poison(file, import);
                    return;
                }
            },
        };
        let Some(braces) = &import.names else {
            match &import.source {
                ImportSource::File(_) => {
                    self.files[file.0 as usize].whole.push(Alias { module, span, used: false });
                }
                ImportSource::Module(name) => {
                    let Some(last) = name.segments.last() else { return };
                    let alias = Alias { module, span, used: false };
                    self.files[file.0 as usize].aliases.insert(last.as_str(), alias);
                }
            }
            return;
        };
        for name in braces.iter().filter(|n| !n.is_missing()) {
            let definitions = Space::ALL.map(|s| self.member(module, s, name.as_str()));
            if definitions.iter().all(Option::is_none) {
                let all = self.modules[module.0 as usize].spaces.iter().flat_map(|s| s.keys().copied());
                let message = format!("`{shown}` does not define `{}`", name.text);
                let error = Diagnostic::new(Code::UnknownImport, name.span, message);
                let few = sink.len() <= crate::check::MAX_DIAGNOSTICS;
                sink.push(if few { error.did_you_mean(name.span, &name.text, all) } else { error });
            }
            for id in definitions.into_iter().flatten() {
                self.uses.push(Use { span: name.span, definition: id });
                if self.defs[id.0 as usize].kind.space() == Space::Policy && self.is_root(file) {
                    self.adopted.push(id);
                }
            }
            let own = self.files[file.0 as usize].module;
            let hidden = Space::ALL.into_iter().zip(&definitions).find_map(|(space, definition)| {
                definition.and_then(|_| self.member(own, space, name.as_str()))
            });
            let earlier = self.files[file.0 as usize].names.get(name.as_str()).map(|i| i.span);
            if let Some(first) = hidden.map(|id| self.defs[id.0 as usize].name.span).or(earlier) {
                sink.push(
                    Diagnostic::new(
                        Code::DuplicateDefinition,
                        name.span,
                        format!("`{}` is defined twice", name.text),
                    )
                    .label("imported here")
                    .related(first, "already defined here")
                    .help("import the module without braces and write its name in front"),
                );
                continue;
            }
            // A name that the module does not have has been reported; that nothing uses it is no news.
            let used = definitions.iter().all(Option::is_none);
            let imported = ImportedName { definitions, span: name.span, used };
            self.files[file.0 as usize].names.insert(name.as_str(), imported);
        }
    }

    /// Makes the names of a failed import known as broken: their uses are not reported again.
    fn poison(&mut self, file: FileId, import: &'s Import) {
        for name in import.names.iter().flatten() {
            let broken = ImportedName { definitions: [None; 3], span: name.span, used: true };
            self.files[file.0 as usize].names.entry(name.as_str()).or_insert(broken);
        }
    }

    /// Whether the name comes from an import that failed and has been reported.
    pub(crate) fn is_broken_import(&self, name: &Name) -> bool {
        self.files
            .get(name.span.file.0 as usize)
            .and_then(|f| f.names.get(name.as_str()))
            .is_some_and(|i| i.definitions.iter().all(Option::is_none))
    }

    /// What a word means in a file.
    pub(crate) fn lookup(&mut self, name: &Name, space: Space) -> Lookup {
        let Some(file) = self.files.get_mut(name.span.file.0 as usize) else { return Lookup::Nothing };
        if let Some(imported) = file.names.get_mut(name.as_str())
            && let Some(id) = imported.definitions[space as usize]
        {
            imported.used = true;
            self.uses.push(Use { span: name.span, definition: id });
            return Lookup::Found(id);
        }
        let module = file.module;
        if let Some(id) = self.modules[module.0 as usize].spaces[space as usize].get(name.as_str()).copied() {
            self.uses.push(Use { span: name.span, definition: id });
            return Lookup::Found(id);
        }
        for alias in &mut file.whole {
            if let Some(id) = self.modules[alias.module.0 as usize].spaces[space as usize].get(name.as_str())
            {
                alias.used = true;
                self.uses.push(Use { span: name.span, definition: *id });
                return Lookup::Found(*id);
            }
        }
        match file.aliases.get_mut(name.as_str()) {
            Some(alias) => {
                alias.used = true;
                Lookup::Module(alias.module)
            }
            None => Lookup::Nothing,
        }
    }

    /// A module's own definition.
    pub(crate) fn member(&self, module: ModuleId, space: Space, name: &str) -> Option<DefId> {
        self.modules.get(module.0 as usize)?.spaces[space as usize].get(name).copied()
    }

    /// Notes that a module's definition is named at a place.
    pub(crate) fn note_use(&mut self, span: Span, definition: DefId) {
        self.uses.push(Use { span, definition });
    }

    pub(crate) fn def(&self, id: DefId) -> &Def<'s> {
        &self.defs[id.0 as usize]
    }

    pub(crate) fn def_ids(&self) -> impl Iterator<Item = DefId> + use<> {
        (0..self.defs.len() as u32).map(DefId)
    }

    /// Whether the policies of the file that a span is in are part of the program.
    pub(crate) fn is_program(&self, span: Span) -> bool {
        self.sources.file(span.file).is_some_and(|f| matches!(f.origin, Origin::Root | Origin::Imported))
    }

    pub(crate) fn is_root(&self, file: FileId) -> bool {
        self.sources.file(file).is_some_and(|f| f.origin == Origin::Root)
    }

    /// The name of a definition as reports show it: with its module in front where that is not the program's.
    pub(crate) fn qualified(&self, id: DefId) -> String {
        let def = self.def(id);
        let module = &self.modules[def.module.0 as usize];
        if module.is_program || module.name.is_empty() {
            def.name.text.to_string()
        } else {
            format!("{}.{}", module.name, def.name.text)
        }
    }

    /// The words that mean something of a kind in a file, for suggestions.
    pub(crate) fn words(&self, file: FileId, space: Space) -> Vec<&'s str> {
        let Some(names) = self.files.get(file.0 as usize) else { return Vec::new() };
        let mut words: Vec<&'s str> = names.names.keys().chain(names.aliases.keys()).copied().collect();
        let whole = names.whole.iter().map(|a| a.module);
        for module in std::iter::once(names.module).chain(whole) {
            words.extend(self.modules[module.0 as usize].spaces[space as usize].keys());
        }
        words
    }

    pub(crate) fn member_words(&self, module: ModuleId, space: Space) -> impl Iterator<Item = &'s str> {
        self.modules[module.0 as usize].spaces[space as usize].keys().copied()
    }

    pub(crate) fn module_name(&self, module: ModuleId) -> &str {
        &self.modules[module.0 as usize].name
    }

    /// Reports what root files import and define in vain. A file without policies is a library: what it defines is for others.
    pub(crate) fn report_unused(&self, sink: &mut Sink) {
        for (file, names) in self.sources.files().zip(&self.files) {
            if file.origin != Origin::Root {
                continue;
            }
            for (name, import) in &names.names {
                let adopted = import.definitions[Space::Policy as usize].is_some();
                if !import.used && !adopted {
                    sink.push(unused_import(import.span, &format!("`{name}`")));
                }
            }
            for alias in names.aliases.values().chain(&names.whole).filter(|a| !a.used) {
                let module = &self.modules[alias.module.0 as usize];
                let is_library = !module.is_program && module.spaces[Space::Policy as usize].is_empty();
                if is_library || names.aliases.values().any(|a| a.span == alias.span) {
                    sink.push(unused_import(alias.span, "this module"));
                }
            }
        }
        let mut used = vec![false; self.defs.len()];
        for u in &self.uses {
            let own = &self.defs[u.definition.0 as usize];
            // A definition that only names itself is a cycle, reported as such.
            used[u.definition.0 as usize] |=
                !(own.item.span.file == u.span.file && own.item.span.touches(u.span.start));
        }
        for (def, used) in self.defs.iter().zip(used) {
            let file = def.item.span.file;
            let silenced = def.name.text.starts_with('_') || def.name.is_missing();
            if used || silenced || def.kind.space() == Space::Policy || !self.is_root(file) {
                continue;
            }
            let Some(source) = self.sources.file(file) else { continue };
            let decides = |i: &Item| matches!(i.kind, ItemKind::Policy(_) | ItemKind::Detect(_));
            if source.tree.items.iter().any(decides) {
                let message = format!("{} `{}` is never used", def.kind.name(), def.name.text);
                sink.push(
                    Diagnostic::new(Code::UnusedDefinition, def.name.span, message)
                        .help(format!("remove it, or name it `_{}` if it is kept on purpose", def.name.text)),
                );
            }
        }
    }

    /// The tables for whoever asks about names.
    pub(crate) fn into_symbols(mut self) -> Symbols {
        self.uses.sort_by_key(|u| (u.span.file, u.span.start, u.span.end, u.definition));
        self.uses.dedup();
        let definitions = self.defs.iter().map(|d| Definition {
            name: d.name.text.to_string(),
            kind: d.kind,
            module: d.module,
            span: d.name.span,
            item: d.item.span,
            doc: d.item.docs.as_ref().map(|docs| docs.text.to_string()).unwrap_or_default(),
        });
        let modules = self.modules.into_iter().map(|m| m.name).collect();
        Symbols { definitions: definitions.collect(), uses: self.uses, modules }
    }
}

fn unused_import(span: Span, what: &str) -> Diagnostic {
    Diagnostic::new(Code::UnusedImport, span, format!("the import of {what} is never used"))
        .help("remove it")
        .fix("remove the import", span, "", Applicability::Maybe)
}

/// The names of all facts as policies write them.
pub(crate) fn fact_names() -> impl Iterator<Item = &'static str> + Clone {
    process_fields().iter().chain(event_fields()).map(|f| f.name)
}

/// The standard module that defines a name, for suggestions.
pub(crate) fn standard_home(name: &str) -> Option<&'static str> {
    let defines = |text: &str| {
        text.lines().any(|line| {
            ["let ", "template ", "predicate ", "subject "]
                .iter()
                .filter_map(|keyword| line.strip_prefix(keyword))
                .filter_map(|rest| rest.strip_prefix(name))
                .any(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
        })
    };
    super::stdlib::STANDARD_MODULES.iter().find(|m| defines(m.text)).map(|m| m.name)
}
