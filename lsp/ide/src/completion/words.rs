//! Words of the language, and statements with places to fill in.

use super::{At, CompletionKind as K};
use crate::hover::{describe_action, describe_group};
use warmor_compiler::check::{LIMITS, MODES, RESPONSES, type_names};
use warmor_compiler::diagnostics::Code;
use warmor_compiler::syntax::lexer::{Token, TokenKind as T};
use warmor_policy::schema::{Action, groups};
use warmor_policy::verdict::Severity;

/// Statements by their first word: what is shown, and the snippet.
const SNIPPETS: [(&str, &str, &str); 16] = [
    ("policy", "policy … for …", "policy ${1:name} for ${2:any} {\n  mode ${3:detect}\n  $0\n}"),
    (
        "subject",
        "subject … = process.exe in […]",
        "subject ${1:name} = process.exe in [${2:/usr/bin/program}]",
    ),
    ("let", "let … = …", "let ${1:name} = [${2:/path/**}]"),
    ("template", "template …(…)", "template ${1:name}(${2:root: Path}) {\n  $0\n}"),
    ("predicate", "predicate …(…) = …", "predicate ${1:name}(${2:least: Int}) = ${3:process.uid >= least}"),
    ("param", "param …: … = …", "param ${1:NAME}: ${2:Port} = ${3:8080}"),
    ("import", "import …", "import ${1:std.files}.{${2:shells}\\}"),
    (
        "assert",
        "assert \"…\" { … }",
        "assert \"${1:what must hold}\" {\n  ${2:never} ${3:any} can ${4:read /etc/shadow}\n}",
    ),
    (
        "test",
        "test \"…\" { … }",
        "test \"${1:what is tried}\" {\n  as { process.exe: ${2:/usr/bin/program} \\}\n  expect ${3:deny} ${4:read /etc/shadow}\n}",
    ),
    (
        "detect",
        "detect … for …",
        "detect ${1:name} for ${2:any} {\n  severity ${3:high}\n  ${0:exec /bin/sh}\n}",
    ),
    ("deny", "deny …", "deny ${1:read} $0"),
    ("allow", "allow …", "allow ${1:read} $0"),
    ("default", "default deny …", "default deny ${1:read, mmap_exec}"),
    ("as", "as { … }", "as { process.exe: ${1:/usr/bin/program} \\}"),
    ("expect", "expect …", "expect ${1:deny} ${2:read /etc/shadow}"),
    ("sequence", "sequence by … within …", "sequence by ${1:process.tree} within ${2:30s} {\n  $0\n}"),
];

impl At<'_> {
    /// The beginnings of statements.
    pub(super) fn begin(&mut self) {
        for word in std::mem::take(&mut self.next.begins) {
            self.word(word, 1);
            if let Some((_, shown, snippet)) = SNIPPETS.iter().find(|(first, ..)| *first == word) {
                self.plain(shown, K::Snippet, 2).snippet = String::from(*snippet);
            }
        }
    }

    pub(super) fn word(&mut self, word: &str, rank: u8) {
        self.plain(word, K::Keyword, rank);
    }

    pub(super) fn modes(&mut self) {
        for mode in MODES {
            self.plain(mode, K::EnumMember, 0);
        }
    }

    pub(super) fn severities(&mut self) {
        // Mildest first, as they are ordered.
        for (rank, (name, _)) in Severity::ALL.iter().enumerate() {
            self.plain(name, K::EnumMember, rank as u8);
        }
    }

    pub(super) fn limits(&mut self) {
        for limit in LIMITS {
            self.plain(limit, K::EnumMember, 0);
        }
    }

    pub(super) fn responses(&mut self) {
        for response in RESPONSES.into_iter().chain(["kill tree"]) {
            self.plain(response, K::EnumMember, 0);
        }
    }

    pub(super) fn types(&mut self) {
        for name in type_names() {
            self.plain(name, K::Type, 0);
        }
    }

    pub(super) fn actions(&mut self) {
        for group in groups() {
            if Action::from_name(group.name).is_none() {
                self.plain(group.name, K::Action, 1).documentation = describe_group(group);
            }
        }
        for action in Action::all() {
            self.plain(action.name(), K::Action, 0).documentation = describe_action(action);
        }
    }

    /// In the parentheses of `@silence(…)`.
    pub(super) fn attribute_argument(&mut self, before: &[Token]) {
        if !matches!(before.last().map(|t| t.kind), Some(T::LeftParen | T::Comma)) {
            self.begin();
            return;
        }
        for code in Code::ALL.iter().filter(|c| c.lint().is_some()) {
            self.plain(code.id(), K::EnumMember, 0).detail = String::from(code.title());
        }
        let groups = Code::ALL.iter().filter_map(|c| c.lint());
        for group in groups {
            self.plain(group, K::EnumMember, 1).detail = String::from("a group of warnings");
        }
    }
}
