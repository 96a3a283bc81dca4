//! A program from the disk: which files belong to it, and what the checker makes of them.

use crate::files::{Files, write_bytes};
use crate::output::Output;
use crate::paths::from_here;
use crate::report::{self, Format};
use crate::today;
use std::collections::BTreeMap;
use std::path::PathBuf;
use warmor_compiler::check::{self, Checked};
use warmor_compiler::date::Date;
use warmor_compiler::diagnostics::{Diagnostic, Level};
use warmor_compiler::model::{Model, Target};
use warmor_compiler::resolve::{Dependency, Origin, Sources};
use warmor_compiler::span::FileId;
use warmor_git::{LOCK, fetch};
use warmor_report::{Failure, Places};

/// Which program is meant.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Input {
    /// Policy files, a project folder, or `-` for standard input. Without one, the project around the working directory
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub settings: Settings,
}

/// What the sources do not say.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Settings {
    /// Gives a `param` of the program a value
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = parse_assignment)]
    pub params: Vec<(String, String)>,
    /// Compiles for another target than the project's: linux-6.1, windows, macos-pf
    #[arg(long, value_name = "TARGET", value_parser = parse_target)]
    pub target: Option<Target>,
    /// The day that `until` is compared with; otherwise that of `SOURCE_DATE_EPOCH`, otherwise today
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = today::parse)]
    pub today: Option<Date>,
    #[command(flatten)]
    pub fetching: Fetching,
}

fn parse_assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

fn parse_target(text: &str) -> Result<Target, String> {
    text.parse().map_err(|()| "the targets are linux-VERSION (linux-6.1), windows and macos-pf".to_owned())
}

/// What may be done to get dependencies.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Fetching {
    /// Fetches nothing: a dependency that is not in the cache is an error
    #[arg(long)]
    offline: bool,
    /// Changes nothing in `warmor.lock`: a dependency that it does not pin is an error
    #[arg(long)]
    locked: bool,
}

impl Fetching {
    fn allowed(&self) -> warmor_git::Fetching {
        warmor_git::Fetching { offline: self.offline, locked: self.locked }
    }
}

/// A program with what the checker says of it.
pub struct Program {
    /// Its files.
    pub sources: Sources,
    /// The folder that their paths are relative to.
    pub root: PathBuf,
    /// What the sources do not say.
    pub options: check::Options,
    /// What the checker says.
    pub checked: Checked,
}

impl Program {
    /// Reads and checks a program.
    pub fn load(paths: &[PathBuf], settings: &Settings, output: &Output) -> Result<Self, Failure> {
        let today = today::today(settings.today)?;
        let mut params = BTreeMap::new();
        for (name, value) in &settings.params {
            if params.insert(name.clone(), value.clone()).is_some() {
                return Err(Failure::new(format!("`{name}` is set twice")));
            }
        }
        let progress = output.progress("checking");
        let mut files = Files::find(paths)?;
        let mut sources = files.load()?;
        let mut options = check::Options {
            target: settings.target,
            params,
            today: Some(today),
            ..check::Options::default()
        };
        let mut checked = check::check(&sources, &options);
        // Where the dependencies are is written in the manifest, which the checker reads.
        drop(progress);
        let dependencies = checked.manifest.as_ref().map(|m| m.dependencies.clone()).unwrap_or_default();
        if !dependencies.is_empty() {
            for dependency in dependencies.values() {
                if let Dependency::Path { path, .. } = dependency {
                    files.add_library(path, &mut sources)?;
                }
            }
            let root = files.root().to_owned();
            let how = settings.fetching.allowed();
            let found = fetch(&root, &dependencies, how, || output.progress("fetching"))?;
            if let Some(lock) = found.lock {
                write_bytes(&root.join(LOCK), lock.as_bytes())?;
            }
            for fetched in found.fetched {
                files.add_fetched(&fetched.prefix, &fetched.folder, &mut sources)?;
                options.fetched.insert(fetched.name);
            }
            let progress = output.progress("checking");
            files.add_missing(&mut sources)?;
            checked = check::check(&sources, &options);
            drop(progress);
        }
        Ok(Self { sources, root: files.root().to_owned(), options, checked })
    }

    /// Reads a program that is to be used: its diagnostics go to standard error, and one with errors is none.
    pub fn load_model(
        paths: &[PathBuf],
        settings: &Settings,
        output: &mut Output,
    ) -> Result<Option<(Self, Model)>, Failure> {
        Ok(Self::load(paths, settings, output)?.usable(output))
    }

    /// The program with its model; `None` for one with errors, which go to standard error.
    pub fn usable(self, output: &mut Output) -> Option<(Self, Model)> {
        let shown: Vec<Diagnostic> =
            self.diagnostics().iter().filter(|d| d.level == Level::Error).cloned().collect();
        if !shown.is_empty() {
            let text = report::render(Format::Pretty, &shown, &self.places(), output.error_color());
            output.error_text(&text);
            return None;
        }
        let model = self.checked.partial.clone();
        Some((self, model))
    }

    /// Where a file of the program is on the disk, and its text; `None` for one that is not the program's own.
    pub fn file(&self, id: FileId) -> Option<(PathBuf, &str)> {
        let file = self.sources.files().find(|f| f.id == id)?;
        let own = matches!(file.origin, Origin::Root | Origin::Imported);
        let path = self.root.join(&file.path);
        (own && path.is_file()).then_some((path, file.text.as_str()))
    }

    /// What the checker has to say.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.checked.diagnostics
    }

    /// Finds places in its files.
    pub fn places(&self) -> Places<'_> {
        let from_here = |path: &str| from_here(&self.root.join(path)).to_string_lossy().into_owned();
        Places::located(&self.sources, from_here)
    }
}
