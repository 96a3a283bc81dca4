//! A snapshot of one program, which all features are asked of.

use crate::clauses::Clauses;
use crate::lines::LineIndex;
use crate::tested::Tested;
use std::sync::{Arc, OnceLock};
use warmor_compiler::check::{Checked, Options, check};
use warmor_compiler::diagnostics::Diagnostic;
use warmor_compiler::lower::{Classes, Cost, Part, classes, costs, lower};
use warmor_compiler::model::RuleId;
use warmor_compiler::prove::Findings;
use warmor_compiler::resolve::{SourceFile, Sources};
use warmor_compiler::span::{FileId, Span};
use warmor_policy::schema::ACTION_COUNT;

/// A place between two bytes of a file: where the cursor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// How many bytes are before it.
    pub offset: u32,
}

/// What is known of the program beyond its types.
#[derive(Clone, Debug)]
pub enum Proof {
    /// The program has errors: there is nothing to prove yet.
    Impossible,
    /// The prover has not answered for exactly these texts.
    Pending,
    /// Nobody wants to know.
    Unwanted,
    /// Everything that was found in exactly these texts.
    Done(Arc<Findings>),
}

/// A program at one moment. Copies share everything.
#[derive(Clone, Debug)]
pub struct Analysis {
    checked: Arc<Base>,
    proof: Proof,
    /// What the findings say, by the project's lint levels.
    found: Arc<Vec<Diagnostic>>,
    /// What became of its tests, once that is known.
    tested: Option<Arc<Tested>>,
}

#[derive(Debug)]
struct Base {
    sources: Sources,
    checked: Checked,
    options: Options,
    /// By file, made when first asked for.
    lines: Vec<OnceLock<LineIndex>>,
    /// Made when first asked for.
    clauses: OnceLock<Clauses>,
    /// What decisions cost; `None` for a program that fits into no tables.
    costs: OnceLock<Option<[Cost; ACTION_COUNT]>>,
}

/// Something that takes a while to find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known<T> {
    /// Not yet: [`Analysis::measure`] finds it out.
    Not,
    /// It is this.
    Is(T),
    /// There is no answer.
    Never,
}

/// Most rules of a program that is measured while somebody waits.
const MOST_MEASURED: usize = 200;
/// Most rules among which the classes of one are counted: all of them are looked at.
const MOST_CLASSIFIED: usize = 4_000;

impl Analysis {
    /// Checks a program. What is proved of it comes later, by [`with_findings`](Self::with_findings).
    pub fn new(sources: Sources, options: &Options) -> Self {
        let checked = check(&sources, options);
        let lines = sources.files().map(|_| OnceLock::new()).collect();
        let proof = if checked.has_errors() { Proof::Impossible } else { Proof::Pending };
        Self {
            checked: Arc::new(Base {
                sources,
                checked,
                options: options.clone(),
                lines,
                clauses: OnceLock::new(),
                costs: OnceLock::new(),
            }),
            proof,
            found: Arc::default(),
            tested: None,
        }
    }

    /// The same program with what was found in it. They must be the findings of this very program.
    #[must_use]
    pub fn with_findings(&self, findings: Findings) -> Self {
        let found = findings.judged(&self.checked().lints);
        Self { proof: Proof::Done(Arc::new(findings)), found: Arc::new(found), ..self.clone() }
    }

    /// The same program with what became of its tests. They must be the tests of this very program.
    #[must_use]
    pub fn with_tests(&self, tested: Tested) -> Self {
        Self { tested: Some(Arc::new(tested)), ..self.clone() }
    }

    /// What became of its tests, once that is known.
    pub fn tested(&self) -> Option<&Tested> {
        self.tested.as_deref()
    }

    /// The same program, when nothing is to be proved of it.
    #[must_use]
    pub fn unproved(&self) -> Self {
        Self { proof: Proof::Unwanted, ..self.clone() }
    }

    /// Its files.
    pub fn sources(&self) -> &Sources {
        &self.checked.sources
    }

    /// What the checker makes of it.
    pub fn checked(&self) -> &Checked {
        &self.checked.checked
    }

    /// How it was checked.
    pub(crate) fn options(&self) -> &Options {
        &self.checked.options
    }

    /// What is known of it beyond its types.
    pub const fn proof(&self) -> &Proof {
        &self.proof
    }

    /// What was found, once that is known.
    pub fn findings(&self) -> Option<&Findings> {
        match &self.proof {
            Proof::Done(findings) => Some(findings),
            Proof::Impossible | Proof::Pending | Proof::Unwanted => None,
        }
    }

    /// Findings as they are to be reported.
    pub(crate) fn found(&self) -> &[Diagnostic] {
        &self.found
    }

    /// A file of the program.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.sources().file(id)
    }

    /// Where the lines of a file are.
    pub fn lines(&self, id: FileId) -> Option<&LineIndex> {
        let text = &self.file(id)?.text;
        Some(self.checked.lines.get(id.0 as usize)?.get_or_init(|| LineIndex::new(text)))
    }

    /// The names of rules.
    pub(crate) fn clauses(&self) -> &Clauses {
        self.checked.clauses.get_or_init(|| Clauses::collect(self))
    }

    /// Finds out what decisions cost, which takes as long as compiling: of a large program nothing else does it, so whoever has time
    /// for it calls this. What is found is shared by all copies.
    pub fn measure(&self) {
        self.checked.costs.get_or_init(|| {
            let model = self.checked().model()?;
            Some(costs(&lower(model, Part::Whole).ok()?))
        });
    }

    /// Whether that is known, or never will be.
    pub fn is_measured(&self) -> bool {
        self.checked().has_errors() || self.is_small() || self.checked.costs.get().is_some()
    }

    /// What a decision about each action costs at worst.
    pub(crate) fn costs(&self) -> Known<&[Cost]> {
        if cfg!(feature = "tables") && self.is_small() {
            self.measure();
        }
        match self.checked.costs.get() {
            _ if self.checked().has_errors() => Known::Never,
            None => Known::Not,
            Some(None) => Known::Never,
            Some(Some(costs)) => Known::Is(costs),
        }
    }

    /// How finely the object of a rule is told apart.
    pub(crate) fn classes(&self, rule: RuleId) -> Known<Vec<Classes>> {
        let model = &self.checked().partial;
        if self.checked().has_errors() || model.rules.len() > MOST_CLASSIFIED {
            return Known::Never;
        }
        if cfg!(feature = "tables") {
            return classes(model, rule).map_or(Known::Never, Known::Is);
        }
        Known::Not
    }

    /// Whether measuring it is no matter.
    fn is_small(&self) -> bool {
        self.checked().partial.rules.len() <= MOST_MEASURED
    }

    /// The text of a span.
    pub fn text(&self, span: Span) -> &str {
        self.sources().text(span)
    }
}
