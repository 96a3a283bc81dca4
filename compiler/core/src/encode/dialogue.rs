//! A solver that is talked to in SMT-LIB 2: a program beside this one, or a module in the same page.

use super::search::{Satisfiable, Solver};
use super::smtlib;
use super::terms::{Node, Term, Terms};
use std::fmt::Write as _;

/// A solver behind a function that takes commands and gives what is answered to the last of them.
///
/// Everything but the last command (`check-sat` or `get-value`) has no answer. The state of the solver is kept between calls.
#[derive(Debug)]
pub struct Dialogue<F> {
    ask: F,
    /// Commands that are yet to be sent.
    commands: String,
    /// By number of the term: whether the solver has heard of it.
    told: Vec<bool>,
}

impl<F: FnMut(&str) -> Result<String, String>> Dialogue<F> {
    /// A solver that has been told nothing.
    pub fn new(ask: F) -> Self {
        let commands = "(set-option :produce-models true)\n(set-logic QF_BV)\n".to_owned();
        Self { ask, commands, told: Vec::new() }
    }

    fn send(&mut self) -> Result<String, String> {
        let answer = (self.ask)(&self.commands);
        self.commands.clear();
        answer
    }

    fn knows(&self, term: Term) -> bool {
        self.told.get(term.index()).copied().unwrap_or(false)
    }
}

impl<F: FnMut(&str) -> Result<String, String>> Solver for Dialogue<F> {
    fn assert(&mut self, terms: &Terms, formula: Term) {
        if self.told.len() < terms.len() {
            self.told.resize(terms.len(), false);
        }
        for term in terms.reachable(&[formula]) {
            if !self.knows(term) {
                smtlib::introduce(terms, term, &mut self.commands);
                self.told[term.index()] = true;
            }
        }
        let _ = writeln!(self.commands, "(assert {})", smtlib::reference(terms, formula));
    }

    fn check(&mut self) -> Satisfiable {
        self.commands.push_str("(check-sat)\n");
        match self.send() {
            Ok(answer) => match answer.trim() {
                "sat" => Satisfiable::Yes,
                "unsat" => Satisfiable::No,
                other => Satisfiable::Unknown(other.to_owned()),
            },
            Err(reason) => Satisfiable::Unknown(reason),
        }
    }

    fn value(&mut self, terms: &Terms, variable: Term) -> u128 {
        let Node::Var(number) = terms.node(variable) else { return 0 };
        // Of what it has never heard of it may be anything.
        if !self.knows(variable) {
            return 0;
        }
        let _ = writeln!(self.commands, "(get-value (|{}|))", terms.variable(*number).name);
        self.send().ok().and_then(|answer| value_in(&answer)).unwrap_or(0)
    }
}

/// The value in `((|name| #b0101))`. What is no such answer makes an event that the replay refuses.
fn value_in(answer: &str) -> Option<u128> {
    let value = answer.trim().strip_suffix("))")?.rsplit([' ', '\n']).next()?;
    match value {
        "true" => Some(1),
        "false" => Some(0),
        _ => match value.split_at_checked(2)? {
            ("#b", digits) => u128::from_str_radix(digits, 2).ok(),
            ("#x", digits) => u128::from_str_radix(digits, 16).ok(),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::value_in;

    #[test]
    fn values_are_read_as_solvers_write_them() {
        assert_eq!(value_in("((|a b| #b0101))\n"), Some(5));
        assert_eq!(value_in("((a #xff))"), Some(255));
        assert_eq!(value_in("((|process.exe known| true))"), Some(1));
        assert_eq!(value_in("((a false))"), Some(0));
        for wrong in ["", "))", "(error \"no model\")", "((a (_ bv5 8)))", "((a #q1))", "((é é))"] {
            assert_eq!(value_in(wrong), None, "{wrong}");
        }
    }
}
