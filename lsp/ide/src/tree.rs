//! A walk over syntax trees that knows what each word is for.
//!
//! The tree has a type for everything; features that ask "what is here?" want one type for all of them. A [`Node`] is a
//! borrowed part of a tree, [`children`] gives the parts of a part in source order, [`path`] the parts around an offset.

use warmor_compiler::resolve::DefKind;
use warmor_compiler::span::Span;
use warmor_compiler::syntax::ast;

/// A part of a tree.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Node<'t> {
    File(&'t ast::File),
    Package(&'t ast::Package),
    Attribute(&'t ast::Attribute),
    Item(&'t ast::Item),
    Parameter(&'t ast::Parameter),
    Type(&'t ast::TypeExpr),
    Clause(&'t ast::Clause),
    Rule(&'t ast::Rule),
    Use(&'t ast::Use),
    Limit(&'t ast::Limit),
    Subjects(&'t ast::SubjectList),
    Event(&'t ast::EventPattern),
    Object(&'t ast::Object),
    Response(&'t ast::Response),
    Claim(&'t ast::CanClaim),
    Expect(&'t ast::Expect),
    Sequence(&'t ast::Sequence),
    Count(&'t ast::Count),
    Record(&'t ast::Record),
    Entry(&'t ast::RecordEntry),
    Expr(&'t ast::Expr),
    Reference(&'t ast::QualifiedName, Reference),
    Word(&'t ast::Name, Word),
    Text(&'t ast::Text),
}

/// What a qualified name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    Package,
    Module,
    Template,
    Predicate,
    /// A rule, a policy or a detection, from `overrides` or `by`.
    Rule,
    /// A rule of the template that is used, from `without`.
    Without,
}

/// What a word is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// The name of a definition, where it is defined.
    Definition(DefKind),
    /// The name of a rule, where it is defined.
    Label,
    /// A parameter of a template or predicate, where it is defined.
    Parameter,
    /// The variable of a quantifier, where it is defined.
    Variable,
    Type,
    Action,
    Mode,
    Severity,
    Resource,
    Response,
    /// What a response is told: whom to alert, what to kill.
    ResponseArgument,
    Tag,
    Attribute,
    AttributeArgument,
    /// A name in the braces of an import.
    Imported,
    /// The only or first word of an expression: a fact, a definition, a local name.
    Value,
    /// A word after a dot of an expression.
    Field,
    /// A word of a [`Reference`].
    Segment(Reference),
}

impl Node<'_> {
    /// Where it is. An item and a rule begin with their doc comments.
    pub(crate) fn span(self) -> Span {
        let documented =
            |docs: &Option<ast::Docs>, span: Span| docs.as_ref().map_or(span, |d| d.span.to(span));
        match self {
            Self::File(x) => x.span,
            Self::Package(x) => documented(&x.docs, x.span),
            Self::Attribute(x) => x.span,
            Self::Item(x) => documented(&x.docs, x.span),
            Self::Parameter(x) => x.span,
            Self::Type(x) => x.span,
            Self::Clause(x) => x.span,
            Self::Rule(x) => documented(&x.docs, x.span),
            Self::Use(x) => x.span,
            Self::Limit(x) => x.span,
            Self::Subjects(x) => x.span,
            Self::Event(x) => x.span,
            Self::Object(x) => x.span,
            Self::Response(x) => x.span,
            Self::Claim(x) => x.span,
            Self::Expect(x) => x.span,
            Self::Sequence(x) => x.span,
            Self::Count(x) => x.span,
            Self::Record(x) => x.span,
            Self::Entry(x) => x.key.span.to(x.value.span),
            Self::Expr(x) => x.span,
            Self::Reference(x, _) => x.span,
            Self::Word(x, _) => x.span,
            Self::Text(x) => x.span,
        }
    }
}

/// Calls `visit` with the parts of a part, in source order but for attributes, which come last.
pub(crate) fn children<'t>(node: Node<'t>, visit: &mut dyn FnMut(Node<'t>)) {
    match node {
        Node::File(file) => {
            file.package.iter().for_each(|p| visit(Node::Package(p)));
            file.items.iter().for_each(|i| visit(Node::Item(i)));
            file.attributes.iter().for_each(|a| visit(Node::Attribute(a)));
        }
        Node::Package(package) => visit(Node::Reference(&package.name, Reference::Package)),
        Node::Attribute(attribute) => {
            visit(Node::Word(&attribute.name, Word::Attribute));
            attribute.arguments.iter().for_each(|a| visit(Node::Word(a, Word::AttributeArgument)));
            attribute.text.iter().for_each(|t| visit(Node::Text(t)));
        }
        Node::Item(item) => item_children(item, visit),
        Node::Parameter(parameter) => {
            visit(Node::Word(&parameter.name, Word::Parameter));
            parameter.ty.iter().for_each(|t| visit(Node::Type(t)));
            parameter.default.iter().for_each(|d| visit(Node::Expr(d)));
        }
        Node::Type(ty) => visit(Node::Word(&ty.name, Word::Type)),
        Node::Clause(clause) => match &clause.kind {
            ast::ClauseKind::Mode(word) => visit(Node::Word(word, Word::Mode)),
            ast::ClauseKind::DefaultDeny(words) => {
                for word in words {
                    visit(Node::Word(word, Word::Action));
                }
            }
            ast::ClauseKind::Severity(word) => visit(Node::Word(word, Word::Severity)),
            ast::ClauseKind::Unknown(_) | ast::ClauseKind::Revalidate => {}
        },
        Node::Rule(rule) => {
            rule.label.iter().for_each(|l| visit(Node::Word(l, Word::Label)));
            visit(Node::Event(&rule.event));
            rule.severity.iter().for_each(|s| visit(Node::Word(s, Word::Severity)));
            rule.responses.iter().for_each(|r| visit(Node::Response(r)));
            rule.because.iter().for_each(|b| visit(Node::Text(b)));
            rule.overrides.iter().for_each(|o| visit(Node::Reference(o, Reference::Rule)));
        }
        Node::Use(used) => {
            visit(Node::Reference(&used.template, Reference::Template));
            used.arguments.iter().for_each(|a| visit(Node::Expr(a)));
            used.without.iter().for_each(|w| visit(Node::Reference(w, Reference::Without)));
        }
        Node::Limit(limit) => {
            visit(Node::Word(&limit.resource, Word::Resource));
            visit(Node::Expr(&limit.value));
        }
        Node::Subjects(subjects) => {
            subjects.items.iter().chain(&subjects.except).for_each(|s| visit(Node::Expr(s)));
        }
        Node::Event(event) => {
            event.actions.iter().for_each(|a| visit(Node::Word(a, Word::Action)));
            visit(Node::Object(&event.object));
            event.except.iter().chain(&event.condition).for_each(|e| visit(Node::Expr(e)));
        }
        Node::Object(object) => {
            object.items.iter().for_each(|i| visit(Node::Expr(i)));
            object.place.iter().flat_map(|p| &p.items).for_each(|i| visit(Node::Expr(i)));
            object.port.iter().for_each(|p| visit(Node::Expr(p)));
        }
        Node::Response(response) => {
            visit(Node::Word(&response.name, Word::Response));
            response.arguments.iter().for_each(|a| visit(Node::Word(a, Word::ResponseArgument)));
        }
        Node::Claim(claim) => {
            visit(Node::Subjects(&claim.subjects));
            visit(Node::Event(&claim.event));
        }
        Node::Expect(expect) => {
            visit(Node::Word(&expect.action, Word::Action));
            visit(Node::Object(&expect.object));
            expect.target.iter().chain(&expect.with).for_each(|r| visit(Node::Record(r)));
            expect.by.iter().for_each(|b| visit(Node::Reference(b, Reference::Rule)));
        }
        Node::Sequence(sequence) => {
            sequence.by.iter().chain(&sequence.within).for_each(|e| visit(Node::Expr(e)));
            steps(&sequence.steps, visit);
        }
        Node::Count(count) => {
            visit(Node::Expr(&count.threshold));
            count.distinct.iter().chain(&count.by).chain(&count.within).for_each(|e| visit(Node::Expr(e)));
            steps(&count.events, visit);
        }
        Node::Record(record) => record.entries.iter().for_each(|e| visit(Node::Entry(e))),
        Node::Entry(entry) => {
            visit(Node::Expr(&entry.key));
            visit(Node::Expr(&entry.value));
        }
        Node::Expr(expr) => expr_children(expr, visit),
        Node::Reference(name, what) => {
            name.segments.iter().for_each(|s| visit(Node::Word(s, Word::Segment(what))));
        }
        Node::Word(..) | Node::Text(_) => {}
    }
}

fn item_children<'t>(item: &'t ast::Item, visit: &mut dyn FnMut(Node<'t>)) {
    use ast::ItemKind as K;
    let mut name = |name: &'t ast::Name, kind| visit(Node::Word(name, Word::Definition(kind)));
    match &item.kind {
        K::Import(import) => {
            match &import.source {
                ast::ImportSource::Module(name) => visit(Node::Reference(name, Reference::Module)),
                ast::ImportSource::File(text) => visit(Node::Text(text)),
            }
            import.names.iter().flatten().for_each(|n| visit(Node::Word(n, Word::Imported)));
        }
        K::Let(x) => {
            name(&x.name, DefKind::Let);
            visit(Node::Expr(&x.value));
        }
        K::Subject(x) => {
            name(&x.name, DefKind::Subject);
            visit(Node::Expr(&x.condition));
        }
        K::Predicate(x) => {
            name(&x.name, DefKind::Predicate);
            x.parameters.iter().for_each(|p| visit(Node::Parameter(p)));
            visit(Node::Expr(&x.body));
        }
        K::Param(x) => {
            name(&x.name, DefKind::Param);
            visit(Node::Type(&x.ty));
            x.default.iter().for_each(|d| visit(Node::Expr(d)));
        }
        K::Template(x) => {
            name(&x.name, DefKind::Template);
            x.parameters.iter().for_each(|p| visit(Node::Parameter(p)));
            members(&x.members, visit);
        }
        K::Policy(x) => {
            name(&x.name, DefKind::Policy);
            visit(Node::Subjects(&x.subjects));
            members(&x.members, visit);
        }
        K::Assume(x) => visit(Node::Expr(&x.condition)),
        K::Assert(x) => {
            visit(Node::Text(&x.name));
            for claim in &x.claims {
                match claim {
                    ast::Claim::Can(claim) => visit(Node::Claim(claim)),
                    ast::Claim::Error(_) => {}
                }
            }
        }
        K::Test(x) => {
            visit(Node::Text(&x.name));
            for step in &x.steps {
                match step {
                    ast::TestStep::As(record) => visit(Node::Record(record)),
                    ast::TestStep::Expect(expect) => visit(Node::Expect(expect)),
                    ast::TestStep::Error(_) => {}
                }
            }
        }
        K::Detect(x) => {
            name(&x.name, DefKind::Detect);
            visit(Node::Subjects(&x.subjects));
            for member in &x.members {
                match member {
                    ast::DetectMember::Severity(word) => visit(Node::Word(word, Word::Severity)),
                    ast::DetectMember::Tags(tags) => {
                        for tag in tags {
                            visit(Node::Word(tag, Word::Tag));
                        }
                    }
                    ast::DetectMember::Event(event) => visit(Node::Event(event)),
                    ast::DetectMember::Sequence(sequence) => visit(Node::Sequence(sequence)),
                    ast::DetectMember::Count(count) => visit(Node::Count(count)),
                    ast::DetectMember::Then(list) => list.iter().for_each(|r| visit(Node::Response(r))),
                    ast::DetectMember::Because(text) => visit(Node::Text(text)),
                    ast::DetectMember::Error(_) => {}
                }
            }
        }
        K::Error => {}
    }
}

fn members<'t>(members: &'t [ast::Member], visit: &mut dyn FnMut(Node<'t>)) {
    for member in members {
        match member {
            ast::Member::Clause(clause) => visit(Node::Clause(clause)),
            ast::Member::Rule(rule) => visit(Node::Rule(rule)),
            ast::Member::Use(used) => visit(Node::Use(used)),
            ast::Member::Limit(limit) => visit(Node::Limit(limit)),
            ast::Member::Error(_) => {}
        }
    }
}

fn steps<'t>(steps: &'t [ast::SequenceStep], visit: &mut dyn FnMut(Node<'t>)) {
    for step in steps {
        match step {
            ast::SequenceStep::Event(event) => visit(Node::Event(event)),
            ast::SequenceStep::Error(_) => {}
        }
    }
}

fn expr_children<'t>(expr: &'t ast::Expr, visit: &mut dyn FnMut(Node<'t>)) {
    use ast::ExprKind as K;
    match &expr.kind {
        K::Literal(_) | K::Any | K::Unknown | K::Error => {}
        K::Name(name) => visit(Node::Word(name, Word::Value)),
        K::Field { base, field } => {
            visit(Node::Expr(base));
            visit(Node::Word(field, Word::Field));
        }
        K::Index { base, index } => {
            visit(Node::Expr(base));
            visit(Node::Expr(index));
        }
        K::Call { callee, arguments } => {
            visit(Node::Reference(callee, Reference::Predicate));
            for argument in arguments {
                visit(Node::Expr(argument));
            }
        }
        K::Tree(inner) | K::Not(inner) | K::Has(inner) | K::SomeAncestor(inner) => visit(Node::Expr(inner)),
        K::Or(parts) | K::And(parts) | K::List(parts) => parts.iter().for_each(|p| visit(Node::Expr(p))),
        K::Binary { left, right, .. } => {
            visit(Node::Expr(left));
            visit(Node::Expr(right));
        }
        K::Quantified { variable, list, body, .. } => {
            visit(Node::Word(variable, Word::Variable));
            visit(Node::Expr(list));
            visit(Node::Expr(body));
        }
        K::Host(text) => visit(Node::Text(text)),
        K::Record(record) => visit(Node::Record(record)),
    }
}

/// Calls `visit` with a part and everything in it, outer parts first.
pub(crate) fn walk<'t>(node: Node<'t>, visit: &mut dyn FnMut(Node<'t>)) {
    visit(node);
    children(node, &mut |child| walk(child, visit));
}

/// The parts around an offset, outermost first. Of two neighbours that meet there, the one that begins there is meant.
pub(crate) fn path(file: &ast::File, offset: u32) -> Vec<Node<'_>> {
    let mut path = vec![Node::File(file)];
    loop {
        let Some(last) = path.last().copied() else { return path };
        let mut best: Option<Node<'_>> = None;
        children(last, &mut |child| {
            let span = child.span();
            let closer = match best.map(Node::span) {
                None => true,
                Some(best) => best.end == offset && span.end > offset,
            };
            if span.touches(offset) && !span.is_empty() && closer {
                best = Some(child);
            }
        });
        match best {
            Some(child) => path.push(child),
            None => return path,
        }
    }
}

/// The words of a name with dots between them.
pub(crate) fn dotted(name: &ast::QualifiedName) -> String {
    name.segments.iter().map(ast::Name::as_str).collect::<Vec<_>>().join(".")
}
