//! Expressions, with their depth.

use super::Builder;
use crate::span::Span;
use crate::syntax::MAX_DEPTH;
use crate::syntax::ast::{
    BinaryOperator, Expr, ExprKind, Name, QualifiedName, Quantifier, Record, RecordEntry, Spanned,
};
use crate::syntax::error::{SyntaxError, SyntaxErrorKind, excerpt};

/// An expression that knows how deep it nests, so that no tree is ever built that recursion could not walk.
pub(crate) struct Deep {
    expr: Expr,
    depth: usize,
}

pub(crate) struct DeepEntry {
    pub(in crate::syntax) key: Deep,
    pub(in crate::syntax) value: Deep,
}

pub(crate) struct DeepRecord {
    pub(in crate::syntax) record: Record,
    depth: usize,
}

impl Deep {
    pub(in crate::syntax) fn leaf(kind: ExprKind, span: Span) -> Self {
        Self { expr: Expr { kind, span }, depth: 1 }
    }

    pub(in crate::syntax) fn reference(name: Name) -> Self {
        let span = name.span;
        Self::leaf(ExprKind::Name(name), span)
    }

    pub(in crate::syntax) fn into_expr(self) -> Expr {
        self.expr
    }
}

impl DeepRecord {
    pub(in crate::syntax) fn into_deep(self) -> Deep {
        let span = self.record.span;
        Deep { expr: Expr { kind: ExprKind::Record(self.record), span }, depth: self.depth }
    }
}

