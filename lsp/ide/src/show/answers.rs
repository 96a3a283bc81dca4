//! Questions about all events of a program.

use super::Shown;
use crate::analysis::{Analysis, Place};
use std::fmt::Write as _;
use warmor_compiler::model::{Cond, Rule, Scope};
use warmor_compiler::prove::{Budget, Engine, ModelId};
use warmor_compiler::query::reach::{named_networks, network_actions, reach as reached};
use warmor_compiler::query::{Fare, Meant, Question, Verdict, Who, outcomes, rows};
use warmor_policy::schema::Action;
use warmor_report::reach::{text, view};
use warmor_report::{Paint, Places, answer, escape};

/// Every subject of the program, and whether it can do what the rule around a place is about.
pub(super) fn who_can(analysis: &Analysis, place: Place) -> Result<Shown, String> {
    let model = &analysis.checked().partial;
    let around = |r: &&Rule| r.span.file == place.file && r.span.touches(place.offset);
    let rule = model.rules.iter().find(around).ok_or("there is no rule here")?;
    let parts = std::iter::once(rule.object.clone()).chain(rule.condition.clone());
    let event = Cond::all(parts.collect(), rule.span);
    let question = Question { scope: Scope::default(), actions: rule.actions, event };
    let places = Places::new(analysis.sources());
    let id = ModelId(0);
    let rows = rows(model);
    let mut engine = Engine::new(&[model], Budget::default());
    let name: Vec<&str> = rule.actions.iter().map(Action::name).collect();
    let mut out = format!("who can {}", escape(&asked(analysis, rule, &name)));
    out.push('\n');
    for row in &rows {
        let meant = Meant::of(&engine, id, row.formula(id), &question);
        let found = outcomes(&mut engine, id, &meant);
        if row.who == Who::Unclear && found.fare(Verdict::Enforced) == Fare::Nothing {
            continue;
        }
        let headline = answer::headline(&found, Verdict::Enforced, Paint(false));
        let _ = writeln!(out, "\n{}: {headline}", answer::who(model, row.who));
        for line in answer::groups(model, &found, &places, Paint(false), true) {
            let _ = writeln!(out, "  {line}");
        }
    }
    if let Some(line) = answer::assumptions(model, &places) {
        let _ = writeln!(out, "\n{line}");
    }
    Ok(Shown::text(format!("who-can-{}", name.first().copied().unwrap_or("do")), out))
}

/// The rule's event as it is written.
fn asked(analysis: &Analysis, rule: &Rule, actions: &[&str]) -> String {
    let written = analysis.text(rule.object.span);
    let object = written.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{} {object}", actions.join(", "))
}

/// Which subject reaches what over the network.
pub(super) fn reach(analysis: &Analysis) -> Shown {
    let model = &analysis.checked().partial;
    let networks = named_networks(analysis.sources(), analysis.options());
    let found = reached(model, &networks, &network_actions(model, &[]), Verdict::Enforced, Budget::default());
    let places = Places::new(analysis.sources());
    let view = view(model, &found, &networks, &places);
    Shown::text("reach", text::render(&view, Paint(false)))
}
