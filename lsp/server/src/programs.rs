//! Which programs there are, what they are made of, and their analyses.
//!
//! A project is a program. A file outside of every project is a program of its own, as `warmorc check FILE` takes it.

use crate::disk::Disk;
use crate::documents::{Documents, is_unsaved};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use warmor_compiler::check::Options;
use warmor_compiler::date::Date;
use warmor_compiler::model::Target;
use warmor_compiler::resolve::{Dependency, FileSystem, Layout, MANIFEST, Origin, Sources, project_around};
use warmor_compiler::span::FileId;
use warmor_compiler::syntax::ast::{ImportSource, ItemKind, Name};
use warmor_git::{Fetching, Snapshot};
use warmor_ide::Analysis;

/// A program's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProgramId(u32);

/// Which state of a program's texts: every change has a number of its own, over all programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u64);

impl std::fmt::Display for Generation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What makes a program this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// The project in that folder.
    Project(PathBuf),
    /// That file alone, with what it imports.
    File(PathBuf),
}

/// A program.
#[derive(Debug)]
pub struct Program {
    pub id: ProgramId,
    pub key: Key,
    /// The state of its texts.
    pub generation: Generation,
    /// Why its files could not all be read.
    pub problem: Option<String>,
    layout: Layout,
    sources: Sources,
    options: Options,
    /// Of the current texts; `None` when they have changed since.
    analysis: Option<Analysis>,
}

impl Program {
    /// The analysis of the current texts. `None` only if the compiler failed on them.
    pub fn analysis(&mut self) -> Option<&Analysis> {
        if self.analysis.is_none() {
            let (sources, options) = (self.sources.clone(), &self.options);
            self.analysis = catch_unwind(AssertUnwindSafe(|| Analysis::new(sources, options))).ok();
        }
        self.analysis.as_ref()
    }

    /// The analysis, if it is there already.
    pub const fn known(&self) -> Option<&Analysis> {
        self.analysis.as_ref()
    }

    /// Puts a better analysis of the same texts in place.
    pub fn set_analysis(&mut self, analysis: Analysis) {
        self.analysis = Some(analysis);
    }

    /// How it is checked.
    pub const fn options(&self) -> &Options {
        &self.options
    }

    /// The file with that path.
    pub fn file(&self, path: &Path) -> Option<FileId> {
        self.sources
            .file_at(&self.layout.path_of(path))
            .filter(|f| f.origin != Origin::Standard)
            .map(|f| f.id)
    }

    /// Where a file is on the disk; `None` for a module of the standard library.
    pub fn path(&self, file: FileId) -> Option<PathBuf> {
        let file = self.sources.file(file).filter(|f| f.origin != Origin::Standard)?;
        Some(self.layout.locate(&file.path))
    }

    /// The path in a compilation of a module of the standard library.
    pub fn standard_path(&self, file: FileId) -> Option<&str> {
        self.sources.file(file).filter(|f| f.origin == Origin::Standard).map(|f| f.path.as_str())
    }

    /// The paths of the files that this program reports on.
    pub fn paths(&self) -> impl Iterator<Item = PathBuf> {
        let own = self.sources.files().filter(|f| f.origin != Origin::Standard);
        own.map(|f| self.layout.locate(&f.path))
    }

    /// Takes a new text of a file. `false`: what the program is made of may have changed with it, and it must be loaded again.
    fn set(&mut self, file: FileId, text: &str) -> bool {
        let Some(old) = self.sources.file(file) else { return false };
        if old.text == text {
            return true;
        }
        if old.origin == Origin::Manifest {
            return false;
        }
        let (path, origin, before) = (old.path.clone(), old.origin, imports(&self.sources, file));
        self.sources.set(&path, text, origin);
        before == imports(&self.sources, file)
    }
}

/// What a file imports, as it is written.
fn imports(sources: &Sources, file: FileId) -> Vec<String> {
    let Some(file) = sources.file(file) else { return Vec::new() };
    let written = file.tree.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Import(import) => Some(match &import.source {
            ImportSource::Module(name) => {
                name.segments.iter().map(Name::as_str).collect::<Vec<_>>().join(".")
            }
            ImportSource::File(text) => format!("\"{}", text.value),
        }),
        _ => None,
    });
    written.collect()
}

