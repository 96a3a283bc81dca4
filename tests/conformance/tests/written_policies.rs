//! Every policy that the project publishes is one that its compiler takes: the standard library with its tests, the
//! examples, and the blocks of the documentation.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use warmor_compiler::check::{Checked, Gap, Options, check, gaps_of};
use warmor_compiler::evaluate::{Muted, decide_operation};
use warmor_compiler::lower::{Part, lower};
use warmor_compiler::model::{ClauseRef, Expectation, Mode, Model, RuleEffect};
use warmor_compiler::resolve::{Origin, Sources};
use warmor_compiler::span::Span;
use warmor_compiler::syntax::format::format;
use warmor_compiler::validate::{DEFAULT_BUDGET, validate};
use warmor_policy::verdict::Effect;
use warmor_tests::agree::{Tables, compare};

/// A text in the language, with the name by which a failure is found.
struct Text {
    name: String,
    source: String,
    /// Whether more was put around what is written.
    is_fragment: bool,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The files below a folder with this extension, in the order of their names.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn policies(folder: &str) -> Vec<Text> {
    let root = root();
    files(&root.join(folder), "warmor").into_iter().map(|path| text_of(&root, &path)).collect()
}

fn text_of(root: &Path, path: &Path) -> Text {
    let name = path.strip_prefix(root).unwrap().display().to_string();
    Text { name, source: std::fs::read_to_string(path).unwrap(), is_fragment: false }
}

/// What a block of a page claims to be, by its info string.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Claim {
    /// A complete file that checks clean.
    Clean,
    /// A complete file that yields this finding.
    Finding(String),
}

/// The blocks of the pages whose info string begins with `warmor`, complete: a fragment gets the policy around it.
fn blocks() -> Vec<(Text, Claim)> {
    let root = root();
    let mut pages = vec![root.join("CONTRIBUTING.md"), root.join("README.md")];
    for folder in ["docs", "stdlib", "examples"] {
        pages.extend(files(&root.join(folder), "md"));
    }
    // The pages of the codes have a form and a test of their own, in `warmor-compiler`.
    pages.retain(|page| !page.starts_with(root.join("docs/errors")));
    let mut blocks = Vec::new();
    for page in pages.into_iter().filter(|p| p.exists()) {
        let page = text_of(&root, &page);
        blocks_of(&page, &mut blocks);
    }
    blocks
}

fn blocks_of(page: &Text, blocks: &mut Vec<(Text, Claim)>) {
    let mut lines = page.source.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.trim_start().strip_prefix("```") else { continue };
        let body: Vec<&str> = lines.by_ref().map(|(_, l)| l).take_while(|l| l.trim() != "```").collect();
        let body = body.join("\n") + "\n";
        let Some(kind) = info.strip_prefix("warmor") else { continue };
        let name = format!("{}:{}", page.name, number + 1);
        let (source, claim) = match kind {
            "" => (body, Claim::Clean),
            ",fragment" => (format!("policy fragment for any {{\n{body}}}\n"), Claim::Clean),
            other => match other.strip_prefix(",error(").and_then(|c| c.strip_suffix(')')) {
                Some(code) => (body, Claim::Finding(code.to_owned())),
                None => panic!("{name}: `{info}` is not an info string of these pages"),
            },
        };
        blocks.push((Text { name, source, is_fragment: kind == ",fragment" }, claim));
    }
}

/// Checks texts as one program.
fn program(texts: &[Text], manifest: Option<&Text>) -> (Sources, Checked) {
    let mut sources = Sources::new();
    for text in texts {
        sources.set(&text.name, &text.source, Origin::Root);
    }
    if let Some(manifest) = manifest {
        sources.set(&manifest.name, &manifest.source, Origin::Manifest);
    }
    let checked = check(&sources, &Options::default());
    (sources, checked)
}

fn place(sources: &Sources, span: Span) -> String {
    let Some(file) = sources.file(span.file) else { return "?".to_owned() };
    let line = file.text[..span.start as usize].matches('\n').count() + 1;
    format!("{}:{line}", file.path)
}

/// What is said about a program: nothing, of a clean one. What a release of the kernel programs does not keep to yet is no
/// mistake of a policy.
fn complaints(sources: &Sources, checked: &Checked) -> String {
    let mut out = String::new();
    for diagnostic in checked.diagnostics.iter().filter(|d| d.code.lint() != Some("unenforced")) {
        let at = place(sources, diagnostic.span());
        let help = diagnostic.help.as_deref().unwrap_or_default();
        let _ = writeln!(out, "{at}: {}: {} ({help})", diagnostic.code, diagnostic.message);
    }
    out
}

