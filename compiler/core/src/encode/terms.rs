//! Terms: formulas over Booleans and bit vectors. Each distinct term is held once and refers only to older ones, so that
//! whatever walks them does so by number and never recurses.

use rustc_hash::FxHashMap;

/// A term, by its number in [`Terms`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(u32);

impl Term {
    /// Its number: larger than those of its parts.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What kind of value a term has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sort {
    /// True or false.
    Bool,
    /// So many bits, 1 to 128.
    Bits(u32),
}

/// A term's outermost operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// True or false.
    Const(bool),
    /// A number of so many bits.
    Number {
        /// The number.
        value: u128,
        /// Its bits.
        width: u32,
    },
    /// A variable, by its number.
    Var(u32),
    /// The opposite of a Boolean.
    Not(Term),
    /// All of them; at least two, ascending.
    And(Box<[Term]>),
    /// One of them; at least two, ascending.
    Or(Box<[Term]>),
    /// Two bit vectors of one width are equal.
    Equal(Term, Term),
    /// One bit vector is at most another of its width.
    AtMost {
        /// Whether the first bit is a sign.
        signed: bool,
        /// The smaller.
        left: Term,
        /// The larger.
        right: Term,
    },
    /// The sum of two bit vectors of one width, whose carry is lost.
    Add(Term, Term),
    /// A bit vector with bits in front.
    Extend {
        /// The vector.
        term: Term,
        /// How many.
        by: u32,
        /// Whether they are copies of its first bit rather than zeros.
        signed: bool,
    },
    /// Some bits of a vector; the last one is number 0.
    Extract {
        /// The vector.
        term: Term,
        /// First of them.
        high: u32,
        /// Last of them.
        low: u32,
    },
}

/// A variable.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name, unlike all others, without `|` and `\`.
    pub name: String,
    /// What values it takes.
    pub sort: Sort,
}

/// All terms of a problem.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    nodes: Vec<Node>,
    sorts: Vec<Sort>,
    ids: FxHashMap<Node, Term>,
    variables: Vec<Variable>,
    names: FxHashMap<String, u32>,
}

/// The bits of a number of that width.
const fn mask(width: u32) -> u128 {
    if width >= 128 { u128::MAX } else { (1 << width) - 1 }
}

impl Terms {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// A term's outermost operation.
    pub fn node(&self, term: Term) -> &Node {
        &self.nodes[term.index()]
    }

    /// What kind of value a term has.
    pub fn sort(&self, term: Term) -> Sort {
        self.sorts[term.index()]
    }

    /// A variable, by the number in [`Node::Var`].
    pub fn variable(&self, number: u32) -> &Variable {
        &self.variables[number as usize]
    }

    fn add_node(&mut self, node: Node, sort: Sort) -> Term {
        if let Some(known) = self.ids.get(&node) {
            return *known;
        }
        let term = Term(self.nodes.len() as u32);
        self.nodes.push(node.clone());
        self.sorts.push(sort);
        self.ids.insert(node, term);
        term
    }

    fn width(&self, term: Term) -> u32 {
        match self.sort(term) {
            Sort::Bool => 1,
            Sort::Bits(width) => width,
        }
    }

    fn as_number(&self, term: Term) -> Option<u128> {
        match self.node(term) {
            Node::Number { value, .. } => Some(*value),
            _ => None,
        }
    }

    /// A new variable. The name may be changed to one that is unlike all others and that every solver reads.
    pub fn var(&mut self, name: &str, sort: Sort) -> Term {
        let clean =
            |c: char| if matches!(c, '|' | '\\') || c.is_control() || !c.is_ascii() { '_' } else { c };
        let mut name: String = name.chars().map(clean).collect();
        let times = self.names.entry(name.clone()).or_default();
        *times += 1;
        if *times > 1 {
            name = format!("{name} ~{times}");
        }
        let number = self.variables.len() as u32;
        self.variables.push(Variable { name, sort });
        self.add_node(Node::Var(number), sort)
    }

