//! What each mistake is called, and what is left of the tree around it.

use std::fmt::Write as _;

use super::dump::dump;
use crate::span::FileId;
use crate::syntax::{SyntaxErrorKind, parse};

/// The errors, each under the line that it is in, and the tree.
fn report(source: &str) -> String {
    let parse = parse(source, FileId(0));
    let mut out = String::new();
    for error in &parse.errors {
        let start = error.span.start as usize;
        let line_start = source[..start].rfind('\n').map_or(0, |at| at + 1);
        let line = source[line_start..].lines().next().unwrap_or("");
        let before: String = source[line_start..start].chars().map(|_| ' ').collect();
        let marked = error.span.text(source).lines().next().unwrap_or("").chars().count().max(1);
        let line: String =
            line.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).take(120).collect();
        let _ = writeln!(out, "  {line}\n  {before}{} {error}", "^".repeat(marked.min(120)));
        if let Some(help) = &error.help {
            let _ = writeln!(out, "  help: {help}");
        }
    }
    format!("{out}--\n{}", dump(&parse.file))
}

macro_rules! cases {
    ($($name:ident: $source:expr;)*) => { $(
        #[test]
        fn $name() {
            let source = $source;
            let report = report(&source);
            assert!(!report.starts_with("--"), "no error in {source:?}");
            insta::assert_snapshot!(report);
        }
    )* };
}

fn policy(body: &str) -> String {
    format!("policy p for any {{\n  deny read /before\n  {body}\n  deny read /after\n}}\n")
}

