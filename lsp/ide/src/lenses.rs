//! Code lenses: what can be asked about the lines below, a click away.

use crate::analysis::Analysis;
use crate::hover::counted;
use crate::show::Subject;
use warmor_compiler::resolve::Origin;
use warmor_compiler::span::{FileId, Span};
use warmor_compiler::syntax::ast::ItemKind;
use warmor_policy::schema::Action;

/// Something to ask about a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lens {
    /// What it is about; it is shown above the first line of that.
    pub span: Span,
    /// What is shown.
    pub title: String,
    /// What is asked.
    pub subject: Subject,
}

/// Rules of longer files have no lens of their own: nobody reads thousands of them.
const MOST_RULES: usize = 500;

/// The lenses of a file, in order.
pub fn lenses(analysis: &Analysis, file: FileId) -> Vec<Lens> {
    let mut out = Vec::new();
    let Some(source) = analysis.file(file).filter(|f| f.origin != Origin::Standard) else { return out };
    let items = &source.tree.items;
    let is_policy = |kind: &ItemKind| matches!(kind, ItemKind::Policy(_) | ItemKind::Detect(_));
    if let Some(first) =
        items.iter().find(|i| is_policy(&i.kind)).filter(|_| !analysis.checked().has_errors())
    {
        let whole = [
            (Subject::Changes, "what has changed since HEAD"),
            (Subject::Reach, "who reaches what"),
            (Subject::Tables, "tables"),
            (Subject::Wat, "WebAssembly"),
        ];
        let span = source.tree.package.as_ref().map_or(first.span, |p| p.span);
        out.extend(whole.map(|(subject, title)| Lens { span, title: title.to_owned(), subject }));
    }
    tests(analysis, file, &mut out);
    witnesses(analysis, file, &mut out);
    rules(analysis, file, &mut out);
    out.sort_by_key(|lens| lens.span.start);
    out
}

fn tests(analysis: &Analysis, file: FileId, out: &mut Vec<Lens>) {
    let tests = analysis.checked().partial.tests.iter().filter(|t| t.span.file == file);
    for test in tests.filter(|_| !analysis.checked().has_errors()) {
        let known = analysis.tested().and_then(|t| t.results.iter().find(|r| r.span == test.span));
        let state = match known {
            None => String::new(),
            Some(result) if result.unmet == 0 => {
                format!(": {} met", counted(result.expectations, "expectation"))
            }
            Some(result) => {
                format!(": {} of {} not met", result.unmet, counted(result.expectations, "expectation"))
            }
        };
        out.push(Lens { span: test.span, title: format!("run test{state}"), subject: Subject::Test });
    }
}

fn witnesses(analysis: &Analysis, file: FileId, out: &mut Vec<Lens>) {
    let reported = analysis.found();
    for found in analysis.findings().iter().flat_map(|f| &f.list) {
        let span = found.diagnostic.span();
        let is_shown = found.witness.is_some() && span.file == file;
        if is_shown && reported.iter().any(|d| d.is_about(&found.diagnostic)) {
            let title = format!("show the event of {}", found.diagnostic.code.id());
            out.push(Lens { span, title, subject: Subject::Witness(found.diagnostic.code) });
        }
    }
}

fn rules(analysis: &Analysis, file: FileId, out: &mut Vec<Lens>) {
    let model = &analysis.checked().partial;
    let rules: Vec<_> = model.rules.iter().filter(|r| r.span.file == file && r.used_at.is_none()).collect();
    if rules.len() > MOST_RULES || analysis.checked().has_errors() {
        return;
    }
    for rule in rules {
        let actions: Vec<&str> = rule.actions.iter().map(Action::name).collect();
        let title = match actions.as_slice() {
            [one] => format!("who can {one} this"),
            _ => "who can do this".to_owned(),
        };
        out.push(Lens { span: rule.span, title, subject: Subject::WhoCan });
    }
}
