//! The syntax tree: what a file says, before any name is looked up.
//!
//! The tree is *error-tolerant*: parsing always yields one, and what could not be understood is an `Error` node, an empty
//! [`Name`] or a missing optional part. Every statement with such a place has at least one
//! [`SyntaxError`](super::error::SyntaxError) in it, so later passes skip it in silence.
//!
//! Words whose vocabulary is data (actions, groups, modes, severities, limits, responses, field names) are kept as
//! [`Name`]s: the field schema decides what they mean, not the grammar.
//!
//! Nesting is bounded by [`MAX_DEPTH`](super::MAX_DEPTH): walking a tree by recursion is safe.

#![expect(
    clippy::large_enum_variant,
    reason = "nearly every element of such a list is the large variant: boxing saves nothing"
)]

use std::net::IpAddr;

pub use crate::date::Date;
use crate::span::Span;

/// A value with the place where it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// What was written.
    pub node: T,
    /// Where.
    pub span: Span,
}

/// One word: the name of a thing, at its definition or its use. Empty where a name is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The word as written.
    pub text: Box<str>,
    /// Where.
    pub span: Span,
}

impl Name {
    /// Whether the source has no name here (already reported).
    pub fn is_missing(&self) -> bool {
        self.text.is_empty()
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// A name with the modules or policies it is looked up through: `credentials`, `files.credentials`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QualifiedName {
    /// The words between the dots, at least one.
    pub segments: Vec<Name>,
    /// From the first word to the last.
    pub span: Span,
}

/// A quoted string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The characters, escapes resolved. `\*`, `\?`, `\[`, `\]`, `\{`, `\}` keep their backslash: they are glob escapes.
    pub value: Box<str>,
    /// With the quotes.
    pub span: Span,
}

/// The `##` lines right above a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Docs {
    /// The lines without `##` and the one space after it, joined by line feeds.
    pub text: Box<str>,
    /// From the first `##` to the end of the last line.
    pub span: Span,
}

/// A whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// `package a.b`, the first statement where there is one.
    pub package: Option<Package>,
    /// Everything else, in source order. The order has no meaning.
    pub items: Vec<Item>,
    /// The attributes of the whole file, wherever they stand: each knows what it is about.
    pub attributes: Vec<Attribute>,
    /// The whole text.
    pub span: Span,
}

/// `@silence(W0402, "why")`, above an item, a rule or another line of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The word, without its sign.
    pub name: Name,
    /// The words in parentheses.
    pub arguments: Vec<Name>,
    /// The text after them.
    pub text: Option<Text>,
    /// From the sign to the closing parenthesis.
    pub span: Span,
    /// The statement below, which it is about; above `package`, the whole file.
    pub about: Span,
}

/// `package shop`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The `##` lines above.
    pub docs: Option<Docs>,
    /// The dotted name.
    pub name: QualifiedName,
    /// The statement.
    pub span: Span,
}

/// A definition or statement at the top level of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The `##` lines above.
    pub docs: Option<Docs>,
    /// What it is.
    pub kind: ItemKind,
    /// From the keyword to the last token.
    pub span: Span,
}

/// What an [`Item`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// `import std.files.{credentials}`
    Import(Import),
    /// `let web_roots = [/var/www/**]`
    Let(Let),
    /// `subject nginx = process.exe in [/usr/sbin/nginx]`
    Subject(Subject),
    /// `predicate system(p: Path) = p in [/usr/**]`
    Predicate(Predicate),
    /// `param PORT: Port = 8080`
    Param(Param),
    /// `template static_site(root: Path) { … }`
    Template(Template),
    /// `policy web_tier for nginx { … }`
    Policy(Policy),
    /// `assume shop_db in private_v4`
    Assume(Assume),
    /// `assert "…" { … }`
    Assert(Assert),
    /// `test "…" { … }`
    Test(Test),
    /// `detect reverse_shell for any { … }`
    Detect(Detect),
    /// Tokens that are no item.
    Error,
}

