//! The variables that stand for an event: for each fact that a formula looks at whether it is known, unknown or absent, and
//! its value.
//!
//! | fact | variables |
//! |---|---|
//! | any | `known`, `unknown` (absent where neither holds) |
//! | number, name, time, flags, address | a bit vector |
//! | text | one Boolean for each test, and one for each other text that it is compared with |
//! | entry of a map | whether there is one, and a text |
//! | list | one Boolean for each condition that some element is asked to meet, and as many elements, each a text |
//! | ancestors | two Booleans for each condition that some ancestor is asked to meet, and as many records |
//!
//! "Some element meets C" needs no more than one element for each C that is asked for: of a list that makes some of them true
//! and the others false, the elements that make them true do the same by themselves. So element *i* is there exactly where
//! condition *i* is met, and meets it, and no element meets a condition that is not met. It is the same with ancestors.

use super::condition::{Context, Kleene, Reader};
use super::terms::{Sort, Term, Terms};
use super::texts::Regions;
use crate::model::{Cond, Element, FactRef, Model, TextTest};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use warmor_policy::event::Source;
use warmor_policy::schema::{ACTION_COUNT, Action, FieldInfo, FieldType, event_fields, process_fields};

/// Bits of the action's code.
const ACTION_BITS: u32 = 5;
const _: () = assert!(ACTION_COUNT <= 1 << ACTION_BITS);

/// Whose record a fact stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// The event's own, or that of one of its three processes.
    Source(Source),
    /// One of the ancestors that conditions ask for.
    Ancestor(u32),
}

/// A fact of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Whose.
    pub owner: Owner,
    /// Its slot in the schema.
    pub slot: usize,
}

impl Place {
    /// What the schema says of the fact.
    pub fn field(self) -> &'static FieldInfo {
        match self.owner {
            Owner::Source(Source::Event) => &event_fields()[self.slot],
            _ => &process_fields()[self.slot],
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.owner {
            Owner::Source(source) => FactRef { source, slot: self.slot, key: None }.fmt(f),
            Owner::Ancestor(number) => write!(f, "ancestor {number} {}", self.field().name),
        }
    }
}

/// Which text of a fact is meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The fact is a text.
    Whole,
    /// The entry of a map.
    Entry(String),
    /// An element of a list.
    Element(u32),
}

/// A text, by its number in [`Vocabulary::texts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextId(pub u32);

/// A test of a text.
#[derive(Debug)]
pub struct Test {
    /// The test.
    pub asks: TextTest,
    /// The variable that says whether it passes.
    pub term: Term,
    /// Where the texts are that pass.
    pub(super) regions: Regions,
}

/// What formulas ask of one text.
#[derive(Debug)]
pub struct Text {
    /// The fact that it is, or is part of.
    pub place: Place,
    /// Which part.
    pub part: Part,
    /// The tests.
    pub tests: Vec<Test>,
    known: FxHashMap<TextTest, Term>,
}

/// The variables of a fact.
#[derive(Clone, Copy, Debug)]
pub struct FactTerms {
    /// Whether its value is known.
    pub known: Term,
    /// Whether there is one that could not be read.
    pub unknown: Term,
    /// The value of a number or an address.
    pub value: Option<Term>,
}

/// An atom about a text: whose, and which test, or which other text it equals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextAtom {
    /// A test, by its number in [`Text::tests`].
    Test(TextId, u32),
    /// Both are the same.
    Same(TextId, TextId),
}

/// A condition that some ancestor is asked to meet.
#[derive(Debug)]
pub struct Ancestor {
    cond: Cond,
    model: usize,
    /// One of those that are known meets it.
    pub met: Term,
    /// One may meet it.
    pub maybe: Term,
}

