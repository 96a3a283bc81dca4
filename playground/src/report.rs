//! What there is to report.

use crate::crossing::Js;
use crate::values::{Edit, Range};
use crate::workspace::Workspace;
use serde::Serialize;
use tsify::Tsify;
use warmor_compiler::diagnostics::{Applicability, Diagnostic, LabelRole, Level};
use warmor_compiler::resolve::Origin as FileOrigin;
use warmor_ide::{Analysis, Origin};
use wasm_bindgen::prelude::wasm_bindgen;

/// Where the explanation of a code is.
const ERROR_PAGES: &str = "https://github.com/warmor/warmor/blob/main/docs/errors/";

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum LevelWord {
    /// Worth knowing.
    Note,
    /// Probably not what the author means.
    Warning,
    /// The program has no meaning until it is mended.
    Error,
}

/// A place with a word about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct LabelValue {
    /// Where.
    pub range: Range,
    /// What is there; may be empty.
    pub text: String,
    /// Whether the problem is here, or this only helps to understand it.
    pub primary: bool,
}

/// A change that mends a problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct FixValue {
    /// What it does, in a few words.
    pub title: String,
    /// The change.
    pub edit: Edit,
    /// Whether it may be applied without asking.
    pub safe: bool,
}

/// One thing to say about the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct DiagnosticValue {
    /// Which of the known problems it is: `E0203`.
    pub code: String,
    /// Where its explanation is, on the web.
    pub url: String,
    /// How much it matters here.
    pub level: LevelWord,
    /// What is wrong, in one line.
    pub message: String,
    /// Where the problem is.
    pub range: Range,
    /// Places with words about them; the first is the problem's.
    pub labels: Vec<LabelValue>,
    /// What to do about it.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// What else there is to know.
    pub notes: Vec<String>,
    /// Changes that would mend it, best first.
    pub fixes: Vec<FixValue>,
    /// Whether it is known by proof, and not by reading.
    pub proved: bool,
    /// Whether the text does nothing and can go: editors fade it.
    pub unnecessary: bool,
}

/// Things to say, by file and place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct Diagnostics(pub Vec<DiagnosticValue>);

#[wasm_bindgen]
impl Workspace {
    /// Everything there is to say of the files of the program: mistakes at once, findings after `prove` for these very texts.
    pub fn diagnostics(&mut self) -> Js<Diagnostics> {
        let analysis = self.analysis();
        let own = analysis.sources().files().filter(|f| f.origin != FileOrigin::Standard);
        let mut list = Vec::new();
        for file in own {
            let reported = warmor_ide::diagnostics(&analysis, file.id);
            list.extend(reported.iter().map(|r| {
                let known = r.origin == Origin::Proof;
                self.diagnostic(&analysis, r.diagnostic, known, r.is_unnecessary())
            }));
        }
        Js(Diagnostics(list))
    }
}

impl Workspace {
    pub(crate) fn diagnostic(
        &self,
        analysis: &Analysis,
        said: &Diagnostic,
        proved: bool,
        unnecessary: bool,
    ) -> DiagnosticValue {
        let labels = said.labels.iter().map(|label| LabelValue {
            range: self.range(analysis, label.span),
            text: label.text.clone(),
            primary: label.role == LabelRole::Primary,
        });
        let fixes = said.fixes.iter().map(|fix| FixValue {
            title: fix.title.clone(),
            edit: Edit { range: self.range(analysis, fix.span), text: fix.replacement.clone() },
            safe: fix.applicability == Applicability::Safe,
        });
        DiagnosticValue {
            code: said.code.id().to_owned(),
            url: format!("{ERROR_PAGES}{}.md", said.code.id()),
            level: match said.level {
                Level::Note => LevelWord::Note,
                Level::Warning => LevelWord::Warning,
                Level::Error => LevelWord::Error,
            },
            message: said.message.clone(),
            range: self.range(analysis, said.span()),
            labels: labels.collect(),
            help: said.help.clone(),
            notes: said.notes.clone(),
            fixes: fixes.collect(),
            proved,
            unnecessary,
        }
    }
}
