//! What changes of programs are said to change. Each file in `tests/difference` is a case: what is to be said, the old program, the new one.
//!
//! Lines of a case: `# > KIND ACTIONS: OLD -> NEW` is a group, with the clauses that settle it (`-` for none); `# > setting TENDENCY: TEXT`;
//! `# = same` is that there is no difference; `# = idle EDIT CLAUSE` is an edit that is proved to have no effect.

use crate::harness::{Folder, Run};
use crate::sarif::errors;
use insta::assert_snapshot;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// What the JSON says, in the words of a case.
fn told(value: &Value) -> Vec<String> {
    let text = |v: &Value| v.as_str().unwrap_or("-").to_owned();
    let list = |v: &Value| v.as_array().cloned().unwrap_or_default();
    let mut lines: Vec<String> = Vec::new();
    for group in list(&value["groups"]) {
        let actions: Vec<String> = list(&group["examples"]).iter().map(|e| text(&e["action"])).collect();
        let (old, new) = (text(&group["old"]["clause"]["name"]), text(&group["new"]["clause"]["name"]));
        lines.push(format!("> {} {}: {old} -> {new}", text(&group["kind"]), actions.join(", ")));
    }
    if value["answer"] == "same" {
        lines.push("= same".to_owned());
    }
    for edit in list(&value["edits"]).iter().filter(|e| e["effect"] == "none") {
        let clause = if edit["new"].is_null() { &edit["old"] } else { &edit["new"] };
        lines.push(format!("= idle {} {}", text(&edit["edit"]), text(&clause["name"])));
    }
    lines
}

#[test]
fn every_case_is_told_as_it_says() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/difference");
    let mut failures = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(cases).unwrap() {
        let path = entry.unwrap().path();
        let case = std::fs::read_to_string(&path).unwrap();
        let (old, new) = case.split_once("\n#### new\n").unwrap();
        let marks = ["> ", "= "];
        let expected: Vec<String> = old
            .lines()
            .filter_map(|l| l.strip_prefix("# "))
            .filter(|l| marks.iter().any(|m| l.starts_with(m)))
            .map(str::to_owned)
            .collect();
        let folder = Folder::new();
        folder.write("old.warmor", old);
        folder.write("new.warmor", new);
        let run = folder.run("diff old.warmor new.warmor --format json");
        let Ok(value) = serde_json::from_str::<Value>(&run.stdout()) else {
            failures.push(format!("{}: {}", path.display(), run.all()));
            continue;
        };
        let mut found = told(&value);
        let text = folder.run("diff old.warmor new.warmor").stdout();
        for setting in value["settings"].as_array().unwrap() {
            let subject = if setting["setting"] == "correlation" {
                "detection"
            } else {
                setting["setting"].as_str().unwrap()
            };
            let line = text.lines().find(|l| l.trim_start().starts_with(subject)).unwrap_or_default();
            found.push(format!("> setting {}: {}", setting["tendency"].as_str().unwrap(), line.trim()));
        }
        let mut wanted = expected.clone();
        // That an edit has no effect is only looked at where the case says so.
        if !expected.iter().any(|l| l.starts_with("= idle")) {
            found.retain(|l| !l.starts_with("= idle"));
        }
        found.sort();
        wanted.sort();
        if found != wanted || run.code() != 0 {
            failures.push(format!(
                "{}:\n  wanted {wanted:#?}\n  found {found:#?}\n{}",
                path.display(),
                run.stderr()
            ));
        }
        let clean = expected.iter().any(|l| l == "= same");
        let any = folder.run("diff old.warmor new.warmor --fail-on any").code();
        let widened = folder.run("diff old.warmor new.warmor --fail-on widened").code();
        let wider = value["widened"].as_bool().unwrap();
        if (any, widened) != (i32::from(!clean), i32::from(wider)) {
            failures.push(format!("{}: exit codes {any} and {widened}, wider: {wider}", path.display()));
        }
        for format in ["sarif", "github", "markdown"] {
            let run = folder.run(&format!("diff old.warmor new.warmor --format {format}"));
            let errors = if format == "sarif" { errors(&run.stdout()) } else { Vec::new() };
            if run.code() != 0 || !errors.is_empty() {
                failures.push(format!("{}: {errors:?} {}", path.display(), run.all()));
            }
        }
        count += 1;
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(count > 40, "{count}");
}

/// A change with something of everything.
fn changed_shop() -> Folder {
    let folder = Folder::new();
    folder.write("old.warmor", crate::SHOP);
    let new = crate::SHOP
        .replace("public.pem]", "*.pem]")
        .replace("then kill, alert secops", "then alert secops")
        .replace("  logs: audit read /var/log/nginx/*\n", "")
        .replace("deny exec command_shells", "deny exec command_shells, /usr/bin/nc")
        .replace("/var/www/**, /etc/nginx/**", "/etc/nginx/**, /var/www/*, /var/www/*/**");
    folder.write("new.warmor", new);
    folder
}

