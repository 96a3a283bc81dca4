//! Laws of the checker: it accepts any text, its places lie in the text, order has no meaning, and no text makes it run long.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use warmor_compiler::check::{Checked, Options, check};
use warmor_compiler::diagnostics::{Code, Style, render};
use warmor_compiler::model::{Atom, Cond, CondKind, Model};
use warmor_compiler::resolve::{Origin, Sources};
use warmor_compiler::syntax::ast::ItemKind;

/// A small generator of numbers: the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound.max(1) as u64).unwrap()
    }
}

fn policies(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            policies(&path, found);
        } else if path.extension().is_some_and(|e| e == "warmor") {
            found.push(path);
        }
    }
}

/// Everything the project publishes, and the examples of the error pages.
fn samples() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut paths = Vec::new();
    for folder in ["stdlib", "examples"] {
        policies(&root.join(folder), &mut paths);
    }
    let mut texts: Vec<String> = paths.iter().map(|p| std::fs::read_to_string(p).unwrap()).collect();
    for code in Code::ALL {
        texts.extend(
            code.page()
                .split("\n```warmor")
                .skip(1)
                .filter_map(|block| Some(block.split_once('\n')?.1.split("\n```").next()?.to_owned())),
        );
    }
    texts
}

fn words(text: &str) -> Vec<&str> {
    text.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_').collect()
}

fn sound(text: &str) -> Checked {
    let sources = Sources::single("sample.warmor", text);
    let checked = check(&sources, &Options::default());
    for diagnostic in &checked.diagnostics {
        for label in &diagnostic.labels {
            let file = sources.file(label.span.file).expect("a label is in a file");
            assert!(label.span.start <= label.span.end, "{diagnostic:?}");
            assert!(file.text.get(label.span.range()).is_some(), "{diagnostic:?} is not in the text");
        }
        assert!(!diagnostic.message.is_empty());
    }
    assert!(!render(&sources, &checked.diagnostics, Style::Plain).contains('\u{1b}'));
    checked
}

#[test]
fn damaged_policies_are_checked_all_the_same() {
    let samples = samples();
    let mut dice = Dice(1);
    for _ in 0..600 {
        let text = &samples[dice.below(samples.len())];
        let other = &samples[dice.below(samples.len())];
        let mut parts: Vec<&str> = words(text);
        let foreign = words(other);
        for _ in 0..=dice.below(4) {
            if parts.is_empty() {
                break;
            }
            let at = dice.below(parts.len());
            match dice.below(4) {
                0 => {
                    parts.remove(at);
                }
                1 => parts.insert(at, foreign[dice.below(foreign.len())]),
                2 => parts[at] = foreign[dice.below(foreign.len())],
                _ => {
                    let to = dice.below(parts.len());
                    parts.swap(at, to);
                }
            }
        }
        sound(&parts.concat());
    }
}

#[test]
fn a_manifest_of_any_text_is_read() {
    let good = "[package]\nname = \"shop\"\nversion = \"0.1.0\"\ntarget = \"linux-6.1\"\n[dependencies]\na = { path = \"x\" }\n[lints]\nunused = \"error\"\n";
    let mut dice = Dice(2);
    for _ in 0..400 {
        let mut parts: Vec<&str> = words(good);
        for _ in 0..=dice.below(5) {
            let (a, b) = (dice.below(parts.len()), dice.below(parts.len()));
            if dice.below(2) == 0 {
                parts.swap(a, b);
            } else {
                parts.remove(a);
            }
        }
        let mut sources = Sources::new();
        sources.set("warmor.toml", &parts.concat(), Origin::Manifest);
        let checked = check(&sources, &Options::default());
        for diagnostic in &checked.diagnostics {
            assert!(sources.file(diagnostic.span().file).is_some());
        }
    }
}

fn show(model: &Model, cond: &Cond) -> String {
    match &cond.kind {
        CondKind::Const(value) => value.to_string(),
        CondKind::Not(inner) => format!("not {}", show(model, inner)),
        CondKind::All(parts) => format!("all{:?}", parts.iter().map(|c| show(model, c)).collect::<Vec<_>>()),
        CondKind::Any(parts) => format!("any{:?}", parts.iter().map(|c| show(model, c)).collect::<Vec<_>>()),
        CondKind::Atom(Atom::Member { source, subject }) => {
            format!("{source:?} in {}", model.subject(*subject).name)
        }
        CondKind::Atom(Atom::Ancestor { cond }) => format!("ancestor {}", show(model, cond)),
        CondKind::Atom(other) => format!("{other:?}"),
    }
}

