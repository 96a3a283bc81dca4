//! Terms as SMT-LIB 2 text: the form that every solver reads.

use super::terms::{Node, Sort, Term, Terms};
use std::fmt::Write as _;

/// A script that asks whether all of the assertions can be true together.
pub(super) fn script(terms: &Terms, assertions: &[Term]) -> String {
    let mut out = String::from("(set-logic QF_BV)\n");
    let reachable = terms.reachable(assertions);
    let (variables, operations): (Vec<Term>, Vec<Term>) =
        reachable.iter().partition(|t| matches!(terms.node(**t), Node::Var(_)));
    for term in variables.into_iter().chain(operations) {
        introduce(terms, term, &mut out);
    }
    for assertion in assertions {
        let _ = writeln!(out, "(assert {})", reference(terms, *assertion));
    }
    out.push_str("(check-sat)\n");
    out
}

/// Tells of a term whose parts have been told of: declares a variable, defines an operation. Shared parts stay shared, and nothing nests.
pub(super) fn introduce(terms: &Terms, term: Term, out: &mut String) {
    if let Node::Var(number) = terms.node(term) {
        let variable = terms.variable(*number);
        let _ = writeln!(out, "(declare-const |{}| {})", variable.name, sort(variable.sort));
    } else if !is_simple(terms, term) {
        let body = expression(terms, term);
        let _ = writeln!(out, "(define-fun t{} () {} {body})", term.index(), sort(terms.sort(term)));
    }
}

fn sort(sort: Sort) -> String {
    match sort {
        Sort::Bool => "Bool".to_owned(),
        Sort::Bits(width) => format!("(_ BitVec {width})"),
    }
}

/// Whether the term is written where it is used.
fn is_simple(terms: &Terms, term: Term) -> bool {
    match terms.node(term) {
        Node::Const(_) | Node::Number { .. } | Node::Var(_) => true,
        Node::Not(inner) => is_simple(terms, *inner),
        _ => false,
    }
}

pub(super) fn reference(terms: &Terms, term: Term) -> String {
    if is_simple(terms, term) { expression(terms, term) } else { format!("t{}", term.index()) }
}

fn expression(terms: &Terms, term: Term) -> String {
    let sub = |t: &Term| reference(terms, *t);
    let join = |word: &str, parts: &[Term]| {
        let mut out = format!("({word}");
        for part in parts {
            out.push(' ');
            out.push_str(&sub(part));
        }
        out.push(')');
        out
    };
    match terms.node(term) {
        Node::Const(value) => value.to_string(),
        Node::Number { value, width } if width % 4 == 0 => {
            format!("#x{value:0digits$x}", digits = *width as usize / 4)
        }
        Node::Number { value, width } => format!("#b{value:0digits$b}", digits = *width as usize),
        Node::Var(number) => format!("|{}|", terms.variable(*number).name),
        Node::Not(inner) => format!("(not {})", sub(inner)),
        Node::And(parts) => join("and", parts),
        Node::Or(parts) => join("or", parts),
        Node::Equal(left, right) => join("=", &[*left, *right]),
        Node::AtMost { signed: true, left, right } => join("bvsle", &[*left, *right]),
        Node::AtMost { signed: false, left, right } => join("bvule", &[*left, *right]),
        Node::Add(left, right) => join("bvadd", &[*left, *right]),
        Node::Extend { term, by, signed } => {
            let word = if *signed { "sign_extend" } else { "zero_extend" };
            format!("((_ {word} {by}) {})", sub(term))
        }
        Node::Extract { term, high, low } => format!("((_ extract {high} {low}) {})", sub(term)),
    }
}
