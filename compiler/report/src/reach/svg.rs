//! A picture of the matrices: text in cells, so that it can be read aloud, searched and copied. No scripts, no links, no fonts.

use super::{Amount, Table, View, Words};
use std::fmt::Write as _;

/// Height of a line of text, and of what stands around it.
const LINE: usize = 16;
/// Width that a character takes at most, at this size.
const CHARACTER: usize = 8;
/// Most columns whose cells are written out.
const MAX_WRITTEN: usize = 12;
/// Side of a cell that is not.
const SMALL: usize = 28;
const MARGIN: usize = 16;

const STYLE: &str = "text{font:13px ui-monospace,monospace;fill:#1b1f24}.head{font-weight:bold}.cell{stroke:#8c959f;stroke-width:1}\
.nothing{fill:#ffebe9}.some,.all{fill:#dafbe1}.conditional,.unknown{fill:#fff8c5}.ungoverned{fill:#f6f8fa;stroke-dasharray:3 2}\
.back{fill:#fff}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.back{fill:#0d1117}.cell{stroke:#6e7681}.nothing{fill:#4c1a1d}\
.some,.all{fill:#12361f}.conditional,.unknown{fill:#3b2e00}.ungoverned{fill:#161b22}}";

/// The picture.
pub fn render(view: &View) -> String {
    let mut body = String::new();
    let (mut y, mut width) = (MARGIN, 0);
    for table in &view.tables {
        let drawn = draw(&mut body, &view.rows, table, y);
        width = width.max(drawn.0);
        y = drawn.1 + LINE;
        for (number, note) in table.notes.iter().enumerate() {
            for line in wrapped(&format!("[{}] {note}", number + 1), 110) {
                text(&mut body, MARGIN, y, "", &line);
                width = width.max(MARGIN * 2 + line.chars().count() * CHARACTER);
                y += LINE;
            }
        }
        y += LINE;
    }
    for line in view.remarks.iter().flat_map(|r| wrapped(r, 110)) {
        text(&mut body, MARGIN, y, "", &line);
        width = width.max(MARGIN * 2 + line.chars().count() * CHARACTER);
        y += LINE;
    }
    let described: Vec<String> = view.tables.iter().flat_map(|t| described(&view.rows, t)).collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {y}\" width=\"{width}\" height=\"{y}\" role=\"img\" \
         aria-labelledby=\"title desc\">\n<title id=\"title\">Who reaches what</title>\n<desc id=\"desc\">{}</desc>\n\
         <style>{STYLE}</style>\n<rect class=\"back\" width=\"{width}\" height=\"{y}\"/>\n{body}</svg>\n",
        escaped(&described.join(" "))
    )
}

/// Draws a matrix from `top` on; how wide it is, and where it ends.
fn draw(out: &mut String, rows: &[String], table: &Table, top: usize) -> (usize, usize) {
    let written = table.columns.len() <= MAX_WRITTEN;
    let longest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0) * CHARACTER + 12;
    let first = longest(&mut rows.iter().map(|r| r.chars().count()).chain([table.title.chars().count()]));
    let widths: Vec<usize> = (0..table.columns.len())
        .map(|i| {
            if !written {
                return SMALL;
            }
            let cells = table.cells.iter().flat_map(|line| line[i].lines());
            longest(&mut cells.map(|l| l.chars().count()).chain([table.columns[i].chars().count()]))
        })
        .collect();
    let names = table.columns.iter().map(|c| c.chars().count()).max().unwrap_or(0);
    let head = if written { LINE + 8 } else { names * CHARACTER + 12 };
    text(out, MARGIN, top + head - 6, "head", &table.title);
    let mut x = MARGIN + first;
    for (name, width) in table.columns.iter().zip(&widths) {
        if written {
            text(out, x + 6, top + head - 6, "head", name);
        } else {
            let (at, y) = (x + width / 2 + 4, top + head - 6);
            let _ = writeln!(
                out,
                "<text class=\"head\" transform=\"translate({at} {y}) rotate(-90)\">{}</text>",
                escaped(name)
            );
        }
        x += width;
    }
    let mut y = top + head;
    for (row, cells) in rows.iter().zip(&table.cells) {
        let lines = cells.iter().map(|c| if written { c.lines().len() } else { 1 }).max().unwrap_or(1);
        let height = if written { lines * LINE + 8 } else { SMALL };
        text(out, MARGIN, y + LINE + 2, "head", row);
        let mut x = MARGIN + first;
        for ((cell, width), column) in cells.iter().zip(&widths).zip(&table.columns) {
            let class = class(cell.amount);
            let told = told(row, table, column, cell);
            let _ = write!(
                out,
                "<g><title>{}</title><rect class=\"cell {class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>",
                escaped(&told)
            );
            if written {
                for (i, line) in cell.lines().iter().enumerate() {
                    text(out, x + 6, y + LINE + 2 + i * LINE, "", line);
                }
            } else {
                text(out, x + SMALL / 2 - 4, y + LINE + 2, "", sign(cell.amount));
            }
            out.push_str("</g>\n");
            x += width;
        }
        y += height;
    }
    (x + MARGIN, y)
}

/// A cell in a sentence.
fn told(row: &str, table: &Table, column: &str, cell: &Words) -> String {
    let preposition = table.action.info().preposition.unwrap_or("to");
    format!("{row} {} {preposition} {column}: {}", table.action.name(), said(cell))
}

fn said(cell: &Words) -> String {
    match cell.amount {
        Amount::Nothing => "denied".to_owned(),
        _ => cell.lines().join("; "),
    }
}

/// What is not denied, in sentences.
fn described(rows: &[String], table: &Table) -> Vec<String> {
    let mut out = Vec::new();
    for (row, cells) in rows.iter().zip(&table.cells) {
        for (cell, column) in cells.iter().zip(&table.columns).filter(|(c, _)| c.amount != Amount::Nothing) {
            out.push(format!("{}.", told(row, table, column, cell)));
        }
    }
    out
}

fn class(amount: Amount) -> &'static str {
    match amount {
        Amount::Nothing => "nothing",
        Amount::Some => "some",
        Amount::Conditional => "conditional",
        Amount::All => "all",
        Amount::Ungoverned => "ungoverned",
        Amount::Unknown => "unknown",
    }
}

/// A cell in one sign, for a matrix of many columns.
fn sign(amount: Amount) -> &'static str {
    match amount {
        Amount::Nothing => "-",
        Amount::Some => "+",
        Amount::Conditional => "~",
        Amount::All => "*",
        Amount::Ungoverned => "o",
        Amount::Unknown => "?",
    }
}

fn text(out: &mut String, x: usize, y: usize, class: &str, words: &str) {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let _ = writeln!(out, "<text{class} x=\"{x}\" y=\"{y}\">{}</text>", escaped(words));
}

/// Lines of at most so many characters, broken at spaces.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(last) = lines.last_mut() else { break };
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > most {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}

/// Text of XML. Control characters were escaped before, by whoever took the names from the program.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
