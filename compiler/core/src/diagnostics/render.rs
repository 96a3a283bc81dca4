//! Diagnostics as text for people, with the source around them.

use super::{Diagnostic, Label, LabelRole, Level};
use crate::resolve::Sources;
use crate::span::FileId;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceSpan};
use std::fmt;

/// How diagnostics are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// For files and pipes: no colours.
    Plain,
    /// For terminals.
    Coloured,
}

/// Diagnostics as text, one after another.
///
/// Source text is shown with its control characters and direction marks replaced: nothing that a policy contains is
/// interpreted by a terminal.
pub fn render(sources: &Sources, diagnostics: &[Diagnostic], style: Style) -> String {
    let path = |file: FileId| sources.file(file).map_or_else(String::new, |f| f.path.clone());
    render_with_paths(sources, diagnostics, style, &path)
}

/// The same, with the paths by which the reader knows the files.
pub fn render_with_paths(
    sources: &Sources,
    diagnostics: &[Diagnostic],
    style: Style,
    path: &dyn Fn(FileId) -> String,
) -> String {
    let theme = match style {
        Style::Plain => GraphicalTheme::unicode_nocolor(),
        Style::Coloured => GraphicalTheme::unicode(),
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(110);
    let mut out = String::new();
    for diagnostic in diagnostics {
        if !out.is_empty() {
            out.push('\n');
        }
        // Writing to a string does not fail.
        let _ = handler.render_report(&mut out, &Shown::new(sources, diagnostic, path));
    }
    out
}

/// A diagnostic, or what it says about another file, with that file's text.
#[derive(Debug)]
struct Shown {
    code: Option<&'static str>,
    level: Level,
    message: String,
    help: Option<String>,
    source: NamedSource<String>,
    labels: Vec<LabeledSpan>,
    related: Vec<Self>,
}

impl Shown {
    fn new(sources: &Sources, diagnostic: &Diagnostic, path: &dyn Fn(FileId) -> String) -> Self {
        let file = diagnostic.span().file;
        let (here, elsewhere): (Vec<&Label>, Vec<&Label>) =
            diagnostic.labels.iter().partition(|l| l.span.file == file);
        let mut help: Vec<String> = diagnostic.help.iter().cloned().collect();
        help.extend(diagnostic.notes.iter().map(|note| format!("note: {note}")));
        Self {
            code: Some(diagnostic.code.id()),
            level: diagnostic.level,
            message: visible(&diagnostic.message),
            help: (!help.is_empty()).then(|| visible(&help.join("\n"))),
            source: source(sources, file, path),
            labels: here.into_iter().map(labelled).collect(),
            related: elsewhere
                .into_iter()
                .map(|label| Self {
                    code: None,
                    level: Level::Note,
                    message: visible(&label.text),
                    help: None,
                    source: source(sources, label.span.file, path),
                    labels: vec![labelled(&Label { text: String::new(), ..label.clone() })],
                    related: Vec::new(),
                })
                .collect(),
        }
    }
}

fn source(sources: &Sources, file: FileId, path: &dyn Fn(FileId) -> String) -> NamedSource<String> {
    NamedSource::new(visible(&path(file)), visible(sources.file(file).map_or("", |f| &f.text)))
}

fn labelled(label: &Label) -> LabeledSpan {
    let span = SourceSpan::new((label.span.start as usize).into(), label.span.len() as usize);
    let text = (!label.text.is_empty()).then(|| visible(&label.text));
    match label.role {
        LabelRole::Primary => LabeledSpan::new_primary_with_span(text, span),
        LabelRole::Secondary => LabeledSpan::new_with_span(text, span),
    }
}

/// The text with what a terminal would interpret replaced, byte for byte, so that places stay where they are.
fn visible(text: &str) -> String {
    let harmless = |c: char| {
        matches!(c, '\n' | '\t')
            || !(c.is_control()
                || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    };
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        if harmless(c) || (c == '\r' && characters.peek() == Some(&'\n')) {
            out.push(c);
        } else {
            out.extend(std::iter::repeat_n('?', c.len_utf8()));
        }
    }
    out
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl miette::Diagnostic for Shown {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.level {
            Level::Error => miette::Severity::Error,
            Level::Warning => miette::Severity::Warning,
            Level::Note => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        if self.related.is_empty() {
            return None;
        }
        Some(Box::new(self.related.iter().map(|r| r as &dyn miette::Diagnostic)))
    }
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn nothing_reaches_the_terminal_as_a_command() {
        assert_eq!(visible("a\u{1b}[31mb\u{202e}c\td\n"), "a?[31mb???c\td\n");
        assert_eq!(visible("line\r\nend\r"), "line\r\nend?");
    }
}
