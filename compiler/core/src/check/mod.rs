//! From trees to the typed policy: names, types, units, templates, tiers.
//!
//! One walk, no order: whatever is named is computed when it is first needed and kept. A part that is broken is reported
//! once and skipped, its neighbours are checked. Expansion (templates, predicates, lists) has a budget, so that no text can
//! make the compiler run long or take much memory.

mod claims;
mod compare;
mod conds;
mod constants;
mod detections;
mod facts;
mod objects;
mod policies;
mod release;
mod silences;
mod subjects;
mod templates;
mod test_blocks;
mod tiers;
mod types;
mod value;

pub use constants::{Constant, constants};
pub use facts::fact;
pub use policies::{LIMITS, RESPONSES};
pub use release::{Gap, gaps_of};
pub use silences::{Lints, Passes};
pub use tiers::{Obstacle, Tier, tier_of};
pub use types::{MODES, type_names};

use crate::diagnostics::{Code, Diagnostic, Level, Sink};
use crate::model::{Date, FactRef, Model, PolicyId, RuleId, SubjectId, Target};
use crate::resolve::{
    DefId, DefKind, Dependency, LintLevels, Manifest, Names, Origin, Sources, Symbols, read_manifest,
};
use crate::span::{FileId, Span};
use crate::syntax::ast::{Expr, ItemKind};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use value::{Memo, Value};
use warmor_policy::schema::FieldType;

/// Most diagnostics that are reported; the rest is counted.
pub const MAX_DIAGNOSTICS: usize = 100;
/// Most parts (conditions, patterns, rules) that a program may expand to.
pub const MAX_PARTS: usize = 1_000_000;
/// Most entries of one list, when the lists it names are counted in.
pub const MAX_LIST: usize = 65_536;
/// Deepest nesting of expressions through the definitions that they name.
const MAX_NESTING: usize = 256;

/// What the sources do not say.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The package of root files that declare none. The manifest's name goes before this.
    pub package: Option<String>,
    /// What to compile for. Goes before the manifest's target.
    pub target: Option<Target>,
    /// Values for `param`s, as they would be written in a policy.
    pub params: BTreeMap<String, String>,
    /// The current day; without it no rule has expired.
    pub today: Option<Date>,
    /// Levels of warnings. Go before the manifest's.
    pub lints: LintLevels,
    /// The dependencies from repositories whose files are among the sources, by the names that the manifest gives them.
    pub fetched: BTreeSet<String>,
}

/// What checking makes of the sources.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What could be understood. Complete, and fit to be decided on, only without errors: see [`Checked::model`].
    pub partial: Model,
    /// What there is to say, by file and place.
    pub diagnostics: Vec<Diagnostic>,
    /// How many more diagnostics were left out.
    pub left_out: usize,
    /// Definitions and uses of names.
    pub symbols: Symbols,
    /// The project's manifest, if there is one.
    pub manifest: Option<Manifest>,
    /// Which warnings matter: what later passes find is judged by this too.
    pub lints: Lints,
}

impl Checked {
    /// Whether there is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.level == Level::Error)
    }

    /// The program, if there is no error in it.
    pub fn model(&self) -> Option<&Model> {
        (!self.has_errors()).then_some(&self.partial)
    }

    /// The program, or what is wrong with it.
    ///
    /// # Errors
    /// The diagnostics, when one of them is an error.
    pub fn into_model(self) -> Result<Model, Vec<Diagnostic>> {
        if self.has_errors() { Err(self.diagnostics) } else { Ok(self.partial) }
    }
}

/// A value given for a parameter.
struct Given {
    text: String,
    expr: Option<Expr>,
}

/// What a local name stands for.
#[derive(Clone, Debug)]
enum Bound<'s> {
    Value(Rc<Value<'s>>),
    Fact(FactRef),
    /// The variable of a quantifier.
    Variable,
    /// A parameter whose value is not known: a template or predicate is looked at by itself.
    Hole,
}