impl Builder<'_> {
    /// A node one level above the deepest of its parts.
    fn node(&self, kind: ExprKind, span: Span, deepest: usize) -> Deep {
        let depth = deepest + 1;
        if depth > MAX_DEPTH {
            self.report(SyntaxErrorKind::TooDeep, span);
            return Deep::leaf(ExprKind::Error, span);
        }
        Deep { expr: Expr { kind, span }, depth }
    }

    pub(in crate::syntax) fn field(&self, base: Deep, field: Name) -> Deep {
        let span = base.expr.span.to(field.span);
        self.node(ExprKind::Field { base: Box::new(base.expr), field }, span, base.depth)
    }

    pub(in crate::syntax) fn index(&self, base: Deep, index: Deep, end: u32) -> Deep {
        let span = self.span(base.expr.span.start, end);
        let depth = base.depth.max(index.depth);
        self.node(ExprKind::Index { base: Box::new(base.expr), index: Box::new(index.expr) }, span, depth)
    }

    pub(in crate::syntax) fn prefix(
        &self,
        make: fn(Box<Expr>) -> ExprKind,
        start: u32,
        operand: Deep,
    ) -> Deep {
        let span = self.span(start, operand.expr.span.end.max(start));
        self.node(make(Box::new(operand.expr)), span, operand.depth)
    }

    /// `a and b and c` is one node, however long.
    pub(in crate::syntax) fn chain(
        &self,
        make: fn(Vec<Expr>) -> ExprKind,
        first: Deep,
        rest: Vec<Deep>,
    ) -> Deep {
        let depth = rest.iter().map(|deep| deep.depth).max().unwrap_or(0).max(first.depth);
        let span = rest.iter().fold(first.expr.span, |span, deep| span.to(deep.expr.span));
        let operands = std::iter::once(first).chain(rest).map(Deep::into_expr).collect();
        self.node(make(operands), span, depth)
    }

    pub(in crate::syntax) fn operator(
        &self,
        node: BinaryOperator,
        start: u32,
        end: u32,
    ) -> Spanned<BinaryOperator> {
        Spanned { node, span: self.span(start, end) }
    }

    pub(in crate::syntax) fn binary(
        &self,
        left: Deep,
        operator: Spanned<BinaryOperator>,
        right: Deep,
    ) -> Deep {
        let span = left.expr.span.to(right.expr.span);
        let depth = left.depth.max(right.depth);
        let (left, right) = (Box::new(left.expr), Box::new(right.expr));
        self.node(ExprKind::Binary { operator, left, right }, span, depth)
    }

    /// `a == b == c`: reports it, and keeps the first comparison as one part of what was probably meant, `a == b and …`.
    pub(in crate::syntax) fn chained(
        &self,
        left: Deep,
        operator: Spanned<BinaryOperator>,
        right: Deep,
    ) -> Deep {
        self.report(SyntaxErrorKind::ChainedComparison, operator.span);
        let span = left.expr.span.to(right.expr.span);
        let rest = Expr { kind: ExprKind::Error, span: right.expr.span };
        self.node(ExprKind::And(vec![left.expr, rest]), span, left.depth)
    }

    pub(in crate::syntax) fn list(&self, start: u32, elements: Vec<Deep>, end: u32) -> Deep {
        let depth = elements.iter().map(|deep| deep.depth).max().unwrap_or(0);
        let elements = elements.into_iter().map(Deep::into_expr).collect();
        self.node(ExprKind::List(elements), self.span(start, end), depth)
    }

    pub(in crate::syntax) fn record(
        &self,
        start: u32,
        entries: Vec<Option<Box<DeepEntry>>>,
        end: u32,
    ) -> DeepRecord {
        let mut depth = 0;
        let mut record = Record { entries: Vec::with_capacity(entries.len()), span: self.span(start, end) };
        for entry in entries.into_iter().flatten() {
            depth = depth.max(entry.key.depth).max(entry.value.depth);
            record.entries.push(RecordEntry { key: entry.key.expr, value: entry.value.expr });
        }
        if depth >= MAX_DEPTH {
            self.report(SyntaxErrorKind::TooDeep, record.span);
            record.entries.clear();
            depth = 0;
        }
        DeepRecord { record, depth: depth + 1 }
    }

    /// `tree(S)`, `all(x in list, condition)` or a predicate.
    pub(in crate::syntax) fn call(&self, start: u32, callee: Deep, arguments: Vec<Deep>, end: u32) -> Deep {
        let span = self.span(start, end);
        if let ExprKind::Name(name) = &callee.expr.kind {
            match name.as_str() {
                "all" => return self.quantified(Quantifier::All, start, arguments, end),
                "tree" if arguments.len() == 1 => {
                    let depth = arguments[0].depth;
                    let subject = arguments.into_iter().next().map(Deep::into_expr).map(Box::new);
                    return match subject {
                        Some(subject) => self.node(ExprKind::Tree(subject), span, depth),
                        None => Deep::leaf(ExprKind::Error, span),
                    };
                }
                _ => {}
            }
        }
        let depth = arguments.iter().map(|deep| deep.depth).max().unwrap_or(0).max(callee.depth);
        let Some(callee) = qualified(callee.expr) else {
            self.report(SyntaxErrorKind::Unexpected { found: "(".to_owned() }, span);
            return Deep::leaf(ExprKind::Error, span);
        };
        let arguments = arguments.into_iter().map(Deep::into_expr).collect();
        self.node(ExprKind::Call { callee, arguments }, span, depth)
    }

    /// `any(x in list, condition)`, read as a call with two arguments.
    pub(in crate::syntax) fn quantified(
        &self,
        quantifier: Quantifier,
        start: u32,
        arguments: Vec<Deep>,
        end: u32,
    ) -> Deep {
        let span = self.span(start, end);
        let depth = arguments.iter().map(|deep| deep.depth).max().unwrap_or(0);
        let had_error = arguments.iter().any(|deep| matches!(deep.expr.kind, ExprKind::Error));
        let mut arguments = arguments.into_iter().map(Deep::into_expr);
        let (binding, body, rest) = (arguments.next(), arguments.next(), arguments.next());
        if let (Some(binding), Some(body), None) = (binding, body, rest)
            && let ExprKind::Binary { operator, left, right } = binding.kind
            && operator.node == BinaryOperator::In
            && let ExprKind::Name(variable) = left.kind
        {
            let kind = ExprKind::Quantified { quantifier, variable, list: right, body: Box::new(body) };
            return self.node(kind, span, depth);
        }
        if !had_error {
            let quantifier = match quantifier {
                Quantifier::Any => "any",
                Quantifier::All => "all",
            };
            self.report(SyntaxErrorKind::MalformedQuantifier { quantifier }, span);
        }
        Deep::leaf(ExprKind::Error, span)
    }

    #[expect(clippy::needless_pass_by_value, reason = "called by the grammar with the value it made")]
    pub(in crate::syntax) fn some_ancestor(&self, start: u32, word: Name, condition: Deep, end: u32) -> Deep {
        let span = self.span(start, end);
        if word.as_str() != "ancestor" && !word.is_missing() {
            let mut error =
                SyntaxError::new(SyntaxErrorKind::Unexpected { found: excerpt(&word.text) }, word.span);
            error.expected.push("`ancestor`");
            self.report_error(error);
        }
        self.node(ExprKind::SomeAncestor(Box::new(condition.expr)), span, condition.depth)
    }
}

/// `a.b.c` as a name.
fn qualified(expr: Expr) -> Option<QualifiedName> {
    let span = expr.span;
    let mut segments = Vec::new();
    let mut rest = expr;
    loop {
        match rest.kind {
            ExprKind::Field { base, field } => {
                segments.push(field);
                rest = *base;
            }
            ExprKind::Name(name) => {
                segments.push(name);
                segments.reverse();
                return Some(QualifiedName { segments, span });
            }
            _ => return None,
        }
    }
}
