//! Questions about all events: who can do what, and who reaches whom.

use crate::crossing::Js;
use crate::decide::{ClauseValue, event_json};
use crate::report::DiagnosticValue;
use crate::values::Range;
use crate::workspace::Workspace;
use serde::Serialize;
use tsify::Tsify;
use warmor_compiler::model::Model;
use warmor_compiler::prove::{Budget, Engine, ModelId, witness};
use warmor_compiler::query::reach::{
    AddressClass, Cell, Flow, Place, Reach, Standing, named_networks, network_actions,
};
use warmor_compiler::query::{Fare, Group, Meant, Outcome, Outcomes, Verdict, Who, ask, outcomes, rows};
use warmor_ide::Analysis;
use warmor_policy::event::Event;
use warmor_policy::schema::Action;
use warmor_report::{Paint, Places, answer, meaning, reach as words};
use wasm_bindgen::prelude::wasm_bindgen;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct EventValue {
    /// In one line, for people.
    pub text: String,
    /// As JSON, for `decide`.
    pub json: String,
}

pub(crate) fn event_value(event: &Event) -> EventValue {
    EventValue { text: witness::line(event), json: event_json(event) }
}

/// What comes of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum OutcomeWord {
    /// They are denied.
    Denied,
    /// They happen, and are reported as denied.
    Reported,
    /// A rule allows them.
    Allowed,
    /// They happen, because nothing speaks of them.
    Ungoverned,
}

/// Events that fare alike, by one clause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct OutcomeValue {
    /// What comes of them.
    pub outcome: OutcomeWord,
    /// The clause that decides; not there where nothing speaks of them.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clause: Option<ClauseValue>,
    /// What the clause asks for beyond the question: empty where it applies to all of the events.
    pub when: Vec<String>,
    /// Whether there is only such an event where something of it cannot be read.
    pub only_unreadable: bool,
    /// One of the events.
    pub example: EventValue,
}

/// How all events that are asked about fare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum FareWord {
    /// None is denied.
    Always,
    /// All are.
    Never,
    /// Some are and some are not.
    Depends,
    /// There are no such events.
    Nothing,
    /// That is not known.
    Open,
}

/// How the events of some processes fare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct AnswerValue {
    /// Whose events they are: a subject's name, `any other`, or what was asked for.
    pub who: String,
    /// How they fare.
    pub fare: FareWord,
    /// That in a few words.
    pub headline: String,
    /// Every outcome that there is. That there is no other is proved.
    pub outcomes: Vec<OutcomeValue>,
    /// How many outcomes the budget did not settle.
    pub open: u32,
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Asked {
    /// It is answered.
    Answered {
        /// An answer, or one for each subject.
        answers: Vec<AnswerValue>,
        /// What the program assumes: the answer rests on it.
        assumptions: Vec<Range>,
    },
    /// The question is not understood.
    Wrong {
        /// Why; ranges are in the text of the question, whose path is `<question>` or empty.
        diagnostics: Vec<DiagnosticValue>,
    },
    /// The program has errors.
    Errors,
}

/// How much of a cell is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum AmountWord {
    /// Nothing of it.
    Nothing,
    /// Some of it.
    Some,
    /// Some of it only under conditions.
    Conditional,
    /// All of it.
    All,
    /// All of it, because nothing is said of it.
    Ungoverned,
    /// Nobody knows.
    Unknown,
}

/// Protocols, ports and addresses that are allowed alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct FlowValue {
    /// `tcp`, `any`, `any local`, …
    pub protocols: String,
    /// `80,8000-9000`; empty for protocols without ports.
    pub ports: String,
    /// The addresses, as ranges.
    pub networks: Vec<String>,
    /// The addresses of the column that it is not about.
    pub except: Vec<String>,
    /// Whether it is allowed only under conditions.
    pub conditional: bool,
    /// Whether anything speaks of it.
    pub governed: bool,
    /// What comes of its events, by which clauses.
    pub outcomes: Vec<OutcomeValue>,
}

/// Who may do something with whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct ReachCell {
    /// How much of it is allowed.
    pub amount: AmountWord,
    /// What is allowed, in lines for people.
    pub lines: Vec<String>,
    /// What is allowed.
    pub flows: Vec<FlowValue>,
}

/// What a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum ReachPlaceKind {
    /// The members of a subject, wherever they are.
    Subject,
    /// A network with a name.
    Network,
    /// All other addresses.
    Elsewhere,
    /// Sockets without addresses.
    Local,
    /// The process's own addresses.
    Own,
}

