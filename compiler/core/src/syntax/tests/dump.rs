//! A compact text form of trees, without spans: what snapshots show, and what "the same tree" means.

use std::fmt::Write as _;

use crate::syntax::ast::*;

/// One line for each statement, expressions as `(operator operands)`.
pub fn dump(file: &File) -> String {
    let mut out = Dump { text: String::new(), depth: 0 };
    if let Some(package) = &file.package {
        out.docs(package.docs.as_ref());
        out.line(&format!("package {}", qualified(&package.name)));
    }
    for item in &file.items {
        out.docs(item.docs.as_ref());
        out.item(&item.kind);
    }
    for attribute in &file.attributes {
        let item = file.items.iter().position(|item| item.span.to(attribute.about) == item.span);
        let about = item.map_or("the file".to_owned(), |index| format!("item {index}"));
        let words: Vec<_> = attribute.arguments.iter().map(Name::as_str).collect();
        let text = attribute.text.as_ref().map(|text| &text.value);
        out.line(&format!("@{} {} {text:?} in {about}", attribute.name.text, words.join(" ")));
    }
    out.text
}

/// Each rule on its own.
pub fn dump_rules(rules: &[&Rule]) -> Vec<String> {
    let one = |rule: &&Rule| {
        let mut out = Dump { text: String::new(), depth: 0 };
        out.rule(rule);
        out.text
    };
    rules.iter().map(one).collect()
}

struct Dump {
    text: String,
    depth: usize,
}

