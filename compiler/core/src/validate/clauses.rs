//! The clauses of a model: what they are in the image's table, and when they apply.

use super::formula::{FormulaId, Reader as Whose};
use super::walk::Claim;
use super::{CLAUSE_WORDS, Clause, Invalid, OverBudget, POLICY_WORDS, Validation};
use crate::lower::Part;
use crate::model::{ClauseRef, Cond, Mode, Model, OnUnknown, Pattern, PolicyId, RuleEffect};
use rustc_hash::FxHashMap;
use warmor_policy::image::{NONE, header, node};
use warmor_policy::schema::Action;
use warmor_policy::verdict::{ClauseKind, Responses, Severity};

/// What the table says of a clause, and the rest of it.
pub(super) struct Description {
    table: [u32; CLAUSE_WORDS],
    included: bool,
    pub(super) scope: Cond,
    pub(super) cond: Cond,
    actions: Vec<Action>,
    pub(super) on_unknown: bool,
    on_overlap: bool,
}

pub(super) fn describe(model: &Model, clause: ClauseRef, part: Part) -> Description {
    let table = |kind: ClauseKind, policy: u32, responses: Responses, severity: Severity| {
        [kind as u32, policy, u32::from(responses.0), severity as u32]
    };
    let in_part = |p: PolicyId| part == Part::Whole || model.policy(p).mode == Mode::Prevent;
    match clause {
        ClauseRef::Rule(id) => {
            let rule = model.rule(id);
            let policy = model.policy(rule.policy);
            // What an unknown condition counts as: a denial applies under `unknown deny`, an allow under `unknown allow`, and a
            // record is always made.
            let (kind, on_unknown) = match rule.effect {
                RuleEffect::Deny => (ClauseKind::Deny, policy.unknown == OnUnknown::Deny),
                RuleEffect::Allow => (ClauseKind::Allow, policy.unknown == OnUnknown::Allow),
                RuleEffect::Audit => (ClauseKind::Audit, true),
            };
            Description {
                table: table(kind, rule.policy.0, rule.responses, rule.severity),
                included: in_part(rule.policy),
                scope: policy.scope.cond(policy.span),
                cond: rule.cond(),
                actions: rule.actions.iter().collect(),
                on_unknown,
                on_overlap: rule.effect != RuleEffect::Allow,
            }
        }
        ClauseRef::Default(id) => {
            let policy = model.policy(id);
            Description {
                table: table(ClauseKind::Default, id.0, Responses::default(), policy.severity),
                included: in_part(id),
                scope: policy.scope.cond(policy.span),
                cond: Cond::constant(true, policy.span),
                actions: policy.default_deny.iter().collect(),
                on_unknown: policy.unknown == OnUnknown::Deny,
                on_overlap: true,
            }
        }
        ClauseRef::Detection(index) => {
            let detection = &model.detections[index as usize];
            let (cond, actions) = match &detection.pattern {
                Pattern::Single(step) => (step.cond(), step.actions.iter().collect()),
                Pattern::Sequence { .. } | Pattern::Count { .. } => {
                    (Cond::constant(false, detection.span), Vec::new())
                }
            };
            Description {
                table: table(ClauseKind::Detect, NONE, detection.responses, detection.severity),
                included: part == Part::Whole,
                scope: detection.scope.cond(detection.span),
                cond,
                actions,
                on_unknown: true,
                on_overlap: true,
            }
        }
    }
}

impl Validation<'_> {
    /// Compares the tables of clauses and policies, and makes the formulas.
    pub(super) fn read_clauses(&mut self, model: &Model, part: Part) -> Result<(), Invalid> {
        let words = self.reader.words;
        let clauses = model.clauses();
        let at = |offset: usize, count: usize, each: usize| {
            let start = words[offset] as usize;
            words.get(start..start + words[count] as usize * each).unwrap_or_default()
        };
        let table = at(header::CLAUSES, header::CLAUSE_COUNT, CLAUSE_WORDS);
        let policies = at(header::POLICIES, header::POLICY_COUNT, POLICY_WORDS);
        if table.len() != clauses.len() * CLAUSE_WORDS {
            return Err(Invalid::Table(clauses.len() as u32));
        }
        if policies.len() != model.policies.len() * POLICY_WORDS {
            return Err(Invalid::Table(model.policies.len() as u32));
        }
        for (i, (policy, words)) in model.policies.iter().zip(policies.chunks_exact(POLICY_WORDS)).enumerate()
        {
            // Nothing is muted when it is compiled.
            if words != [u32::from(policy.mode == Mode::Prevent), 0] {
                return Err(Invalid::Table(i as u32));
            }
        }
        let mut scopes: FxHashMap<(FormulaId, bool, bool), u32> = FxHashMap::default();
        for (rank, clause) in clauses.iter().enumerate() {
            let d = describe(model, *clause, part);
            if table[rank * CLAUSE_WORDS..][..CLAUSE_WORDS] != d.table {
                return Err(Invalid::Table(rank as u32));
            }
            if !d.included || d.actions.is_empty() {
                self.clauses.push(None);
                continue;
            }
            let claim = |formula| Claim { formula, on_unknown: d.on_unknown, on_overlap: d.on_overlap };
            let scope = self.formulas.build(&d.scope, true, Whose::Own, d.on_unknown);
            let cond = self.formulas.build(&d.cond, true, Whose::Own, d.on_unknown);
            if [scope, cond].contains(&FormulaId::FALSE) {
                // It never applies, so no leaf may hold it.
                self.clauses.push(None);
                continue;
            }
            let next = self.scopes.len() as u32;
            let number = *scopes.entry((scope, d.on_unknown, d.on_overlap)).or_insert(next);
            if number == next {
                self.scopes.push(claim(scope));
                self.by_scope.push(FxHashMap::default());
            }
            for action in &d.actions {
                self.by_scope[number as usize].entry(*action as u8).or_default().push(rank as u32);
            }
            self.clauses.push(Some(Clause { scope: number, claim: claim(cond), actions: d.actions }));
        }
        Ok(())
    }

    /// The clauses of a scope that are about an action.
    pub(super) fn clauses_of(&self, scope: u32, action: Action) -> Vec<u32> {
        self.by_scope[scope as usize].get(&(action as u8)).cloned().unwrap_or_default()
    }

    /// The ends of a diagram.
    pub(super) fn ends(&mut self, root: u32) -> Result<Vec<u32>, OverBudget> {
        let mut seen = rustc_hash::FxHashSet::default();
        let mut ends = Vec::new();
        let mut open = vec![root];
        while let Some(at) = open.pop() {
            if !seen.insert(at) {
                continue;
            }
            let word = |i: u32| self.reader.word((at + i) as usize);
            let children = match word(0) & 0xff {
                node::TEST | node::HITS => word(2),
                _ => {
                    ends.push(at);
                    0
                }
            };
            open.extend((0..children).map(|c| word(3 + c)));
            self.budget.spend(1 + children as usize)?;
        }
        Ok(ends)
    }
}
