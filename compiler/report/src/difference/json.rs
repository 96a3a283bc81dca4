//! A difference as one JSON object.

use super::told::{Row, Told, Version, scope_of};
use crate::clauses::Clause;
use crate::diagnostics;
use crate::text::json_text;
use serde_json::{Value, json};
use warmor_compiler::difference::{
    Ask, Change, Detecting, Edit, Effect, Open, Setting, Side, State, Subject, Tendency,
};
use warmor_compiler::model::ClauseRef;
use warmor_policy::event::json::AsJson;
use warmor_policy::verdict::Severity;

/// All of it.
pub fn render(told: &Told<'_>) -> String {
    let difference = told.difference;
    let answer = match (difference.is_none(), told.counts()) {
        (true, _) => "same",
        (false, (0, 0)) => "inconclusive",
        (false, _) => "different",
    };
    json_text(&json!({
        "version": 1,
        "old": told.old.name,
        "new": told.new.name,
        "answer": answer,
        "complete": difference.open.is_empty(),
        "widened": difference.widens(),
        "groups": told.rows.iter().map(|row| group(told, row)).collect::<Vec<_>>(),
        "settings": difference.settings.iter().map(|s| setting(told, s)).collect::<Vec<_>>(),
        "edits": difference.edits.iter().map(|(e, effect)| edit(told, *e, *effect)).collect::<Vec<_>>(),
        "open": difference.open.iter().map(|(edit, action, about)| json!({
            "edit": edit,
            "action": action.name(),
            "about": match about {
                Open::Verdict => "verdict",
                Open::Asked => "asked",
                Open::Detected => "detected",
            },
        })).collect::<Vec<_>>(),
    }))
}

fn group(told: &Told<'_>, row: &Row<'_>) -> Value {
    let examples = row.group.examples.iter().map(|example| {
        let event = serde_json::to_value(AsJson(&example.event)).unwrap_or_default();
        json!({ "action": example.action.name(), "event": event })
    });
    let (old, new) = match &row.group.change {
        Change::Verdict { old, new } => (side(&told.old, old), side(&told.new, new)),
        Change::Asked { edit, items, gained } => {
            let asks: Vec<Value> = items.iter().map(ask).collect();
            let of = |version: &Version<'_>, c: Option<ClauseRef>, has: bool| json!({ "clause": clause(version, c), "asks": if has { asks.clone() } else { Vec::new() } });
            (of(&told.old, edit.before(), !gained), of(&told.new, edit.after(), *gained))
        }
        Change::Detection { edit, how } => {
            let of = |version: &Version<'_>, c: Option<ClauseRef>, fires: bool| json!({ "clause": clause(version, c), "fires": fires });
            let fires = |not: Detecting| *how != not;
            (
                of(&told.old, edit.before(), fires(Detecting::Starts)),
                of(&told.new, edit.after(), fires(Detecting::Stops)),
            )
        }
    };
    json!({
        "kind": row.kind.id(),
        "widened": row.kind.widens(),
        "subject": row.subject,
        "subjects": row.subjects.iter().map(|(subject, event)| json!({
            "subject": subject,
            "event": event.map(|e| serde_json::to_value(AsJson(e)).unwrap_or_default()),
        })).collect::<Vec<_>>(),
        "old": old,
        "new": new,
        "examples": examples.collect::<Vec<_>>(),
        "edits": row.group.edits,
    })
}

fn side(version: &Version<'_>, side: &Side) -> Value {
    json!({
        "verdict": match side.state {
            State::Enforced => "denied",
            State::Reported => "reported",
            State::Allowed => "allowed",
        },
        "severity": side.severity.map(Severity::name),
        "clause": clause(version, side.clause),
        "opened_by": clause(version, side.opened_by),
    })
}

fn clause(version: &Version<'_>, clause: Option<ClauseRef>) -> Value {
    let Some(clause) = clause else { return Value::Null };
    let mut value = Clause::new(version.model, clause).json(&version.places);
    value["for"] = scope_of(version.model, clause).into();
    value
}

fn ask(ask: &Ask) -> Value {
    match ask {
        Ask::Response(word) => json!({ "response": word }),
        Ask::Alert(target) => json!({ "alert": target }),
        Ask::Record(severity) => json!({ "record": severity.name() }),
    }
}

fn edit(told: &Told<'_>, edit: Edit, effect: Effect) -> Value {
    json!({
        "edit": match edit {
            Edit::Added(_) => "added",
            Edit::Removed(_) => "removed",
            Edit::Altered(..) => "changed",
        },
        "old": clause(&told.old, edit.before()),
        "new": clause(&told.new, edit.after()),
        "effect": match effect {
            Effect::Some => "some",
            Effect::None => "none",
            Effect::Open => "open",
        },
    })
}

fn setting(told: &Told<'_>, setting: &Setting) -> Value {
    let (what, name) = match &setting.subject {
        Subject::Package => ("package", None),
        Subject::Target => ("target", None),
        Subject::Param(name) => ("param", Some(name.clone())),
        Subject::Revalidate(policy) => ("revalidate", Some(policy.clone())),
        Subject::Limit(policy, resource) => ("limit", Some(format!("{policy}.{resource}"))),
        Subject::Correlation(name) => ("correlation", Some(name.clone())),
        Subject::Tags(name) => ("tags", Some(name.clone())),
    };
    json!({
        "setting": what,
        "name": name,
        "old": setting.old,
        "new": setting.new,
        "old_place": setting.old_span.map(|s| diagnostics::place(s, &told.old.places)),
        "new_place": setting.new_span.map(|s| diagnostics::place(s, &told.new.places)),
        "tendency": tendency(setting.tendency),
    })
}

fn tendency(tendency: Tendency) -> &'static str {
    match tendency {
        Tendency::Same => "same",
        Tendency::Wider => "wider",
        Tendency::Narrower => "narrower",
        Tendency::Other => "other",
    }
}
