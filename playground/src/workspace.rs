//! Some files, and the program that they are.

#[cfg(feature = "whole")]
use crate::artifact::Kept;
use crate::crossing::Js;
use crate::files::Files;
use crate::offsets::Offsets;
use crate::values::{Edit, FileKind, FileValue, FilesValue, Position, Range};
use std::cell::RefCell;
use std::collections::HashMap;
use warmor_compiler::check::Options;
use warmor_compiler::date::Date;
use warmor_compiler::prove::{Budget, Prover};
use warmor_compiler::resolve::{Layout, LayoutError, Origin, STANDARD_MODULES, Sources};
use warmor_compiler::span::{FileId, Span};
use warmor_ide::{Analysis, Encoding, Place};
use wasm_bindgen::prelude::wasm_bindgen;

/// Some files, and the program that they are: all of them, or with a `warmor.toml` what that says.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Workspace {
    files: Files,
    options: Options,
    layout: Layout,
    sources: Sources,
    /// Why not all files could be taken in.
    problem: Option<LayoutError>,
    /// Whether the sources must be put together anew.
    stale: bool,
    /// Of the current texts; `None` when they have changed since.
    analysis: Option<Analysis>,
    pub(crate) prover: Prover,
    /// What was compiled of the current texts.
    #[cfg(feature = "whole")]
    pub(crate) kept: Option<Kept>,
    /// By file of the current texts.
    offsets: RefCell<HashMap<FileId, Offsets>>,
}

impl Default for Workspace {
    fn default() -> Self {
        Self::new()
    }
}

