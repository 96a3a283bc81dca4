//! Which warnings matter: the levels of the project, and what single items silence.
//!
//! Silencing is a matter of places: a warning whose place lies in what an attribute `@silence(CODE, "why")` is about is not
//! reported. So every pass can report without knowing of it, and later ones (proofs) are judged by the same rules.

use crate::diagnostics::{Code, Diagnostic, Level, Sink};
use crate::model::Silence;
use crate::resolve::{LintLevels, Origin, Sources};
use crate::syntax::ast::{Attribute, Name};

/// Levels and silences, and which silences have been of use.
#[derive(Clone, Debug, Default)]
pub struct Lints {
    /// The first that sets a level counts.
    levels: Vec<LintLevels>,
    silences: Vec<(Silence, bool)>,
}

impl Lints {
    pub(super) fn new(levels: Vec<LintLevels>, silences: &[Silence]) -> Self {
        Self { levels, silences: silences.iter().map(|s| (s.clone(), false)).collect() }
    }

    /// What is to be reported of the findings of a pass, at its level.
    pub fn judge(&mut self, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        diagnostics.into_iter().filter_map(|diagnostic| self.judge_one(diagnostic)).collect()
    }

    fn judge_one(&mut self, mut diagnostic: Diagnostic) -> Option<Diagnostic> {
        let code = diagnostic.code;
        // Errors are nobody's to silence.
        if code.lint().is_none() {
            return Some(diagnostic);
        }
        let place = diagnostic.span();
        let mut silenced = false;
        for (silence, used) in &mut self.silences {
            let about = silence.about;
            let inside = about.file == place.file && about.start <= place.start && place.end <= about.end;
            if inside && silence.codes.contains(&code) {
                *used = true;
                silenced = true;
            }
        }
        if let Some(level) = self.levels.iter().find_map(|levels| levels.of(code)) {
            diagnostic.level = level;
        }
        // A note is what a project has silenced.
        (!silenced && diagnostic.level != Level::Note).then_some(diagnostic)
    }

    /// The silences that silenced nothing, reported. Whatever comes before proofs asks for those that no proof can need.
    pub fn unused(&mut self, after: Passes) -> Vec<Diagnostic> {
        let unused = self.silences.iter().filter(|(silence, used)| {
            let may_come = after == Passes::Check && silence.codes.iter().any(|c| c.is_proved());
            !used && !may_come
        });
        let found = unused.map(|(silence, _)| {
            Diagnostic::new(Code::UnusedSilence, silence.span, "there is nothing to silence here")
                .help("remove it: what it was for is gone")
        });
        let found: Vec<Diagnostic> = found.collect();
        // What has been reported is not reported again after the next pass.
        self.silences.retain(|(silence, used)| *used || found.iter().all(|d| d.span() != silence.span));
        self.judge(found)
    }
}

/// How far a program has been looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passes {
    /// Names, types, tiers.
    Check,
    /// Proofs too.
    Prove,
}

/// Reads the attributes of the program's files. Those of libraries are the business of whoever checks the library.
pub(super) fn read(sources: &Sources, sink: &mut Sink) -> Vec<Silence> {
    let program = sources.files().filter(|f| matches!(f.origin, Origin::Root | Origin::Imported));
    program.flat_map(|file| &file.tree.attributes).filter_map(|a| read_one(a, sink)).collect()
}

fn read_one(attribute: &Attribute, sink: &mut Sink) -> Option<Silence> {
    if attribute.name.as_str() != "silence" {
        let word = &attribute.name;
        sink.push(
            Diagnostic::new(
                Code::UnknownAttribute,
                word.span,
                format!("there is no attribute `@{}`", word.text),
            )
            .help("there is one: `@silence(CODE, \"why\")`")
            .did_you_mean(word.span, &word.text, ["silence"]),
        );
        return None;
    }
    let mut codes = Vec::new();
    for name in &attribute.arguments {
        codes.extend(codes_of(name, sink));
    }
    let reason = attribute.text.as_ref().map_or("", |text| text.value.trim());
    if reason.is_empty() {
        sink.push(
            Diagnostic::new(Code::BadSilence, attribute.span, "a silence says why")
                .help("write the reason as a text at its end: `@silence(W0402, \"why\")`"),
        );
    }
    (!codes.is_empty()).then(|| Silence {
        codes,
        reason: reason.to_owned(),
        about: attribute.about,
        span: attribute.span,
    })
}

/// The warnings that a word stands for: a code's or a group's.
fn codes_of(name: &Name, sink: &mut Sink) -> Vec<Code> {
    let word = name.as_str();
    let group: Vec<Code> = Code::ALL.iter().copied().filter(|c| c.lint() == Some(word)).collect();
    let codes = match Code::ALL.iter().find(|c| c.id() == word) {
        Some(code) if code.lint().is_some() => vec![*code],
        Some(code) => {
            sink.push(
                Diagnostic::new(
                    Code::BadSilence,
                    name.span,
                    format!("`{code}` is an error and cannot be silenced"),
                )
                .help("mend it: an error leaves the program without a meaning"),
            );
            return Vec::new();
        }
        None => group,
    };
    if codes.is_empty() {
        let warnings = Code::ALL.iter().filter(|c| c.lint().is_some());
        let words = warnings.flat_map(|c| [Some(c.id()), c.lint()]).flatten();
        sink.push(
            Diagnostic::new(Code::BadSilence, name.span, format!("there is no warning `{word}`"))
                .help("name a warning by its code, or a group of them as in `warmor.toml`")
                .did_you_mean(name.span, word, words),
        );
    }
    codes
}