/// Local names: the parameters of a template or predicate, and the variables of quantifiers.
#[derive(Clone, Debug, Default)]
struct Env<'s> {
    names: Vec<(&'s str, Bound<'s>)>,
}

impl<'s> Env<'s> {
    fn bind(&mut self, name: &'s str, bound: Bound<'s>) {
        self.names.push((name, bound));
    }

    fn get(&self, name: &str) -> Option<&Bound<'s>> {
        self.names.iter().rev().find(|(n, _)| *n == name).map(|(_, bound)| bound)
    }
}

/// A rule as references find it: `policy.template.label`.
struct NamedRule {
    path: String,
    /// `None` for a rule whose time has passed.
    rule: Option<RuleId>,
}

struct Checker<'s> {
    sources: &'s Sources,
    given: &'s HashMap<String, Given>,
    names: Names<'s>,
    today: Option<Date>,
    model: Model,
    sink: Sink,
    /// Diagnostics are dropped while this is not zero: the question is only whether there are some.
    quiet: usize,
    values: Vec<Memo<'s>>,
    subjects: Vec<subjects::State>,
    /// How deeply each subject of the model names others.
    subject_depths: Vec<u32>,
    policies: HashMap<DefId, PolicyId>,
    rules: Vec<NamedRule>,
    /// By last word of the path: places in `rules`.
    rules_by_label: HashMap<String, Vec<u32>>,
    overrides: Vec<(RuleId, &'s crate::syntax::ast::QualifiedName)>,
    detections: HashMap<DefId, u32>,
    tiers: tiers::Memo,
    /// Definitions that are being computed, outermost first.
    active: Vec<DefId>,
    parts: usize,
    nesting: usize,
    /// The table whose names are meant by words that nothing else defines.
    wanted: Option<FieldType>,
}

/// Checks a program: sources in, model and diagnostics out.
pub fn check(sources: &Sources, options: &Options) -> Checked {
    let mut sink = Sink::default();
    let manifest =
        sources.files().find(|f| f.origin == Origin::Manifest).map(|file| read_manifest(file, &mut sink));
    for (name, dependency) in manifest.iter().flat_map(|m| &m.dependencies) {
        if let Dependency::Git { span, .. } = dependency
            && !options.fetched.contains(name)
        {
            let message = format!("the files of the dependency `{name}` are not here");
            sink.push(Diagnostic::new(Code::DependencyNotFetched, *span, message).help(
                "`warmorc` fetches them; where there is no network or no `git`, keep them in the project and name their `path`",
            ));
        }
    }
    for file in sources.files() {
        for error in &file.errors {
            sink.push(crate::diagnostics::syntax_diagnostic(error));
        }
    }
    let given = given(options);
    let mut checker = Checker::new(sources, options, manifest.as_ref(), &given, sink);
    checker.program();
    let Checker { names, mut sink, mut model, .. } = checker;
    names.report_unused(&mut sink);
    model.silences = silences::read(sources, &mut sink);
    let levels = [&options.lints].into_iter().chain(manifest.as_ref().map(|m| &m.lints));
    let mut lints = Lints::new(levels.cloned().collect(), &model.silences);
    let mut diagnostics = lints.judge(sink.into_sorted());
    diagnostics.extend(lints.unused(Passes::Check));
    diagnostics.sort_by_key(place);
    let mut left_out = 0;
    // Errors go before warnings when there is no room for all.
    if diagnostics.len() > MAX_DIAGNOSTICS {
        diagnostics.sort_by_key(|d| std::cmp::Reverse(d.level));
        left_out = diagnostics.len() - MAX_DIAGNOSTICS;
        diagnostics.truncate(MAX_DIAGNOSTICS);
        diagnostics.sort_by_key(place);
    }
    Checked { partial: model, diagnostics, left_out, symbols: names.into_symbols(), manifest, lints }
}

/// The order of diagnostics.
fn place(diagnostic: &Diagnostic) -> (FileId, u32, u32, Code) {
    let span = diagnostic.span();
    (span.file, span.start, span.end, diagnostic.code)
}

