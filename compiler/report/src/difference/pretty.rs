//! A difference for people.

use super::told::{Kind, Told, setting};
use crate::story;
use crate::text::{Paint, escape};

/// All of it, by kind, then by subject.
pub fn render(told: &Told<'_>, paint: Paint) -> String {
    let mut text = String::new();
    let mut last: Option<(Kind, &str)> = None;
    for row in &told.rows {
        if last.map(|(kind, _)| kind) != Some(row.kind) {
            let title = row.kind.title();
            text.push_str(&if row.kind.widens() { paint.bad(title) } else { paint.good(title) });
            text.push('\n');
        }
        if last != Some((row.kind, &row.subject)) {
            text.push_str(&format!("  for {}\n", paint.strong(&row.subject)));
        }
        last = Some((row.kind, &row.subject));
        text.push_str(&format!(
            "    {}\n      was: {}\n      now: {}\n",
            paint.strong(&row.actions),
            row.before,
            row.after
        ));
        if let Some(event) = Told::event(row) {
            text.push_str(&format!("      for example: {}\n", story::event(event)));
            for fact in story::processes(event) {
                text.push_str(&paint.faint(&format!("        {fact}")));
                text.push('\n');
            }
        }
        for (subject, event) in Told::others(row) {
            let event = event.map_or("not known: the budget ran out".to_owned(), story::event);
            text.push_str(&format!("      by {}, for example: {event}\n", paint.strong(subject)));
        }
    }
    let settings = told.difference.settings.iter().map(|s| {
        let (what, how) = setting(s);
        format!("{what}: {how}")
    });
    section(&mut text, &paint.strong("settings"), settings);
    section(&mut text, "without effect, proved", told.without_effect().map(|e| told.edit(e)));
    section(&mut text, &paint.warn("not known: the budget ran out"), told.open().into_iter());
    let names = format!("{} → {}", escape(told.old.name), escape(told.new.name));
    let summary = told.summary();
    let summary = if told.difference.is_none() { paint.good(&summary) } else { paint.strong(&summary) };
    text.push_str(&format!("{names}: {summary}\n"));
    text
}

fn section(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    for (number, line) in lines.enumerate() {
        if number == 0 {
            text.push_str(&format!("{title}\n"));
        }
        text.push_str(&format!("  {line}\n"));
    }
}
