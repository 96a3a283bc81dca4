//! Lowering: from the typed policy to the table image.
//!
//! ```text
//! Model ─► form (negation normal form, one predicate per axis) ─► rows ─► diagrams ─► words
//!                                                                 ▲         │
//!                                                                 └─ halves ┘ when a diagram outgrows its budget
//! ```
//!
//! Scopes become selectors, over facts of the process; the clauses of the scopes that hold together become diagrams for
//! each action. Answers of several diagrams combine, so rows can be spread over diagrams freely: clauses that look at
//! texts from the front, from the back or anywhere go to different diagrams, and a diagram that grows too large is built
//! as two. That bounds every automaton and every product, whatever the policy.

mod automaton;
mod classifier;
mod diagram;
mod form;
mod intervals;
mod measure;
mod pattern;
mod representatives;
mod sets;
mod states;
pub mod wasm;

pub use diagram::Stats;
pub use measure::{Classes, Cost, Told, classes, costs, readings};
pub use representatives::representatives;

use crate::model::{ClauseRef, Cond, Mode, Model, OnUnknown, Pattern, RuleEffect};
use crate::span::Span;
use diagram::{Diagrams, Purpose, Row, TooLarge};
use form::{Form, Former, terms};
use rustc_hash::{FxHashMap, FxHashSet};
use sets::{SetId, Sets};
use warmor_policy::image::{
    CLAUSE_WORDS, Columns, Image, ImageError, MAGIC, NO_COLUMNS, NONE, POLICY_WORDS, VERSION, clause_columns,
    combine, header, leaf, node,
};
use warmor_policy::schema::{ACTION_COUNT, Action, SCHEMA_VERSION};
use warmor_policy::verdict::{ClauseKind, Responses, Severity};

/// Which clauses go into an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Everything: what the WASM module and user space decide with.
    Whole,
    /// Prevent policies only, whose facts are all readable in the kernel: what the kernel enforces.
    Kernel,
}

/// An image with what is known of it.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The image.
    pub image: Image,
    /// What it is made of.
    pub stats: Stats,
    /// Most diagrams that one event can walk, selectors included.
    pub worst_walks: usize,
}

/// Why a model has no image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LowerError {
    /// A condition uses what tables cannot say: a comparison of map entries, or a NUL byte in a pattern.
    Unsupported(Span),
    /// A clause has too many alternatives across facts.
    TooManyAlternatives(Span),
    /// A clause's conditions on one fact need an automaton or a diagram over the budget.
    TooComplex(Span),
    /// The tables came out malformed, which is a defect of the compiler.
    Defect(ImageError),
}

impl std::fmt::Display for LowerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unsupported(_) => write!(f, "tables cannot express this condition"),
            Self::TooManyAlternatives(_) => write!(f, "this rule has too many alternatives across facts"),
            Self::TooComplex(_) => {
                write!(f, "the patterns of this rule need more states than the budget allows")
            }
            Self::Defect(e) => write!(f, "the compiler made a malformed table image: {e}"),
        }
    }
}

impl std::error::Error for LowerError {}

/// A clause as lowering needs it.
struct Clause<'m> {
    kind: ClauseKind,
    policy: u32,
    responses: Responses,
    severity: Severity,
    span: Span,
    scope: Cond,
    cond: Option<Cond>,
    applies: &'m dyn Fn(Action) -> bool,
    on_unknown: bool,
    included: bool,
}

/// Rows that go to one diagram, each with the clause it is from.
type Group = Vec<(Row, Span)>;

/// The rows of a scope: for each of them the actions it is about.
struct ScopeRows {
    form: Form,
    span: Span,
    on_unknown: bool,
    on_overlap: bool,
    rows: Vec<(Vec<bool>, Row, Span)>,
}