/// `import a.b`, `import a.b.{c, d}`, `import "./x.warmor"`, `import "./x.warmor".{c}`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The module.
    pub source: ImportSource,
    /// The names in braces. `None`: without braces, the module is reached as `b.name` under its last segment, and a file
    /// gives all its names.
    pub names: Option<Vec<Name>>,
}

/// Where an [`Import`] looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportSource {
    /// A module by its dotted name.
    Module(QualifiedName),
    /// A file, relative to the importing one.
    File(Text),
}

/// `let NAME = expr`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Let {
    /// The defined name.
    pub name: Name,
    /// Its value.
    pub value: Expr,
}

/// `subject NAME = expr`: a named predicate over a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The defined name.
    pub name: Name,
    /// Who belongs to it.
    pub condition: Expr,
}

/// `predicate NAME(params) = expr`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predicate {
    /// The defined name.
    pub name: Name,
    /// What it is called with.
    pub parameters: Vec<Parameter>,
    /// Its meaning.
    pub body: Expr,
}

/// `param NAME: Type = default`: a value from outside, bound at compile time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// The defined name.
    pub name: Name,
    /// Its type.
    pub ty: TypeExpr,
    /// The value when none is given; without it, one must be given.
    pub default: Option<Expr>,
}

/// A parameter of a predicate or template: `port: Port = 80`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in the body.
    pub name: Name,
    /// Its type; inferred from use where it is left out.
    pub ty: Option<TypeExpr>,
    /// The value when the call gives none.
    pub default: Option<Expr>,
    /// The whole parameter.
    pub span: Span,
}

/// The name of a type, or a set of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeExpr {
    /// The type's name (or that of the set's elements); missing where erroneous.
    pub name: Name,
    /// `[T]`
    pub is_set: bool,
    /// The whole type.
    pub span: Span,
}

/// `template NAME(params) { rules }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The defined name.
    pub name: Name,
    /// What `use` gives.
    pub parameters: Vec<Parameter>,
    /// Rules, limits, uses (a clause here is reported).
    pub members: Vec<Member>,
}

/// `policy NAME for S, T except U { clauses rules }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The defined name.
    pub name: Name,
    /// Whose operations it decides.
    pub subjects: SubjectList,
    /// Clauses, then rules, limits, uses.
    pub members: Vec<Member>,
}

/// `S, T except U`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectList {
    /// Subject names, `tree(S)` or `any`.
    pub items: Vec<Expr>,
    /// One subject, or a list of them.
    pub except: Option<Expr>,
    /// The whole list.
    pub span: Span,
}

/// A line of a policy or template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// `mode prevent`, `default deny read`, …
    Clause(Clause),
    /// `deny read /etc/shadow`
    Rule(Rule),
    /// `use dynamic_program()`
    Use(Use),
    /// `limit memory 512MiB`
    Limit(Limit),
    /// Tokens that are none of these.
    Error(Span),
}

/// A statement about the policy as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Which.
    pub kind: ClauseKind,
    /// The whole clause.
    pub span: Span,
}

/// What a [`Clause`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClauseKind {
    /// `mode prevent` or `mode detect`
    Mode(Name),
    /// `default deny read, write`
    DefaultDeny(Vec<Name>),
    /// `severity high`
    Severity(Name),
    /// `unknown deny` or `unknown allow`
    Unknown(Spanned<Effect>),
    /// `revalidate`
    Revalidate,
}

/// What a rule does with the events it applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Permits, where nothing denies.
    Allow,
    /// Forbids.
    Deny,
    /// Records, and changes nothing.
    Audit,
}

/// `label: deny exec shells where … severity … then … because … until … overrides …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The `##` lines above.
    pub docs: Option<Docs>,
    /// The name before the colon.
    pub label: Option<Name>,
    /// `allow`, `deny` or `audit`.
    pub effect: Spanned<Effect>,
    /// The events it is about.
    pub event: EventPattern,
    /// `severity critical`
    pub severity: Option<Name>,
    /// `then kill, alert secops`
    pub responses: Vec<Response>,
    /// `because "…"`
    pub because: Option<Text>,
    /// `until 2027-01-31`
    pub until: Option<Spanned<Date>>,
    /// `overrides RULE`
    pub overrides: Option<QualifiedName>,
    /// From the label or effect to the last token.
    pub span: Span,
}