/// All programs.
#[derive(Debug, Default)]
pub struct Programs {
    list: Vec<Program>,
    next_id: u32,
    generations: u64,
    target: Option<Target>,
}

impl Programs {
    /// None yet. The target goes before those of manifests.
    pub fn new(target: Option<Target>) -> Self {
        Self { target, ..Self::default() }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Program> {
        self.list.iter()
    }

    /// The numbers of all of them.
    pub fn ids(&self) -> Vec<ProgramId> {
        self.list.iter().map(|p| p.id).collect()
    }

    /// The program with that number.
    pub fn get(&self, id: ProgramId) -> Option<&Program> {
        self.list.iter().find(|p| p.id == id)
    }

    /// The program with that number.
    pub fn get_mut(&mut self, id: ProgramId) -> Option<&mut Program> {
        self.list.iter_mut().find(|p| p.id == id)
    }

    /// The program that answers for a file: its project, or itself.
    pub fn of(&self, path: &Path) -> Option<ProgramId> {
        let own = self.list.iter().find(|p| p.key == Key::File(path.to_owned()));
        let project = || {
            let holds = |p: &&Program| matches!(&p.key, Key::Project(folder) if path.starts_with(folder));
            let with_file = self.list.iter().filter(holds).filter(|p| p.file(path).is_some());
            with_file.max_by_key(|p| match &p.key {
                Key::Project(folder) => folder.components().count(),
                Key::File(_) => 0,
            })
        };
        own.or_else(project).map(|p| p.id)
    }

    /// The programs that a file is part of.
    pub fn with(&self, path: &Path) -> Vec<ProgramId> {
        self.list.iter().filter(|p| p.file(path).is_some()).map(|p| p.id).collect()
    }

    /// Sees to it that some program answers for a file that was opened.
    pub fn open(&mut self, path: &Path, documents: &Documents, today: Option<Date>) -> ProgramId {
        let disk = Disk { documents };
        let folder = path.parent().filter(|_| !is_unsaved(path));
        if let Some(project) = folder.and_then(|f| project_around(f, &disk)) {
            let id = self.project(&project, documents, today);
            // A hidden folder of a project, for one, does not belong to it.
            if self.get(id).is_some_and(|p| p.file(path).is_some()) {
                return id;
            }
        }
        self.add(Key::File(path.to_owned()), documents, today)
    }

    /// The program of a project's folder.
    pub fn project(&mut self, folder: &Path, documents: &Documents, today: Option<Date>) -> ProgramId {
        self.add(Key::Project(folder.to_owned()), documents, today)
    }

    fn add(&mut self, key: Key, documents: &Documents, today: Option<Date>) -> ProgramId {
        if let Some(known) = self.list.iter().find(|p| p.key == key) {
            return known.id;
        }
        let id = ProgramId(self.next_id);
        self.next_id += 1;
        let Loaded { layout, sources, problem, fetched } = load(&key, documents);
        let options = Options { today, target: self.target, fetched, ..Options::default() };
        let generation = self.next();
        self.list.push(Program { id, key, generation, problem, layout, sources, options, analysis: None });
        id
    }

    /// Drops a program.
    pub fn remove(&mut self, id: ProgramId) -> Option<Program> {
        let place = self.list.iter().position(|p| p.id == id)?;
        Some(self.list.remove(place))
    }

    /// Reads a program's files again.
    pub fn reload(&mut self, id: ProgramId, documents: &Documents) {
        let generation = self.next();
        if let Some(program) = self.get_mut(id) {
            let Loaded { layout, sources, problem, fetched } = load(&program.key, documents);
            (program.layout, program.sources, program.problem) = (layout, sources, problem);
            program.options.fetched = fetched;
            program.generation = generation;
            program.analysis = None;
        }
    }

    /// Takes a new text of a file into all programs that it is part of.
    pub fn change(&mut self, path: &Path, text: &str, documents: &Documents) {
        for id in self.with(path) {
            let generation = self.next();
            let Some(program) = self.get_mut(id) else { continue };
            let Some(file) = program.file(path) else { continue };
            if program.set(file, text) {
                program.generation = generation;
                program.analysis = None;
            } else {
                self.reload(id, documents);
            }
        }
    }

    fn next(&mut self) -> Generation {
        self.generations += 1;
        Generation(self.generations)
    }
}

/// A program as it was at a revision of the repository that it is in.
///
/// # Errors
/// Why it cannot be had, in a sentence.
pub fn at_revision(revision: &str, key: &Key, options: &Options) -> Result<Analysis, String> {
    let (Key::Project(path) | Key::File(path)) = key;
    if is_unsaved(path) {
        return Err("the file has never been saved".to_owned());
    }
    let snapshot = Snapshot::take(revision, path).map_err(|e| e.to_string())?;
    let then = match key {
        Key::Project(_) => Key::Project(snapshot.path.clone()),
        Key::File(_) => Key::File(snapshot.path.clone()),
    };
    let loaded = load(&then, &Documents::default());
    let options = Options { fetched: loaded.fetched, ..options.clone() };
    match loaded.problem {
        Some(problem) => Err(format!("at {revision}: {}", snapshot.told(&problem, Path::to_owned))),
        None => Ok(Analysis::new(loaded.sources, &options)),
    }
}

/// What was read.
struct Loaded {
    layout: Layout,
    sources: Sources,
    /// Why not everything could be read.
    problem: Option<String>,
    /// The dependencies from repositories that are there.
    fetched: BTreeSet<String>,
}

/// Reads a program's files. One that cannot be read is left out: an editor shows what it can.
fn load(key: &Key, documents: &Documents) -> Loaded {
    let disk = Disk { documents };
    let mut problem = None;
    let layout = match key {
        Key::Project(folder) => Layout::project(folder, &disk).unwrap_or_else(|error| {
            problem = Some(error.to_string());
            Layout { manifest: Some(folder.join(MANIFEST)), ..Layout::files(folder, Vec::new()) }
        }),
        Key::File(path) => Layout::files(path.parent().unwrap_or(Path::new("")), vec![path.clone()]),
    };
    let mut layout = layout;
    let mut readable = |path: &PathBuf| match disk.read(path) {
        Ok(_) => true,
        Err(reason) => {
            problem = Some(reason);
            false
        }
    };
    layout.roots.retain(&mut readable);
    layout.manifest = layout.manifest.take().filter(&mut readable);
    let mut sources = layout.load(&disk).unwrap_or_else(|error| {
        problem = Some(error.to_string());
        Sources::new()
    });
    let dependencies = sources.manifest().map(|m| m.dependencies).unwrap_or_default();
    for dependency in dependencies.values() {
        if let Dependency::Path { path, .. } = dependency {
            let added = layout.add_library(path, &disk, &mut sources);
            if let Err(error) = added.and_then(|()| layout.add_missing(&disk, &mut sources)) {
                problem = Some(error.to_string());
            }
        }
    }
    // Typing fetches nothing: what is pinned and in the cache is read, and the rest is reported as missing by the checker.
    let root = layout.root.clone();
    let there = dependencies.iter().filter_map(|(name, dependency)| {
        let one = BTreeMap::from([(name.clone(), dependency.clone())]);
        warmor_git::fetch(&root, &one, AS_IT_IS, || ()).ok()
    });
    let mut names = BTreeSet::new();
    for dependency in there.flat_map(|found| found.fetched) {
        let added = layout.add_mounted(&dependency.prefix, &dependency.folder, &disk, &mut sources);
        match added.and_then(|()| layout.add_missing(&disk, &mut sources)) {
            Ok(()) => {
                names.insert(dependency.name);
            }
            Err(error) => problem = Some(error.to_string()),
        }
    }
    Loaded { layout, sources, problem, fetched: names }
}

/// Neither the network nor the lock file is touched.
const AS_IT_IS: Fetching = Fetching { offline: true, locked: true };