#[test]
fn a_difference_for_people() {
    assert_snapshot!(changed_shop().run("diff old.warmor new.warmor").all());
}

#[test]
fn a_difference_for_a_pull_request() {
    assert_snapshot!(changed_shop().run("diff old.warmor new.warmor --format markdown").all());
}

#[test]
fn a_difference_as_annotations() {
    assert_snapshot!(changed_shop().run("diff old.warmor new.warmor --format github").all());
}

#[test]
fn a_difference_as_json() {
    assert_snapshot!(changed_shop().run("diff old.warmor new.warmor --format json").all());
}

#[test]
fn a_difference_for_code_scanning() {
    let run = changed_shop().run("diff old.warmor new.warmor --format sarif");
    assert_eq!(errors(&run.stdout()), Vec::<String>::new());
    assert_snapshot!(run.all());
}

#[test]
fn what_the_budget_does_not_settle_is_said() {
    let run = changed_shop().run("diff old.warmor new.warmor --budget 1");
    assert_eq!(run.code(), 3);
    assert!(run.stdout().contains("not all of it is known"), "{}", run.all());
}

#[test]
fn colour_is_for_terminals() {
    let folder = changed_shop();
    assert!(!folder.run("diff old.warmor new.warmor").stdout().contains('\u{1b}'));
    assert!(folder.run("diff old.warmor new.warmor --color always").stdout().contains('\u{1b}'));
}

#[test]
fn a_comment_is_bounded() {
    let folder = Folder::new();
    let rule =
        |n: usize| format!("  rule_{n}: deny read /srv/a_rather_long_name_of_a_folder/number_{n}/**\n");
    let policy =
        |rules: String| format!("policy p for any {{\n  mode prevent\n  none: deny bpf\n{rules}}}\n");
    folder.write("old.warmor", policy((0..300).map(rule).collect()));
    folder.write("new.warmor", policy(String::new()));
    let run = folder.run("diff old.warmor new.warmor --format markdown");
    let text = run.stdout();
    assert_eq!(run.code(), 0);
    assert!(
        text.len() < 60_000 && text.contains("more groups (`warmorc diff --format json` has all)"),
        "{text}"
    );
    assert!(text.starts_with("### Policy changes: 300 differences, 300 of them wider\n"), "{text}");
}

#[test]
fn an_artifact_is_the_program_it_was_compiled_from() {
    let folder = Folder::new();
    let program = "package shop\nparam PORT: Port = 80\npolicy p for any {\n  mode prevent\n  old: deny read /srv/old until 2025-12-31\n  \
                   web_port: deny connect tcp to any port PORT\n}\n";
    folder.write("p.warmor", program);
    assert_eq!(folder.run("compile p.warmor -o p.wasm --set PORT=81").code(), 0);
    let same = folder.run("diff p.wasm p.warmor --set PORT=81");
    assert!(
        same.stdout().ends_with("p.wasm → p.warmor: no difference: proved for all events\n"),
        "{}",
        same.all()
    );
    assert_eq!(folder.run("diff p.wasm p.wasm --fail-on any").code(), 0);
    assert_snapshot!(folder.run("diff p.wasm p.warmor").all());
    // A day on which the rule still counted.
    let before = folder.run("diff p.wasm p.warmor --set PORT=81 --today 2025-06-30").stdout();
    assert!(before.contains("newly denied") && before.contains("p.old"), "{before}");
    let mut damaged = folder.read("p.wasm");
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    folder.write("damaged.wasm", damaged);
    assert_eq!(folder.run("diff damaged.wasm p.warmor").code(), 2);
}

/// A repository with two commits of the shop in a folder of it, and a change that is not committed; and a place for what is temporary.
struct Repository(Folder, Folder);

impl Repository {
    fn new() -> Self {
        let repository = Self(Folder::new(), Folder::new());
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.0.write("policies/warmor.toml", crate::MANIFEST);
        repository.0.write("policies/shop.warmor", crate::SHOP);
        repository.commit();
        repository.0.write(
            "policies/shop.warmor",
            crate::SHOP.replace("[/etc/nginx/keys/public.pem]", "[]").replace(" except []", ""),
        );
        repository.commit();
        repository.0.write("policies/shop.warmor", crate::SHOP.replace("public.pem", "*.pem"));
        repository
    }

    fn git(&self, words: &[&str]) -> String {
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
        let output = Command::new("git").args(who).args(words).current_dir(self.0.path()).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn commit(&self) {
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "-m", "x"]);
    }

    fn run_in(&self, folder: &str, words: &str) -> Run {
        let words: Vec<&str> = words.split(' ').collect();
        let mut command = self.0.command(&words);
        command.env("PATH", std::env::var_os("PATH").unwrap()).current_dir(self.0.path().join(folder));
        command.env("TMPDIR", self.1.path());
        self.0.finish(command)
    }

    fn run(&self, words: &str) -> Run {
        self.run_in(".", words)
    }
}