#[wasm_bindgen]
impl Workspace {
    /// A workspace without files.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self {
            files: Files::default(),
            options: Options::default(),
            layout: Layout::files(&Files::root(), Vec::new()),
            sources: Sources::new(),
            problem: None,
            stale: false,
            analysis: None,
            prover: Prover::new(Budget::default()),
            #[cfg(feature = "whole")]
            kept: None,
            offsets: RefCell::default(),
        }
    }

    /// Gives a file a text; it is added if it is not there. `false` for a path that leads out of the workspace.
    #[wasm_bindgen(js_name = setFile)]
    pub fn set_file(&mut self, path: &str, text: &str) -> bool {
        let Some(path) = Files::normal(path) else { return false };
        if self.files.get(&path) == Some(text) {
            return true;
        }
        let is_new = self.files.set(path.clone(), text.to_owned());
        self.changed();
        // What the program is made of stays the same where a known file says something else. An import of a file that is not there yet
        // is followed, and one that is gone leaves a file behind that belongs to nobody: then everything is put together anew.
        let known = self.sources.file_at(&path).map(|f| (f.id, f.origin));
        match known {
            Some((id, origin)) if !is_new && !self.stale && origin != Origin::Manifest => {
                let before = self.imports(id);
                self.sources.set(&path, text, origin);
                self.stale = before != self.imports(id);
            }
            _ => self.stale = true,
        }
        true
    }

    /// Changes a part of a file. `false` if it is not there.
    #[wasm_bindgen(js_name = editFile)]
    pub fn edit_file(&mut self, path: &str, from: u32, to: u32, text: &str) -> bool {
        let Some(path) = Files::normal(path) else { return false };
        let Some(old) = self.files.get(&path) else { return false };
        let offsets = Offsets::new(old);
        let (from, to) = (offsets.byte(from) as usize, offsets.byte(to) as usize);
        let mut new = old.to_owned();
        new.replace_range(from.min(to)..from.max(to), text);
        self.set_file(&path, &new)
    }

    /// Takes a file out. `false` if it was not there.
    #[wasm_bindgen(js_name = removeFile)]
    pub fn remove_file(&mut self, path: &str) -> bool {
        let removed = Files::normal(path).is_some_and(|path| self.files.remove(&path));
        if removed {
            self.changed();
            self.stale = true;
        }
        removed
    }

    /// Takes all files out.
    pub fn clear(&mut self) {
        self.files.clear();
        self.changed();
        self.stale = true;
    }

    /// The text of a file of the workspace or the standard library.
    pub fn text(&self, path: &str) -> Option<String> {
        let own = Files::normal(path).and_then(|path| self.files.get(&path).map(str::to_owned));
        own.or_else(|| STANDARD_MODULES.iter().find(|m| m.path == path).map(|m| m.text.to_owned()))
    }

    /// The files, by path: those of the workspace, then all modules of the standard library.
    #[wasm_bindgen(js_name = files)]
    pub fn list(&mut self) -> Js<FilesValue> {
        self.refresh();
        let kind = |path: &str| match self.sources.file_at(path).map(|f| f.origin) {
            Some(Origin::Root) => FileKind::Policy,
            Some(Origin::Imported) => FileKind::Imported,
            Some(Origin::Library) => FileKind::Library,
            Some(Origin::Manifest) => FileKind::Manifest,
            Some(Origin::Standard) | None => FileKind::Other,
        };
        let own = self.files.paths().map(|path| FileValue { path: path.to_owned(), kind: kind(path) });
        let standard = STANDARD_MODULES.iter();
        let standard = standard.map(|m| FileValue { path: m.path.to_owned(), kind: FileKind::Standard });
        Js(FilesValue(own.chain(standard).collect()))
    }

    /// The day that `until` is compared with, as `2026-05-31`; without one no rule expires. `false` for what is no day.
    #[wasm_bindgen(js_name = setToday)]
    pub fn set_today(&mut self, day: Option<String>) -> bool {
        let date = match day {
            None => None,
            Some(text) => match date(&text) {
                None => return false,
                date => date,
            },
        };
        self.options.today = date;
        self.changed();
        true
    }

    /// The line and column of an offset, as people count them.
    pub fn position(&mut self, file: &str, offset: u32) -> Js<Position> {
        let analysis = self.analysis();
        let Some(place) = self.place(&analysis, file, offset) else {
            return Js(Position { line: 1, column: 1 });
        };
        let found = analysis.file(place.file).zip(analysis.lines(place.file));
        let counted = found.map(|(f, lines)| lines.line_column(place.offset, &f.text, Encoding::Utf32));
        let counted = counted.unwrap_or_default();
        Js(Position { line: counted.line + 1, column: counted.column + 1 })
    }

    /// Why not all files could be taken in: there are too many.
    pub fn problem(&mut self) -> Option<String> {
        self.refresh();
        self.problem.as_ref().map(ToString::to_string)
    }
}

impl Workspace {
    fn changed(&mut self) {
        self.analysis = None;
        #[cfg(feature = "whole")]
        {
            self.kept = None;
        }
        self.offsets.borrow_mut().clear();
    }

    fn imports(&self, file: FileId) -> Vec<String> {
        use warmor_compiler::syntax::ast::{ImportSource, ItemKind};
        let items = self.sources.file(file).into_iter().flat_map(|f| &f.tree.items);
        let imports = items.filter_map(|item| match &item.kind {
            ItemKind::Import(import) => Some(import),
            _ => None,
        });
        imports
            .map(|import| match &import.source {
                ImportSource::Module(name) => self.sources.text(name.span).to_owned(),
                ImportSource::File(path) => format!("\"{}", path.value),
            })
            .collect()
    }

    /// Puts the sources together, if they are not.
    fn refresh(&mut self) {
        if !self.stale {
            return;
        }
        self.stale = false;
        self.problem = None;
        let layout = if self.files.has_manifest() {
            Layout::project(&Files::root(), &self.files)
        } else {
            Layout::folder(&Files::root(), &self.files)
        };
        let loaded = layout.and_then(|layout| Ok((layout.load(&self.files)?, layout)));
        match loaded {
            Ok((sources, layout)) => (self.sources, self.layout) = (sources, layout),
            Err(problem) => {
                self.sources = Sources::new();
                self.layout = Layout::files(&Files::root(), Vec::new());
                self.problem = Some(problem);
            }
        }
        self.add_dependencies();
    }

