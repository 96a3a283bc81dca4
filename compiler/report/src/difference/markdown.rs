//! A difference as a comment on a pull request: a table by subject, with the events that show it folded below. Bounded, for comments
//! are: what does not fit is counted.

use super::told::{Row, Told, setting};
use crate::story;
use crate::text::plural;

/// Most bytes; a comment on GitHub holds 65,536 characters.
const MAX_BYTES: usize = 48 << 10;
/// Most rows of the table.
const MAX_ROWS: usize = 60;
/// Most lines of the other lists.
const MAX_LINES: usize = 20;

/// All of it, or as much as fits.
pub fn render(told: &Told<'_>) -> String {
    let mut text = format!("### Policy changes: {}\n\n", told.summary());
    text.push_str(&format!("{} → {}\n", code(told.old.name), code(told.new.name)));
    let mut rows: Vec<&Row<'_>> = told.rows.iter().collect();
    rows.sort_by_key(|r| (&r.subject, r.kind));
    if !rows.is_empty() {
        text.push_str("\n| for | | actions | was | now |\n|---|---|---|---|---|\n");
    }
    let mut shown = 0;
    for row in rows.iter().take(MAX_ROWS) {
        let mark = if row.kind.widens() { "⚠️ " } else { "" };
        let line = format!(
            "| {} | {mark}{} | {} | {} | {} |\n",
            cell(&row.subject),
            row.kind.title(),
            row.actions,
            cell(&row.before),
            cell(&row.after),
        );
        // Half of the place is for the events.
        if text.len() + line.len() > MAX_BYTES / 2 {
            break;
        }
        text.push_str(&line);
        shown += 1;
    }
    more(&mut text, rows.len() - shown, "group");
    let settings = told.difference.settings.iter().map(|s| {
        let (what, how) = setting(s);
        format!("{}: {}", code(&what), code(&how))
    });
    list(&mut text, "settings", settings.collect(), false);
    list(&mut text, "not known: the budget ran out", told.open().iter().map(|l| code(l)).collect(), false);
    let events = rows.iter().take(shown).filter_map(|row| {
        let event = Told::event(row)?;
        let facts: String = story::processes(event).iter().map(|f| format!("<br>{}", code(f))).collect();
        Some(
            format!(
                "{}, for {}: {}{facts}",
                row.kind.title(),
                code(&row.subject),
                code(&story::event(event))
            ) + &Told::others(row)
                .map(|(subject, event)| match event {
                    Some(event) => format!("<br>by {}: {}", code(subject), code(&story::event(event))),
                    None => format!("<br>by {}: not known", code(subject)),
                })
                .collect::<String>(),
        )
    });
    list(&mut text, "an event for each", events.collect(), true);
    let without = told.without_effect().map(|e| code(&told.edit(e))).collect();
    list(&mut text, "edits without effect, proved", without, true);
    text
}

fn list(text: &mut String, title: &str, lines: Vec<String>, folded: bool) {
    if lines.is_empty() {
        return;
    }
    let most = if folded { MAX_ROWS } else { MAX_LINES };
    text.push_str(&if folded {
        format!("\n<details><summary>{title} ({})</summary>\n\n", lines.len())
    } else {
        format!("\n**{title}**\n\n")
    });
    let mut shown = 0;
    for line in lines.iter().take(most) {
        if text.len() + line.len() > MAX_BYTES {
            break;
        }
        text.push_str(&format!("- {line}\n"));
        shown += 1;
    }
    more(text, lines.len() - shown, "line");
    if folded {
        text.push_str("\n</details>\n");
    }
}

fn more(text: &mut String, left: usize, what: &str) {
    if left > 0 {
        text.push_str(&format!(
            "\n… and {} (`warmorc diff --format json` has all)\n",
            plural(left, &format!("more {what}"))
        ));
    }
}

/// Text of sources and events as code: nothing in it is markup, a mention or a link.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if longest > 0 { format!("{fence} {text} {fence}") } else { format!("{fence}{text}{fence}") }
}

/// The same in a table, where a bar ends a cell, also inside of code.
fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup() {
        assert_eq!(code("a @b <c>"), "`a @b <c>`");
        assert_eq!(code("`a` | ``"), "``` `a` | `` ```");
        assert_eq!(cell("a|b"), "`a\\|b`");
    }
}