#[test]
fn a_project_is_compared_with_its_past() {
    let r = Repository::new();
    let before = r.git(&["status", "--porcelain"]);
    assert_snapshot!(r.run("diff git:HEAD:policies policies").all());
    // The same from within, by a file, and of two revisions.
    let inside = r.run_in("policies", "diff git:HEAD");
    assert!(
        inside.stdout().contains("was: denied by web_tier.no_keys (shop.warmor:14:3)"),
        "{}",
        inside.all()
    );
    assert_eq!(r.run("diff git:HEAD:policies/shop.warmor policies/shop.warmor --fail-on widened").code(), 1);
    assert_eq!(r.run("diff git:HEAD~1:policies git:HEAD:policies --fail-on widened").code(), 0);
    assert_eq!(r.run("diff git:HEAD~1:policies git:HEAD:policies --fail-on any").code(), 1);
    assert_eq!(r.run("diff git:HEAD:policies git:main:policies --fail-on any").code(), 0);
    // A file that is gone from the work tree is still in the past.
    std::fs::remove_file(r.0.path().join("policies/shop.warmor")).unwrap();
    assert_eq!(
        r.run("diff git:HEAD~1:policies/shop.warmor git:HEAD:policies/shop.warmor --fail-on any").code(),
        1
    );
    r.git(&["checkout", "--quiet", "--", "policies/shop.warmor"]);
    assert_eq!(r.git(&["status", "--porcelain"]), "");
    assert!(before.contains("M policies/shop.warmor"));
    assert_eq!(std::fs::read_dir(r.1.path()).unwrap().count(), 0, "something temporary is left");
}

#[test]
fn a_library_in_the_repository_is_that_of_the_revision() {
    let r = Repository::new();
    r.0.write("library/warmor.toml", "[package]\nname = \"library\"\n");
    r.0.write("library/library.warmor", "package library\nlet secrets = [/srv/one]\n");
    r.0.write(
        "app/warmor.toml",
        "[package]\nname = \"app\"\n\n[dependencies]\nlibrary = { path = \"../library\" }\n",
    );
    r.0.write(
        "app/app.warmor",
        "package app\nimport library.{secrets}\npolicy q for any {\n  mode prevent\n  keys: deny read secrets\n}\n",
    );
    r.commit();
    r.0.write("library/library.warmor", "package library\nlet secrets = [/srv/two]\n");
    let run = r.run("diff git:HEAD:app app");
    assert!(
        run.stdout().contains("read /srv/one") && run.stdout().contains("read /srv/two"),
        "{}",
        run.all()
    );
}

#[test]
fn what_git_does_not_have_is_named() {
    let r = Repository::new();
    assert_snapshot!(r.run("diff git:nowhere:policies policies").all());
    assert_snapshot!(r.run("diff git:HEAD:nothing policies").all());
    assert_snapshot!(r.run("diff git::policies policies").all());
    assert_eq!(r.run("diff git:HEAD:../elsewhere policies").code(), 2);
    let outside = Folder::new();
    outside.write("a.warmor", "");
    let mut command = outside.command(&["diff", "git:HEAD:a.warmor", "a.warmor"]);
    command.env("PATH", std::env::var_os("PATH").unwrap());
    let run = outside.finish(command);
    assert!(run.code() == 2 && run.stderr().contains("not a git repository"), "{}", run.all());
}

#[test]
fn one_program_may_come_from_standard_input() {
    let folder = changed_shop();
    assert_eq!(folder.run_with("diff old.warmor - --fail-on any", crate::SHOP).code(), 0);
    assert_eq!(folder.run_with("diff - new.warmor --fail-on widened", crate::SHOP).code(), 1);
    assert_snapshot!(folder.run_with("diff - -", crate::SHOP).all());
}

#[test]
fn a_program_with_errors_is_not_compared() {
    let folder = Folder::new();
    folder.write("a.warmor", "policy p for nobody {\n}\n");
    folder.write("b.warmor", "policy p for any {\n  deny bpf\n}\n");
    assert_snapshot!(folder.run("diff b.warmor a.warmor").all());
    assert_eq!(folder.run("diff b.warmor nowhere.warmor").code(), 2);
}

/// The page's example is what it says: two programs, and what is printed of them.
#[test]
fn the_page_shows_what_is_printed() {
    let page = include_str!("../../../../docs/reference/diff.md");
    let block = |info: &str, number: usize| {
        let blocks: Vec<&str> = page.split("```").collect();
        let of = blocks.iter().filter_map(|b| b.strip_prefix(info)?.strip_prefix('\n'));
        of.clone().nth(number).unwrap().to_owned()
    };
    let folder = Folder::new();
    folder.write("old.warmor", block("warmor", 0));
    folder.write("new.warmor", block("warmor", 1));
    let run = folder.run("diff old.warmor new.warmor");
    assert_eq!(block("console", 0), format!("$ warmorc diff old.warmor new.warmor\n{}", run.stdout()));
}