    /// True or false.
    pub fn constant(&mut self, value: bool) -> Term {
        self.add_node(Node::Const(value), Sort::Bool)
    }

    /// A number of so many bits; what does not fit is cut off in front.
    pub fn number(&mut self, value: u128, width: u32) -> Term {
        self.add_node(Node::Number { value: value & mask(width), width }, Sort::Bits(width))
    }

    /// The opposite.
    pub fn not(&mut self, term: Term) -> Term {
        match *self.node(term) {
            Node::Const(value) => self.constant(!value),
            Node::Not(inner) => inner,
            _ => self.add_node(Node::Not(term), Sort::Bool),
        }
    }

    /// All of them; of none: true.
    pub fn and(&mut self, parts: impl IntoIterator<Item = Term>) -> Term {
        self.join(parts, true)
    }

    /// One of them; of none: false.
    pub fn or(&mut self, parts: impl IntoIterator<Item = Term>) -> Term {
        self.join(parts, false)
    }

    fn join(&mut self, parts: impl IntoIterator<Item = Term>, all: bool) -> Term {
        let neutral = self.constant(all);
        let absorbing = self.constant(!all);
        let mut parts: Vec<Term> = parts.into_iter().filter(|p| *p != neutral).collect();
        parts.sort_unstable();
        parts.dedup();
        let decided = parts.contains(&absorbing)
            || parts
                .iter()
                .any(|p| matches!(self.node(*p), Node::Not(inner) if parts.binary_search(inner).is_ok()));
        match (decided, parts.as_slice()) {
            (true, _) => absorbing,
            (_, []) => neutral,
            (_, [one]) => *one,
            _ if all => self.add_node(Node::And(parts.into()), Sort::Bool),
            _ => self.add_node(Node::Or(parts.into()), Sort::Bool),
        }
    }

    /// Where the first holds, the second does.
    pub fn implies(&mut self, left: Term, right: Term) -> Term {
        let not = self.not(left);
        self.or([not, right])
    }

    /// Both hold or neither.
    pub fn iff(&mut self, left: Term, right: Term) -> Term {
        let (there, back) = (self.implies(left, right), self.implies(right, left));
        self.and([there, back])
    }

    /// Two bit vectors of one width are equal.
    pub fn equal(&mut self, left: Term, right: Term) -> Term {
        let (left, right) = (left.min(right), left.max(right));
        if left == right {
            return self.constant(true);
        }
        match (self.as_number(left), self.as_number(right)) {
            (Some(l), Some(r)) => self.constant(l == r),
            _ => self.add_node(Node::Equal(left, right), Sort::Bool),
        }
    }

    /// One bit vector is at most another of its width.
    pub fn at_most(&mut self, left: Term, right: Term, signed: bool) -> Term {
        if left == right {
            return self.constant(true);
        }
        let width = self.width(left);
        // What a sign makes of the order: the upper half comes first.
        let place = |n: u128| if signed { n ^ (1 << (width - 1)) } else { n };
        match (self.as_number(left).map(place), self.as_number(right).map(place)) {
            (Some(l), Some(r)) => self.constant(l <= r),
            (Some(0), _) => self.constant(true),
            (_, Some(r)) if r == mask(width) => self.constant(true),
            _ => self.add_node(Node::AtMost { signed, left, right }, Sort::Bool),
        }
    }

    /// The sum of two bit vectors of one width, whose carry is lost.
    pub fn add(&mut self, left: Term, right: Term) -> Term {
        let width = self.width(left);
        match (self.as_number(left), self.as_number(right)) {
            (Some(l), Some(r)) => self.number(l.wrapping_add(r), width),
            (Some(0), None) => right,
            (None, Some(0)) => left,
            _ => self.add_node(Node::Add(left.min(right), left.max(right)), Sort::Bits(width)),
        }
    }