/// The expression that a given value is, if it is one.
fn parse_given(text: &str) -> Option<Expr> {
    let source = format!("let given = {text}");
    let parsed = crate::syntax::parse(&source, FileId(u32::MAX));
    let mut items = parsed.file.items.into_iter();
    match (items.next()?.kind, items.next()) {
        (ItemKind::Let(definition), None) if parsed.errors.is_empty() => Some(definition.value),
        _ => None,
    }
}

/// The values that are given for parameters.
fn given(options: &Options) -> HashMap<String, Given> {
    let given = |text: &String| Given { text: text.clone(), expr: parse_given(text) };
    options.params.iter().map(|(name, text)| (name.clone(), given(text))).collect()
}

impl<'s> Checker<'s> {
    /// Knows the names and nothing yet of what they mean.
    fn new(
        sources: &'s Sources,
        options: &Options,
        manifest: Option<&Manifest>,
        given: &'s HashMap<String, Given>,
        mut sink: Sink,
    ) -> Self {
        let package = manifest
            .and_then(|m| m.name.clone())
            .or_else(|| options.package.clone())
            .unwrap_or_else(|| "main".to_owned());
        let names = Names::collect(sources, &package, &mut sink);
        let target = options.target.or_else(|| manifest.and_then(|m| m.target)).unwrap_or_default();
        let declared =
            sources.files().find(|f| f.origin == Origin::Root).and_then(|f| f.tree.package.as_ref());
        Self {
            sources,
            given,
            today: options.today,
            model: Model {
                package: declared.map_or(package, |p| crate::resolve::dotted(&p.name)),
                target,
                ..Model::default()
            },
            sink,
            quiet: 0,
            values: vec![Memo::NotYet; names.defs.len()],
            subjects: vec![subjects::State::NotYet; names.defs.len()],
            subject_depths: Vec::new(),
            policies: HashMap::new(),
            rules: Vec::new(),
            rules_by_label: HashMap::new(),
            overrides: Vec::new(),
            detections: HashMap::new(),
            tiers: tiers::Memo::default(),
            active: Vec::new(),
            parts: 0,
            nesting: 0,
            wanted: None,
            names,
        }
    }
}

