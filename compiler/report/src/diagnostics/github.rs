//! Diagnostics as workflow commands of GitHub Actions.

use crate::places::{Place, Places};
use crate::text::escape_lines;
use warmor_compiler::diagnostics::{Diagnostic, Level};

/// The diagnostics, a line each.
pub fn render(diagnostics: &[Diagnostic], places: &Places<'_>) -> String {
    diagnostics.iter().map(|d| diagnostic(d, places)).collect()
}

fn diagnostic(d: &Diagnostic, places: &Places<'_>) -> String {
    let kind = match d.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let message = match &d.help {
        Some(help) => format!("{}\n{help}", d.message),
        None => d.message.clone(),
    };
    annotation(kind, &places.place(d.span()), d.code.id(), &message)
}

/// One annotation, as a line.
pub fn annotation(kind: &str, place: &Place, title: &str, message: &str) -> String {
    let Place { path, start, end } = place;
    // Columns are only valid within one line, and the last one is inclusive.
    let columns = if start.0 == end.0 {
        format!(",col={},endColumn={}", start.1, end.1.max(start.1 + 1) - 1)
    } else {
        String::new()
    };
    format!(
        "::{kind} file={},line={},endLine={}{columns},title={}::{}\n",
        property(path),
        start.0,
        end.0,
        property(title),
        data(message)
    )
}

/// What a message must not contain as it is.
fn data(text: &str) -> String {
    escape_lines(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What a property must not contain as it is.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_message_starts_another_command() {
        let place = Place { path: "a,b:c.warmor".to_owned(), start: (1, 2), end: (1, 4) };
        assert_eq!(
            annotation("error", &place, "E0001", "100%\n::error::x"),
            "::error file=a%2Cb%3Ac.warmor,line=1,endLine=1,col=2,endColumn=3,title=E0001::100%25%0A::error::x\n"
        );
    }
}
