//! Kleene's three truth values.

/// Whether a condition holds, as far as the event's facts tell. The order is that of Kleene's logic: `and` is the minimum,
/// `or` the maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// It does not hold.
    False,
    /// A fact that it needs could not be read.
    Unknown,
    /// It holds.
    True,
}

impl Truth {
    /// Both; of none: true.
    pub(super) fn all(truths: impl IntoIterator<Item = Self>) -> Self {
        truths.into_iter().min().unwrap_or(Self::True)
    }

    /// Either; of none: false.
    pub(super) fn any(truths: impl IntoIterator<Item = Self>) -> Self {
        truths.into_iter().max().unwrap_or(Self::False)
    }

    /// Itself, or its opposite where `positive` is not set.
    pub(super) fn signed(self, positive: bool) -> Self {
        if positive { self } else { !self }
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

impl From<bool> for Truth {
    fn from(b: bool) -> Self {
        if b { Self::True } else { Self::False }
    }
}