impl Checker<'_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        if self.quiet == 0 {
            self.sink.push(diagnostic);
        }
    }

    /// Does something without reporting what is wrong with it.
    fn quietly<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        self.quiet += 1;
        let result = act(self);
        self.quiet -= 1;
        result
    }

    /// Begins to compute a definition. `false`: it is being computed already, and the cycle has been reported.
    fn enter(&mut self, id: DefId) -> bool {
        let Some(start) = self.active.iter().position(|a| *a == id) else {
            self.active.push(id);
            return true;
        };
        let cycle = &self.active[start..];
        // The same cycle is met from each of its members: it is reported at the first of them in the sources.
        let first = cycle.iter().min().copied().unwrap_or(id);
        let rotated = cycle.iter().cycle().skip_while(|d| **d != first).take(cycle.len());
        let mut shown: Vec<String> = rotated.map(|d| format!("`{}`", self.names.def(*d).name.text)).collect();
        let def = self.names.def(first);
        shown.push(format!("`{}`", def.name.text));
        let message = format!("{} `{}` is defined by itself", def.kind.name(), def.name.text);
        let error = Diagnostic::new(Code::Cycle, def.name.span, message)
            .help("definitions cannot be recursive: every policy decides in bounded time");
        let error =
            if shown.len() > 2 { error.note(format!("the cycle is {}", shown.join(" → "))) } else { error };
        self.report(error);
        false
    }

    fn leave(&mut self) {
        self.active.pop();
    }

    /// Goes one step deeper. `None` when that is too deep; reported.
    fn nested<T>(&mut self, span: Span, act: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.nesting >= MAX_NESTING {
            self.report(
                Diagnostic::new(Code::ExpansionTooLarge, span, "definitions are nested too deeply here")
                    .help("name fewer definitions through one another"),
            );
            return None;
        }
        self.nesting += 1;
        let result = act(self);
        self.nesting -= 1;
        result
    }

    /// Does something where names of a table are expected.
    fn wanting<T>(&mut self, kind: FieldType, act: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.wanted, kind.names().is_some().then_some(kind));
        let result = act(self);
        self.wanted = before;
        result
    }

    /// Whether suggestions are worth their time: not when there are more mistakes than will be shown.
    fn suggests(&self) -> bool {
        self.sink.len() <= MAX_DIAGNOSTICS
    }

    /// Counts one part of the expanded program.
    fn spend(&mut self, span: Span) -> Option<()> {
        self.spend_many(1, span)
    }

    /// Counts parts of the expanded program. `None` when there are too many; reported once.
    fn spend_many(&mut self, parts: usize, span: Span) -> Option<()> {
        let before = self.parts;
        self.parts = self.parts.saturating_add(parts);
        if self.parts <= MAX_PARTS {
            return Some(());
        }
        if before <= MAX_PARTS {
            self.report(
                Diagnostic::new(
                    Code::ExpansionTooLarge,
                    span,
                    format!("the program expands to more than {MAX_PARTS} parts here"),
                )
                .help(
                    "use a template or a large list in fewer places, or replace lists by globs and networks",
                ),
            );
        }
        None
    }

    /// Everything, in an order that lets later steps see what they need.
    fn program(&mut self) {
        let ids: Vec<DefId> = self.names.def_ids().collect();
        let adopted = std::mem::take(&mut self.names.adopted);
        let counts = |checker: &Self, id: DefId| {
            checker.names.is_program(checker.names.def(id).item.span) || adopted.contains(&id)
        };
        for id in &ids {
            let def = self.names.def(*id);
            let own = self.names.is_program(def.item.span);
            match (def.kind, own) {
                (DefKind::Subject, true) => {
                    self.subject(*id);
                }
                (DefKind::Let, true) => {
                    self.memo_value(*id);
                }
                (DefKind::Param, true) => self.note_param(*id),
                (DefKind::Predicate, true) => self.predicate_alone(*id),
                (DefKind::Template, true) => self.template_alone(*id),
                _ => {}
            }
        }
        for id in &ids {
            if self.names.def(*id).kind == DefKind::Policy && counts(self, *id) {
                self.policy_head(*id);
            }
        }
        for id in &ids {
            if self.names.def(*id).kind == DefKind::Policy && counts(self, *id) {
                self.policy_body(*id);
            }
        }
        for id in &ids {
            if self.names.def(*id).kind == DefKind::Detect && counts(self, *id) {
                self.detection(*id);
            }
        }
        self.resolve_overrides();
        self.check_tiers();
        self.check_release();
        let sources = self.sources;
        for file in sources.files() {
            for item in &file.tree.items {
                let is_program = matches!(file.origin, Origin::Root | Origin::Imported);
                match &item.kind {
                    ItemKind::Assume(assume) if is_program => self.assumption(assume),
                    ItemKind::Assert(assert) if is_program => self.assertion(assert),
                    ItemKind::Test(test) if is_program => self.test_block(test, item.span),
                    _ => {}
                }
            }
        }
        for (id, policy) in std::mem::take(&mut self.policies) {
            self.world_wide_default(id, policy);
        }
        self.model.features = self.features();
    }

    /// Notes a parameter of the program with its value, for the manifest.
    fn note_param(&mut self, id: DefId) {
        if self.memo_value(id).is_none() {
            return;
        }
        let def = self.names.def(id);
        let ItemKind::Param(param) = &def.item.kind else { return };
        let text = match self.given.get(def.name.as_str()) {
            Some(given) => given.text.clone(),
            None => param.default.as_ref().map_or(String::new(), |d| self.sources.text(d.span).to_owned()),
        };
        self.model.params.push((def.name.text.to_string(), text));
    }

    fn subject_id(&self) -> SubjectId {
        SubjectId(self.model.subjects.len() as u32)
    }
}