impl Dump {
    fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "{:indent$}{line}", "", indent = self.depth * 2);
    }

    fn block<T>(&mut self, head: &str, members: &[T], each: impl Fn(&mut Self, &T)) {
        self.line(head);
        self.depth += 1;
        for member in members {
            each(self, member);
        }
        self.depth -= 1;
    }

    fn docs(&mut self, docs: Option<&Docs>) {
        if let Some(docs) = docs {
            self.line(&format!("docs {:?}", docs.text));
        }
    }

    fn item(&mut self, kind: &ItemKind) {
        match kind {
            ItemKind::Import(import) => {
                let source = match &import.source {
                    ImportSource::Module(name) => qualified(name),
                    ImportSource::File(text) => format!("{:?}", text.value),
                };
                let names =
                    import.names.as_ref().map(|names| format!(" {{{}}}", words(names))).unwrap_or_default();
                self.line(&format!("import {source}{names}"));
            }
            ItemKind::Let(item) => self.line(&format!("let {} = {}", word(&item.name), expr(&item.value))),
            ItemKind::Subject(item) => {
                self.line(&format!("subject {} = {}", word(&item.name), expr(&item.condition)));
            }
            ItemKind::Predicate(item) => self.line(&format!(
                "predicate {}({}) = {}",
                word(&item.name),
                parameters(&item.parameters),
                expr(&item.body)
            )),
            ItemKind::Param(item) => {
                let default =
                    item.default.as_ref().map(|value| format!(" = {}", expr(value))).unwrap_or_default();
                self.line(&format!("param {}: {}{default}", word(&item.name), ty(&item.ty)));
            }
            ItemKind::Template(item) => self.block(
                &format!("template {}({})", word(&item.name), parameters(&item.parameters)),
                &item.members,
                Self::member,
            ),
            ItemKind::Policy(item) => self.block(
                &format!("policy {} for {}", word(&item.name), subjects(&item.subjects)),
                &item.members,
                Self::member,
            ),
            ItemKind::Assume(item) => self.line(&format!("assume {}", expr(&item.condition))),
            ItemKind::Assert(item) => {
                self.block(&format!("assert {:?}", item.name.value), &item.claims, Self::claim);
            }
            ItemKind::Test(item) => {
                self.block(&format!("test {:?}", item.name.value), &item.steps, Self::step);
            }
            ItemKind::Detect(item) => self.block(
                &format!("detect {} for {}", word(&item.name), subjects(&item.subjects)),
                &item.members,
                Self::detect_member,
            ),
            ItemKind::Error => self.line("error"),
        }
    }

    fn member(&mut self, member: &Member) {
        match member {
            Member::Clause(clause) => self.line(&match &clause.kind {
                ClauseKind::Mode(name) => format!("mode {}", word(name)),
                ClauseKind::DefaultDeny(actions) => format!("default deny {}", words(actions)),
                ClauseKind::Severity(name) => format!("severity {}", word(name)),
                ClauseKind::Unknown(effect) => format!("unknown {:?}", effect.node),
                ClauseKind::Revalidate => "revalidate".to_owned(),
            }),
            Member::Rule(rule) => self.rule(rule),
            Member::Use(item) => {
                let without: Vec<String> = item.without.iter().map(qualified).collect();
                let without = if without.is_empty() {
                    String::new()
                } else {
                    format!(" without {}", without.join(", "))
                };
                self.line(&format!("use {}({}){without}", qualified(&item.template), exprs(&item.arguments)));
            }
            Member::Limit(limit) => {
                self.line(&format!("limit {} {}", word(&limit.resource), expr(&limit.value)));
            }
            Member::Error(_) => self.line("error"),
        }
    }

    fn rule(&mut self, rule: &Rule) {
        self.docs(rule.docs.as_ref());
        let mut line = String::new();
        if let Some(label) = &rule.label {
            let _ = write!(line, "{}: ", word(label));
        }
        let _ = write!(line, "{:?} {}", rule.effect.node, event(&rule.event));
        if let Some(severity) = &rule.severity {
            let _ = write!(line, " severity {}", word(severity));
        }
        if !rule.responses.is_empty() {
            let _ = write!(line, " then {}", responses(&rule.responses));
        }
        if let Some(because) = &rule.because {
            let _ = write!(line, " because {:?}", because.value);
        }
        if let Some(until) = &rule.until {
            let _ = write!(line, " until {}", until.node);
        }
        if let Some(overrides) = &rule.overrides {
            let _ = write!(line, " overrides {}", qualified(overrides));
        }
        self.line(&line);
    }

    fn claim(&mut self, claim: &Claim) {
        match claim {
            Claim::Can(claim) => self.line(&format!(
                "{}{:?} {} can {}",
                if claim.reported.is_some() { "reported " } else { "" },
                claim.quantifier.node,
                subjects(&claim.subjects),
                event(&claim.event)
            )),
            Claim::Error(_) => self.line("error"),
        }
    }

    fn step(&mut self, step: &TestStep) {
        match step {
            TestStep::As(facts) => self.line(&format!("as {}", record(facts))),
            TestStep::Expect(expect) => {
                let mut line = format!(
                    "expect {}{:?} {}{}",
                    if expect.reported.is_some() { "reported " } else { "" },
                    expect.verdict.node,
                    word(&expect.action),
                    object(&expect.object)
                );
                if let Some(target) = &expect.target {
                    let _ = write!(line, " target {}", record(target));
                }
                if let Some(with) = &expect.with {
                    let _ = write!(line, " with {}", record(with));
                }
                if let Some(by) = &expect.by {
                    let _ = write!(line, " by {}", qualified(by));
                }
                self.line(&line);
            }
            TestStep::Error(_) => self.line("error"),
        }
    }

    fn detect_member(&mut self, member: &DetectMember) {
        match member {
            DetectMember::Severity(name) => self.line(&format!("severity {}", word(name))),
            DetectMember::Tags(tags) => self.line(&format!("tags {}", words(tags))),
            DetectMember::Event(pattern) => self.line(&format!("event {}", event(pattern))),
            DetectMember::Sequence(sequence) => self.block(
                &format!("sequence by {}{}", exprs(&sequence.by), within(sequence.within.as_ref())),
                &sequence.steps,
                Self::sequence_step,
            ),
            DetectMember::Count(count) => {
                let distinct = count
                    .distinct
                    .as_ref()
                    .map(|fact| format!(" distinct {}", expr(fact)))
                    .unwrap_or_default();
                self.block(
                    &format!(
                        "count {}{distinct} by {}{}",
                        expr(&count.threshold),
                        exprs(&count.by),
                        within(count.within.as_ref())
                    ),
                    &count.events,
                    Self::sequence_step,
                );
            }
            DetectMember::Then(list) => self.line(&format!("then {}", responses(list))),
            DetectMember::Because(text) => self.line(&format!("because {:?}", text.value)),
            DetectMember::Error(_) => self.line("error"),
        }
    }

    fn sequence_step(&mut self, step: &SequenceStep) {
        match step {
            SequenceStep::Event(pattern) => self.line(&event(pattern)),
            SequenceStep::Error(_) => self.line("error"),
        }
    }
}