/// Lowers a model.
///
/// # Errors
/// When a clause cannot be put into tables.
pub fn lower(model: &Model, part: Part) -> Result<Lowered, LowerError> {
    let mut former = Former::new(model);
    let mut words = vec![0; header::LEN];
    let clauses = model.clauses();
    words[header::MAGIC] = MAGIC;
    words[header::VERSION] = VERSION;
    words[header::SCHEMA] = SCHEMA_VERSION;
    words[header::CLAUSES] = words.len() as u32;
    words[header::CLAUSE_COUNT] = clauses.len() as u32;

    let mut scopes: Vec<ScopeRows> = Vec::new();
    let mut total_rows = 0;
    for (rank, reference) in clauses.iter().enumerate() {
        with_clause(model, *reference, part, |c| {
            words.extend([c.kind as u32, c.policy, u32::from(c.responses.0), c.severity as u32]);
            if c.included {
                total_rows += add_rows(&mut former, &mut scopes, rank as u32, &c)?;
            }
            Ok(())
        })?;
    }
    debug_assert_eq!(words.len(), header::LEN + clauses.len() * CLAUSE_WORDS);
    words[header::POLICIES] = words.len() as u32;
    words[header::POLICY_COUNT] = model.policies.len() as u32;
    for p in &model.policies {
        words.extend([u32::from(p.mode == Mode::Prevent), 0]);
    }
    debug_assert_eq!(words.len(), words[header::POLICIES] as usize + model.policies.len() * POLICY_WORDS);

    let predicates = predicate_rows(&mut former)?;
    let axes = std::mem::take(&mut former.axes);
    let mut image = Assembly {
        diagrams: Diagrams::new(&axes, words),
        ranks: Sets::new(clauses.len()),
        columns: FxHashMap::default(),
        leaves: Vec::new(),
        known_roots: FxHashMap::default(),
        merged_rows: 0,
        merge_limit: 4 * total_rows + 10_000,
        worst_roots: 0,
    };
    image.diagrams.words[header::RANK_LEVELS] = image.ranks.levels();
    image.predicates(&predicates)?;
    image.selectors(&scopes)?;
    image.finish()
}

/// Calls with the clause that a reference means.
fn with_clause<T>(model: &Model, reference: ClauseRef, part: Part, call: impl FnOnce(Clause<'_>) -> T) -> T {
    let policy_of = |id: crate::model::PolicyId| {
        let policy = model.policy(id);
        (policy, id.0, part == Part::Whole || policy.mode == Mode::Prevent)
    };
    match reference {
        ClauseRef::Rule(id) => {
            let rule = model.rule(id);
            let (policy, number, included) = policy_of(rule.policy);
            let unknown_denies = policy.unknown == OnUnknown::Deny;
            let (kind, on_unknown) = match rule.effect {
                RuleEffect::Deny => (ClauseKind::Deny, unknown_denies),
                RuleEffect::Allow => (ClauseKind::Allow, !unknown_denies),
                RuleEffect::Audit => (ClauseKind::Audit, true),
            };
            call(Clause {
                kind,
                policy: number,
                responses: rule.responses,
                severity: rule.severity,
                span: rule.span,
                scope: policy.scope.cond(policy.span),
                cond: Some(rule.cond()),
                applies: &|a| rule.actions.contains(a),
                on_unknown,
                included,
            })
        }
        ClauseRef::Default(id) => {
            let (policy, number, included) = policy_of(id);
            call(Clause {
                kind: ClauseKind::Default,
                policy: number,
                responses: Responses::default(),
                severity: policy.severity,
                span: policy.default_span,
                scope: policy.scope.cond(policy.span),
                cond: None,
                applies: &|a| policy.default_deny.contains(a),
                on_unknown: policy.unknown == OnUnknown::Deny,
                included,
            })
        }
        ClauseRef::Detection(index) => {
            let detection = &model.detections[index as usize];
            let step = match &detection.pattern {
                Pattern::Single(step) => Some(step),
                Pattern::Sequence { .. } | Pattern::Count { .. } => None,
            };
            call(Clause {
                kind: ClauseKind::Detect,
                policy: NONE,
                responses: detection.responses,
                severity: detection.severity,
                span: detection.span,
                scope: detection.scope.cond(detection.span),
                cond: step.map(crate::model::Step::cond),
                applies: &|a| step.is_some_and(|s| s.actions.contains(a)),
                on_unknown: true,
                included: part == Part::Whole,
            })
        }
    }
}

fn add_rows(
    former: &mut Former<'_>,
    scopes: &mut Vec<ScopeRows>,
    rank: u32,
    c: &Clause<'_>,
) -> Result<usize, LowerError> {
    let on_overlap = c.kind != ClauseKind::Allow;
    let form = match &c.cond {
        Some(cond) => former.form(cond)?,
        None => Form::Const(true),
    };
    let alternatives = terms(&form, c.on_unknown).ok_or(LowerError::TooManyAlternatives(c.span))?;
    let scope = former.form(&c.scope)?;
    let actions: Vec<bool> = Action::all().map(|a| (c.applies)(a)).collect();
    let at = scopes
        .iter()
        .rposition(|s| s.on_unknown == c.on_unknown && s.on_overlap == on_overlap && s.form == scope)
        .unwrap_or_else(|| {
            scopes.push(ScopeRows {
                form: scope,
                span: c.span,
                on_unknown: c.on_unknown,
                on_overlap,
                rows: Vec::new(),
            });
            scopes.len() - 1
        });
    let count = alternatives.len();
    scopes[at].rows.extend(alternatives.into_iter().map(|term| {
        (actions.clone(), Row { output: rank, on_unknown: c.on_unknown, on_overlap, term }, c.span)
    }));
    Ok(count)
}

/// For each condition on an ancestor, the rows of "not false" (output 0) and of "true" (output 1).
fn predicate_rows(former: &mut Former<'_>) -> Result<Vec<(Vec<Row>, Span)>, LowerError> {
    let mut out = Vec::new();
    for cond in former.axes.predicates.clone() {
        let form = former.ancestor_form(&cond)?;
        let mut rows = Vec::new();
        for (output, on_unknown) in [(0, true), (1, false)] {
            let alternatives = terms(&form, on_unknown).ok_or(LowerError::TooManyAlternatives(cond.span))?;
            rows.extend(alternatives.into_iter().map(|term| Row {
                output,
                on_unknown,
                on_overlap: true,
                term,
            }));
        }
        out.push((rows, cond.span));
    }
    Ok(out)
}

/// Rows: whether wildcard addresses count among them, and for each its scope and its number there.
type RowsKey = (bool, Vec<(u32, u32)>);

/// An image while it is being put together.
struct Assembly<'a> {
    diagrams: Diagrams<'a>,
    /// Sets of ranks.
    ranks: Sets,
    columns: FxHashMap<(u32, u32), Columns>,
    leaves: Vec<u32>,
    /// Roots by the rows they were made from.
    known_roots: FxHashMap<RowsKey, Vec<u32>>,
    merged_rows: usize,
    merge_limit: usize,
    worst_roots: usize,
}

