//! The way back: the program that an artifact was compiled from, out of the texts and the settings that it carries.

use crate::check::{Options, check};
use crate::date::Date;
use crate::diagnostics::Level;
use crate::model::Model;
use crate::resolve::{Origin, Sources};
use crate::syntax::ast::{ItemKind, Param};
use warmor_policy::artifact::{Artifact, SourceKind};

/// The sources of an artifact, and the settings that they were checked with.
pub fn reopen(artifact: &Artifact) -> (Sources, Options) {
    let manifest = artifact.manifest();
    let mut sources = Sources::new();
    // The standard library first: what an import brings along is this compiler's, where the artifact's own is not there yet.
    let mut files: Vec<_> = artifact.sources().iter().collect();
    files.sort_by_key(|f| f.kind != SourceKind::Standard);
    for file in files {
        let origin = match file.kind {
            // Format 1.0 does not say; most programs have no libraries.
            SourceKind::Root | SourceKind::Unstated => Origin::Root,
            SourceKind::Imported => Origin::Imported,
            SourceKind::Library => Origin::Library,
            SourceKind::Standard => Origin::Standard,
        };
        sources.set(&file.name, &file.text, origin);
    }
    let params = manifest.params.iter().filter(|p| !is_default(&sources, &p.name, &p.value));
    let options = Options {
        package: Some(manifest.package.clone()),
        target: manifest.target.parse().ok(),
        params: params.map(|p| (p.name.clone(), p.value.clone())).collect(),
        today: manifest.expired.iter().filter_map(|e| day_after(&e.until)).max(),
        ..Options::default()
    };
    (sources, options)
}

/// The model of a reopened program; otherwise the first thing that is wrong with it.
pub(super) fn model(sources: &Sources, options: &Options) -> Result<Model, String> {
    let checked = check(sources, options);
    match checked.diagnostics.iter().find(|d| d.level == Level::Error) {
        Some(error) => Err(format!("{}: {}", error.code.id(), error.message)),
        None => Ok(checked.partial),
    }
}

/// Whether a text is what a parameter is without being given: it may name what only its own file knows.
fn is_default(sources: &Sources, name: &str, value: &str) -> bool {
    let items = sources.files().flat_map(|f| &f.tree.items);
    items.filter_map(|item| if let ItemKind::Param(param) = &item.kind { Some(param) } else { None }).any(
        |Param { name: own, default, .. }| {
            own.as_str() == name && default.as_ref().is_some_and(|d| sources.text(d.span) == value)
        },
    )
}

/// A day on which a rule that holds to the end of this one has expired. It is only compared, so no calendar needs to have it.
fn day_after(until: &str) -> Option<Date> {
    let mut numbers = until.split('-');
    let year = numbers.next()?.parse().ok()?;
    let month = numbers.next()?.parse().ok()?;
    let day: u8 = numbers.next()?.parse().ok()?;
    Some(Date { year, month, day: day.checked_add(1)? })
}
