//! Which subject reaches what: for each subject, each place and each action of the network the protocols, addresses and ports that
//! are allowed.
//!
//! The tests that a program makes cut protocols, addresses and ports into classes. A cell is halved along them until everything of a
//! part fares alike, and the engine proves for each part that it does. So a cell says exactly which ports of which
//! addresses are open, and what it does not name is denied.

mod axes;
mod fill;
mod names;

pub use axes::{AddressClass, ProtocolKind};
pub use fill::{Cell, Flow, Standing};
pub use names::named_networks;

use super::decide::{Meant, Relevant};
use super::outcome::Verdict;
use super::subjects::{Who, rows};
use crate::model::{Atom, Cond, CondKind, Model, Network, SubjectId};
use crate::prove::{Answer, Budget, Claim, Engine, Formula, ModelId};
use crate::span::Span;
use axes::{Axes, address};
use fill::Fill;
use std::collections::BTreeSet;
use warmor_policy::event::Source;
use warmor_policy::schema::{Action, ObjectKind};

/// Where a flow goes to, or comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The members of a subject, wherever they are.
    Subject(SubjectId),
    /// A network with a name, by its number, where no subject is.
    Network(usize),
    /// All other addresses, where no subject is.
    Elsewhere,
    /// Sockets without addresses, of no subject.
    Local,
    /// For `bind` and `listen`: the process's own addresses.
    Own,
}

/// One action of the network: who may do it with whom.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// The action.
    pub action: Action,
    /// Who acts, as in [`Reach::rows`], and with whom.
    pub columns: Vec<Place>,
    /// By row, then by column.
    pub cells: Vec<Vec<Cell>>,
}

/// Who reaches what.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Who acts. A process is in a row if it is certainly such a one, and as far as that can be in none of the others.
    pub rows: Vec<Who>,
    /// Subjects of which a process can be a member at once, though neither is a part of the other: such a process is in no row.
    pub overlaps: Vec<(Who, Who)>,
    /// The matrix of each action that was asked for.
    pub matrices: Vec<Matrix>,
}

/// A row or column: a condition on a process.
struct Kind<W> {
    who: W,
    cond: Cond,
}

/// What questions are made of, for all of which there is one engine.
struct Ground {
    actors: Vec<Kind<Who>>,
    endpoints: Vec<Kind<SubjectId>>,
    /// By action.
    axes: Vec<Axes>,
    /// That an address is in the network of each number.
    networks: Vec<Cond>,
    /// That it is in one of them.
    named: Cond,
}

/// The actions of the network to ask about: those that are asked for, else those that some rule or posture of the program is about,
/// else `connect`.
pub fn network_actions(model: &Model, asked: &[Action]) -> Vec<Action> {
    let governed = |action: Action| {
        model.rules.iter().any(|r| r.actions.contains(action))
            || model.policies.iter().any(|p| p.default_deny.contains(action))
    };
    let net = Action::all().filter(|a| a.info().object == ObjectKind::Endpoint);
    let found: Vec<Action> =
        net.filter(|a| if asked.is_empty() { governed(*a) } else { asked.contains(a) }).collect();
    if found.is_empty() { vec![Action::Connect] } else { found }
}

/// Who reaches what. `networks` are the columns beside the program's subjects.
pub fn reach(
    model: &Model,
    networks: &[(String, Vec<Network>)],
    actions: &[Action],
    verdict: Verdict,
    budget: Budget,
) -> Reach {
    let rows = rows(model).into_iter().filter(|r| r.who != Who::Unclear);
    let endpoints = endpoints(model).into_iter();
    let ground = Ground {
        actors: rows.map(|r| Kind { who: r.who, cond: r.cond() }).collect(),
        endpoints: endpoints.map(|s| Kind { who: s, cond: member(Source::Target, s) }).collect(),
        axes: actions.iter().map(|a| Axes::new(model, *a, networks)).collect(),
        networks: networks.iter().map(|(_, n)| address(n.clone())).collect(),
        named: address(networks.iter().flat_map(|(_, n)| n.clone()).collect()),
    };
    ground.reach(model, actions, verdict, budget)
}

