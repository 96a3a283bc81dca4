//! Whether there are texts of which the tests come out as a solver says, and what follows where there are none.

use super::terms::Term;
use super::vocabulary::{Part, Test, TextAtom, TextId, Vocabulary};
use crate::model::TextTest;
use crate::prove::text::{TextKind, Texts, witness};
use crate::prove::{Answer, Formula};
use std::collections::{BTreeMap, BTreeSet};
use warmor_policy::schema::FieldType;

/// Texts, or why there are none.
pub(super) enum Realised {
    /// One for each text that was asked for.
    Texts(BTreeMap<TextId, Vec<u8>>),
    /// These literals (atoms with the value that they have) exclude each other.
    Conflict(Vec<(Term, bool)>),
    /// The budget ran out.
    Budget,
}

/// Most outcomes of a few tests that are listed.
const MAX_OUTCOMES: usize = 24;

/// Tests with their outcome.
pub(super) type Literals = Vec<(Term, bool)>;

/// Texts that a solver wants to be one.
struct Group {
    members: BTreeSet<TextId>,
    /// Why they are one.
    joined: Literals,
    literals: Literals,
}

/// Finds texts for literals.
pub(super) struct Realiser<'v, 'm> {
    vocabulary: &'v Vocabulary<'m>,
    budget: u64,
}

impl<'v, 'm> Realiser<'v, 'm> {
    /// `budget` bounds the states looked at for one question.
    pub(super) fn new(vocabulary: &'v Vocabulary<'m>, budget: u64) -> Self {
        Self { vocabulary, budget }
    }

