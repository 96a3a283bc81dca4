//! Conditions as formulas over literals, each formula held once.
//!
//! A clause applies to an event where its condition is not false, or where it is true: its policy says which. Kleene's `and` and
//! `or` are minimum and maximum, so with negations pushed down to the atoms the question becomes one of ordinary logic: an
//! unknown literal counts as what the policy says of the unknown, whether it is negated or not.

use super::pattern::{Pattern, Regex, patterns};
use crate::model::{Atom, Compare, Cond, CondKind, Element, FactRef, Model, Network, SubjectId};
use rustc_hash::FxHashMap;
use warmor_policy::event::Source;

/// A formula, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct FormulaId(u32);

impl FormulaId {
    pub(super) const FALSE: Self = Self(0);
    pub(super) const TRUE: Self = Self(1);

    fn constant(value: bool) -> Self {
        if value { Self::TRUE } else { Self::FALSE }
    }
}

/// An atom, by its number.
pub(super) type AtomId = u32;

/// A test of facts that one classifier can decide.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Text { fact: FactRef, regex: Regex },
    Slashes { fact: FactRef, least: i64 },
    Number { fact: FactRef, first: i64, last: i64 },
    Address { fact: FactRef, networks: Vec<Network> },
    Flags { fact: FactRef, mask: u32 },
    Present { fact: FactRef },
    List { fact: FactRef, every: bool, element: Element },
    Relation { left: FactRef, compare: Compare, right: FactRef, offset: i64 },
    Same { left: FactRef, right: FactRef },
    Ancestor { cond: Cond },
}

impl Test {
    /// The only fact that it looks at, if it is one.
    pub(super) fn fact(&self) -> Option<&FactRef> {
        match self {
            Self::Text { fact, .. }
            | Self::Slashes { fact, .. }
            | Self::Number { fact, .. }
            | Self::Address { fact, .. }
            | Self::Flags { fact, .. }
            | Self::Present { fact }
            | Self::List { fact, .. } => Some(fact),
            Self::Relation { .. } | Self::Same { .. } | Self::Ancestor { .. } => None,
        }
    }
}

/// What a formula says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Node {
    Constant(bool),
    Literal {
        atom: AtomId,
        positive: bool,
    },
    All(Box<[FormulaId]>),
    Any(Box<[FormulaId]>),
    /// Formulas that mean the same; knowing one is knowing all.
    Same(Box<[FormulaId]>),
}

/// Whose facts `process` means while a condition is being read.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Reader {
    /// The process that asks.
    Own,
    /// Another one, of which only its own facts are known.
    Other(Source),
    /// One of which nothing is known.
    Nobody,
}

/// Where a text is told: only a guess at which tests an automaton decides together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Front,
    Back,
    Anywhere,
    NoText,
}

fn reading(test: &Test) -> Reading {
    let Test::Text { regex: Regex::Sequence(parts), .. } = test else {
        return Reading::NoText;
    };
    // A star inside a segment repeats one byte; what repeats more can skip segments.
    let skips = |r: &Regex| matches!(r, Regex::Star(_)) && r.skips();
    let end = parts.len().saturating_sub(1);
    let floats = parts.iter().enumerate().filter(|(i, r)| *i < end && skips(r)).count();
    match floats {
        0 => Reading::Front,
        1 if !parts.last().is_some_and(skips) => Reading::Back,
        _ => Reading::Anywhere,
    }
}

/// All formulas of a validation.
pub(super) struct Formulas<'m> {
    model: &'m Model,
    nodes: Vec<Node>,
    ids: FxHashMap<Node, FormulaId>,
    /// What the atoms test.
    pub(super) tests: Vec<Test>,
    texts: FxHashMap<(FactRef, Regex), AtomId>,
    others: FxHashMap<FactRef, Vec<AtomId>>,
    factless: Vec<AtomId>,
    members: FxHashMap<(SubjectId, Reader, bool, bool), FormulaId>,
    /// Atoms that hold exactly if three others do.
    pub(super) parted: Vec<(AtomId, [AtomId; 3])>,
}

impl<'m> Formulas<'m> {
    pub(super) fn new(model: &'m Model) -> Self {
        let mut new = Self {
            model,
            nodes: Vec::new(),
            ids: FxHashMap::default(),
            tests: Vec::new(),
            texts: FxHashMap::default(),
            others: FxHashMap::default(),
            factless: Vec::new(),
            members: FxHashMap::default(),
            parted: Vec::new(),
        };
        new.intern(Node::Constant(false));
        new.intern(Node::Constant(true));
        new
    }