/// The other end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct ReachPlace {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ReachPlaceKind,
    /// Its ranges, for a network.
    pub networks: Vec<String>,
}

/// Who does one action of the network with whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct ReachMatrix {
    /// The action.
    pub action: String,
    /// `connect to …`
    pub title: String,
    /// The other ends.
    pub columns: Vec<ReachPlace>,
    /// By row, then by column.
    pub cells: Vec<Vec<ReachCell>>,
    /// What the numbers in the lines of cells refer to.
    pub notes: Vec<String>,
}

/// Who reaches whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct ReachValue {
    /// Whether the program has errors: then nothing was asked.
    pub errors: bool,
    /// Who acts.
    pub rows: Vec<String>,
    /// For each action.
    pub matrices: Vec<ReachMatrix>,
    /// What there is to say of all of it.
    pub remarks: Vec<String>,
}

#[wasm_bindgen]
impl Workspace {
    /// Whether a subject can do something: `can("nginx", "connect 10.1.2.3:443")`. The subject is one of the program, `any`, `tree(S)`
    /// or the path of an executable; the event is written as in a rule.
    pub fn can(&mut self, subject: &str, event: &str, reported: bool) -> Js<Asked> {
        Js(self.asked(subject, event, reported, false))
    }

    /// Of every subject of the program whether it can do something: `whoCan("read /etc/shadow")`.
    #[wasm_bindgen(js_name = whoCan)]
    pub fn who_can(&mut self, event: &str, reported: bool) -> Js<Asked> {
        Js(self.asked("any", event, reported, true))
    }

    /// Who reaches whom over the network: for the actions that are named (`connect`, `send`, `accept`, `bind`, `listen`), or those that
    /// the program speaks of.
    pub fn reach(&mut self, actions: Vec<String>, reported: bool) -> Js<ReachValue> {
        let analysis = self.analysis();
        let Some(model) = analysis.checked().model() else {
            let nothing =
                ReachValue { errors: true, rows: Vec::new(), matrices: Vec::new(), remarks: Vec::new() };
            return Js(nothing);
        };
        let verdict = verdict(reported);
        let networks = named_networks(analysis.sources(), self.options());
        let asked: Vec<Action> = actions.iter().filter_map(|name| Action::from_name(name)).collect();
        let actions = network_actions(model, &asked);
        let found =
            warmor_compiler::query::reach::reach(model, &networks, &actions, verdict, Budget::default());
        let places = Places::new(analysis.sources());
        let view = words::view(model, &found, &networks, &places);
        let held = |place: Place| match place {
            Place::Network(i) => {
                networks.get(i).map(|(_, n)| n.iter().map(|n| meaning::network(*n)).collect())
            }
            _ => None,
        };
        Js(ReachValue {
            errors: false,
            matrices: self.matrices(&analysis, model, &found, &view, &held),
            rows: view.rows,
            remarks: view.remarks,
        })
    }
}

fn verdict(reported: bool) -> Verdict {
    if reported { Verdict::Reported } else { Verdict::Enforced }
}

impl Workspace {
    fn asked(&mut self, subject: &str, event: &str, reported: bool, each: bool) -> Asked {
        let analysis = self.analysis();
        if analysis.checked().has_errors() {
            return Asked::Errors;
        }
        // The question becomes a file of its own, in a copy.
        let mut sources = analysis.sources().clone();
        let words: Vec<String> = event.split_whitespace().map(str::to_owned).collect();
        let asked = match ask(&mut sources, self.options(), subject, &words) {
            Ok(asked) => asked,
            Err(errors) => {
                let told = errors.iter().map(|e| self.diagnostic(&analysis, e, false, false));
                return Asked::Wrong { diagnostics: told.collect() };
            }
        };
        let (model, id, verdict) = (&asked.model, ModelId(0), verdict(reported));
        let mut engine = Engine::new(&[model], Budget::default());
        let mut answers = Vec::new();
        let everybody = rows(model);
        if each {
            for row in &everybody {
                let meant = Meant::of(&engine, id, row.formula(id), &asked.question);
                let found = outcomes(&mut engine, id, &meant);
                if row.who != Who::Unclear || found.fare(verdict) != Fare::Nothing {
                    answers.push(self.answer(&analysis, model, words::who(model, row.who), &found, verdict));
                }
            }
        } else {
            let meant = Meant::new(&engine, id, &asked.question);
            let found = outcomes(&mut engine, id, &meant);
            answers.push(self.answer(&analysis, model, subject.to_owned(), &found, verdict));
        }
        let assumptions = model.assumptions.iter().map(|a| self.range(&analysis, a.span));
        Asked::Answered { answers, assumptions: assumptions.collect() }
    }