impl Ground {
    fn reach<'m>(&'m self, model: &'m Model, actions: &[Action], verdict: Verdict, budget: Budget) -> Reach {
        let mut engine = Engine::new(&[model], budget);
        let id = ModelId(0);
        let mut overlaps = Vec::new();
        let mut matrices = Vec::new();
        let assumed = model.assumptions.iter().map(|a| Formula::Test(Claim::Holds(id, &a.cond)));
        let assumed: Vec<Formula<Claim<'m>>> = assumed.collect();
        for (action, axes) in actions.iter().zip(&self.axes) {
            let mut look = Look { engine: &mut engine, model: id, action: *action };
            let rows: Vec<(Formula<Claim<'m>>, Vec<usize>)> =
                (0..self.actors.len()).map(|i| look.alone(&self.actors, i)).collect();
            if matrices.is_empty() {
                overlaps = look.overlaps(&self.actors, &rows);
            }
            let columns = columns(*action, &self.endpoints, self.networks.len());
            let places: Vec<Formula<Claim<'m>>> = columns.iter().map(|c| self.place(&mut look, *c)).collect();
            let there: Vec<Vec<usize>> = places.iter().map(|p| look.there(axes, p, &assumed)).collect();
            let mut cells = Vec::new();
            for (row, _) in &rows {
                let mut line = Vec::new();
                let formula = Formula::All([row.clone()].into_iter().chain(assumed.clone()).collect());
                let of_row = Meant { actions: [*action].into_iter().collect(), formula };
                let relevant = Relevant::find(&mut engine, id, &of_row);
                for ((column, place), there) in columns.iter().zip(&places).zip(&there) {
                    let parts = [row.clone(), place.clone()].into_iter().chain(assumed.clone());
                    let base = Formula::All(parts.collect());
                    let engine = &mut engine;
                    let of_cell = Meant { actions: of_row.actions, formula: base.clone() };
                    let relevant = relevant.of_these(engine, &of_cell);
                    let (action, cell) = (*action, Cell::default());
                    let fill = Fill { engine, model: id, action, axes, verdict, relevant, base, there, cell };
                    line.push(fill.cell(kinds(*column)));
                }
                cells.push(line);
            }
            matrices.push(Matrix { action: *action, columns, cells });
        }
        Reach { rows: self.actors.iter().map(|a| a.who).collect(), overlaps, matrices }
    }

    /// That the other end of a flow is there.
    fn place<'m>(&'m self, look: &mut Look<'_, 'm>, place: Place) -> Formula<Claim<'m>> {
        let id = look.model;
        let nobody = self.endpoints.iter().map(|e| Formula::Test(Claim::Possible(id, &e.cond)).negated());
        let nobody = Formula::All(nobody.collect());
        match place {
            Place::Subject(subject) => match self.endpoints.iter().position(|e| e.who == subject) {
                Some(at) => look.alone(&self.endpoints, at).0,
                None => Formula::Const(false),
            },
            Place::Network(i) => {
                Formula::All(vec![Formula::Test(Claim::Holds(id, &self.networks[i])), nobody])
            }
            Place::Elsewhere => {
                Formula::All(vec![Formula::Test(Claim::Possible(id, &self.named)).negated(), nobody])
            }
            Place::Local => nobody,
            Place::Own => Formula::Const(true),
        }
    }
}

fn columns(action: Action, endpoints: &[Kind<SubjectId>], networks: usize) -> Vec<Place> {
    if matches!(action, Action::Bind | Action::Listen) {
        return vec![Place::Own];
    }
    let subjects = endpoints.iter().map(|e| Place::Subject(e.who));
    subjects.chain((0..networks).map(Place::Network)).chain([Place::Elsewhere, Place::Local]).collect()
}

