//! A table for people.

use super::{Amount, Table, View};
use crate::text::Paint;
use std::fmt::Write as _;

/// The tables, one below the other.
pub fn render(view: &View, paint: Paint) -> String {
    let mut out = String::new();
    for table in &view.tables {
        grid(&mut out, &view.rows, table, paint);
        for (number, note) in table.notes.iter().enumerate() {
            let _ = writeln!(out, "[{}] {note}", number + 1);
        }
        out.push('\n');
    }
    for remark in &view.remarks {
        let _ = writeln!(out, "{remark}");
    }
    out
}

fn grid(out: &mut String, rows: &[String], table: &Table, paint: Paint) {
    let width = |text: &str| text.chars().count();
    let first = rows.iter().map(|r| width(r)).chain([width(&table.title)]).max().unwrap_or(0);
    let columns: Vec<usize> = table
        .columns
        .iter()
        .enumerate()
        .map(|(i, name)| {
            let cells = table.cells.iter().filter_map(|line| line.get(i));
            let lines = cells.flat_map(super::Words::lines).map(|l| width(&l));
            lines.chain([width(name)]).max().unwrap_or(0)
        })
        .collect();
    let mut line = |cells: &[(String, Option<Amount>)], head: &str| {
        let mut text = paint.strong(&format!("{head:first$}"));
        for ((cell, amount), width) in cells.iter().zip(&columns) {
            let padded = format!("{cell:width$}");
            let painted = match amount {
                None => paint.strong(&padded),
                Some(Amount::Nothing) => paint.bad(&padded),
                Some(Amount::All | Amount::Some) => paint.good(&padded),
                Some(Amount::Conditional | Amount::Unknown) => paint.warn(&padded),
                Some(Amount::Ungoverned) => paint.faint(&padded),
            };
            text.push_str("  ");
            text.push_str(&painted);
        }
        let _ = writeln!(out, "{}", text.trim_end());
    };
    let names: Vec<(String, Option<Amount>)> = table.columns.iter().map(|c| (c.clone(), None)).collect();
    line(&names, &table.title);
    for (row, cells) in rows.iter().zip(&table.cells) {
        let lines: Vec<Vec<String>> = cells.iter().map(super::Words::lines).collect();
        let height = lines.iter().map(Vec::len).max().unwrap_or(1);
        for at in 0..height {
            let words: Vec<(String, Option<Amount>)> = lines
                .iter()
                .zip(cells)
                .map(|(l, c)| (l.get(at).cloned().unwrap_or_default(), Some(c.amount)))
                .collect();
            line(&words, if at == 0 { row } else { "" });
        }
    }
}
