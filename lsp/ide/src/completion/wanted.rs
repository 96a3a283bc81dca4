//! Which kind of value a place wants.

use super::At;
use crate::analysis::Place;
use crate::shape::Shape;
use crate::signature::signature;
use warmor_compiler::resolve::{DefKind, Definition};
use warmor_compiler::syntax::ast::{ItemKind, Name};
use warmor_compiler::syntax::lexer::{Token, TokenKind as T};
use warmor_policy::schema::ObjectKind;

/// How deeply names are followed.
const MAX_DEPTH: usize = 16;

impl At<'_> {
    /// The kind that is wanted behind some tokens of a statement; `None` where anything can stand.
    pub(super) fn wanted(&self, before: &[Token]) -> Option<Shape> {
        if let Some(fact) = self.compared(before) {
            return Some(Shape::of_fact(fact.field.kind));
        }
        if let Some(shape) = self.argument() {
            return Some(shape);
        }
        let action = self.actions_before(before).into_iter().next()?;
        // What the innermost of the words says that divide a rule.
        let part =
            before.iter().rev().find(|t| matches!(t.kind, T::To | T::From | T::On | T::Port | T::Action));
        let of_object = |is_place: bool| match action.info().object {
            ObjectKind::Path | ObjectKind::PathOrNone => Some(Shape::Paths),
            ObjectKind::Endpoint if is_place => Some(Shape::Networks),
            ObjectKind::Endpoint => Some(Shape::Words("Protocol")),
            ObjectKind::Names => Some(Shape::of_type(&capitalised(action.name()))),
            ObjectKind::ProcessOrNone => Some(Shape::Processes),
            ObjectKind::None => None,
        };
        match part?.kind {
            T::Port if before.iter().all(|t| t.kind != T::Except) => Some(Shape::Numbers),
            T::To | T::From | T::On | T::Port => of_object(true),
            _ => of_object(before.iter().any(|t| t.kind == T::Except)),
        }
    }

    /// The kind of the parameter whose argument is being written.
    fn argument(&self) -> Option<Shape> {
        let place = Place { file: self.next.word.file, offset: self.next.word.start };
        let call = signature(self.analysis, place)?;
        let (start, end) = call.parameters.get(call.active)?;
        let written = call.label.get(*start as usize..*end as usize)?;
        let (_, ty) = written.split_once(':')?;
        let ty = ty.split('=').next().unwrap_or(ty).trim();
        Some(Shape::of_type(ty.trim_start_matches('[').trim_end_matches(']')))
    }

    /// The kind of a definition's values, if it can be told.
    pub(super) fn shape(&self, definition: &Definition) -> Option<Shape> {
        self.shape_within(definition, MAX_DEPTH)
    }

    fn shape_within(&self, definition: &Definition, depth: usize) -> Option<Shape> {
        let file = self.analysis.file(definition.item.file)?;
        let item = file.tree.items.iter().find(|item| item.span == definition.item)?;
        match (definition.kind, &item.kind) {
            (DefKind::Subject, _) => Some(Shape::Processes),
            (_, ItemKind::Param(param)) => Some(Shape::of_type(param.ty.name.as_str())),
            (_, ItemKind::Let(value)) => Shape::of(&value.value, &mut |name: &Name| {
                let symbols = &self.analysis.checked().symbols;
                let named = symbols.definition(symbols.at(name.span.file, name.span.start)?)?;
                self.shape_within(named, depth.checked_sub(1)?)
            }),
            _ => None,
        }
    }
}

/// `capability`: `Capability`.
fn capitalised(word: &str) -> String {
    let mut word = word.to_owned();
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    word
}
