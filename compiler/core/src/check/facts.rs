//! Facts: which one a dotted name means, and whether the place where it stands has it.

use super::value::{Operand, Scalar};
use super::{Bound, Checker, Env};
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{ActionSet, FactRef};
use crate::resolve::{Lookup, Space, fact_names};
use crate::span::Span;
use crate::syntax::ast::{Expr, ExprKind, Name};
use warmor_policy::event::Source;
use warmor_policy::schema::{Action, FieldInfo, FieldType, ObjectKind, event_fields, process_fields};

/// What an expression can look at, by the place where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    /// Nothing: the value of a let, an argument, an object.
    Constant,
    /// An event of one of these actions.
    Event(ActionSet),
    /// Any event: assumptions.
    AnyEvent,
    /// A process, in the definition of a subject.
    Process,
    /// One ancestor of a process.
    Ancestor,
}

impl<'s> Checker<'s> {
    /// What `a.b.c` or `a.b["c"]` is.
    pub(super) fn dotted_operand(
        &mut self,
        expr: &'s Expr,
        env: &Env<'s>,
        cx: Context,
    ) -> Option<Operand<'s>> {
        let mut segments = Vec::new();
        let key = self.segments(expr, env, &mut segments)?;
        let root: &'s Name = segments.first()?;
        if segments.iter().any(|n| n.is_missing()) {
            return None;
        }
        if let Some(bound) = env.get(root.as_str()) {
            if !matches!(bound, Bound::Hole) {
                let message = format!("`{}` has no fields", root.text);
                self.report(Diagnostic::new(Code::UnknownFact, expr.span, message));
            }
            return None;
        }
        if let Some(found) = self.fact_named(&segments, key, expr.span, cx) {
            return found.map(Operand::Fact);
        }
        match self.names.lookup(root, Space::Value) {
            Lookup::Module(module) => {
                let [_, name] = segments.as_slice() else {
                    self.report(Diagnostic::new(
                        Code::UnknownName,
                        expr.span,
                        format!(
                            "names of the module `{}` are written `{}.NAME`",
                            self.names.module_name(module),
                            root.text
                        ),
                    ));
                    return None;
                };
                if let Some(id) = self.names.member(module, Space::Value, name.as_str()) {
                    self.names.note_use(name.span, id);
                    return self.definition_value(id, expr.span).map(Operand::Value);
                }
                let words: Vec<&str> = self.names.member_words(module, Space::Value).collect();
                let message = format!("`{}` does not define `{}`", self.names.module_name(module), name.text);
                self.report(
                    Diagnostic::new(Code::UnknownName, name.span, message)
                        .did_you_mean(name.span, &name.text, words),
                );
            }
            Lookup::Found(id) => {
                let kind = self.names.def(id).kind.name();
                let message = format!("`{}` is a {kind} and has no fields", root.text);
                self.report(Diagnostic::new(Code::UnknownFact, expr.span, message));
            }
            Lookup::Nothing if self.names.is_broken_import(root) => {}
            Lookup::Nothing => {
                let wrong = segments.iter().map(|n| n.as_str()).collect::<Vec<_>>().join(".");
                self.report(
                    Diagnostic::new(Code::UnknownFact, expr.span, format!("there is no fact `{wrong}`"))
                        .did_you_mean(expr.span, &wrong, fact_names()),
                );
            }
        }
        None
    }

    /// The words of a dotted name, and the key in brackets after it.
    fn segments(
        &mut self,
        expr: &'s Expr,
        env: &Env<'s>,
        out: &mut Vec<&'s Name>,
    ) -> Option<Option<&'s str>> {
        match &expr.kind {
            ExprKind::Name(name) => {
                out.push(name);
                Some(None)
            }
            ExprKind::Field { base, field } => {
                let key = self.segments(base, env, out)?;
                if key.is_some() {
                    self.report(Diagnostic::new(
                        Code::UnknownFact,
                        expr.span,
                        "an entry of a map has no fields",
                    ));
                    return None;
                }
                out.push(field);
                Some(None)
            }
            ExprKind::Index { base, index } => {
                let before = self.segments(base, env, out)?;
                let value = self.value(index, env)?;
                match value.elements.as_slice() {
                    [element] if !value.is_set && before.is_none() => match element.scalar {
                        Scalar::Text(text) => Some(Some(text)),
                        ref other => {
                            self.mismatch(index.span, "a string", other.describe());
                            None
                        }
                    },
                    _ => {
                        self.mismatch(index.span, "a string", "something else");
                        None
                    }
                }
            }
            ExprKind::Error => None,
            _ => {
                let message = "only facts and modules have names after a dot";
                self.report(Diagnostic::new(Code::UnknownFact, expr.span, message));
                None
            }
        }
    }

    /// The fact of that name. `None`: the first word begins no fact; `Some(None)`: it does, but something is wrong and reported.
    pub(super) fn fact_named(
        &mut self,
        segments: &[&'s Name],
        key: Option<&str>,
        span: Span,
        cx: Context,
    ) -> Option<Option<FactRef>> {
        let words: Vec<&str> = segments.iter().map(|n| n.as_str()).collect();
        let (source, field) = match find_fact(&words) {
            Found::Fact(source, field) => (source, field),
            Found::No => return None,
            Found::Root => {
                let wrong = words.join(".");
                if let [single] = segments {
                    // `pod` alone: the error names what it has.
                    let prefix = format!("{}.", single.text);
                    let known: Vec<&str> = fact_names().filter(|n| n.starts_with(&prefix)).collect();
                    self.report(
                        Diagnostic::new(
                            Code::UnknownFact,
                            span,
                            format!("`{wrong}` is not a fact by itself"),
                        )
                        .help(format!("it has {}", listed(known.into_iter()))),
                    );
                } else {
                    let prefix = matches!(words[0], "parent" | "target");
                    let shown: Vec<String> = fact_names()
                        .filter_map(|n| {
                            if prefix {
                                n.strip_prefix("process.").map(|own| format!("{}.{own}", words[0]))
                            } else {
                                Some(n.to_owned())
                            }
                        })
                        .collect();
                    self.report(
                        Diagnostic::new(Code::UnknownFact, span, format!("there is no fact `{wrong}`"))
                            .did_you_mean(span, &wrong, shown.iter().map(String::as_str)),
                    );
                }
                return Some(None);
            }
        };
        let fact = FactRef { source, slot: field.code, key: key.map(str::to_owned) };
        if field.kind == FieldType::Map && key.is_none() {
            self.report(
                Diagnostic::new(Code::TypeMismatch, span, format!("`{fact}` is a map: name the entry"))
                    .help(format!("write `{fact}[\"app\"]`")),
            );
            return Some(None);
        }
        if field.kind != FieldType::Map && key.is_some() {
            self.report(Diagnostic::new(
                Code::TypeMismatch,
                span,
                format!("`{}` is not a map", words.join(".")),
            ));
            return Some(None);
        }
        Some(self.fact_here(&fact, span, cx).then_some(fact))
    }

    /// Whether a fact can be looked at where it stands; reported if not.
    fn fact_here(&mut self, fact: &FactRef, span: Span, cx: Context) -> bool {
        if fact.source != Source::Event {
            return self.process_here(fact.source, span, cx);
        }
        let field = fact.field();
        let error = |why: String| Diagnostic::new(Code::FactNotHere, span, why);
        match cx {
            // The caller says that a value is needed.
            Context::Constant | Context::AnyEvent => true,
            Context::Process | Context::Ancestor => {
                self.report(
                    error(format!("`{fact}` belongs to an event, but a subject is about a process"))
                        .help("subjects can use `process`, `parent`, `user`, `container` and `pod` facts; put this one after `where`"),
                );
                false
            }
            Context::Event(actions) => {
                if field.actions.is_empty() || field.actions.iter().any(|a| actions.contains(*a)) {
                    return true;
                }
                let names: Vec<&str> = field.actions.iter().map(|a| a.name()).collect();
                let own: Vec<&str> = actions.iter().map(Action::name).collect();
                self.report(
                    error(format!("`{fact}` is no fact of {}", listed(own.into_iter())))
                        .help(format!("it is known of {}", listed(names.into_iter()))),
                );
                false
            }
        }
    }

    /// Whether a process can be looked at where it is named; reported if not.
    pub(super) fn process_here(&mut self, source: Source, span: Span, cx: Context) -> bool {
        let error = |why: &str, help: &str| Some(Diagnostic::new(Code::FactNotHere, span, why).help(help));
        let problem = match (cx, source) {
            (Context::Ancestor, Source::Parent | Source::Target) => error(
                "inside `some ancestor (…)` only the ancestor's own facts can be used",
                "there `process` is the ancestor; compare with other processes outside the parentheses",
            ),
            (Context::Process, Source::Target) => error(
                "a subject is about one process and has no target",
                "put the condition on `target` after `where` in a rule",
            ),
            (Context::Event(actions), Source::Target) if !actions.iter().any(has_target) => error(
                "these actions have no target process",
                "`target` is the process of `ptrace` and `signal`, or the owner of the endpoint of a network action",
            ),
            _ => None,
        };
        match problem {
            Some(problem) => {
                self.report(problem);
                false
            }
            None => true,
        }
    }
}

