//! Boolean combinations of tests.

/// A combination of tests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Formula<T> {
    /// Always or never.
    Const(bool),
    /// The test passes.
    Test(T),
    /// The opposite.
    Not(Box<Formula<T>>),
    /// All of them; of none: always.
    All(Vec<Formula<T>>),
    /// At least one of them; of none: never.
    Any(Vec<Formula<T>>),
}

impl<T> Formula<T> {
    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Const(b) => Self::Const(!b),
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// Whether it holds where `test` says which tests pass.
    pub fn holds(&self, test: &mut impl FnMut(&T) -> bool) -> bool {
        match self {
            Self::Const(b) => *b,
            Self::Test(t) => test(t),
            Self::Not(inner) => !inner.holds(test),
            Self::All(parts) => parts.iter().all(|p| p.holds(test)),
            Self::Any(parts) => parts.iter().any(|p| p.holds(test)),
        }
    }

    /// Calls with each test.
    pub(super) fn each(&self, found: &mut impl FnMut(&T)) {
        match self {
            Self::Const(_) => {}
            Self::Test(t) => found(t),
            Self::Not(inner) => inner.each(found),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|p| p.each(found)),
        }
    }

    /// The same over other tests.
    pub(super) fn map<U>(&self, to: &mut impl FnMut(&T) -> Formula<U>) -> Formula<U> {
        match self {
            Self::Const(b) => Formula::Const(*b),
            Self::Test(t) => to(t),
            Self::Not(inner) => inner.map(to).negated(),
            Self::All(parts) => Formula::All(parts.iter().map(|p| p.map(to)).collect()),
            Self::Any(parts) => Formula::Any(parts.iter().map(|p| p.map(to)).collect()),
        }
    }
}
