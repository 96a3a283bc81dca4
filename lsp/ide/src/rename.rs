//! Rename: a definition, a parameter or a rule's label, everywhere it is named.

use crate::analysis::{Analysis, Place};
use crate::formatting::Edit;
use crate::names::{Meaning, meant};
use crate::references::of_meaning;
use warmor_compiler::resolve::{DefKind, Origin};
use warmor_compiler::span::{FileId, Span};
use warmor_compiler::syntax::lexer::{TokenKind, lex};

/// Why something is not renamed, in a sentence for its reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRenamed(pub String);

/// What would be renamed at a place: the word under the cursor.
///
/// # Errors
/// When there is nothing that has a name of the author's own.
pub fn prepare(analysis: &Analysis, place: Place) -> Result<Span, NotRenamed> {
    places(analysis, place).map(|(word, _)| word)
}

/// The changes that give what is named at a place another name.
///
/// # Errors
/// When there is nothing to rename, or the new name is none, or is taken.
pub fn rename(analysis: &Analysis, place: Place, new: &str) -> Result<Vec<Edit>, NotRenamed> {
    let (word, places) = places(analysis, place)?;
    is_name(new)?;
    if analysis.text(word) == new {
        return Ok(Vec::new());
    }
    if let Some(other) = taken(analysis, place, new) {
        let line = analysis.lines(other.file).map_or(0, |lines| lines.line(other.start) + 1);
        let path = analysis.file(other.file).map_or("", |f| f.path.as_str());
        return Err(NotRenamed(format!("`{new}` is already defined, in {path} on line {line}")));
    }
    Ok(places.into_iter().map(|span| Edit { span, text: new.to_owned() }).collect())
}

/// The word under the cursor, and every place where the same thing is named.
fn places(analysis: &Analysis, place: Place) -> Result<(Span, Vec<Span>), NotRenamed> {
    let nothing = || NotRenamed("there is no name of yours here".to_owned());
    let meant = meant(analysis, place).ok_or_else(nothing)?;
    let own = match &meant.meaning {
        Meaning::Fact(fact) => Err(format!("`{}` is a fact of the language", fact.name())),
        Meaning::Action(_) | Meaning::Group(_) | Meaning::Value(..) | Meaning::Word => {
            Err(format!("`{}` is a word of the language", analysis.text(meant.span)))
        }
        Meaning::Files(_) => Err("modules are renamed where their files say `package`".to_owned()),
        Meaning::Definition(_) | Meaning::Local(_) | Meaning::Rules(_) => Ok(()),
    };
    own.map_err(NotRenamed)?;
    let mut spans: Vec<Span> = of_meaning(analysis, &meant.meaning).into_iter().map(|o| o.span).collect();
    // A reference to a rule names more than the rule: its last word is what changes.
    let old = spans.first().map(|s| analysis.text(*s).to_owned()).ok_or_else(nothing)?;
    spans.retain(|span| analysis.text(*span) == old);
    if let Some(foreign) = spans.iter().find_map(|span| foreign(analysis, span.file)) {
        return Err(NotRenamed(foreign));
    }
    let word = spans.iter().copied().find(|s| s.file == place.file && s.touches(place.offset));
    Ok((word.ok_or_else(nothing)?, spans))
}

/// Why a file is not for the author to change.
fn foreign(analysis: &Analysis, file: FileId) -> Option<String> {
    let file = analysis.file(file)?;
    match file.origin {
        Origin::Standard => Some(format!("it belongs to the standard library (`{}`)", file.path)),
        Origin::Library => Some(format!("it belongs to a dependency (`{}`)", file.path)),
        Origin::Root | Origin::Imported | Origin::Manifest => None,
    }
}

fn is_name(new: &str) -> Result<(), NotRenamed> {
    let tokens = lex(new, FileId(0));
    match tokens.tokens.as_slice() {
        [only] if only.kind == TokenKind::Ident && only.span.len() as usize == new.len() => Ok(()),
        [only] if only.kind.is_reserved() && only.span.len() as usize == new.len() => {
            Err(NotRenamed(format!("`{new}` is a word of the language")))
        }
        _ => Err(NotRenamed(format!("`{new}` is no name: write letters, digits and `_`, not a digit first"))),
    }
}

/// The definition that has the new name already where the old one is visible.
fn taken(analysis: &Analysis, place: Place, new: &str) -> Option<Span> {
    let Meaning::Definition(id) = meant(analysis, place)?.meaning else { return None };
    let symbols = &analysis.checked().symbols;
    let own = symbols.definition(id)?;
    let mut others = symbols.definitions.iter().filter(|d| d.module == own.module && d.name == new);
    others.find(|d| space(d.kind) == space(own.kind)).map(|d| d.span)
}

/// Definitions of one space cannot have the same name.
const fn space(kind: DefKind) -> u8 {
    match kind {
        DefKind::Let | DefKind::Subject | DefKind::Predicate | DefKind::Param => 0,
        DefKind::Template => 1,
        DefKind::Policy | DefKind::Detect => 2,
    }
}