/// Whether events of an action have a target process.
pub(super) fn has_target(action: Action) -> bool {
    matches!(action.info().object, ObjectKind::ProcessOrNone | ObjectKind::Endpoint)
}

/// What a dotted name says about facts.
pub(super) enum Found {
    /// It is this one.
    Fact(Source, &'static FieldInfo),
    /// The first word begins facts, but not this one.
    Root,
    /// It has nothing to do with facts.
    No,
}

/// The fact that the words of a dotted name mean, and whose it is: `["parent", "exe"]`. `None` when they mean none.
pub fn fact(words: &[&str]) -> Option<(Source, &'static FieldInfo)> {
    match find_fact(words) {
        Found::Fact(source, field) => Some((source, field)),
        Found::Root | Found::No => None,
    }
}

/// The fact that words name.
pub(super) fn find_fact(words: &[&str]) -> Found {
    let is = |field: &&FieldInfo, words: &[&str]| field.name.split('.').eq(words.iter().copied());
    let Some(root) = words.first() else { return Found::No };
    let source = match *root {
        "parent" => Some(Source::Parent),
        "target" => Some(Source::Target),
        _ => None,
    };
    if let Some(source) = source {
        let own = |f: &&FieldInfo| {
            is(f, &words[1..])
                || f.name.strip_prefix("process.").is_some_and(|n| words.len() == 2 && n == words[1])
        };
        return process_fields().iter().find(own).map_or(Found::Root, |f| Found::Fact(source, f));
    }
    if let Some(field) = process_fields().iter().find(|f| is(f, words)) {
        return Found::Fact(Source::Process, field);
    }
    if let Some(field) = event_fields().iter().find(|f| is(f, words)) {
        return Found::Fact(Source::Event, field);
    }
    let begins = |f: &FieldInfo| f.name.split('.').next() == Some(*root);
    if process_fields().iter().chain(event_fields()).any(begins) { Found::Root } else { Found::No }
}

/// Words in backticks with commas, and `and` before the last.
pub(super) fn listed<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let words: Vec<String> = words.map(|w| format!("`{w}`")).collect();
    match words.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

/// Whether a word means nothing to the language itself: neither a fact nor a name of the schema.
pub(super) fn is_unknown(word: &str) -> bool {
    matches!(find_fact(&[word]), Found::No)
        && !super::types::is_word(word)
        && !matches!(word, "process" | "parent" | "target")
}