    fn answer(
        &self,
        analysis: &Analysis,
        model: &Model,
        who: String,
        found: &Outcomes,
        verdict: Verdict,
    ) -> AnswerValue {
        AnswerValue {
            who,
            fare: match found.fare(verdict) {
                Fare::Always => FareWord::Always,
                Fare::Never => FareWord::Never,
                Fare::Depends => FareWord::Depends,
                Fare::Nothing => FareWord::Nothing,
                Fare::Open => FareWord::Open,
            },
            headline: answer::headline(found, verdict, Paint(false)),
            outcomes: found.groups.iter().map(|g| self.outcome(analysis, model, g)).collect(),
            open: found.open.len() as u32,
        }
    }

    fn outcome(&self, analysis: &Analysis, model: &Model, group: &Group) -> OutcomeValue {
        OutcomeValue {
            outcome: match group.outcome {
                Outcome::Denied(_) => OutcomeWord::Denied,
                Outcome::Reported(_) => OutcomeWord::Reported,
                Outcome::Allowed(_) => OutcomeWord::Allowed,
                Outcome::Ungoverned => OutcomeWord::Ungoverned,
            },
            clause: group.outcome.clause().map(|c| self.clause(analysis, model, c)),
            when: group.when.iter().map(|c| answer::shortened(model, c)).collect(),
            only_unreadable: group.unreadable,
            example: event_value(&group.witness),
        }
    }

    fn matrices(
        &self,
        analysis: &Analysis,
        model: &Model,
        found: &Reach,
        view: &words::View,
        held: &dyn Fn(Place) -> Option<Vec<String>>,
    ) -> Vec<ReachMatrix> {
        let matrix = |(matrix, table): (&warmor_compiler::query::reach::Matrix, &words::Table)| {
            let columns = matrix.columns.iter().zip(&table.columns).map(|(place, name)| ReachPlace {
                name: name.clone(),
                kind: place_kind(*place),
                networks: held(*place).unwrap_or_default(),
            });
            let cells = matrix.cells.iter().zip(&table.cells).map(|(line, told)| {
                let cell = |(cell, told): (&Cell, &words::Words)| ReachCell {
                    amount: amount(told.amount),
                    lines: told.lines(),
                    flows: cell.flows.iter().map(|f| self.flow(analysis, model, f)).collect(),
                };
                line.iter().zip(told).map(cell).collect()
            });
            ReachMatrix {
                action: matrix.action.name().to_owned(),
                title: table.title.clone(),
                columns: columns.collect(),
                cells: cells.collect(),
                notes: table.notes.clone(),
            }
        };
        found.matrices.iter().zip(&view.tables).map(matrix).collect()
    }

    fn flow(&self, analysis: &Analysis, model: &Model, flow: &Flow) -> FlowValue {
        let networks = |list: &[AddressClass]| {
            let class = |class: &AddressClass| match class {
                AddressClass::Range(range) => meaning::network(*range),
                AddressClass::AnyV4 => "0.0.0.0".to_owned(),
                AddressClass::AnyV6 => "::".to_owned(),
            };
            list.iter().map(class).collect()
        };
        FlowValue {
            protocols: words::protocols(flow),
            ports: words::ports(flow),
            networks: networks(&flow.places),
            except: networks(&flow.elsewhere),
            conditional: flow.standing == Standing::Conditional,
            governed: !words::is_ungoverned(flow),
            outcomes: flow.outcomes.groups.iter().map(|g| self.outcome(analysis, model, g)).collect(),
        }
    }
}

const fn place_kind(place: Place) -> ReachPlaceKind {
    match place {
        Place::Subject(_) => ReachPlaceKind::Subject,
        Place::Network(_) => ReachPlaceKind::Network,
        Place::Elsewhere => ReachPlaceKind::Elsewhere,
        Place::Local => ReachPlaceKind::Local,
        Place::Own => ReachPlaceKind::Own,
    }
}

const fn amount(amount: words::Amount) -> AmountWord {
    match amount {
        words::Amount::Nothing => AmountWord::Nothing,
        words::Amount::Some => AmountWord::Some,
        words::Amount::Conditional => AmountWord::Conditional,
        words::Amount::All => AmountWord::All,
        words::Amount::Ungoverned => AmountWord::Ungoverned,
        words::Amount::Unknown => AmountWord::Unknown,
    }
}