cases! {
    // One for each kind of error.
    unexpected: policy("deny read /a /b");
    incomplete_condition: policy("deny read /a where");
    incomplete_definition: "let a =\nlet b = 1\n";
    incomplete_field: policy("deny read /a where process.");
    reserved_word: "let port = 80\nsubject kernel = process.uid == 0\npolicy test for any { deny read /a }\n";
    reserved_label: policy("mount: deny mount");
    unknown_characters: policy("deny read ~/.ssh/id_rsa\n  deny read *.key\n  deny read /a where a && b || !c;");
    invisible_character: "let a = \"x\u{202E}y\" # \u{200B}\nlet b\u{FEFF} = 1\nlet c = \u{1}2\n";
    unclosed_string: policy("deny read \"/a\n  deny read /b because \"no");
    unclosed_in_path: policy("deny read /a/{b, c}/d\n  deny read [/x[a, /y]\n  deny read /a/{b");
    quote_in_path: policy("deny read /a\"b\"");
    glued_comment: policy("deny capability [CAP_CHOWN]# why\n  deny read /a#b");
    unknown_escape: r#"let a = "a\qb"
let b = "a\u{110000}b"
"#.to_owned();
    invalid_number: "let a = 007\nlet b = 1.5\nlet c = 1-2-3-4\n";
    number_too_large: "let a = 18446744073709551616\nlet b = 18446744073709551615KiB\n";
    unknown_unit: "let a = 512Mib\nlet b = 30sec\n";
    invalid_address: "let a = 10.0.0\nlet b = 10.0.0.0/33\nlet c = fe80::g\nlet d = 1:2:3\nlet e = ::1/129\n";
    invalid_date: policy("deny read /a until 2027-02-30\n  deny read /a until 5");
    reversed_range: "let a = 9100-9000\n";
    unclosed_bracket: policy("deny read [/a, /b where (role == binary");
    unopened_bracket: policy("deny read /a] where role == binary)");
    crossed_brackets: "let a = [(1, 2]\nlet b = 3\n";
    unclosed_policy: "policy p for any {\n  deny read /a\n\npolicy q for any {\n  deny read /b\n}\n";
    unopened_policy: "policy p for any {\n  deny read /a\n}\n}\npolicy q for any { deny read /b }\n";
    missing_body: "policy p for any\ntemplate t()\ntest \"x\"\ndetect d for any { sequence by process.tree }\n";
    outside_policy: "deny read /a\nlet b = 1\n";
    clause_after_rule: policy("mode prevent\n  default deny read");
    severity_after_rule: policy("deny exec shells severity low\n  severity high");
    clause_in_template: "template t(a: Path) {\n  mode prevent\n  deny read a\n}\n";
    misplaced_part: "assert \"x\" { never web can read /a severity high }\ndetect d for any { count 5 distinct a distinct b by c { exec } }\n";
    package_not_first: "let a = 1\npackage b\npackage c\n";
    audit_verdict: "test \"x\" { as {} expect audit read /a }\n";
    malformed_quantifier: policy("deny exec where any(args, x == 1) and all(x in args)");
    chained_comparison: policy("deny read /a where 1 < process.uid < 5");
    brackets_too_deep: format!("let a = {}1{}\nlet b = 2\n", "[".repeat(100), "]".repeat(100));

    // Mistakes that people make.
    misspelled_keyword: policy("alow read /x\n  dney read /y");
    misspelled_item: "polcy p for any { deny read /a }\nlet b = 1\n";
    misspelled_part: policy("deny read /a wher role == binary\n  deny read /a severty high");
    hyphen_in_name: "subject web-tier = process.uid == 33\npolicy web-tier for any { deny read /a }\n";
    port_with_colon: policy("deny connect tcp to 10.0.0.1:80\n  deny connect tcp to 10.0.0.1 443");
    single_equals: policy("deny exec where role = binary");
    missing_action: policy("deny /etc/shadow\n  deny any /etc");
    missing_name: "policy for any {\n  deny read /a\n}\nlet = 5\ntemplate (a) { deny read a }\n";
    missing_subjects: "policy p {\n  deny read /a\n}\n";
    attribute_of_nothing: "policy p for any {\n  deny read /a\n  @silence(unused, \"why\")\n}\n@silence(broad, \"why\")\n";
    attribute_without_text: "@silence\nlet a = 1\n@silence(unused, broad,)\nlet b = 2\n@ silence\nlet c = 3\n";
    attribute_and_garbage: "@silence(unused, \"why\")\ngarbage here\npolicy p for any { deny read /a }\n";
    missing_comma: "let a = [/x /y]\nlet b = [1, , 2]\n";
    garbled_element: policy("deny read [/a, == /b, /c] where process.exe in [/x, @@, /y]");
    garbled_entry: "test \"x\" { as { process.exe: /a, ??, process.uid: 1 } expect allow read /b }\n";
    garbled_step: "detect d for any {\n  sequence by process.tree within 30s {\n    connect tcp to any\n    == nonsense\n    exec shells\n  }\n}\n";
    garbled_lines: policy("garbage ( of ] any { kind }\n  , , ,\n  because because");
    braces_the_wrong_way: policy("deny } read { /x");
    item_in_policy: policy("let x = 1\n  policy q for any { deny write /q }");
    item_in_open_policy: "policy p for any {\n  deny read /a\n  let x = 1\n  deny read /b\n}\n} }\n";
    exclamation: policy("deny exec where !(role == binary)");
    duplicate_part: policy("deny read /a where b where c severity low severity high");
}

#[test]
fn errors_are_bounded() {
    let source = "@ ".repeat(10_000);
    let parse = parse(&source, FileId(0));
    assert_eq!(parse.errors.len(), crate::syntax::MAX_ERRORS + 1);
}

#[test]
fn long_texts_are_refused_whole() {
    let source = " ".repeat(crate::syntax::MAX_SOURCE_BYTES + 1);
    let parse = parse(&source, FileId(0));
    assert_eq!(parse.errors.len(), 1);
    assert!(parse.file.items.is_empty());
}

#[test]
fn operators_nest_to_a_bound() {
    for (prefix, suffix) in [("not ", ""), ("", " + 1"), ("", ".a"), ("", " == 1"), ("(", ")"), ("p(", ")")] {
        for times in [120, 150, 1000, 100_000] {
            let source = format!("let a = {}x{}\nlet b = 2\n", prefix.repeat(times), suffix.repeat(times));
            let parse = parse(&source, FileId(0));
            assert_eq!(parse.file.items.len(), 2, "{times} times {prefix:?} {suffix:?}");
            let deep = parse.errors.iter().any(|error| error.kind == SyntaxErrorKind::TooDeep);
            let fine = times < 128 && !prefix.ends_with('(');
            assert_eq!(deep, !fine, "{times} times {prefix:?} {suffix:?}: {:?}", parse.errors.first());
        }
    }
}