impl Assembly<'_> {
    fn predicates(&mut self, predicates: &[(Vec<Row>, Span)]) -> Result<(), LowerError> {
        for (rows, span) in predicates {
            let outputs: Vec<u32> = rows.iter().map(|r| r.output).collect();
            let root = self.diagrams.diagram(rows, Purpose::OneEnd, &mut |d, sets, alive| {
                let mut truth = 0;
                sets.each(alive, |r| truth = truth.max(1 + outputs[r as usize]));
                d.node(vec![node::TRUTH, truth])
            });
            let root = root.map_err(|TooLarge| LowerError::TooComplex(*span))?;
            self.diagrams.classifiers.predicates.push(root);
        }
        let roots = self.diagrams.classifiers.predicates.clone();
        self.diagrams.words[header::PREDICATES] = self.diagrams.words.len() as u32;
        self.diagrams.words[header::PREDICATE_COUNT] = roots.len() as u32;
        self.diagrams.words.extend(roots);
        Ok(())
    }

    fn selectors(&mut self, scopes: &[ScopeRows]) -> Result<(), LowerError> {
        let mut rows = Vec::new();
        for (i, s) in scopes.iter().enumerate() {
            let alternatives = terms(&s.form, s.on_unknown).ok_or(LowerError::TooManyAlternatives(s.span))?;
            rows.extend(alternatives.into_iter().map(|term| {
                let row = Row { output: i as u32, on_unknown: s.on_unknown, on_overlap: s.on_overlap, term };
                (row, s.span)
            }));
        }
        let mut groups = self.groups(rows);
        let mut roots = Vec::new();
        while let Some(group) = groups.pop() {
            self.diagrams.wildcards = false;
            // Which scopes hold together is known only when the diagram is built, and the diagrams of their clauses must
            // lie before it: so it is built twice, first to learn the sets.
            let bare: Vec<Row> = group.iter().map(|(r, _)| r.clone()).collect();
            let together = |sets: &Sets, alive: SetId| {
                let mut scopes: Vec<u32> =
                    sets.members(alive).iter().map(|r| bare[*r as usize].output).collect();
                scopes.sort_unstable();
                scopes.dedup();
                scopes
            };
            let mut met: Vec<Vec<u32>> = Vec::new();
            let mut known: FxHashSet<Vec<u32>> = FxHashSet::default();
            let survey = self.diagrams.diagram(&bare, Purpose::Survey, &mut |_, sets, alive| {
                let scopes = together(sets, alive);
                if known.insert(scopes.clone()) {
                    met.push(scopes);
                }
                0
            });
            if survey.is_err() {
                groups.extend(halve(group)?);
                continue;
            }
            let mut ends: FxHashMap<Vec<u32>, u32> = FxHashMap::default();
            for set in met {
                let end = self.scope_end(scopes, &set)?;
                ends.insert(set, end);
            }
            self.diagrams.wildcards = false;
            let root = self.diagrams.diagram(&bare, Purpose::OneEnd, &mut |_, sets, alive| {
                ends.get(&together(sets, alive)).copied().unwrap_or(0)
            });
            match root {
                Ok(root) => roots.push(root),
                Err(TooLarge) => groups.extend(halve(group)?),
            }
        }
        self.diagrams.words[header::SELECTORS] = self.diagrams.words.len() as u32;
        self.diagrams.words[header::SELECTOR_COUNT] = roots.len() as u32;
        self.diagrams.words.extend(roots);
        Ok(())
    }

    /// The end of a selector where these scopes hold.
    fn scope_end(&mut self, scopes: &[ScopeRows], together: &[u32]) -> Result<u32, LowerError> {
        let mut of_action = Vec::with_capacity(ACTION_COUNT);
        let size: usize = together.iter().map(|s| scopes[*s as usize].rows.len()).sum();
        let merge = together.len() < 2 || self.merged_rows + size <= self.merge_limit;
        if together.len() > 1 && merge {
            self.merged_rows += size;
        }
        for action in Action::all() {
            let rows_of = |s: &u32| {
                let about = scopes[*s as usize]
                    .rows
                    .iter()
                    .enumerate()
                    .filter(|(_, (actions, ..))| actions[action as usize]);
                about.map(|(i, (_, row, span))| ((*s, i as u32), row.clone(), *span)).collect::<Vec<_>>()
            };
            let parts: Vec<Vec<_>> = if merge {
                vec![together.iter().flat_map(rows_of).collect()]
            } else {
                together.iter().map(rows_of).collect()
            };
            let mut roots = Vec::new();
            for part in parts.into_iter().filter(|p| !p.is_empty()) {
                roots.extend(self.roots(action, part)?);
            }
            self.worst_roots = self.worst_roots.max(roots.len());
            of_action.push(roots);
        }
        debug_assert_eq!(of_action.len(), ACTION_COUNT);
        // The lists lie before the node that leads to them, one for actions that have the same.
        let words = &mut self.diagrams.words;
        let mut written: FxHashMap<&[u32], u32> = FxHashMap::default();
        let mut scopes = vec![node::SCOPES];
        for roots in &of_action {
            scopes.push(if roots.is_empty() {
                0
            } else {
                *written.entry(roots).or_insert_with(|| {
                    let at = words.len() as u32;
                    words.push(roots.len() as u32);
                    words.extend(roots);
                    at
                })
            });
        }
        let at = words.len() as u32;
        words.extend(scopes);
        Ok(at)
    }

    /// The roots of the diagrams that these rows make, for one action.
    fn roots(&mut self, action: Action, part: Vec<((u32, u32), Row, Span)>) -> Result<Vec<u32>, LowerError> {
        self.diagrams.wildcards = matches!(action, Action::Bind | Action::Listen);
        let key = (self.diagrams.wildcards, part.iter().map(|(k, ..)| *k).collect::<Vec<_>>());
        if let Some(roots) = self.known_roots.get(&key) {
            return Ok(roots.clone());
        }
        let mut groups = self.groups(part.into_iter().map(|(_, row, span)| (row, span)).collect());
        let mut roots = Vec::new();
        while let Some(group) = groups.pop() {
            let rows: Vec<Row> = group.iter().map(|(r, _)| r.clone()).collect();
            match self.leaf_diagram(&rows) {
                Ok(root) => roots.push(root),
                Err(TooLarge) => groups.extend(halve(group)?),
            }
        }
        self.known_roots.insert(key, roots.clone());
        Ok(roots)
    }

    fn leaf_diagram(&mut self, rows: &[Row]) -> Result<u32, TooLarge> {
        let Self { diagrams, ranks, columns, leaves, .. } = self;
        let before = leaves.len();
        let singles: Vec<SetId> = rows.iter().map(|r| ranks.singleton(r.output)).collect();
        let mut memo = FxHashMap::default();
        let result = diagrams.diagram(rows, Purpose::Leaves, &mut |d, sets, alive| {
            let applying = sets.map_union(alive, ranks, &mut memo, &|r| singles[r as usize]);
            let mut words = vec![node::LEAF];
            words.extend(columns_of(&d.words, ranks, columns, ranks.levels(), applying.0, 0));
            words.push(d.ranks(ranks, applying));
            debug_assert_eq!(words.len(), leaf::LEN);
            let at = d.node(words);
            leaves.push(at);
            at
        });
        if result.is_err() {
            leaves.truncate(before);
        }
        result
    }

    /// Rows by the major axes that they look at, largest groups last.
    fn groups(&self, rows: Group) -> Vec<Group> {
        let mut groups: Vec<((Vec<form::AxisId>, diagram::Floats), Group)> = Vec::new();
        let mut index = FxHashMap::default();
        for (row, span) in rows {
            let signature = row.signature(self.diagrams.axes());
            let at = *index.entry(signature.clone()).or_insert_with(|| {
                groups.push((signature, Vec::new()));
                groups.len() - 1
            });
            groups[at].1.push((row, span));
        }
        groups.into_iter().map(|(_, g)| g).collect()
    }

    fn finish(mut self) -> Result<Lowered, LowerError> {
        self.leaves.sort_unstable();
        self.leaves.dedup();
        let words = &mut self.diagrams.words;
        words[header::LEAVES] = words.len() as u32;
        words[header::LEAF_COUNT] = self.leaves.len() as u32;
        words.extend(&self.leaves);
        self.diagrams.finish();
        let mut words = self.diagrams.words;
        words[header::WORDS] = words.len() as u32;
        let selectors = words[header::SELECTOR_COUNT] as usize;
        Ok(Lowered {
            image: Image::load(words).map_err(LowerError::Defect)?,
            stats: self.diagrams.stats,
            worst_walks: selectors + selectors * self.worst_roots,
        })
    }
}

