//! What the compiler has to say about a program, as data: who shows it (terminal, editor, SARIF) decides how it looks.
//!
//! Messages are lower case, name what the author wrote in backticks, and leave advice to [`Diagnostic::help`]. One mistake
//! makes one diagnostic: a pass that finds a broken part skips it in silence when it has been reported.

mod codes;
mod render;
mod suggest;
mod syntax;

pub use codes::Code;
pub use render::{Style, render, render_with_paths};
pub use suggest::nearest;
pub(crate) use syntax::syntax_diagnostic;

use crate::span::Span;
use std::collections::HashSet;

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Worth knowing.
    Note,
    /// Probably not what the author means.
    Warning,
    /// The program has no meaning until it is mended.
    Error,
}

impl Level {
    /// Its word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A place with a word about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there; may be empty.
    pub text: String,
    /// Whether the problem is here, or this only helps to understand it.
    pub role: LabelRole,
}

/// What a [`Label`] is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelRole {
    /// The problem is here.
    Primary,
    /// This helps to understand it.
    Secondary,
}

/// Whether a [`Fix`] may be applied without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applicability {
    /// It means the same, or what was certainly meant.
    Safe,
    /// It is a guess.
    Maybe,
}

/// A change of the text that mends a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in a few words.
    pub title: String,
    /// What is replaced; empty to insert.
    pub span: Span,
    /// With what; empty to delete.
    pub replacement: String,
    /// Whether it may be applied without asking.
    pub applicability: Applicability,
}

/// One thing to say about a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which of the known problems it is.
    pub code: Code,
    /// How much it matters here: a project can raise or lower warnings.
    pub level: Level,
    /// What is wrong, in one line.
    pub message: String,
    /// Where; the first is the primary one.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// What else there is to know.
    pub notes: Vec<String>,
    /// Changes that would mend it, best first.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// A diagnostic at its code's own level.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            level: code.level(),
            message: message.into(),
            labels: vec![Label { span, text: String::new(), role: LabelRole::Primary }],
            help: None,
            notes: Vec::new(),
            fixes: Vec::new(),
        }
    }

    /// Where the problem is.
    pub fn span(&self) -> Span {
        self.labels.first().map(|l| l.span).unwrap_or_default()
    }

    /// Whether both say the same of the same place, at whatever level.
    pub fn is_about(&self, other: &Self) -> bool {
        self.code == other.code && self.labels == other.labels && self.message == other.message
    }

    /// Says what is at the primary place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(primary) = self.labels.first_mut() {
            primary.text = text.into();
        }
        self
    }

    /// Points to another place that explains the problem.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into(), role: LabelRole::Secondary });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Says what else there is to know.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Offers a change.
    #[must_use]
    pub fn fix(
        mut self,
        title: impl Into<String>,
        span: Span,
        replacement: impl Into<String>,
        applicability: Applicability,
    ) -> Self {
        self.fixes.push(Fix { title: title.into(), span, replacement: replacement.into(), applicability });
        self
    }

    /// Offers the nearest of some words in place of a wrong one, if there is one near enough.
    #[must_use]
    pub fn did_you_mean<'w>(self, span: Span, wrong: &str, words: impl IntoIterator<Item = &'w str>) -> Self {
        match nearest(wrong, words) {
            None => self,
            Some(word) => self.help(format!("did you mean `{word}`?")).fix(
                format!("replace with `{word}`"),
                span,
                word,
                Applicability::Maybe,
            ),
        }
    }
}

/// Where passes leave their diagnostics.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    list: Vec<Diagnostic>,
    seen: HashSet<(Code, Span)>,
}

impl Sink {
    /// Keeps a diagnostic, unless the same has been said of the same place: what is expanded many times is reported once.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        if self.seen.insert((diagnostic.code, diagnostic.span())) {
            self.list.push(diagnostic);
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Everything, by file and place, so that the order does not tell how passes went about it.
    pub(crate) fn into_sorted(self) -> Vec<Diagnostic> {
        let mut list = self.list;
        list.sort_by_key(|d| (d.span().file, d.span().start, d.span().end, d.code));
        list
    }
}
