//! Pieces of Markdown.

/// A block of code in the language.
pub(crate) fn code(text: &str) -> String {
    // A fence longer than any in the text cannot be closed by it.
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}warmor\n{text}\n{fence}\n\n")
}

/// At most so many lines of a text, and a sign that there are more.
pub(crate) fn first_lines(text: &str, most: usize) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    if lines.len() > most {
        lines.truncate(most);
        lines.push("…");
    }
    lines.join("\n")
}

/// A text within a line that is shown as it is.
pub(crate) fn inline(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let marks = "`".repeat(longest + 1);
    // A mark at an end would be one of those that enclose the text.
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{marks}{space}{text}{space}{marks}")
}
