//! A graph for Graphviz: who may start a connection to whom. Nothing is told by colour alone: each edge has its words.

use super::{Amount, Table, View, Words};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use warmor_policy::schema::Action;

/// The graph.
pub fn render(view: &View) -> String {
    let mut out = String::from(
        "digraph reach {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n",
    );
    // A subject that acts and one that is reached are one node.
    let mut nodes: BTreeMap<(bool, &str), usize> = BTreeMap::new();
    for row in &view.rows {
        let number = nodes.len();
        nodes.entry((true, row)).or_insert(number);
    }
    for table in &view.tables {
        for (column, subject) in table.columns.iter().zip(&table.subjects) {
            let number = nodes.len();
            nodes.entry((*subject, column)).or_insert(number);
        }
    }
    let mut listed: Vec<(usize, bool, &str)> = nodes.iter().map(|((s, name), n)| (*n, *s, *name)).collect();
    listed.sort_unstable();
    for (number, subject, name) in listed {
        let shape = if subject { "box" } else { "ellipse" };
        let _ = writeln!(out, "  n{number} [label={}, shape={shape}];", quoted(name));
    }
    for table in &view.tables {
        for (row, cells) in view.rows.iter().zip(&table.cells) {
            for (i, cell) in cells.iter().enumerate().filter(|(_, c)| c.amount != Amount::Nothing) {
                let (Some(actor), Some(place)) = (
                    nodes.get(&(true, row.as_str())),
                    nodes.get(&(table.subjects[i], table.columns[i].as_str())),
                ) else {
                    continue;
                };
                // Who accepts is reached.
                let (from, to) = if table.action == Action::Accept { (place, actor) } else { (actor, place) };
                let _ = writeln!(
                    out,
                    "  n{from} -> n{to} [label={}, style={}];",
                    quoted(&label(table, cell)),
                    style(cell.amount)
                );
            }
        }
    }
    out.push_str("}\n");
    out
}

fn label(table: &Table, cell: &Words) -> String {
    let mut lines = vec![format!("{}: {}", table.action.name(), cell.lines().join("; "))];
    for (number, note) in table.notes.iter().enumerate() {
        let reference = format!("[{}]", number + 1);
        if cell.flows.iter().any(|f| f.contains(&reference)) {
            lines.push(format!("{reference} {note}"));
        }
    }
    lines.join("\n")
}

fn style(amount: Amount) -> &'static str {
    match amount {
        Amount::All | Amount::Some | Amount::Nothing => "solid",
        Amount::Conditional | Amount::Unknown => "dashed",
        Amount::Ungoverned => "dotted",
    }
}

/// A string of the DOT language: only the quote and the backslash mean something in one, a line break is written `\n`.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