/// Actions on an object: the part that rules, assertions and detections share.
///
/// The grammar does not know which object an action takes; [`Object`] says how each kind is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPattern {
    /// Actions and groups, at least one unless erroneous: `read`, `modify`.
    pub actions: Vec<Name>,
    /// What they act on.
    pub object: Object,
    /// `except [/etc/hostname]`: one pattern or a list.
    pub except: Option<Expr>,
    /// `where role == binary`
    pub condition: Option<Expr>,
    /// From the first action to the last token.
    pub span: Span,
}

/// What an action acts on.
///
/// | kind | written | parts |
/// |---|---|---|
/// | none | `deny bpf` | all empty |
/// | paths | `read /etc/**, web_roots` | `items` |
/// | names | `capability [CAP_SYS_ADMIN]` | `items` |
/// | processes | `ptrace worker` | `items` |
/// | endpoint | `connect tcp to 10.0.0.0/8 port 80` | `items` = protocols, `place` = addresses, `port` |
/// | two paths (tests) | `rename /a to /b` | `items` = source, `place` = target |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What stands before any preposition.
    pub items: Vec<Expr>,
    /// `to …`, `from …`, `on …`
    pub place: Option<Place>,
    /// `port 443`, `port [80, 8000-8100]`
    pub port: Option<Expr>,
    /// The whole object; empty, after the action, where there is none.
    pub span: Span,
}

/// The other end of a connection, or the local one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which word stands before it.
    pub preposition: Spanned<Preposition>,
    /// Addresses, prefixes, subjects, `host "…"`, `any`; paths after `rename … to`.
    pub items: Vec<Expr>,
}

/// The word between an action and a [`Place`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preposition {
    /// `connect … to`, `send … to`, `rename … to`
    To,
    /// `accept … from`
    From,
    /// `bind … on`, `listen … on`
    On,
}

/// What happens besides the verdict: `kill`, `kill tree`, `alert secops oncall`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The first word.
    pub name: Name,
    /// The words after it.
    pub arguments: Vec<Name>,
    /// All of them.
    pub span: Span,
}

/// `use NAME(args) without LABEL`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The template.
    pub template: QualifiedName,
    /// Values for its parameters, by position.
    pub arguments: Vec<Expr>,
    /// Labels of rules to leave out.
    pub without: Vec<QualifiedName>,
    /// The whole statement.
    pub span: Span,
}

/// `limit memory 512MiB`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// `memory`, `cpu`, `processes` or `open_files`.
    pub resource: Name,
    /// The bound.
    pub value: Expr,
    /// The whole statement.
    pub span: Span,
}

/// `assume expr`: a fact of the domain that analysis may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assume {
    /// What is taken as true.
    pub condition: Expr,
}

/// `assert "…" { never web can … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assert {
    /// The sentence in quotes.
    pub name: Text,
    /// What must hold, all of it.
    pub claims: Vec<Claim>,
}

/// A line of an [`Assert`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// `never web can connect tcp to any`
    Can(CanClaim),
    /// Tokens that are no claim.
    Error(Span),
}

/// `[reported] never|always|only S can EVENT`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanClaim {
    /// The word `reported`: the claim is about what is reported, not about what is enforced.
    pub reported: Option<Span>,
    /// How many of the events.
    pub quantifier: Spanned<ClaimQuantifier>,
    /// Who.
    pub subjects: SubjectList,
    /// What.
    pub event: EventPattern,
    /// The whole claim.
    pub span: Span,
}

/// The first word of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClaimQuantifier {
    /// No such event of these subjects is allowed.
    Never,
    /// Every such event of these subjects is allowed.
    Always,
    /// No such event of any other process is allowed.
    Only,
}

/// `test "…" { as { … } expect … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// The sentence in quotes.
    pub name: Text,
    /// In order: each `expect` is about the process of the `as` before it.
    pub steps: Vec<TestStep>,
}