    fn test(&self, term: Term) -> Option<&'v Test> {
        match self.vocabulary.atoms.get(&term)? {
            TextAtom::Test(text, number) => {
                Some(&self.vocabulary.texts[text.0 as usize].tests[*number as usize])
            }
            TextAtom::Same(..) => None,
        }
    }

    fn kind(&self, text: TextId) -> TextKind {
        let text = &self.vocabulary.texts[text.0 as usize];
        match (text.place.field().kind, &text.part) {
            (FieldType::Path, Part::Whole) => TextKind::Path,
            _ => TextKind::Text,
        }
    }

    /// Texts for all literals, or a conflict among some of them.
    pub(super) fn texts(&self, literals: &[(Term, bool)]) -> Realised {
        let groups = self.groups(literals);
        let mut apart: Vec<(Term, usize, usize)> = Vec::new();
        let of = |text: &TextId| groups.iter().position(|g| g.members.contains(text));
        for (term, value) in literals {
            let Some(TextAtom::Same(left, right)) = self.vocabulary.atoms.get(term) else { continue };
            if let (false, Some(l), Some(r)) = (*value, of(left), of(right)) {
                if l == r {
                    // They are one, and they are not.
                    let mut conflict = groups[l].joined.clone();
                    conflict.push((*term, false));
                    return Realised::Conflict(conflict);
                }
                apart.push((*term, l, r));
            }
        }
        let mut found: Vec<Vec<u8>> = Vec::new();
        for (number, group) in groups.iter().enumerate() {
            // Texts that must differ from this one and are settled already.
            let others: Vec<(Term, usize)> = apart
                .iter()
                .filter_map(|(term, l, r)| match (*l == number, *r == number) {
                    (true, _) if *r < number => Some((*term, *r)),
                    (_, true) if *l < number => Some((*term, *l)),
                    _ => None,
                })
                .collect();
            let taken: Vec<TextTest> =
                others.iter().map(|(_, other)| TextTest::Equals(found[*other].clone())).collect();
            match self.group(group, &taken) {
                Answer::Found(text) => found.push(text),
                Answer::Budget => return Realised::Budget,
                Answer::Empty => match self.group(group, &[]) {
                    Answer::Empty => return Realised::Conflict(self.conflict(group)),
                    Answer::Budget => return Realised::Budget,
                    Answer::Found(_) => {
                        let others: Vec<(Term, &Group)> =
                            others.iter().map(|(term, other)| (*term, &groups[*other])).collect();
                        return self.pigeons(group, &others);
                    }
                },
            }
        }
        let mut out = BTreeMap::new();
        for (group, text) in groups.iter().zip(found) {
            for member in &group.members {
                out.insert(*member, text.clone());
            }
        }
        Realised::Texts(out)
    }

    /// The texts that literals are about, those that are the same together.
    fn groups(&self, literals: &[(Term, bool)]) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let mut at: BTreeMap<TextId, usize> = BTreeMap::new();
        for (term, _) in literals {
            let texts = match self.vocabulary.atoms.get(term) {
                Some(TextAtom::Test(text, _)) => [*text; 2],
                Some(TextAtom::Same(left, right)) => [*left, *right],
                None => continue,
            };
            for text in texts {
                at.entry(text).or_insert_with(|| {
                    let members = BTreeSet::from([text]);
                    groups.push(Group { members, joined: Vec::new(), literals: Vec::new() });
                    groups.len() - 1
                });
            }
        }
        for (term, value) in literals {
            match self.vocabulary.atoms.get(term) {
                Some(TextAtom::Test(text, _)) => groups[at[text]].literals.push((*term, *value)),
                Some(TextAtom::Same(left, right)) if *value => {
                    let (into, from) = (at[left].min(at[right]), at[left].max(at[right]));
                    groups[into].joined.push((*term, true));
                    if into != from {
                        let moved = std::mem::replace(
                            &mut groups[from],
                            Group { members: BTreeSet::new(), joined: Vec::new(), literals: Vec::new() },
                        );
                        for member in &moved.members {
                            at.insert(*member, into);
                        }
                        groups[into].members.extend(moved.members);
                        groups[into].joined.extend(moved.joined);
                        groups[into].literals.extend(moved.literals);
                    }
                }
                _ => {}
            }
        }
        groups.retain(|g| !g.members.is_empty());
        groups
    }

    /// A text for a group that is none of those that are taken.
    fn group(&self, group: &Group, taken: &[TextTest]) -> Answer<Vec<u8>> {
        self.solve(group, &group.literals, taken)
    }

    fn solve(&self, group: &Group, literals: &[(Term, bool)], taken: &[TextTest]) -> Answer<Vec<u8>> {
        let (mut positive, mut negative): (Vec<&TextTest>, Vec<&TextTest>) = (Vec::new(), Vec::new());
        for (term, value) in self.relevant(literals) {
            if let Some(Test { asks, .. }) = self.test(term) {
                if value { positive.push(asks) } else { negative.push(asks) }
            }
        }
        negative.extend(taken);
        // A path is a text, so texts that are one with a path are paths.
        let kind = group.members.iter().map(|t| self.kind(*t)).min().unwrap_or(TextKind::Text);
        witness(kind, &positive, &negative, self.budget)
    }

    /// The literals without tests that fail wherever all positive ones pass.
    fn relevant(&self, literals: &[(Term, bool)]) -> Literals {
        let of = |wanted: bool| literals.iter().filter(move |(_, value)| *value == wanted);
        let positive: Vec<&Test> = of(true).filter_map(|(term, _)| self.test(*term)).collect();
        let near = |test: &Test| positive.iter().all(|p| p.regions.meet(&test.regions));
        let negative = of(false).filter(|(term, _)| self.test(*term).is_some_and(near));
        of(true).chain(negative).copied().collect()
    }

    /// All outcomes of some tests of a text that a text can have; `None` where there are many, or it takes too long.
    pub(super) fn outcomes(&self, text: TextId, tests: &[usize]) -> Option<Vec<Literals>> {
        let all = &self.vocabulary.texts[text.0 as usize].tests;
        let chosen: Vec<&Test> = tests.iter().map(|number| &all[*number]).collect();
        let mut texts = Texts::default();
        let ids: Vec<_> = chosen.iter().map(|t| texts.union(std::slice::from_ref(&t.asks))).collect();
        let mut seen: Vec<Formula<_>> = Vec::new();
        let mut out: Vec<Literals> = Vec::new();
        let mut budget = self.budget;
        // A text with an outcome that none before had, until there is none.
        loop {
            let fresh = Formula::All(seen.clone());
            match texts.witness(self.kind(text), &fresh, &mut budget) {
                Answer::Empty => return Some(out),
                Answer::Budget => return None,
                Answer::Found(found) => {
                    let passes: Vec<bool> = ids.iter().map(|id| texts.matches(*id, &found)).collect();
                    let same = ids.iter().zip(&passes).map(|(id, passes)| {
                        let test = Formula::Test(*id);
                        if *passes { test } else { test.negated() }
                    });
                    seen.push(Formula::All(same.collect()).negated());
                    out.push(chosen.iter().zip(passes).map(|(t, passes)| (t.term, passes)).collect());
                }
            }
            if out.len() > MAX_OUTCOMES {
                return None;
            }
        }
    }

    /// An irreducible set of a group's literals without a text.
    fn conflict(&self, group: &Group) -> Literals {
        let mut kept = self.relevant(&group.literals);
        // What is negative is most of it, and needed least often: leave out halves first, then less.
        kept.sort_by_key(|(_, value)| *value);
        let mut step = kept.len().div_ceil(2);
        while step > 0 {
            let mut at = 0;
            while at < kept.len() {
                let end = (at + step).min(kept.len());
                let rest: Literals = kept[..at].iter().chain(&kept[end..]).copied().collect();
                if matches!(self.solve(group, &rest, &[]), Answer::Empty) {
                    kept = rest;
                } else {
                    at = end;
                }
            }
            step = if step == 1 { 0 } else { step.div_ceil(2) };
        }
        kept.extend(&group.joined);
        kept
    }

    /// A group has texts, but they are all taken. Where one text is all that two groups that must differ have, that is the
    /// conflict. Several groups that share several texts are left undecided.
    fn pigeons(&self, group: &Group, others: &[(Term, &Group)]) -> Realised {
        for (term, other) in others {
            let Answer::Found(text) = self.group(other, &[]) else { continue };
            let same = TextTest::Equals(text);
            let alone = |g: &Group| matches!(self.group(g, std::slice::from_ref(&same)), Answer::Empty);
            if alone(other) && alone(group) {
                let both = [*other, group];
                let mut conflict: Literals =
                    both.iter().flat_map(|g| g.literals.iter().chain(&g.joined)).copied().collect();
                conflict.push((*term, false));
                return Realised::Conflict(conflict);
            }
        }
        Realised::Budget
    }
}