fn columns_of(
    words: &[u32],
    ranks: &Sets,
    memo: &mut FxHashMap<(u32, u32), Columns>,
    level: u32,
    set: u32,
    base: u32,
) -> Columns {
    if set == 0 {
        return NO_COLUMNS;
    }
    if let Some(known) = memo.get(&(set, base)) {
        return *known;
    }
    let [low, high] = ranks.node(set);
    let columns = if level == 0 {
        let members = (0..32).filter(|i| low & (1 << i) != 0);
        members.fold(NO_COLUMNS, |acc, i| combine(acc, clause_columns(words, base + i)))
    } else {
        let low = columns_of(words, ranks, memo, level - 1, low, base);
        combine(low, columns_of(words, ranks, memo, level - 1, high, base + (32 << (level - 1))))
    };
    memo.insert((set, base), columns);
    columns
}

/// Two groups that together hold the rows of one that was too large.
fn halve(mut group: Group) -> Result<Vec<Group>, LowerError> {
    if let [(row, span)] = group.as_slice() {
        let halves = row.halve().ok_or(LowerError::TooComplex(*span))?;
        return Ok(halves.map(|r| vec![(r, *span)]).into());
    }
    let rest = group.split_off(group.len() / 2);
    Ok(vec![group, rest])
}

#[cfg(test)]
mod tests {
    use super::*;
    use warmor_policy::event::{Event, encode};
    use warmor_policy::verdict::Effect;

    #[test]
    fn a_model_without_clauses_allows() {
        let lowered = lower(&Model::default(), Part::Whole).unwrap();
        let event = encode(&Event::new(Action::Exec)).unwrap();
        assert_eq!(lowered.image.decide(&event).unwrap().enforced, Effect::Allow);
    }
}