/// A line of a [`Test`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestStep {
    /// `as { process.exe: /usr/sbin/nginx, ancestors: [{ exe: /sbin/init }] }`
    As(Record),
    /// `expect deny read /etc/shadow`
    Expect(Expect),
    /// Tokens that are neither.
    Error(Span),
}

/// `expect [reported] allow|deny ACTION OBJECT [target { … }] [with { … }] [by RULE]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    /// The word `reported`: the reported verdict is meant, not the enforced one.
    pub reported: Option<Span>,
    /// The expected verdict; never [`Effect::Audit`].
    pub verdict: Spanned<Effect>,
    /// The action; missing where erroneous.
    pub action: Name,
    /// Concrete: one path, one endpoint, `unknown`.
    pub object: Object,
    /// Facts of the process acted on, without the prefix `target.`.
    pub target: Option<Record>,
    /// Further facts of the event: `role`, `args`, `flags`, `signal`, `time`, `host`.
    pub with: Option<Record>,
    /// The rule that must be the deciding one.
    pub by: Option<QualifiedName>,
    /// The whole statement.
    pub span: Span,
}

/// `detect NAME for S { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detect {
    /// The defined name.
    pub name: Name,
    /// Whose events it watches.
    pub subjects: SubjectList,
    /// What it says, in source order.
    pub members: Vec<DetectMember>,
}

/// A line of a [`Detect`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DetectMember {
    /// `severity critical`
    Severity(Name),
    /// `tags [attack.t1059.004]`: words may start with a digit after a dot, and a tag may be a quoted string.
    Tags(Vec<Name>),
    /// `exec shells`: one event is enough.
    Event(EventPattern),
    /// `sequence by process.tree within 30s { … }`
    Sequence(Sequence),
    /// `count 5 distinct address by process.tree within 60s { … }`
    Count(Count),
    /// `then kill tree, alert secops`
    Then(Vec<Response>),
    /// `because "…"`
    Because(Text),
    /// Tokens that are none of these.
    Error(Span),
}

/// Events that must follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// Facts on which all events must agree.
    pub by: Vec<Expr>,
    /// The longest time from the first event to the last; without it the state has no bound (reported by a later pass).
    pub within: Option<Expr>,
    /// The events, in order.
    pub steps: Vec<SequenceStep>,
    /// The whole block.
    pub span: Span,
}

/// A line of a [`Sequence`] or [`Count`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SequenceStep {
    /// `exec shells`
    Event(EventPattern),
    /// Tokens that are no event.
    Error(Span),
}

/// A number of events, any of the listed ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// How many are needed.
    pub threshold: Expr,
    /// Count different values of this fact instead of events.
    pub distinct: Option<Expr>,
    /// Facts on which all events must agree.
    pub by: Vec<Expr>,
    /// The length of the sliding window.
    pub within: Option<Expr>,
    /// The events, any of them.
    pub events: Vec<SequenceStep>,
    /// The whole block.
    pub span: Span,
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Without surrounding parentheses.
    pub span: Span,
}