    /// A bit vector with bits in front: copies of its first bit where it is `signed`, else zeros.
    pub fn extend(&mut self, term: Term, by: u32, signed: bool) -> Term {
        let width = self.width(term);
        self.add_node(Node::Extend { term, by, signed }, Sort::Bits(width + by))
    }

    /// Some bits of a vector, from number `high` down to number `low`.
    pub fn extract(&mut self, term: Term, high: u32, low: u32) -> Term {
        if low == 0 && high + 1 == self.width(term) {
            return term;
        }
        self.add_node(Node::Extract { term, high, low }, Sort::Bits(high - low + 1))
    }

    /// A bit vector lies in an inclusive range of numbers of its width.
    pub fn in_range(&mut self, term: Term, first: u128, last: u128, signed: bool) -> Term {
        let width = self.width(term);
        let (first, last) = (self.number(first, width), self.number(last, width));
        if first == last {
            return self.equal(term, first);
        }
        let (above, below) = (self.at_most(first, term, signed), self.at_most(term, last, signed));
        self.and([above, below])
    }

    /// Calls `each` with the parts of a term.
    pub fn for_parts(&self, term: Term, mut each: impl FnMut(Term)) {
        match self.node(term) {
            Node::Const(_) | Node::Number { .. } | Node::Var(_) => {}
            Node::Not(one) | Node::Extend { term: one, .. } | Node::Extract { term: one, .. } => each(*one),
            Node::And(parts) | Node::Or(parts) => parts.iter().copied().for_each(each),
            Node::Equal(left, right) | Node::AtMost { left, right, .. } | Node::Add(left, right) => {
                each(*left);
                each(*right);
            }
        }
    }

    /// Everything that the roots consist of, parts before what they are part of.
    pub fn reachable(&self, roots: &[Term]) -> Vec<Term> {
        let Some(last) = roots.iter().max() else { return Vec::new() };
        let mut needed = vec![false; last.index() + 1];
        for root in roots {
            needed[root.index()] = true;
        }
        for index in (0..needed.len()).rev() {
            if needed[index] {
                self.for_parts(Term(index as u32), |part| needed[part.index()] = true);
            }
        }
        (0..needed.len()).filter(|i| needed[*i]).map(|i| Term(i as u32)).collect()
    }

    /// The value of a term from those of its parts: 0 or 1 for a Boolean. `variable` gives those of variables.
    pub fn value(&self, term: Term, part: impl Fn(Term) -> u128, variable: impl FnOnce() -> u128) -> u128 {
        let wide = |t: Term| {
            // The value as a number with sign.
            let width = self.width(t);
            let value = part(t);
            if width < 128 && value >> (width - 1) == 1 { value | !mask(width) } else { value }.cast_signed()
        };
        match self.node(term) {
            Node::Const(value) => u128::from(*value),
            Node::Number { value, .. } => *value,
            Node::Var(_) => variable(),
            Node::Not(inner) => 1 - part(*inner),
            Node::And(parts) => u128::from(parts.iter().all(|p| part(*p) == 1)),
            Node::Or(parts) => u128::from(parts.iter().any(|p| part(*p) == 1)),
            Node::Equal(left, right) => u128::from(part(*left) == part(*right)),
            Node::AtMost { signed: true, left, right } => u128::from(wide(*left) <= wide(*right)),
            Node::AtMost { signed: false, left, right } => u128::from(part(*left) <= part(*right)),
            Node::Add(left, right) => part(*left).wrapping_add(part(*right)) & mask(self.width(term)),
            Node::Extend { term: inner, signed: true, .. } => {
                wide(*inner).cast_unsigned() & mask(self.width(term))
            }
            Node::Extend { term: inner, signed: false, .. } => part(*inner),
            Node::Extract { term: inner, high, low } => part(*inner) >> low & mask(high - low + 1),
        }
    }
}
