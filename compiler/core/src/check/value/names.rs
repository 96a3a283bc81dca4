//! Names: what they stand for, and what definitions are worth.

use super::{Element, Memo, Operand, Scalar, Value};
use crate::check::facts::Context;
use crate::check::types::{Type, is_word, misfit};
use crate::check::{Bound, Checker, Env};
use crate::diagnostics::{Code, Diagnostic};
use crate::resolve::{DefId, DefKind, Lookup, Space};
use crate::span::Span;
use crate::syntax::ast::{Expr, ItemKind, Name, TypeExpr};
use std::rc::Rc;
use warmor_policy::event::Source;

impl<'s> Checker<'s> {
    /// What a single word is.
    pub(super) fn named(&mut self, name: &'s Name, env: &Env<'s>, cx: Context) -> Option<Operand<'s>> {
        if name.is_missing() {
            return None;
        }
        if let Some(bound) = env.get(name.as_str()) {
            return match bound {
                Bound::Value(value) => {
                    self.spend_many(value.elements.len(), name.span)?;
                    Some(Operand::Value(at(value, name.span)))
                }
                Bound::Fact(fact) => Some(Operand::Fact(fact.clone())),
                Bound::Variable => Some(Operand::Variable),
                Bound::Hole => None,
            };
        }
        match self.names.lookup(name, Space::Value) {
            Lookup::Found(id) => return self.definition_value(id, name.span).map(Operand::Value),
            Lookup::Module(module) => {
                let text = format!("`{}` is the module `{}`", name.text, self.names.module_name(module));
                self.report(
                    Diagnostic::new(Code::WrongKind, name.span, format!("{text}, not a value"))
                        .help(format!("write `{}.NAME` for one of its names", name.text)),
                );
                return None;
            }
            Lookup::Nothing => {}
        }
        let source = match name.as_str() {
            "process" => Some(Source::Process),
            "parent" => Some(Source::Parent),
            "target" => Some(Source::Target),
            _ => None,
        };
        if let Some(source) = source {
            return self.process_here(source, name.span, cx).then_some(Operand::Process(source));
        }
        if let Some(found) = self.fact_named(&[name], None, name.span, cx) {
            return found.map(Operand::Fact);
        }
        if is_word(name.as_str()) {
            return Some(Operand::Value(Value::one(Scalar::Word(name.as_str()), name.span)));
        }
        self.unknown_name(name, Space::Value);
        None
    }

    /// Reports a name that means nothing, or something of another kind.
    pub(in crate::check) fn unknown_name(&mut self, name: &'s Name, space: Space) {
        if name.is_missing() || self.names.is_broken_import(name) {
            return;
        }
        for other in [Space::Value, Space::Template, Space::Policy].into_iter().filter(|s| *s != space) {
            if let Lookup::Found(id) = self.names.lookup(name, other) {
                self.wrong_kind(id, name.span, space);
                return;
            }
        }
        if let (Space::Value, Some(kind)) = (space, self.wanted) {
            self.unknown_word(kind, name.as_str(), name.span);
            return;
        }
        let what = match space {
            Space::Value => "name",
            Space::Template => "template",
            Space::Policy => "policy",
        };
        let error =
            Diagnostic::new(Code::UnknownName, name.span, format!("there is no {what} `{}`", name.text));
        if !self.suggests() {
            self.report(error);
            return;
        }
        let mut words: Vec<&str> = self.names.words(name.span.file, space);
        if space == Space::Value {
            // (The map shortens the lifetime: `extend` takes exactly the items of the vector.)
            words.extend(crate::resolve::fact_names().map(|word| -> &str { word }));
        }
        let error = match crate::resolve::standard_home(name.as_str()) {
            Some(module) => {
                error.help(format!("the standard library has one: `import {module}.{{{}}}`", name.text))
            }
            None => error.did_you_mean(name.span, &name.text, words),
        };
        self.report(error);
    }

    fn wrong_kind(&mut self, id: DefId, span: Span, wanted: Space) {
        let def = self.names.def(id);
        let wanted = match wanted {
            Space::Value => "a value",
            Space::Template => "a template",
            Space::Policy => "a policy",
        };
        let message = format!("`{}` is a {}, not {wanted}", def.name.text, def.kind.name());
        let (at, kind) = (def.name.span, def.kind);
        let error = Diagnostic::new(Code::WrongKind, span, message).related(at, "defined here");
        self.report(match kind {
            DefKind::Template => error.help("bring its rules into a policy with `use`"),
            DefKind::Predicate => error.help("call it in a condition, with its arguments in parentheses"),
            _ => error,
        });
    }

    /// What a definition is worth where it is named.
    pub(in crate::check) fn definition_value(&mut self, id: DefId, span: Span) -> Option<Rc<Value<'s>>> {
        let item = self.names.def(id).item;
        match &item.kind {
            ItemKind::Subject(_) => {
                let subject = self.subject(id)?;
                Some(Value::one(Scalar::Subject { subject, tree: false }, span))
            }
            ItemKind::Let(_) | ItemKind::Param(_) => {
                let value = self.memo_value(id)?;
                self.spend_many(value.elements.len(), span)?;
                Some(at(&value, span))
            }
            _ => {
                self.wrong_kind(id, span, Space::Value);
                None
            }
        }
    }

    /// The value of a let or parameter, computed once.
    pub(in crate::check) fn memo_value(&mut self, id: DefId) -> Option<Rc<Value<'s>>> {
        match self.values.get(id.0 as usize)? {
            Memo::Known(value) => return Some(Rc::clone(value)),
            Memo::Broken => return None,
            Memo::NotYet => {}
        }
        if !self.enter(id) {
            return None;
        }
        let def = self.names.def(id);
        let value = match &def.item.kind {
            ItemKind::Let(definition) => self.value(&definition.value, &Env::default()),
            ItemKind::Param(param) => self.param(def.name, &param.ty, param.default.as_ref()),
            _ => None,
        };
        self.leave();
        self.values[id.0 as usize] = match &value {
            Some(value) => Memo::Known(Rc::clone(value)),
            None => Memo::Broken,
        };
        value
    }

    /// A parameter from outside: the given value, else its default.
    fn param(
        &mut self,
        name: &'s Name,
        ty: &'s TypeExpr,
        default: Option<&'s Expr>,
    ) -> Option<Rc<Value<'s>>> {
        let declared = self.type_of(ty);
        if let Some((text, given)) = self.given.get(name.as_str()).map(|g| (g.text.as_str(), g.expr.as_ref()))
        {
            let (ty, is_set) = (declared?, ty.is_set);
            let value = match given {
                // A string needs no quotes on a command line.
                _ if ty == Type::String && !is_set => Some(Value::one(Scalar::Text(text), name.span)),
                Some(expr) => self.quietly(|checker| checker.value(expr, &Env::default())),
                None => None,
            };
            return match value {
                Some(value) if misfit(&value, ty, is_set).is_none() => Some(at(&value, name.span)),
                _ => {
                    let shown = if is_set { format!("[{}]", ty.name()) } else { ty.name().to_owned() };
                    self.report(
                        Diagnostic::new(
                            Code::BadParameterValue,
                            name.span,
                            format!(
                                "the value `{text}` given for `{}` is not of the type `{shown}`",
                                name.text
                            ),
                        )
                        .help("give a value as it would be written in a policy: `--set PORT=8080`"),
                    );
                    None
                }
            };
        }
        let Some(default) = default else {
            self.report(
                Diagnostic::new(
                    Code::UnboundParameter,
                    name.span,
                    format!("the parameter `{}` has no value", name.text),
                )
                .help(format!("give one with `--set {}=…`, or write a default after `=`", name.text)),
            );
            return None;
        };
        let value = self.value(default, &Env::default())?;
        self.fits(&value, default.span, declared?, ty.is_set).then_some(value)
    }
}

/// The same value as if it were written at another place: what a rule says belongs to the rule, not to the list it names.
pub(super) fn at<'s>(value: &Rc<Value<'s>>, span: Span) -> Rc<Value<'s>> {
    Rc::new(Value {
        elements: value.elements.iter().map(|e| Element { scalar: e.scalar.clone(), span }).collect(),
        is_set: value.is_set,
    })
}
