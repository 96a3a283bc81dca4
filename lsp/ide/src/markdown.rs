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