    /// Takes in what the manifest depends on, where that is inside of the workspace.
    fn add_dependencies(&mut self) {
        use warmor_compiler::resolve::Dependency;
        for dependency in self.sources.manifest().map(|m| m.dependencies).unwrap_or_default().values() {
            if let Dependency::Path { path, .. } = dependency {
                let added = self.layout.add_library(path, &self.files, &mut self.sources);
                let added = added.and_then(|()| self.layout.add_missing(&self.files, &mut self.sources));
                if let Err(problem) = added {
                    self.problem = Some(problem);
                }
            }
        }
    }

    /// The program as it is now. Copies share everything.
    pub(crate) fn analysis(&mut self) -> Analysis {
        self.refresh();
        let (sources, options) = (&self.sources, &self.options);
        self.analysis.get_or_insert_with(|| Analysis::new(sources.clone(), options)).clone()
    }

    /// Keeps what was found out about the program as it is now.
    pub(crate) fn set_analysis(&mut self, analysis: Analysis) {
        self.analysis = Some(analysis);
    }

    #[cfg(feature = "whole")]
    pub(crate) const fn options(&self) -> &Options {
        &self.options
    }

    /// A place in a file of the program, or in a module of the standard library that it uses.
    pub(crate) fn place(&self, analysis: &Analysis, file: &str, offset: u32) -> Option<Place> {
        let file = file_of(analysis, file)?;
        Some(Place { file, offset: self.byte(analysis, file, offset) })
    }

    pub(crate) fn span(&self, analysis: &Analysis, file: &str, from: u32, to: u32) -> Option<Span> {
        let file = file_of(analysis, file)?;
        let (from, to) = (self.byte(analysis, file, from), self.byte(analysis, file, to));
        Some(Span::new(file, from.min(to), from.max(to)))
    }

    /// A span as it crosses.
    pub(crate) fn range(&self, analysis: &Analysis, span: Span) -> Range {
        let file = analysis.file(span.file).map(|f| f.path.clone()).unwrap_or_default();
        let (from, to) = self.offsets(analysis, span.file, |o| (o.units(span.start), o.units(span.end)));
        Range { file, from, to: to.max(from) }
    }

    pub(crate) fn edits(&self, analysis: &Analysis, edits: &[warmor_ide::Edit]) -> Vec<Edit> {
        edits.iter().map(|e| Edit { range: self.range(analysis, e.span), text: e.text.clone() }).collect()
    }

    /// An offset in a file of the program as it crosses.
    pub(crate) fn unit(&self, analysis: &Analysis, file: FileId, byte: u32) -> u32 {
        self.offsets(analysis, file, |offsets| offsets.units(byte))
    }

    fn byte(&self, analysis: &Analysis, file: FileId, unit: u32) -> u32 {
        self.offsets(analysis, file, |offsets| offsets.byte(unit))
    }

    fn offsets<T>(&self, analysis: &Analysis, file: FileId, read: impl FnOnce(&Offsets) -> T) -> T {
        let mut known = self.offsets.borrow_mut();
        let text = || analysis.file(file).map_or("", |f| f.text.as_str());
        read(known.entry(file).or_insert_with(|| Offsets::new(text())))
    }
}

pub(crate) fn file_of(analysis: &Analysis, path: &str) -> Option<FileId> {
    analysis.sources().file_at(path).map(|f| f.id)
}

fn date(text: &str) -> Option<Date> {
    let mut parts = text.split('-').map(|part| part.parse::<u16>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let date = Date { year, month: u8::try_from(month).ok()?, day: u8::try_from(day).ok()? };
    // The calendar has it if it comes back.
    let is_one = (1970..=9999).contains(&year) && Date::from_days(date.days()) == Some(date);
    (parts.next().is_none() && is_one).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        assert!(date("2024-02-29").is_some());
        for text in
            ["2023-02-29", "2024-13-01", "2024-00-10", "1969-12-31", "2024-1", "2024-01-01-01", "x", ""]
        {
            assert_eq!(date(text), None, "{text}");
        }
    }
}