/// What an [`Expr`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExprKind {
    /// `512MiB`, `/etc/**`, `"x"`
    Literal(Literal),
    /// `web_roots`, `role`, `process`: a variable, a definition or the first word of a fact.
    Name(Name),
    /// `process.exe`
    Field {
        /// What stands before the dot.
        base: Box<Expr>,
        /// What stands after it.
        field: Name,
    },
    /// `pod.labels["app"]`
    Index {
        /// What stands before the bracket.
        base: Box<Expr>,
        /// What stands in it.
        index: Box<Expr>,
    },
    /// `system(path)`: a predicate.
    Call {
        /// The predicate's name.
        callee: QualifiedName,
        /// What it is called with.
        arguments: Vec<Expr>,
    },
    /// `tree(S)`: everything started below a member of S.
    Tree(Box<Expr>),
    /// `a or b or c`: two or more.
    Or(Vec<Expr>),
    /// `a and b and c`: two or more.
    And(Vec<Expr>),
    /// `not a`
    Not(Box<Expr>),
    /// `has process.script`
    Has(Box<Expr>),
    /// `a == b`, `a in b`, `a + b`
    Binary {
        /// The operator.
        operator: Spanned<BinaryOperator>,
        /// What stands before it.
        left: Box<Expr>,
        /// What stands after it.
        right: Box<Expr>,
    },
    /// `any(x in args, x == "-i")`, `all(x in args, …)`
    Quantified {
        /// Which of the two.
        quantifier: Quantifier,
        /// Bound in `body`.
        variable: Name,
        /// What it ranges over.
        list: Box<Expr>,
        /// What must hold of one, or of each.
        body: Box<Expr>,
    },
    /// `some ancestor (process.exe == /usr/sbin/sshd)`
    SomeAncestor(Box<Expr>),
    /// `host "*.example.com"`
    Host(Text),
    /// `any`: every object of the kind, every subject.
    Any,
    /// `unknown`: a fact whose value cannot be known (tests only).
    Unknown,
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{ process.uid: 33 }`
    Record(Record),
    /// Tokens that are no expression.
    Error,
}

/// `{ key: value, … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// In source order; keys may repeat (reported by a later pass).
    pub entries: Vec<RecordEntry>,
    /// With the braces.
    pub span: Span,
}

/// `process.exe: /usr/sbin/nginx`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordEntry {
    /// A word, a dotted fact, a quoted string or `pod.labels["app"]`.
    pub key: Expr,
    /// What it is set to.
    pub value: Expr,
}

/// Which elements of a list a condition must hold for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// At least one.
    Any,
    /// Each.
    All,
}

/// An operator between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOperator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `in`
    In,
    /// `not in`
    NotIn,
    /// `matches`
    Matches,
    /// `contains`
    Contains,
    /// `starts_with`
    StartsWith,
    /// `ends_with`
    EndsWith,
    /// `+`
    Add,
    /// `-`
    Subtract,
}

impl BinaryOperator {
    /// The operator as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Matches => "matches",
            Self::Contains => "contains",
            Self::StartsWith => "starts_with",
            Self::EndsWith => "ends_with",
            Self::Add => "+",
            Self::Subtract => "-",
        }
    }
}

/// A value that is written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `true`, `false`
    Bool(bool),
    /// `33`
    Int(u64),
    /// `512MiB`, in bytes.
    Size(u64),
    /// `30s`, in nanoseconds.
    Duration(u64),
    /// `80%`, in percent; may exceed 100.
    Share(u64),
    /// `"…"`, escapes resolved as in [`Text`].
    String(Box<str>),
    /// An unquoted path without glob characters. Backslashes are kept as written: each takes the next byte literally.
    Path(Box<str>),
    /// An unquoted path with glob characters, as written.
    Glob(Box<str>),
    /// `10.0.0.1`, `::1`
    Ip(IpAddr),
    /// `10.0.0.0/8`, as written: bits below the prefix may be set (reported by a later pass).
    Cidr {
        /// The address before the slash.
        address: IpAddr,
        /// At most 32 or 128.
        prefix: u8,
    },
    /// `9000-9100`, both ends included; `first <= last`.
    Range {
        /// The smallest number.
        first: u64,
        /// The greatest number.
        last: u64,
    },
    /// `2027-01-31`
    Date(Date),
}

impl Policy {
    /// The rules, without those of templates.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        rules(&self.members)
    }

    /// The clauses, wherever they stand.
    pub fn clauses(&self) -> impl Iterator<Item = &Clause> {
        self.members.iter().filter_map(|member| match member {
            Member::Clause(clause) => Some(clause),
            _ => None,
        })
    }
}

impl Template {
    /// The rules, without those of other templates.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        rules(&self.members)
    }
}

fn rules(members: &[Member]) -> impl Iterator<Item = &Rule> {
    members.iter().filter_map(|member| match member {
        Member::Rule(rule) => Some(rule),
        _ => None,
    })
}