/// The expectations that do not come true.
fn failures(sources: &Sources, model: &Model) -> String {
    let mut out = String::new();
    for test in &model.tests {
        for expectation in &test.expectations {
            let decision = decide_operation(model, &expectation.events, &Muted::none());
            let effect = if expectation.reported { decision.reported } else { decision.enforced };
            let clause = decision.clause.and_then(|rank| model.clauses().get(rank.0 as usize).copied());
            let by = expectation.by.as_ref().is_none_or(|by| clause.is_some_and(|c| by.contains(&c)));
            if (effect == Effect::Deny) != expectation.deny || !by {
                let at = place(sources, expectation.span);
                let line = sources.text(expectation.span).replace('\n', " ");
                let _ = writeln!(out, "{at}: {line}: {effect:?} by {}", clause_name(model, clause));
            }
        }
    }
    out
}

fn clause_name(model: &Model, clause: Option<ClauseRef>) -> String {
    match clause {
        None => "nothing".to_owned(),
        Some(ClauseRef::Rule(id)) => model.rule(id).label.clone(),
        Some(ClauseRef::Default(id)) => model.policy(id).name.clone(),
        Some(ClauseRef::Detection(index)) => model.detections[index as usize].name.clone(),
    }
}

/// Everything that is wrong with a program that should be clean.
fn wrong(texts: &[Text], manifest: Option<&Text>) -> String {
    let (sources, checked) = program(texts, manifest);
    let mut out = complaints(&sources, &checked);
    if let Some(model) = checked.model() {
        out += &failures(&sources, model);
    }
    out
}

#[test]
fn the_standard_library_is_clean_and_its_tests_pass() {
    let mut errors = String::new();
    for text in policies("stdlib") {
        errors += &wrong(&[text], None);
    }
    assert!(errors.is_empty(), "{errors}");
}

#[test]
fn examples_are_clean_and_their_tests_pass() {
    let root = root();
    let mut errors = String::new();
    let manifests: Vec<PathBuf> =
        files(&root.join("examples"), "toml").into_iter().filter(|p| p.ends_with("warmor.toml")).collect();
    assert!(manifests.len() >= 12, "there are {} examples", manifests.len());
    for manifest in manifests {
        let folder = manifest.parent().unwrap().strip_prefix(&root).unwrap().display().to_string();
        errors += &wrong(&policies(&folder), Some(&text_of(&root, &manifest)));
    }
    assert!(errors.is_empty(), "{errors}");
}

/// The policies, and the complete ones on the pages. Set `UPDATE_PAGES=1` to write them anew.
#[test]
fn policies_are_formatted() {
    let mut unformatted = String::new();
    let texts = ["stdlib", "examples"].into_iter().flat_map(policies);
    let shown = blocks().into_iter().filter(|(text, claim)| *claim == Claim::Clean && !text.is_fragment);
    for text in texts.chain(shown.map(|(text, _)| text)) {
        let formatted = format(&text.source).unwrap();
        if formatted != text.source {
            let _ = writeln!(unformatted, "{}", text.name);
            if std::env::var_os("UPDATE_PAGES").is_some() {
                let path = root().join(text.name.split(':').next().unwrap());
                let file = std::fs::read_to_string(&path).unwrap();
                std::fs::write(&path, file.replace(&text.source, &formatted)).unwrap();
            }
        }
    }
    assert!(unformatted.is_empty(), "`warmorc fmt` changes these:\n{unformatted}");
}

/// A rule that no test exercises is a rule that nobody has tried.
#[test]
fn every_rule_of_an_example_decides_in_one_of_its_tests() {
    let root = root();
    let mut idle = String::new();
    for manifest in files(&root.join("examples"), "toml") {
        let folder = manifest.parent().unwrap().strip_prefix(&root).unwrap().display().to_string();
        let (sources, checked) = program(&policies(&folder), Some(&text_of(&root, &manifest)));
        let model = &checked.partial;
        let decided = |rule: ClauseRef| {
            let events = |e: &Expectation| e.events.iter().any(|event| applies(model, rule, event));
            model.tests.iter().flat_map(|t| &t.expectations).any(events)
        };
        for (index, rule) in model.rules.iter().enumerate() {
            let own = rule.used_at.is_none() && rule.effect != RuleEffect::Audit;
            let clause = ClauseRef::Rule(warmor_compiler::model::RuleId(index as u32));
            if own && !decided(clause) {
                let _ = writeln!(idle, "{}: {}", place(&sources, rule.span), rule.label);
            }
        }
    }
    assert!(idle.is_empty(), "no test tries these rules:\n{idle}");
}

fn applies(model: &Model, rule: ClauseRef, event: &warmor_policy::event::Event) -> bool {
    warmor_compiler::evaluate::applying(model, event).contains(&rule)
}