    pub(super) fn node(&self, id: FormulaId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    fn intern(&mut self, node: Node) -> FormulaId {
        let nodes = &mut self.nodes;
        *self.ids.entry(node).or_insert_with_key(|node| {
            nodes.push(node.clone());
            FormulaId(nodes.len() as u32 - 1)
        })
    }

    /// Conjunction (`all`) or disjunction.
    pub(super) fn join(&mut self, parts: impl IntoIterator<Item = FormulaId>, all: bool) -> FormulaId {
        let mut flat = Vec::new();
        for part in parts {
            if part == FormulaId::constant(!all) {
                return part;
            }
            match self.node(part) {
                Node::Constant(_) => {}
                Node::All(inner) if all => flat.extend_from_slice(inner),
                Node::Any(inner) if !all => flat.extend_from_slice(inner),
                _ => flat.push(part),
            }
        }
        flat.sort_unstable();
        flat.dedup();
        match flat.len() {
            0 => FormulaId::constant(all),
            1 => flat[0],
            _ if all => self.intern(Node::All(flat.into())),
            _ => self.intern(Node::Any(flat.into())),
        }
    }

    /// Formulas that mean the same.
    fn same(&mut self, parts: Vec<FormulaId>) -> FormulaId {
        let known = parts.iter().find(|p| matches!(self.node(**p), Node::Constant(_)));
        match (known, parts.as_slice()) {
            (Some(known), _) => *known,
            (None, [one]) => *one,
            (None, _) => self.intern(Node::Same(parts.into())),
        }
    }

    fn literal(&mut self, atom: AtomId, positive: bool) -> FormulaId {
        self.intern(Node::Literal { atom, positive })
    }

    fn atom(&mut self, test: Test) -> AtomId {
        let next = self.tests.len() as u32;
        if let Test::Text { fact, regex } = &test {
            let id = *self.texts.entry((fact.clone(), regex.clone())).or_insert(next);
            if id == next {
                self.tests.push(test);
            }
            return id;
        }
        let tests = &self.tests;
        let alike = match test.fact() {
            Some(fact) => self.others.entry(fact.clone()).or_default(),
            None => &mut self.factless,
        };
        if let Some(known) = alike.iter().find(|a| tests[**a as usize] == test) {
            return *known;
        }
        alike.push(next);
        self.tests.push(test);
        next
    }

    /// The condition, or its opposite, where an unknown literal counts as `on_unknown`.
    pub(super) fn build(
        &mut self,
        cond: &Cond,
        positive: bool,
        reader: Reader,
        on_unknown: bool,
    ) -> FormulaId {
        match &cond.kind {
            CondKind::Const(value) => FormulaId::constant(*value == positive),
            CondKind::Not(inner) => self.build(inner, !positive, reader, on_unknown),
            CondKind::All(parts) | CondKind::Any(parts) => {
                let all = matches!(cond.kind, CondKind::All(_)) == positive;
                let parts: Vec<FormulaId> =
                    parts.iter().map(|p| self.build(p, positive, reader, on_unknown)).collect();
                self.join(parts, all)
            }
            CondKind::Atom(Atom::Member { source, subject }) => {
                let reader = match (source, reader) {
                    (Source::Process, same) => same,
                    (Source::Parent | Source::Target, Reader::Own) => Reader::Other(*source),
                    _ => Reader::Nobody,
                };
                let key = (*subject, reader, positive, on_unknown);
                if let Some(known) = self.members.get(&key) {
                    return *known;
                }
                let model = self.model;
                let formula = self.build(&model.subject(*subject).cond, positive, reader, on_unknown);
                self.members.insert(key, formula);
                formula
            }
            CondKind::Atom(atom) => self.leaf(atom, positive, reader, on_unknown),
        }
    }

    /// The fact as the event holds it; `None` where it is not known to the reader.
    fn read(fact: &FactRef, reader: Reader) -> Option<FactRef> {
        match (fact.source, reader) {
            (Source::Event, _) | (_, Reader::Own) => Some(fact.clone()),
            (Source::Process, Reader::Other(source)) => Some(FactRef { source, ..fact.clone() }),
            _ => None,
        }
    }

    fn leaf(&mut self, atom: &Atom, positive: bool, reader: Reader, on_unknown: bool) -> FormulaId {
        let unknown = FormulaId::constant(on_unknown);
        let read = |fact: &FactRef| Self::read(fact, reader);
        let test = match atom {
            Atom::Text { fact, test } => {
                let Some(fact) = read(fact) else { return unknown };
                let parts: Vec<FormulaId> =
                    patterns(test).into_iter().map(|p| self.pattern(&fact, p, positive)).collect();
                return self.join(parts, !positive);
            }
            Atom::Number { fact, first, last } => {
                let Some(fact) = read(fact) else { return unknown };
                Test::Number { fact, first: *first, last: *last }
            }
            Atom::Address { fact, networks } => {
                let Some(fact) = read(fact) else { return unknown };
                Test::Address { fact, networks: networks.clone() }
            }
            Atom::Flags { fact, mask } => {
                let Some(fact) = read(fact) else { return unknown };
                Test::Flags { fact, mask: *mask }
            }
            Atom::Present { fact } => {
                let Some(fact) = read(fact) else { return unknown };
                Test::Present { fact }
            }
            Atom::ListAny { fact, element } | Atom::ListAll { fact, element } => {
                let Some(fact) = read(fact) else { return unknown };
                let every = matches!(atom, Atom::ListAll { .. });
                Test::List { fact, every, element: element.clone() }
            }
            Atom::Relation { left, compare, right, offset } => match (read(left), read(right)) {
                (Some(left), Some(right)) => {
                    Test::Relation { left, compare: *compare, right, offset: *offset }
                }
                (one, other) => return self.half_known(one.or(other), positive, on_unknown),
            },
            Atom::Same { left, right } => match (read(left), read(right)) {
                (Some(left), Some(right)) => Test::Same { left, right },
                (one, other) => return self.half_known(one.or(other), positive, on_unknown),
            },
            Atom::Ancestor { cond } => {
                if reader != Reader::Own {
                    return unknown;
                }
                Test::Ancestor { cond: (**cond).clone() }
            }
            Atom::Member { .. } => return unknown,
        };
        let atom = self.atom(test);
        self.literal(atom, positive)
    }

    /// A comparison of which one side at most is known: false where that side is absent, else unknown.
    fn half_known(&mut self, known: Option<FactRef>, positive: bool, on_unknown: bool) -> FormulaId {
        match known {
            Some(fact) if positive == on_unknown => {
                let atom = self.atom(Test::Present { fact });
                self.literal(atom, positive)
            }
            _ => FormulaId::constant(on_unknown),
        }
    }

    fn pattern(&mut self, fact: &FactRef, pattern: Pattern, positive: bool) -> FormulaId {
        let text = |formulas: &mut Self, regex| formulas.atom(Test::Text { fact: fact.clone(), regex });
        match pattern {
            Pattern::Whole(regex) => {
                let atom = text(self, regex);
                self.literal(atom, positive)
            }
            Pattern::Parted { whole, front, back, slashes } => {
                let whole = text(self, whole);
                let deep = Test::Slashes { fact: fact.clone(), least: slashes };
                let parts = [text(self, front), text(self, back), self.atom(deep)];
                if !self.parted.iter().any(|(known, _)| *known == whole) {
                    self.parted.push((whole, parts));
                }
                let parts = parts.map(|atom| self.literal(atom, positive));
                let parted = self.join(parts, positive);
                let whole = self.literal(whole, positive);
                self.same(vec![whole, parted])
            }
        }
    }

    /// The formula as alternatives. Alternative literals that one classifier may well decide stay together: a list of a thousand
    /// paths is one alternative. `None` when there are more than `most`.
    pub(super) fn terms(&mut self, formula: FormulaId, most: usize) -> Option<Vec<FormulaId>> {
        let out = match self.node(formula).clone() {
            Node::Constant(false) => Vec::new(),
            Node::Constant(true) | Node::Literal { .. } | Node::Same(_) => vec![formula],
            Node::Any(parts) => {
                let mut groups: Vec<(FactRef, Reading, Vec<FormulaId>)> = Vec::new();
                let mut out = Vec::new();
                for part in parts {
                    let key = match self.node(part) {
                        Node::Literal { atom, .. } => {
                            let test = &self.tests[*atom as usize];
                            test.fact().map(|fact| (fact.clone(), reading(test)))
                        }
                        _ => None,
                    };
                    match key {
                        Some((fact, reading)) => {
                            match groups.iter_mut().find(|(f, r, _)| *f == fact && *r == reading) {
                                Some((_, _, group)) => group.push(part),
                                None => groups.push((fact, reading, vec![part])),
                            }
                        }
                        None => out.extend(self.terms(part, most)?),
                    }
                }
                for (_, _, group) in groups {
                    out.push(self.join(group, false));
                }
                out
            }
            Node::All(parts) => {
                let mut out = vec![FormulaId::TRUE];
                for part in parts {
                    let factor = self.terms(part, most)?;
                    if out.len() * factor.len() > most {
                        return None;
                    }
                    let mut product = Vec::with_capacity(out.len() * factor.len());
                    for a in &out {
                        for b in &factor {
                            product.push(self.join([*a, *b], true));
                        }
                    }
                    out = product;
                }
                out
            }
        };
        (out.len() <= most).then_some(out)
    }

    /// Calls with each literal of a formula, once each.
    pub(super) fn literals(&self, formula: FormulaId, mut found: impl FnMut(AtomId, bool)) {
        let mut seen = rustc_hash::FxHashSet::default();
        let mut open = vec![formula];
        while let Some(at) = open.pop() {
            if !seen.insert(at) {
                continue;
            }
            match self.node(at) {
                Node::Constant(_) => {}
                Node::Literal { atom, positive } => found(*atom, *positive),
                Node::All(parts) | Node::Any(parts) | Node::Same(parts) => open.extend_from_slice(parts),
            }
        }
    }

    /// The formula with literals replaced by what is known of them.
    pub(super) fn assign(
        &mut self,
        formula: FormulaId,
        known: &impl Fn(AtomId, bool) -> Option<bool>,
        memo: &mut FxHashMap<FormulaId, FormulaId>,
    ) -> FormulaId {
        if let Some(done) = memo.get(&formula) {
            return *done;
        }
        let assigned = match self.node(formula).clone() {
            Node::Constant(_) => return formula,
            Node::Literal { atom, positive } => match known(atom, positive) {
                Some(value) => FormulaId::constant(value),
                None => formula,
            },
            Node::All(parts) => self.assign_parts(&parts, true, known, memo),
            Node::Any(parts) => self.assign_parts(&parts, false, known, memo),
            Node::Same(parts) => {
                let parts = parts.iter().map(|p| self.assign(*p, known, memo)).collect();
                self.same(parts)
            }
        };
        memo.insert(formula, assigned);
        assigned
    }

    fn assign_parts(
        &mut self,
        parts: &[FormulaId],
        all: bool,
        known: &impl Fn(AtomId, bool) -> Option<bool>,
        memo: &mut FxHashMap<FormulaId, FormulaId>,
    ) -> FormulaId {
        let mut out = Vec::with_capacity(parts.len());
        for part in parts {
            let part = self.assign(*part, known, memo);
            if part == FormulaId::constant(!all) {
                return part;
            }
            out.push(part);
        }
        self.join(out, all)
    }

    /// The formula with every literal that is not kept taken for `instead`: false gives what is certain whatever those are, true what
    /// they cannot rule out. Of formulas that mean the same, those that lose nothing are left.
    pub(super) fn restrict(
        &mut self,
        formula: FormulaId,
        instead: bool,
        kept: &impl Fn(AtomId, bool) -> bool,
        memo: &mut FxHashMap<FormulaId, FormulaId>,
    ) -> FormulaId {
        if let Some(done) = memo.get(&formula) {
            return *done;
        }
        let restricted = match self.node(formula).clone() {
            Node::Constant(_) => return formula,
            Node::Literal { atom, positive } => {
                if kept(atom, positive) {
                    formula
                } else {
                    FormulaId::constant(instead)
                }
            }
            Node::All(parts) => {
                let parts: Vec<FormulaId> =
                    parts.iter().map(|p| self.restrict(*p, instead, kept, memo)).collect();
                self.join(parts, true)
            }
            Node::Any(parts) => {
                let parts: Vec<FormulaId> =
                    parts.iter().map(|p| self.restrict(*p, instead, kept, memo)).collect();
                self.join(parts, false)
            }
            Node::Same(parts) => {
                let whole = |f: &FormulaId| {
                    let mut all = true;
                    self.literals(*f, |atom, positive| all &= kept(atom, positive));
                    all
                };
                let whole: Vec<FormulaId> = parts.iter().copied().filter(whole).collect();
                if whole.is_empty() { FormulaId::constant(instead) } else { self.same(whole) }
            }
        };
        memo.insert(formula, restricted);
        restricted
    }
}
