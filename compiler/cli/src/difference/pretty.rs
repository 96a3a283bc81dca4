//! A difference for people.

use super::told::{Kind, Told};
use crate::output::{Paint, escape};
use crate::report::plural;
use crate::story;

/// All of it, by kind, then by subject.
pub fn render(told: &Told<'_>, paint: Paint) -> String {
    let mut text = String::new();
    let mut last: Option<(Kind, &str)> = None;
    for row in &told.rows {
        if last.map(|(kind, _)| kind) != Some(row.kind) {
            let title =
                if row.kind.widens() { paint.bad(row.kind.title()) } else { paint.good(row.kind.title()) };
            text.push_str(&format!("{title}\n"));
        }
        if last != Some((row.kind, &row.subject)) {
            text.push_str(&format!("  for {}\n", paint.strong(&row.subject)));
        }
        last = Some((row.kind, &row.subject));
        text.push_str(&format!("    {}\n      was: {}\n      now: {}\n", row.actions, row.before, row.after));
        if let Some(event) = Told::event(row) {
            text.push_str(&format!("      for example: {}\n", story::event(event)));
            for fact in story::processes(event) {
                text.push_str(&format!("        {fact}\n"));
            }
        }
    }
    let without: Vec<String> = told.without_effect().map(|e| told.edit(e)).collect();
    if !without.is_empty() {
        text.push_str("without effect, proved\n");
        text.push_str(&without.iter().map(|e| format!("  {e}\n")).collect::<String>());
    }
    let widened = told.rows.iter().filter(|r| r.kind.widens()).count();
    let names = format!("from {} to {}", escape(told.old.name), escape(told.new.name));
    if told.difference.is_none() {
        text.push_str(&format!("{} {names}: proved for all events\n", paint.good("no difference")));
    } else {
        text.push_str(&format!(
            "{} {names}, {widened} of them wider\n",
            plural(told.rows.len(), "difference")
        ));
    }
    text
}