fn within(duration: Option<&Expr>) -> String {
    duration.map(|duration| format!(" within {}", expr(duration))).unwrap_or_default()
}

fn word(name: &Name) -> String {
    if name.is_missing() { "‹missing›".to_owned() } else { name.text.to_string() }
}

fn words(names: &[Name]) -> String {
    names.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn qualified(name: &QualifiedName) -> String {
    name.segments.iter().map(word).collect::<Vec<_>>().join(".")
}

fn ty(ty: &TypeExpr) -> String {
    if ty.is_set { format!("[{}]", word(&ty.name)) } else { word(&ty.name) }
}

fn parameters(parameters: &[Parameter]) -> String {
    let one = |parameter: &Parameter| {
        let mut text = word(&parameter.name);
        if let Some(of) = &parameter.ty {
            let _ = write!(text, ": {}", ty(of));
        }
        if let Some(default) = &parameter.default {
            let _ = write!(text, " = {}", expr(default));
        }
        text
    };
    parameters.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn subjects(list: &SubjectList) -> String {
    let except = list.except.as_ref().map(|except| format!(" except {}", expr(except))).unwrap_or_default();
    format!("{}{except}", exprs(&list.items))
}

fn responses(list: &[Response]) -> String {
    let one = |response: &Response| {
        std::iter::once(&response.name).chain(&response.arguments).map(word).collect::<Vec<_>>().join(" ")
    };
    list.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn event(event: &EventPattern) -> String {
    let mut text = words(&event.actions) + &object(&event.object);
    if let Some(except) = &event.except {
        let _ = write!(text, " except {}", expr(except));
    }
    if let Some(condition) = &event.condition {
        let _ = write!(text, " where {}", expr(condition));
    }
    text
}

fn object(object: &Object) -> String {
    let mut text = String::new();
    if !object.items.is_empty() {
        let _ = write!(text, " {}", exprs(&object.items));
    }
    if let Some(place) = &object.place {
        let _ = write!(text, " {:?} {}", place.preposition.node, exprs(&place.items));
    }
    if let Some(port) = &object.port {
        let _ = write!(text, " port {}", expr(port));
    }
    text
}

fn record(record: &Record) -> String {
    let entries: Vec<String> =
        record.entries.iter().map(|entry| format!("{}: {}", expr(&entry.key), expr(&entry.value))).collect();
    format!("{{{}}}", entries.join(", "))
}

fn exprs(list: &[Expr]) -> String {
    list.iter().map(expr).collect::<Vec<_>>().join(", ")
}

fn expr(of: &Expr) -> String {
    match &of.kind {
        ExprKind::Literal(literal) => format!("{literal:?}"),
        ExprKind::Name(name) => word(name),
        ExprKind::Field { base, field } => format!("{}.{}", expr(base), word(field)),
        ExprKind::Index { base, index } => format!("{}[{}]", expr(base), expr(index)),
        ExprKind::Call { callee, arguments } => format!("{}({})", qualified(callee), exprs(arguments)),
        ExprKind::Tree(subject) => format!("(tree {})", expr(subject)),
        ExprKind::Or(operands) => format!("(or {})", exprs(operands)),
        ExprKind::And(operands) => format!("(and {})", exprs(operands)),
        ExprKind::Not(operand) => format!("(not {})", expr(operand)),
        ExprKind::Has(operand) => format!("(has {})", expr(operand)),
        ExprKind::Binary { operator, left, right } => {
            format!("({} {} {})", expr(left), operator.node.as_str(), expr(right))
        }
        ExprKind::Quantified { quantifier, variable, list, body } => {
            format!("({quantifier:?} {} in {}: {})", word(variable), expr(list), expr(body))
        }
        ExprKind::SomeAncestor(condition) => format!("(some ancestor {})", expr(condition)),
        ExprKind::Host(text) => format!("(host {:?})", text.value),
        ExprKind::Any => "any".to_owned(),
        ExprKind::Unknown => "unknown".to_owned(),
        ExprKind::List(elements) => format!("[{}]", exprs(elements)),
        ExprKind::Record(facts) => record(facts),
        ExprKind::Error => "‹error›".to_owned(),
    }
}
