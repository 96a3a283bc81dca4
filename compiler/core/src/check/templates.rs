//! Templates and predicates by themselves, and `use`.

use super::facts::Context;
use super::policies::{Place, RULE_PARTS};
use super::{Bound, Checker, Env};
use crate::diagnostics::{Code, Diagnostic, nearest};
use crate::resolve::{DefId, Space};
use crate::span::Span;
use crate::syntax::ast::{ClauseKind, ItemKind, Parameter, QualifiedName, Use};
use std::collections::HashMap;

/// Deepest nesting of templates; recursion is refused anyway.
const MAX_TEMPLATE_DEPTH: usize = 64;

impl<'s> Checker<'s> {
    /// Looks at a predicate whose arguments are not known: what is wrong whatever they are is reported even if nobody calls it.
    pub(super) fn predicate_alone(&mut self, id: DefId) {
        let ItemKind::Predicate(predicate) = &self.names.def(id).item.kind else { return };
        let env = self.holes(&predicate.parameters);
        if self.enter(id) {
            self.cond(&predicate.body, &env, Context::AnyEvent);
            self.leave();
        }
    }

    /// The same for a template.
    pub(super) fn template_alone(&mut self, id: DefId) {
        let ItemKind::Template(template) = &self.names.def(id).item.kind else { return };
        let env = self.holes(&template.parameters);
        let members = &template.members;
        if self.enter(id) {
            // Rules are made and thrown away.
            let (rules, limits) = (self.model.rules.len(), self.model.limits.len());
            let (named, overrides, expired) =
                (self.rules.len(), self.overrides.len(), self.model.expired.len());
            self.members(members, &env, &mut Place::nowhere());
            self.model.rules.truncate(rules);
            self.model.limits.truncate(limits);
            self.model.expired.truncate(expired);
            self.overrides.truncate(overrides);
            self.forget_rules(named);
            self.leave();
        }
    }

    fn forget_rules(&mut self, from: usize) {
        self.rules.truncate(from);
        for places in self.rules_by_label.values_mut() {
            places.retain(|p| (*p as usize) < from);
        }
    }

    fn holes(&mut self, parameters: &'s [Parameter]) -> Env<'s> {
        let mut env = Env::default();
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for parameter in parameters {
            let name = &parameter.name;
            if name.is_missing() {
                continue;
            }
            if let Some(first) = seen.insert(name.as_str(), name.span) {
                self.report(
                    Diagnostic::new(
                        Code::DuplicateDefinition,
                        name.span,
                        format!("the parameter `{}` is given twice", name.text),
                    )
                    .related(first, "first given here"),
                );
            }
            if crate::resolve::fact_roots().any(|root| root == name.as_str()) {
                self.report(
                    Diagnostic::new(
                        Code::ReservedName,
                        name.span,
                        format!("`{}` is the name of a fact", name.text),
                    )
                    .help("choose another name for the parameter"),
                );
            }
            let declared = parameter.ty.as_ref().and_then(|ty| Some((self.type_of(ty)?, ty.is_set)));
            if let Some(default) = &parameter.default
                && let Some(value) = self.value(default, &Env::default())
                && let Some((ty, is_set)) = declared
            {
                self.fits(&value, default.span, ty, is_set);
            }
            env.bind(name.as_str(), Bound::Hole);
        }
        env
    }

    /// The rules of a template, put into a policy.
    pub(super) fn use_template(&mut self, used: &'s Use, env: &Env<'s>, place: &mut Place<'s>) {
        let Some(id) = self.qualified(&used.template, Space::Template) else {
            for argument in &used.arguments {
                let _ = self.value(argument, env);
            }
            return;
        };
        let ItemKind::Template(template) = &self.names.def(id).item.kind else { return };
        let span = used.template.span;
        let inner = self.bind_arguments(
            &template.name,
            &template.parameters,
            &used.arguments,
            env,
            Context::Constant,
            span,
        );
        // Also what holds no rule costs something: templates that use each other twice double at each step.
        if self.spend_many(RULE_PARTS, span).is_none() || !self.enter(id) {
            return;
        }
        if self.active.len() > MAX_TEMPLATE_DEPTH {
            let message = format!("templates use each other more than {MAX_TEMPLATE_DEPTH} deep here");
            self.report(
                Diagnostic::new(Code::ExpansionTooLarge, span, message)
                    .help("use fewer templates through one another"),
            );
            self.leave();
            return;
        }
        // Arguments that are wrong have been reported; so has everything in the template that does not depend on them.
        // A template that is looked at by itself does not look into others: they are looked at by themselves, too.
        if let (Some(inner), true) = (inner, place.is_policy()) {
            place.enter(template.name.as_str(), used);
            self.members(&template.members, &inner, place);
            let (unmatched, labels) = place.leave();
            for without in unmatched {
                self.unknown_without(without, template.name.as_str(), &labels);
            }
        }
        self.leave();
    }

    fn unknown_without(&mut self, without: &'s QualifiedName, template: &str, labels: &[String]) {
        let wrong = crate::resolve::dotted(without);
        let error = Diagnostic::new(
            Code::UnknownRule,
            without.span,
            format!("the template `{template}` has no rule with the label `{wrong}`"),
        );
        let words = labels.iter().map(String::as_str);
        self.report(if nearest(&wrong, words.clone()).is_some() {
            error.did_you_mean(without.span, &wrong, words)
        } else if labels.is_empty() {
            error.help("none of its rules has a label")
        } else {
            error.help(format!("its labels are {}", super::facts::listed(words)))
        });
    }
}

pub(super) const fn clause_word(kind: &ClauseKind) -> &'static str {
    match kind {
        ClauseKind::Mode(_) => "mode",
        ClauseKind::DefaultDeny(_) => "default deny",
        ClauseKind::Severity(_) => "severity",
        ClauseKind::Unknown(_) => "unknown",
        ClauseKind::Revalidate => "revalidate",
    }
}
