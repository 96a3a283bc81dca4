//! Signature help: the parameters of the template or predicate that is being called.

use crate::analysis::{Analysis, Place};
use warmor_compiler::resolve::DefKind;
use warmor_compiler::span::Span;
use warmor_compiler::syntax::ast::{ItemKind, Parameter};
use warmor_compiler::syntax::lexer::{Token, TokenKind as T, lex};

/// What is being called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Name and parameters as they are written.
    pub label: String,
    /// What the definition's comment says.
    pub documentation: String,
    /// Where each parameter stands in the label, in bytes.
    pub parameters: Vec<(u32, u32)>,
    /// Which of them is being written.
    pub active: usize,
}

/// The call around a place, if its parentheses are still open there.
pub fn signature(analysis: &Analysis, place: Place) -> Option<Signature> {
    let source = analysis.file(place.file)?;
    let tokens = lex(&source.text, place.file).tokens;
    let before = &tokens[..tokens.partition_point(|t| t.span.end <= place.offset)];
    let (name, active) = open_call(before)?;
    let symbols = &analysis.checked().symbols;
    let word = name.text(&source.text);
    let definition =
        symbols.at(name.file, name.start).and_then(|id| symbols.definition(id)).or_else(|| {
            // A call that is not finished is not in the tree; the name is.
            let callable = |k| matches!(k, DefKind::Template | DefKind::Predicate);
            symbols.definitions.iter().find(|d| d.name == word && callable(d.kind))
        })?;
    let home = analysis.file(definition.item.file)?;
    let item = home.tree.items.iter().find(|i| i.span == definition.item)?;
    let parameters: &[Parameter] = match &item.kind {
        ItemKind::Template(template) => &template.parameters,
        ItemKind::Predicate(predicate) => &predicate.parameters,
        _ => return None,
    };
    let mut label = format!("{word}(");
    let mut places = Vec::new();
    for (i, parameter) in parameters.iter().enumerate() {
        if i > 0 {
            label.push_str(", ");
        }
        let start = label.len() as u32;
        label.push_str(&crate::symbols::shortened(parameter.span.text(&home.text)));
        places.push((start, label.len() as u32));
    }
    label.push(')');
    Some(Signature { label, documentation: definition.doc.clone(), parameters: places, active })
}

/// The name before the innermost open parenthesis, and how many commas have followed it.
fn open_call(tokens: &[Token]) -> Option<(Span, usize)> {
    let mut depth = 0usize;
    let mut commas = 0;
    for (i, token) in tokens.iter().enumerate().rev() {
        match token.kind {
            T::RightParen | T::RightBracket | T::RightBrace => depth += 1,
            T::LeftParen if depth == 0 => {
                let name = tokens.get(i.checked_sub(1)?)?;
                return (name.kind == T::Ident).then_some((name.span, commas));
            }
            // A list or record that is open: its commas are its own.
            T::LeftBracket if depth == 0 => commas = 0,
            T::LeftBrace if depth == 0 => return None,
            T::LeftParen | T::LeftBracket | T::LeftBrace => depth -= 1,
            T::Comma if depth == 0 => commas += 1,
            _ => {}
        }
    }
    None
}
