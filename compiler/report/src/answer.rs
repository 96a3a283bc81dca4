//! Answers to questions about all events: who can do what, and by which clauses.

use crate::clauses::Clause;
use crate::meaning;
use crate::places::Places;
use crate::text::{Paint, escape, plural};
use serde_json::{Value, json};
use warmor_compiler::model::{Cond, CondKind, Model};
use warmor_compiler::prove::witness;
use warmor_compiler::query::{Fare, Group, Outcome, Outcomes, Verdict, Who};
use warmor_policy::event::json::AsJson;

/// Most alternatives of a list that are shown to people.
const MAX_ALTERNATIVES: usize = 6;

/// The answer in a few words.
pub fn headline(outcomes: &Outcomes, verdict: Verdict, paint: Paint) -> String {
    let (whole, readable) = (outcomes.fare(verdict), outcomes.fare_of_readable(verdict));
    let unless = whole != readable && matches!(readable, Fare::Always | Fare::Never);
    let shown = if unless { readable } else { whole };
    let word = match shown {
        Fare::Always => paint.good("always"),
        Fare::Never => paint.bad("never"),
        Fare::Depends => paint.warn("depends"),
        Fare::Nothing => paint.warn("there is no such event"),
        Fare::Open => paint.warn("not known"),
    };
    let groups = &outcomes.groups;
    let reported = groups.iter().filter(|g| matches!(g.outcome, Outcome::Reported(_))).count();
    let what = if unless {
        ", unless something of it cannot be read"
    } else if shown == Fare::Always && reported == groups.len() {
        ", and reported"
    } else if shown == Fare::Always && reported > 0 {
        ", and reported in part"
    } else if shown == Fare::Always && groups.iter().all(|g| g.outcome == Outcome::Ungoverned) {
        ", not governed"
    } else {
        ""
    };
    format!("{word}{what}")
}

/// Every outcome, a few lines each. With `witnesses`, each with an event.
pub fn groups(
    model: &Model,
    outcomes: &Outcomes,
    places: &Places<'_>,
    paint: Paint,
    witnesses: bool,
) -> Vec<String> {
    let mut lines = Vec::new();
    for group in &outcomes.groups {
        lines.push(outcome(model, group.outcome, places, paint));
        for cond in &group.when {
            lines.push(format!("  when {}", shortened(model, cond)));
        }
        if group.unreadable {
            lines.push("  only where something of it cannot be read".to_owned());
        }
        if witnesses {
            lines.push(format!("  for example {}", escape(&witness::line(&group.witness))));
        }
    }
    for open in &outcomes.open {
        lines.push(format!(
            "{}: whether it is {}",
            paint.warn("not known"),
            outcome(model, *open, places, Paint(false))
        ));
    }
    lines
}

/// A condition without most of the alternatives of a long list.
pub fn shortened(model: &Model, cond: &Cond) -> String {
    match &cond.kind {
        CondKind::Any(parts) if parts.len() > MAX_ALTERNATIVES => {
            let few = Cond::any(parts[..MAX_ALTERNATIVES].to_vec(), cond.span);
            let rest = parts.len() - MAX_ALTERNATIVES;
            format!("{}, or {}", meaning::condition(model, &few), plural(rest, "more alternative"))
        }
        CondKind::Not(inner) if matches!(&inner.kind, CondKind::Any(p) if p.len() > MAX_ALTERNATIVES) => {
            format!("not {}", shortened(model, inner))
        }
        _ => meaning::condition(model, cond),
    }
}

fn outcome(model: &Model, outcome: Outcome, places: &Places<'_>, paint: Paint) -> String {
    let by = |clause| format!("by {}", Clause::new(model, clause).line(places));
    match outcome {
        Outcome::Denied(clause) => format!("{} {}", paint.bad("denied"), by(clause)),
        Outcome::Reported(clause) => format!("{} {}", paint.warn("allowed, and reported"), by(clause)),
        Outcome::Allowed(clause) => format!("{} {}", paint.good("allowed"), by(clause)),
        Outcome::Ungoverned => {
            let word = paint.good("allowed");
            format!("{word}, not governed: no rule covers it, and no posture denies its action")
        }
    }
}

/// Who is meant, in words.
pub fn who(model: &Model, who: Who) -> String {
    match who {
        Who::Subject(id) => escape(&model.subject(id).name),
        Who::Below(id) => format!("below {}", escape(&model.subject(id).name)),
        Who::Other => "any other process".to_owned(),
        Who::Unclear => "a process of which it cannot be read whether it is one of these".to_owned(),
    }
}

/// That an answer rests on what the program assumes.
pub fn assumptions(model: &Model, places: &Places<'_>) -> Option<String> {
    let all: Vec<String> =
        model.assumptions.iter().map(|a| escape(&places.place(a.span).to_string())).collect();
    (!all.is_empty()).then(|| format!("given what is assumed at {}", all.join(", ")))
}

/// The word of an answer.
pub fn fare_word(fare: Fare) -> &'static str {
    match fare {
        Fare::Always => "always",
        Fare::Never => "never",
        Fare::Depends => "depends",
        Fare::Nothing => "nothing",
        Fare::Open => "inconclusive",
    }
}

/// An answer as the members of a JSON object.
pub fn json_of(model: &Model, outcomes: &Outcomes, verdict: Verdict, places: &Places<'_>) -> Value {
    let groups = outcomes.groups.iter().map(|group| group_json(model, group, places));
    let open = outcomes.open.iter().map(|o| outcome_json(model, *o, places));
    json!({
        "answer": fare_word(outcomes.fare(verdict)),
        "answer_where_readable": fare_word(outcomes.fare_of_readable(verdict)),
        "groups": groups.collect::<Vec<_>>(),
        "open": open.collect::<Vec<_>>(),
    })
}

/// What comes of some events, as a JSON object.
pub fn group_json(model: &Model, group: &Group, places: &Places<'_>) -> Value {
    let mut json = outcome_json(model, group.outcome, places);
    let when: Vec<String> = group.when.iter().map(|c| meaning::condition(model, c)).collect();
    json["when"] = when.into();
    json["only_unreadable"] = group.unreadable.into();
    json["witness"] = serde_json::to_value(AsJson(&group.witness)).unwrap_or_default();
    json
}

fn outcome_json(model: &Model, outcome: Outcome, places: &Places<'_>) -> Value {
    let (word, enforced, reported) = match outcome {
        Outcome::Denied(_) => ("denied", "deny", "deny"),
        Outcome::Reported(_) => ("reported", "allow", "deny"),
        Outcome::Allowed(_) => ("allowed", "allow", "allow"),
        Outcome::Ungoverned => ("ungoverned", "allow", "allow"),
    };
    json!({
        "outcome": word,
        "enforced": enforced,
        "reported": reported,
        "clause": outcome.clause().map(|c| Clause::new(model, c).json(places)),
    })
}
