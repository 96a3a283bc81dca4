//! Conditions: from expressions to Kleene formulas over atoms.

use super::facts::Context;
use super::types::field_type_name;
use super::value::{Element, Operand, Scalar, Value};
use super::{Bound, Checker, Env};
use crate::diagnostics::{Applicability, Code, Diagnostic};
use crate::model::{Atom, Cond, Element as ListTest, FactRef, SubjectId};
use crate::resolve::{DefId, DefKind, Lookup, Space};
use crate::span::Span;
use crate::syntax::ast::{
    BinaryOperator, Expr, ExprKind, ItemKind, Literal, Name, Parameter, QualifiedName, Quantifier,
};
use std::rc::Rc;
use warmor_policy::event::Source;
use warmor_policy::schema::FieldType;

impl<'s> Checker<'s> {
    /// What a condition says.
    pub(super) fn cond(&mut self, expr: &'s Expr, env: &Env<'s>, cx: Context) -> Option<Cond> {
        self.spend(expr.span)?;
        self.nested(expr.span, |checker| checker.cond_inside(expr, env, cx))
    }

    fn cond_inside(&mut self, expr: &'s Expr, env: &Env<'s>, cx: Context) -> Option<Cond> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Literal(Literal::Bool(value)) => Some(Cond::constant(*value, span)),
            ExprKind::And(parts) => self.conds(parts, env, cx).map(|conds| Cond::all(conds, span)),
            ExprKind::Or(parts) => self.conds(parts, env, cx).map(|conds| Cond::any(conds, span)),
            ExprKind::Not(inner) => self.cond(inner, env, cx).map(|cond| Cond::not(cond, span)),
            ExprKind::Has(inner) => match self.operand(inner, env, cx)? {
                Operand::Fact(fact) => Some(Cond::atom(Atom::Present { fact }, span)),
                _ => {
                    self.report(
                        Diagnostic::new(Code::TypeMismatch, inner.span, "`has` asks whether a fact is there")
                            .help("write the fact's name: `has process.script`"),
                    );
                    None
                }
            },
            ExprKind::Binary { operator, left, right } => match operator.node {
                BinaryOperator::Add | BinaryOperator::Subtract => self.not_a_condition(expr),
                node => {
                    let a = self.operand(left, env, cx);
                    let b = match &a {
                        Some(Operand::Fact(fact)) => {
                            let kind = fact.field().kind;
                            self.wanting(kind, |checker| checker.operand(right, env, cx))
                        }
                        _ => self.operand(right, env, cx),
                    };
                    self.compare(node, operator.span, (a?, left.span), (b?, right.span), span)
                }
            },
            ExprKind::Call { callee, arguments } => {
                let (id, inner) = self.call(callee, arguments, env, cx, span)?;
                let ItemKind::Predicate(predicate) = &self.names.def(id).item.kind else { return None };
                let cond = self.cond(&predicate.body, &inner, cx);
                self.leave();
                cond
            }
            ExprKind::Quantified { quantifier, variable, list, body } => {
                let fact = self.list_fact(list, env, cx);
                let mut inner = env.clone();
                inner.bind(variable.as_str(), Bound::Variable);
                let element = self.element(body, &inner);
                let (fact, element) = (fact?, element?);
                let atom = match quantifier {
                    Quantifier::Any => Atom::ListAny { fact, element },
                    Quantifier::All => Atom::ListAll { fact, element },
                };
                Some(Cond::atom(atom, span))
            }
            ExprKind::SomeAncestor(inner) => {
                if cx == Context::Ancestor {
                    self.report(
                        Diagnostic::new(Code::FactNotHere, span, "`some ancestor (…)` cannot be nested")
                            .help("an ancestor of an ancestor is an ancestor: one `some ancestor` is enough"),
                    );
                    return None;
                }
                let cond = self.cond(inner, env, Context::Ancestor)?;
                Some(Cond::atom(Atom::Ancestor { cond: Box::new(cond) }, span))
            }
            ExprKind::Tree(_) => {
                let value = self.value(expr, env)?;
                self.membership(Source::Process, &value, span, cx)
            }
            ExprKind::Error => None,
            ExprKind::Name(name) if name.is_missing() => None,
            _ => self.not_a_condition(expr),
        }
    }

    fn conds(&mut self, parts: &'s [Expr], env: &Env<'s>, cx: Context) -> Option<Vec<Cond>> {
        let mut conds = Vec::with_capacity(parts.len());
        let mut complete = true;
        for part in parts {
            match self.cond(part, env, cx) {
                Some(cond) => conds.push(cond),
                None => complete = false,
            }
        }
        complete.then_some(conds)
    }

    fn not_a_condition<T>(&mut self, expr: &'s Expr) -> Option<T> {
        let error =
            |what: &str| Diagnostic::new(Code::NotACondition, expr.span, format!("{what}, not a condition"));
        let error = match &expr.kind {
            ExprKind::Name(name) => match self.names.lookup(name, Space::Value) {
                Lookup::Found(id) if self.names.def(id).kind == DefKind::Subject => {
                    error("this is a subject")
                        .help(format!("test membership: `process in {}`", name.text))
                        .fix(
                            "test membership",
                            expr.span,
                            format!("process in {}", name.text),
                            Applicability::Safe,
                        )
                }
                Lookup::Found(id) if self.names.def(id).kind == DefKind::Predicate => {
                    error("this is a predicate").help(format!("call it: `{}(…)`", name.text))
                }
                Lookup::Nothing if super::facts::is_unknown(name.as_str()) => {
                    self.unknown_name(name, Space::Value);
                    return None;
                }
                _ => error("this is a value").help("compare it with something"),
            },
            _ => error("this is a value").help("compare it with something: `==`, `in`, `matches`, …"),
        };
        self.report(error);
        None
    }

    /// The list fact that a quantifier ranges over.
    fn list_fact(&mut self, list: &'s Expr, env: &Env<'s>, cx: Context) -> Option<FactRef> {
        let found = match self.operand(list, env, cx)? {
            Operand::Fact(fact) if fact.field().kind == FieldType::List => return Some(fact),
            Operand::Fact(fact) => format!("`{fact}`, {}", field_type_name(fact.field().kind)),
            _ => "not a fact".to_owned(),
        };
        self.mismatch(list.span, "a list of strings (`args`, `process.args`)", &found);
        None
    }

    /// A predicate that is called, with its parameters bound. The caller must [`leave`](Self::leave) it.
    fn call(
        &mut self,
        callee: &'s QualifiedName,
        arguments: &'s [Expr],
        env: &Env<'s>,
        cx: Context,
        span: Span,
    ) -> Option<(DefId, Env<'s>)> {
        let id = self.qualified(callee, Space::Value)?;
        let ItemKind::Predicate(predicate) = &self.names.def(id).item.kind else {
            let def = self.names.def(id);
            let message = format!("`{}` is a {}, not a predicate", def.name.text, def.kind.name());
            let error =
                Diagnostic::new(Code::WrongKind, callee.span, message).related(def.name.span, "defined here");
            self.report(error);
            return None;
        };
        let inner = self.bind_arguments(&predicate.name, &predicate.parameters, arguments, env, cx, span);
        if !self.enter(id) {
            return None;
        }
        let Some(inner) = inner else {
            self.leave();
            return None;
        };
        Some((id, inner))
    }

    /// Parameters with the values that a call gives them. Every argument is looked at, whatever is wrong with the others.
    pub(super) fn bind_arguments(
        &mut self,
        name: &'s Name,
        parameters: &'s [Parameter],
        arguments: &'s [Expr],
        env: &Env<'s>,
        cx: Context,
        span: Span,
    ) -> Option<Env<'s>> {
        let mut inner = Env::default();
        let mut complete = true;
        let required = parameters.iter().filter(|p| p.default.is_none()).count();
        if arguments.len() > parameters.len() || arguments.len() < required {
            let takes = match (required, parameters.len()) {
                (0, 0) => "no arguments".to_owned(),
                (a, b) if a == b => format!("{b} argument{}", if b == 1 { "" } else { "s" }),
                (a, b) => format!("{a} to {b} arguments"),
            };
            self.report(
                Diagnostic::new(
                    Code::WrongArguments,
                    span,
                    format!(
                        "`{}` takes {takes}, but {} given",
                        name.text,
                        match arguments.len() {
                            0 => "none is".to_owned(),
                            1 => "1 is".to_owned(),
                            n => format!("{n} are"),
                        }
                    ),
                )
                .related(name.span, "defined here"),
            );
            complete = false;
        }
        for (i, parameter) in parameters.iter().enumerate() {
            let bound = match arguments.get(i) {
                Some(argument) => self.argument(parameter, argument, env, cx),
                None => match &parameter.default {
                    Some(default) => self.argument(parameter, default, &Env::default(), Context::Constant),
                    None => None,
                },
            };
            match bound {
                Some(bound) => inner.bind(parameter.name.as_str(), bound),
                None => complete = false,
            }
        }
        for extra in arguments.iter().skip(parameters.len()) {
            let _ = self.operand(extra, env, cx);
        }
        complete.then_some(inner)
    }

    fn argument(
        &mut self,
        parameter: &'s Parameter,
        expr: &'s Expr,
        env: &Env<'s>,
        cx: Context,
    ) -> Option<Bound<'s>> {
        let operand = if cx == Context::Constant {
            Operand::Value(self.value(expr, env)?)
        } else {
            self.operand(expr, env, cx)?
        };
        let declared = match &parameter.ty {
            Some(ty) => Some((self.type_of(ty)?, ty.is_set)),
            None => None,
        };
        match operand {
            Operand::Value(value) => {
                if let Some((ty, is_set)) = declared
                    && !self.fits(&value, expr.span, ty, is_set)
                {
                    return None;
                }
                Some(Bound::Value(value))
            }
            Operand::Fact(fact) => {
                if let Some((ty, is_set)) = declared
                    && (is_set || !ty.accepts_fact(fact.field().kind))
                    && !(is_set && ty == super::types::Type::String && fact.field().kind == FieldType::List)
                {
                    let found = format!("`{fact}`, {}", field_type_name(fact.field().kind));
                    self.mismatch(expr.span, &format!("`{}`", ty.name()), &found);
                    return None;
                }
                Some(Bound::Fact(fact))
            }
            Operand::Variable => Some(Bound::Variable),
            Operand::Sum(_) | Operand::Process(_) => {
                self.report(
                    Diagnostic::new(
                        Code::WrongArguments,
                        expr.span,
                        "only a value or a fact can be an argument",
                    )
                    .help("write the sum inside the predicate"),
                );
                None
            }
        }
    }

    /// The definition that a dotted name means.
    pub(super) fn qualified(&mut self, name: &'s QualifiedName, space: Space) -> Option<DefId> {
        match name.segments.as_slice() {
            [single] => match self.names.lookup(single, space) {
                Lookup::Found(id) => Some(id),
                Lookup::Module(_) | Lookup::Nothing => {
                    self.unknown_name(single, space);
                    None
                }
            },
            [module, member] => match self.names.lookup(module, space) {
                Lookup::Module(id) => match self.names.member(id, space, member.as_str()) {
                    Some(found) => {
                        self.names.note_use(member.span, found);
                        Some(found)
                    }
                    None if member.is_missing() => None,
                    None => {
                        let words: Vec<&str> = self.names.member_words(id, space).collect();
                        let message =
                            format!("`{}` does not define `{}`", self.names.module_name(id), member.text);
                        self.report(Diagnostic::new(Code::UnknownName, member.span, message).did_you_mean(
                            member.span,
                            &member.text,
                            words,
                        ));
                        None
                    }
                },
                _ => {
                    if !module.is_missing() && !self.names.is_broken_import(module) {
                        let message = format!("there is no module `{}` here", module.text);
                        self.report(
                            Diagnostic::new(Code::UnknownName, module.span, message)
                                .help("import it first: `import std.files`"),
                        );
                    }
                    None
                }
            },
            _ => {
                let message = "a name has at most a module in front of it";
                self.report(Diagnostic::new(Code::UnknownName, name.span, message));
                None
            }
        }
    }

    /// Whether a process is in one of the subjects of a value.
    pub(super) fn membership(
        &mut self,
        source: Source,
        value: &Rc<Value<'s>>,
        span: Span,
        cx: Context,
    ) -> Option<Cond> {
        let mut members = Vec::with_capacity(value.elements.len());
        for element in &value.elements {
            match element.scalar {
                Scalar::Subject { subject, tree: false } => {
                    members.push(member(source, subject, element.span));
                }
                Scalar::Subject { subject, tree: true } => {
                    if source != Source::Process || cx == Context::Ancestor {
                        self.report(
                            Diagnostic::new(
                                Code::FactNotHere,
                                element.span,
                                "`tree(…)` is known only of the process that asks",
                            )
                            .help("name the subject without `tree`"),
                        );
                        return None;
                    }
                    members.push(tree(subject, element.span));
                }
                Scalar::Any => return Some(Cond::constant(true, span)),
                ref other => {
                    self.mismatch(element.span, "a subject", other.describe());
                    return None;
                }
            }
        }
        Some(Cond::any(members, span))
    }

    /// The condition on one element of a list: tests of the variable, and nothing else.
    fn element(&mut self, expr: &'s Expr, env: &Env<'s>) -> Option<ListTest> {
        self.spend(expr.span)?;
        self.nested(expr.span, |checker| checker.element_inside(expr, env))
    }

    fn element_inside(&mut self, expr: &'s Expr, env: &Env<'s>) -> Option<ListTest> {
        match &expr.kind {
            ExprKind::Literal(Literal::Bool(value)) => Some(ListTest::Const(*value)),
            ExprKind::And(parts) => self.elements(parts, env).map(ListTest::All),
            ExprKind::Or(parts) => self.elements(parts, env).map(ListTest::Any),
            ExprKind::Not(inner) => self.element(inner, env).map(|test| ListTest::Not(Box::new(test))),
            ExprKind::Call { callee, arguments } => {
                let (id, inner) = self.call(callee, arguments, env, Context::AnyEvent, expr.span)?;
                let ItemKind::Predicate(predicate) = &self.names.def(id).item.kind else { return None };
                let test = self.element(&predicate.body, &inner);
                self.leave();
                test
            }
            ExprKind::Binary { operator, left, right } => {
                // Facts are looked up, so that the error can say that they do not belong here.
                let a = self.operand(left, env, Context::AnyEvent);
                let b = self.operand(right, env, Context::AnyEvent);
                match (a?, b?) {
                    (Operand::Variable, Operand::Value(value)) => {
                        let (base, negated) = positive(operator.node);
                        let tests =
                            self.text_tests(base, operator.span, FieldType::String, &value, right.span)?;
                        let test =
                            ListTest::Any(tests.into_iter().map(|(test, _)| ListTest::Test(test)).collect());
                        Some(if negated { ListTest::Not(Box::new(test)) } else { test })
                    }
                    _ => self.only_the_variable(expr.span),
                }
            }
            ExprKind::Error => None,
            ExprKind::Has(_)
            | ExprKind::Quantified { .. }
            | ExprKind::SomeAncestor(_)
            | ExprKind::Tree(_) => self.only_the_variable(expr.span),
            _ => self.not_a_condition(expr),
        }
    }

    fn elements(&mut self, parts: &'s [Expr], env: &Env<'s>) -> Option<Vec<ListTest>> {
        let tests: Vec<Option<ListTest>> = parts.iter().map(|p| self.element(p, env)).collect();
        tests.into_iter().collect()
    }

    fn only_the_variable<T>(&mut self, span: Span) -> Option<T> {
        self.report(
            Diagnostic::new(
                Code::FactNotHere,
                span,
                "inside `any(…)` and `all(…)` only the variable can be compared with values",
            )
            .help("put conditions on facts outside: `any(x in args, x == \"-i\") and process.uid == 0`"),
        );
        None
    }
}

/// An operator without its negation, and whether it was negated.
pub(super) const fn positive(operator: BinaryOperator) -> (BinaryOperator, bool) {
    match operator {
        BinaryOperator::NotEqual => (BinaryOperator::Equal, true),
        BinaryOperator::NotIn => (BinaryOperator::In, true),
        other => (other, false),
    }
}

/// A process is a member of a subject.
pub(super) fn member(source: Source, subject: SubjectId, span: Span) -> Cond {
    Cond::atom(Atom::Member { source, subject }, span)
}

/// A process is a member of a subject or descends from one.
pub(super) fn tree(subject: SubjectId, span: Span) -> Cond {
    let own = member(Source::Process, subject, span);
    let above = Cond::atom(Atom::Ancestor { cond: Box::new(own.clone()) }, span);
    Cond::any(vec![own, above], span)
}

/// The only element of a value that is no set.
pub(super) fn single<'v, 's>(value: &'v Value<'s>) -> Option<&'v Element<'s>> {
    match value.elements.as_slice() {
        [element] if !value.is_set => Some(element),
        _ => None,
    }
}