/// The variables of an event, and what is known of them before any policy is looked at.
#[derive(Debug)]
pub struct Vocabulary<'m> {
    /// All terms.
    pub terms: Terms,
    /// The action's code.
    pub action: Term,
    /// The variables of facts.
    pub facts: BTreeMap<Place, FactTerms>,
    /// The entries of maps, each with the variable that says whether there is one.
    pub entries: BTreeMap<(Place, String), Term>,
    /// The texts.
    pub texts: Vec<Text>,
    /// What variables say of texts.
    pub atoms: FxHashMap<Term, TextAtom>,
    /// The conditions that some element of a list is asked to meet.
    pub elements: BTreeMap<Place, Vec<(Element, Term)>>,
    /// The conditions that some ancestor is asked to meet.
    pub ancestors: Vec<Ancestor>,
    /// Whether some ancestors are not known.
    pub incomplete: Term,
    text_ids: BTreeMap<(Place, Part), TextId>,
    same: BTreeMap<(TextId, TextId), Term>,
    models: Vec<&'m Model>,
    pub(super) members: FxHashMap<(usize, crate::model::SubjectId, Reader, bool, bool), Kleene>,
}

impl<'m> Vocabulary<'m> {
    /// The variables of an event about which nothing is asked yet.
    pub fn new() -> Self {
        let mut terms = Terms::default();
        let action = terms.var("action", Sort::Bits(ACTION_BITS));
        let incomplete = terms.var("ancestors incomplete", Sort::Bool);
        Self {
            terms,
            action,
            facts: BTreeMap::new(),
            entries: BTreeMap::new(),
            texts: Vec::new(),
            atoms: FxHashMap::default(),
            elements: BTreeMap::new(),
            ancestors: Vec::new(),
            incomplete,
            text_ids: BTreeMap::new(),
            same: BTreeMap::new(),
            models: Vec::new(),
            members: FxHashMap::default(),
        }
    }

    /// The number of a model among those that the formulas are about.
    pub(super) fn model(&mut self, model: &'m Model) -> usize {
        let known = self.models.iter().position(|m| std::ptr::eq(*m, model));
        known.unwrap_or_else(|| {
            self.models.push(model);
            self.models.len() - 1
        })
    }