/// The examples, each as one program.
fn examples() -> Vec<(String, Checked)> {
    let root = root();
    let manifests = files(&root.join("examples"), "toml");
    manifests
        .iter()
        .map(|manifest| {
            let folder = manifest.parent().unwrap().strip_prefix(&root).unwrap().display().to_string();
            let (_, checked) = program(&policies(&folder), Some(&text_of(&root, manifest)));
            (folder, checked)
        })
        .collect()
}

/// Random policies do not look like anybody's: these do.
#[test]
fn tables_decide_the_tests_of_the_examples_as_the_reference_does() {
    for (name, checked) in examples() {
        let model = &checked.partial;
        let mut tables = Tables::new(model).unwrap_or_else(|e| panic!("{name}: {e}"));
        for event in model.tests.iter().flat_map(|t| &t.expectations).flat_map(|e| &e.events) {
            if let Err(answers) = compare(model, &mut tables, event, &[]) {
                panic!("{name}: {event:?}: {answers:?}");
            }
        }
    }
}

#[test]
fn tables_of_the_examples_are_proved_to_mean_what_the_examples_say() {
    for (name, checked) in examples() {
        let model = checked.model().unwrap_or_else(|| panic!("{name} has no model"));
        for part in [Part::Whole, Part::Kernel] {
            let lowered = lower(model, part).unwrap_or_else(|e| panic!("{name}: {e}"));
            let proof = validate(model, part, &lowered.image, DEFAULT_BUDGET);
            assert!(proof.is_ok(), "{name}, {part:?}: {proof:?}");
        }
    }
}

#[test]
fn pages_of_the_examples_show_what_their_tests_report() {
    for (name, checked) in examples() {
        let tests = &checked.partial.tests;
        let mut report = String::from("$ warmorc test\n");
        for test in tests {
            let count = test.expectations.len();
            let plural = if count == 1 { "" } else { "s" };
            let _ = writeln!(report, "ok {} ({count} expectation{plural})", test.name);
        }
        let _ = write!(report, "{} passed, 0 failed\n```", tests.len());
        let page = std::fs::read_to_string(root().join(&name).join("README.md")).unwrap();
        assert!(page.contains(&report), "{name}/README.md does not show this:\n{report}");
    }
}

/// Whoever takes an example for protection reads there what it does not do yet. Set `UPDATE_PAGES=1` to write it anew.
#[test]
fn the_page_of_the_examples_says_what_is_not_enforced() {
    let mut table = String::from("| example | not stopped | not known |\n|---|---|---|\n");
    for (folder, checked) in examples() {
        let model = &checked.partial;
        let mut gaps: Vec<Gap> =
            model.rules.iter().flat_map(|r| gaps_of(model, r)).map(|(gap, _)| gap).collect();
        let postures =
            model.policies.iter().filter(|p| p.mode == Mode::Prevent).flat_map(|p| p.default_deny.iter());
        gaps.extend(postures.filter(|a| !a.is_enforced()).map(Gap::Action));
        let column = |unstopped: bool| {
            let gaps = gaps.iter().filter(|gap| gap.is_unstopped() == unstopped);
            let names: BTreeSet<String> = gaps.map(|gap| format!("`{}`", gap.written(model))).collect();
            names.into_iter().collect::<Vec<_>>().join(" ")
        };
        let name = folder.trim_start_matches("examples/");
        let _ = writeln!(table, "| {name} | {} | {} |", column(true), column(false));
    }
    let path = root().join("examples/README.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (_, rest) = page.split_once("| example | not stopped").expect("the page has the table");
    let end = rest.find("\n\n").map_or(rest.len(), |at| at + 1);
    let written = format!("| example | not stopped{}", &rest[..end]);
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::write(&path, page.replace(&written, &table)).unwrap();
    }
    let page = std::fs::read_to_string(&path).unwrap();
    assert!(
        page.contains(&table),
        "examples/README.md does not say this: UPDATE_PAGES=1 cargo test -p warmor-tests\n{table}"
    );
}

#[test]
fn blocks_of_the_pages_are_what_they_claim() {
    let mut errors = String::new();
    for (text, claim) in blocks() {
        match claim {
            Claim::Clean => errors += &wrong(&[text], None),
            Claim::Finding(code) => {
                let (sources, checked) = program(&[text], None);
                if !checked.diagnostics.iter().any(|d| d.code.id() == code) {
                    let name = sources.files().next().map_or_else(String::new, |f| f.path.clone());
                    let _ =
                        writeln!(errors, "{name}: does not yield {code}\n{}", complaints(&sources, &checked));
                }
            }
        }
    }
    assert!(errors.is_empty(), "{errors}");
}