/// Which protocols there are to a place.
fn kinds(place: Place) -> &'static [ProtocolKind] {
    match place {
        Place::Subject(_) | Place::Own => &ProtocolKind::ALL,
        Place::Network(_) | Place::Elsewhere => &[ProtocolKind::Ports, ProtocolKind::Addresses],
        Place::Local => &[ProtocolKind::Local],
    }
}

struct Look<'e, 'm> {
    engine: &'e mut Engine<'m>,
    model: ModelId,
    action: Action,
}

impl<'m> Look<'_, 'm> {
    fn possible(&mut self, formula: &Formula<Claim<'m>>) -> bool {
        !matches!(self.engine.some_event([self.action].into_iter().collect(), formula), Answer::Empty)
    }

    /// That a process is one of these, and none of the others as far as that can be; and which of those it is not.
    fn alone<W>(&mut self, all: &'m [Kind<W>], at: usize) -> (Formula<Claim<'m>>, Vec<usize>) {
        let mut parts = vec![Formula::Test(Claim::Holds(self.model, &all[at].cond))];
        let mut without = Vec::new();
        for (i, other) in all.iter().enumerate().filter(|(i, _)| *i != at) {
            let maybe = Formula::Test(Claim::Possible(self.model, &other.cond));
            if !self.possible(&Formula::All(parts.iter().cloned().chain([maybe]).collect())) {
                continue;
            }
            parts.push(Formula::Test(Claim::Possible(self.model, &other.cond)).negated());
            if self.possible(&Formula::All(parts.clone())) {
                without.push(i);
            } else {
                parts.pop();
            }
        }
        (Formula::All(parts), without)
    }

    /// The classes of addresses that a place has.
    fn there(
        &mut self,
        axes: &'m Axes,
        place: &Formula<Claim<'m>>,
        assumed: &[Formula<Claim<'m>>],
    ) -> Vec<usize> {
        let mut there = Vec::new();
        for class in axes.addresses.whole() {
            let inside = axes.addresses.formula(self.model, &(class..class + 1));
            let parts = [place.clone(), inside].into_iter().chain(assumed.iter().cloned());
            if self.possible(&Formula::All(parts.collect())) {
                there.push(class);
            }
        }
        there
    }

    /// Which of them a process can be at once that are told apart in rows.
    fn overlaps(
        &mut self,
        all: &'m [Kind<Who>],
        rows: &[(Formula<Claim<'m>>, Vec<usize>)],
    ) -> Vec<(Who, Who)> {
        let mut out = Vec::new();
        for (i, (_, without)) in rows.iter().enumerate() {
            for j in without.iter().copied().filter(|j| *j > i) {
                let both = [i, j].map(|k| Formula::Test(Claim::Holds(self.model, &all[k].cond)));
                if rows[j].1.contains(&i) && self.possible(&Formula::All(both.to_vec())) {
                    out.push((all[i].who, all[j].who));
                }
            }
        }
        out
    }
}

fn member(source: Source, subject: SubjectId) -> Cond {
    Cond::atom(Atom::Member { source, subject }, Span::default())
}

/// The subjects that some rule names as the other end of a flow.
fn endpoints(model: &Model) -> Vec<SubjectId> {
    let mut found = BTreeSet::new();
    let net = |a: Action| a.info().object == ObjectKind::Endpoint;
    for rule in model.rules.iter().filter(|r| r.actions.iter().any(net)) {
        targets(&rule.object, &mut found);
        rule.except.iter().chain(&rule.condition).for_each(|c| targets(c, &mut found));
    }
    found.into_iter().collect()
}

fn targets(cond: &Cond, found: &mut BTreeSet<SubjectId>) {
    match &cond.kind {
        CondKind::Not(inner) => targets(inner, found),
        CondKind::All(parts) | CondKind::Any(parts) => parts.iter().for_each(|p| targets(p, found)),
        CondKind::Atom(Atom::Member { source: Source::Target, subject }) => _ = found.insert(*subject),
        CondKind::Const(_) | CondKind::Atom(_) => {}
    }
}
