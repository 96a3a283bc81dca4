//! Types that are written: of parameters, and whether a value fits one.

use super::Value;
use crate::check::Checker;
use crate::check::types::{Misfit, Type, misfit};
use crate::diagnostics::{Code, Diagnostic};
use crate::span::Span;
use crate::syntax::ast::TypeExpr;

impl<'s> Checker<'s> {
    /// The type that is written, if it exists.
    pub(in crate::check) fn type_of(&mut self, ty: &'s TypeExpr) -> Option<Type> {
        if ty.name.is_missing() {
            return None;
        }
        let found = Type::from_name(ty.name.as_str());
        if found.is_none() {
            self.report(
                Diagnostic::new(
                    Code::UnknownType,
                    ty.name.span,
                    format!("there is no type `{}`", ty.name.text),
                )
                .did_you_mean(ty.name.span, &ty.name.text, Type::names()),
            );
        }
        found
    }

    /// Whether a value is of a type; reported if not.
    pub(in crate::check) fn fits(&mut self, value: &Value<'s>, span: Span, ty: Type, is_set: bool) -> bool {
        let found = match misfit(value, ty, is_set) {
            None => return true,
            Some(Misfit::Set) => "a list".to_owned(),
            Some(Misfit::Element(scalar)) => scalar.describe().to_owned(),
        };
        let wanted = if is_set { format!("a set of `{}`", ty.name()) } else { format!("`{}`", ty.name()) };
        self.mismatch(span, &wanted, &found);
        false
    }

    /// Reports that something else is needed here.
    pub(in crate::check) fn mismatch(&mut self, span: Span, wanted: &str, found: &str) {
        self.report(
            Diagnostic::new(
                Code::TypeMismatch,
                span,
                format!("{wanted} is needed here, but this is {found}"),
            )
            .label(found),
        );
    }
}