    pub(super) fn model_of(&self, number: usize) -> &'m Model {
        self.models[number]
    }

    /// The action is this one.
    pub(super) fn action_is(&mut self, action: Action) -> Term {
        let code = self.terms.number(action as u128, ACTION_BITS);
        self.terms.equal(self.action, code)
    }

    /// The action is one of all.
    pub(super) fn action_in_all(&mut self) -> Term {
        let last = self.terms.number(ACTION_COUNT as u128 - 1, ACTION_BITS);
        self.terms.at_most(self.action, last, false)
    }

    /// The action is one of these.
    pub(super) fn action_in(&mut self, actions: impl IntoIterator<Item = Action>) -> Term {
        let each: Vec<Term> = actions.into_iter().map(|a| self.action_is(a)).collect();
        if each.len() == ACTION_COUNT { self.terms.constant(true) } else { self.terms.or(each) }
    }

    /// A number lies in an inclusive range. Numbers of less than 64 bits have no sign.
    pub(super) fn within(&mut self, bits: Term, first: i64, last: i64) -> Term {
        let Sort::Bits(width) = self.terms.sort(bits) else { return bits };
        let (smallest, largest) = if width < 64 { (0, (1 << width) - 1) } else { (i64::MIN, i64::MAX) };
        let (first, last) = (first.max(smallest), last.min(largest));
        if first > last {
            return self.terms.constant(false);
        }
        let wide = |n: i64| i128::from(n).cast_unsigned();
        self.terms.in_range(bits, wide(first), wide(last), width == 64)
    }

    /// The variables of a fact.
    pub(super) fn fact(&mut self, place: Place) -> FactTerms {
        if let Some(known) = self.facts.get(&place) {
            return *known;
        }
        let value = match place.field().kind {
            FieldType::Path | FieldType::String | FieldType::List | FieldType::Map => None,
            FieldType::Ip => Some(128),
            FieldType::Port => Some(16),
            FieldType::Int | FieldType::Time => Some(64),
            _ => Some(32),
        };
        let made = FactTerms {
            known: self.terms.var(&format!("{place} known"), Sort::Bool),
            unknown: self.terms.var(&format!("{place} unknown"), Sort::Bool),
            value: value.map(|width| self.terms.var(&place.to_string(), Sort::Bits(width))),
        };
        self.facts.insert(place, made);
        made
    }

    /// Whether a map has the entry, given that the map is known.
    pub(super) fn entry(&mut self, place: Place, key: &str) -> Term {
        let entry = (place, key.to_owned());
        if let Some(known) = self.entries.get(&entry) {
            return *known;
        }
        let made = self.terms.var(&format!("{place}[{key:?}] present"), Sort::Bool);
        self.entries.insert(entry, made);
        made
    }

    /// The text that is this part of a fact.
    pub(super) fn text(&mut self, place: Place, part: Part) -> TextId {
        let next = TextId(self.texts.len() as u32);
        let id = *self.text_ids.entry((place, part.clone())).or_insert(next);
        if id == next {
            self.texts.push(Text { place, part, tests: Vec::new(), known: FxHashMap::default() });
        }
        id
    }

    /// Whether the text passes the test.
    pub(super) fn test(&mut self, id: TextId, test: &TextTest) -> Term {
        // A glob without wildcards is its text.
        let literal = match test {
            TextTest::Glob(glob) => glob.literal().map(TextTest::Equals),
            _ => None,
        };
        let test = literal.as_ref().unwrap_or(test);
        let text = &mut self.texts[id.0 as usize];
        if let Some(known) = text.known.get(test) {
            return *known;
        }
        let term = self.terms.var(&format!("{} {}", named(text), wording(test)), Sort::Bool);
        self.atoms.insert(term, TextAtom::Test(id, text.tests.len() as u32));
        text.tests.push(Test { asks: test.clone(), term, regions: Regions::of(test) });
        text.known.insert(test.clone(), term);
        term
    }

    /// Whether two texts are the same.
    pub(super) fn same_text(&mut self, left: TextId, right: TextId) -> Term {
        if left == right {
            return self.terms.constant(true);
        }
        let pair = (left.min(right), left.max(right));
        if let Some(known) = self.same.get(&pair) {
            return *known;
        }
        let [l, r] = [pair.0, pair.1].map(|t| named(&self.texts[t.0 as usize]));
        let term = self.terms.var(&format!("{l} is {r}"), Sort::Bool);
        self.same.insert(pair, term);
        self.atoms.insert(term, TextAtom::Same(pair.0, pair.1));
        term
    }

    /// Whether some element of a known list meets the condition.
    pub(super) fn some_element(&mut self, place: Place, element: &Element) -> Term {
        let asked = self.elements.entry(place).or_default();
        if let Some((_, known)) = asked.iter().find(|(e, _)| e == element) {
            return *known;
        }
        let term = self.terms.var(&format!("{place} some element meets {}", asked.len()), Sort::Bool);
        asked.push((element.clone(), term));
        term
    }

    /// Whether some ancestor meets the condition.
    pub(super) fn some_ancestor(&mut self, model: usize, cond: &Cond) -> Kleene {
        let known = self.ancestors.iter().find(|a| a.model == model && a.cond == *cond);
        if let Some(a) = known {
            return Kleene { holds: a.met, possible: a.maybe };
        }
        let number = self.ancestors.len();
        let met = self.terms.var(&format!("some ancestor meets {number}"), Sort::Bool);
        let maybe = self.terms.var(&format!("some ancestor may meet {number}"), Sort::Bool);
        self.ancestors.push(Ancestor { cond: cond.clone(), model, met, maybe });
        Kleene { holds: met, possible: maybe }
    }

    /// The texts of a fact.
    pub(super) fn texts_of(&self, place: Place) -> impl Iterator<Item = (TextId, &Part)> {
        let all = (0..).map(TextId).zip(&self.texts);
        all.filter(move |(_, t)| t.place == place).map(|(id, t)| (id, &t.part))
    }

    /// Whether the ancestor that is asked to meet a condition is there.
    pub fn ancestor_exists(&mut self, number: usize) -> Term {
        let Ancestor { met, maybe, .. } = self.ancestors[number];
        let complete = self.terms.not(self.incomplete);
        let may = self.terms.and([maybe, complete]);
        self.terms.or([met, may])
    }

    /// What the variables that stand for ancestors and lists mean. Called once, after the formulas.
    pub(super) fn meaning(&mut self) -> Vec<Term> {
        let mut out = Vec::new();
        self.ancestor_meaning(&mut out);
        self.list_meaning(&mut out);
        out
    }

    fn ancestor_meaning(&mut self, out: &mut Vec<Term>) {
        // Conditions on ancestors do not ask for further ancestors, so the list does not grow here.
        let exists: Vec<Term> = (0..self.ancestors.len()).map(|i| self.ancestor_exists(i)).collect();
        for asked in 0..self.ancestors.len() {
            let Ancestor { ref cond, model, met, maybe } = self.ancestors[asked];
            let cond = cond.clone();
            out.push(self.terms.implies(met, maybe));
            out.push(self.terms.implies(self.incomplete, maybe));
            for (number, exists) in exists.iter().enumerate() {
                let reader = Reader::Other(Owner::Ancestor(number as u32));
                let truth = Context::new(self, model, reader).kleene(&cond, true);
                if number == asked {
                    out.push(self.terms.implies(met, truth.holds));
                    let there = self.terms.or([truth.possible, self.incomplete]);
                    out.push(self.terms.implies(maybe, there));
                }
                for (truth, claim) in [(truth.holds, met), (truth.possible, maybe)] {
                    let there = self.terms.and([*exists, truth]);
                    out.push(self.terms.implies(there, claim));
                }
            }
        }
    }

    fn list_meaning(&mut self, out: &mut Vec<Term>) {
        for (place, asked) in self.elements.clone() {
            for (number, (_, exists)) in asked.iter().enumerate() {
                let text = self.text(place, Part::Element(number as u32));
                for (other, (element, met)) in asked.iter().enumerate() {
                    let truth = self.element(text, element);
                    if number == other {
                        out.push(self.terms.implies(*met, truth));
                    } else {
                        let there = self.terms.and([*exists, truth]);
                        out.push(self.terms.implies(there, *met));
                    }
                }
            }
        }
    }

    fn element(&mut self, text: TextId, element: &Element) -> Term {
        match element {
            Element::Const(value) => self.terms.constant(*value),
            Element::Not(inner) => {
                let inner = self.element(text, inner);
                self.terms.not(inner)
            }
            Element::All(parts) | Element::Any(parts) => {
                let each: Vec<Term> = parts.iter().map(|p| self.element(text, p)).collect();
                match element {
                    Element::All(_) => self.terms.and(each),
                    _ => self.terms.or(each),
                }
            }
            Element::Test(test) => self.test(text, test),
        }
    }
}

fn named(text: &Text) -> String {
    match &text.part {
        Part::Whole => text.place.to_string(),
        Part::Entry(key) => format!("{}[{key:?}]", text.place),
        Part::Element(number) => format!("{} element {number}", text.place),
    }
}

fn wording(test: &TextTest) -> String {
    let shown = |bytes: &[u8]| bytes.escape_ascii().to_string();
    match test {
        TextTest::Equals(bytes) => format!("== {}", shown(bytes)),
        TextTest::Glob(glob) => format!("matches {}", shown(glob.text().as_bytes())),
        TextTest::Contains(bytes) => format!("contains {}", shown(bytes)),
        TextTest::StartsWith(bytes) => format!("starts with {}", shown(bytes)),
        TextTest::EndsWith(bytes) => format!("ends with {}", shown(bytes)),
    }
}