/// What a program means, without numbers and places.
fn meaning(checked: &Checked) -> Vec<String> {
    let model = &checked.partial;
    let mut lines: Vec<String> = Vec::new();
    lines.extend(model.subjects.iter().map(|s| format!("subject {} {}", s.name, show(model, &s.cond))));
    lines.extend(model.policies.iter().map(|p| {
        let scope = show(model, &p.scope.cond(p.span));
        format!(
            "policy {} {scope} {:?} {:?} {:?} {:?}",
            p.name, p.mode, p.unknown, p.default_deny, p.severity
        )
    }));
    lines.extend(model.rules.iter().map(|r| {
        let policy = &model.policy(r.policy).name;
        format!(
            "rule {policy}.{} {:?} {:?} {} {:?}",
            r.label,
            r.effect,
            r.actions,
            show(model, &r.cond()),
            r.severity
        )
    }));
    lines.extend(model.tests.iter().map(|t| format!("test {} {}", t.name, t.expectations.len())));
    lines.extend(model.params.iter().map(|p| format!("{p:?}")));
    lines.extend(checked.diagnostics.iter().map(|d| format!("{} {}", d.code, d.message)));
    lines.sort();
    lines
}

#[test]
fn the_order_of_items_has_no_meaning() {
    let mut dice = Dice(3);
    for text in samples() {
        let sources = Sources::single("sample.warmor", &text);
        let original = check(&sources, &Options::default());
        let file = sources.files().next().unwrap();
        // Of two definitions of one name the first counts, and of those that need each other the first is named; a damaged file has
        // no items that could be moved.
        let by_place = [Code::DuplicateDefinition, Code::Cycle];
        let first_counts = original.diagnostics.iter().any(|d| by_place.contains(&d.code));
        if first_counts
            || !file.errors.is_empty()
            || file.tree.items.iter().any(|i| matches!(i.kind, ItemKind::Error))
        {
            continue;
        }
        let mut chunks: Vec<&str> = file
            .tree
            .items
            .iter()
            .map(|item| {
                let attributes = file.tree.attributes.iter().filter(|a| a.about == item.span);
                let above = attributes.map(|a| a.span).chain(item.docs.as_ref().map(|d| d.span));
                let start = above.map(|span| span.start).min().unwrap_or(item.span.start);
                &file.text[start as usize..item.span.end as usize]
            })
            .collect();
        for i in (1..chunks.len()).rev() {
            chunks.swap(i, dice.below(i + 1));
        }
        let package = file.tree.package.as_ref().map_or("", |p| &file.text[..p.span.end as usize]);
        let shuffled = format!("{package}\n{}\n", chunks.join("\n"));
        let again = check(&Sources::single("sample.warmor", &shuffled), &Options::default());
        assert_eq!(meaning(&original), meaning(&again), "{shuffled}");
    }
}

/// Texts that are short and would be long if they were written out, or deep.
#[test]
fn no_text_makes_the_checker_run_long() {
    let mut texts: Vec<String> = Vec::new();
    let chain = |first: &str, next: &dyn Fn(usize) -> String| {
        let mut text = String::new();
        for i in (1..3000).rev() {
            writeln!(text, "{}", next(i)).unwrap();
        }
        text + first
    };
    texts.push(chain("let a0 = [/x]\n", &|i| format!("let a{i} = [a{}]", i - 1)));
    texts
        .push(chain("subject s0 = process.uid == 0\n", &|i| format!("subject s{i} = process in s{}", i - 1)));
    texts.push(chain("predicate p0() = process.uid == 0\n", &|i| {
        format!("predicate p{i}() = p{}() or p{}()", i - 1, i - 1)
    }));
    texts.push(
        chain("template t0() {\n deny bpf\n}\n", &|i| {
            format!("template t{i}() {{\n use t{}()\n use t{}()\n}}", i - 1, i - 1)
        }) + "policy p for any {\n use t2999()\n}\n",
    );
    texts.push(chain("let b0 = [/x, /y]\n", &|i| format!("let b{i} = [b{}, b{}, b{}]", i - 1, i - 1, i - 1)));
    // Wide: templates that double, few enough not to be too deep.
    let mut doubling = String::from("template t0() {\n deny read /a, /b, /c\n}\n");
    for i in 1..40 {
        writeln!(doubling, "template t{i}() {{\n use t{}()\n use t{}()\n}}", i - 1, i - 1).unwrap();
    }
    texts.push(doubling + "policy p for any {\n use t39()\n}\n");
    // Many mistakes, each of which could ask for a suggestion.
    let mut mistakes = String::new();
    for i in 0..4000 {
        writeln!(mistakes, "let name{i} = [/x]\nlet other{i} = [nmae{i}]").unwrap();
    }
    texts.push(mistakes);
    for text in texts {
        let start = Instant::now();
        sound(&text);
        assert!(start.elapsed() < Duration::from_mins(1), "{} took {:?}", &text[..60], start.elapsed());
    }
}
