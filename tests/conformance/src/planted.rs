//! Generated policies of which it is known what there is to find in them: clean rules, rules with a finding, and rules that come
//! as near to one as a single address or file.
//!
//! Every group of rules keeps to files, addresses and ports of its own, so what one group has is not changed by another.

use crate::rng::Rng;
use std::fmt::Write as _;

/// A policy text with its findings.
#[derive(Debug)]
pub struct Planted {
    /// The text.
    pub text: String,
    /// Rules in it.
    pub rules: usize,
    /// Codes and labels (`policy.rule`), sorted.
    pub findings: Vec<(&'static str, String)>,
}

/// Groups of one policy: as many as there are networks for.
const MAX_GROUPS: usize = 250;

/// A program of about so many rules, in policies of about so many.
pub fn planted(rng: &mut Rng, rules: usize, per_policy: usize) -> Planted {
    let mut out = Planted { text: "package planted\n".to_owned(), rules: 0, findings: Vec::new() };
    // What a policy for everybody has to say of the groups below.
    let mut base = String::new();
    let mut policy = 0;
    while out.rules < rules {
        let _ = write!(
            out.text,
            "\nsubject s{policy} = process.exe in [/opt/app{policy}/bin/main]\n\
             policy p{policy} for s{policy} {{\n  mode prevent\n  \
             default deny read, mmap_exec, connect, send, bind\n"
        );
        let end = (out.rules + per_policy).min(rules);
        let mut group = 0;
        while out.rules < end && group < MAX_GROUPS {
            one_group(rng, &mut out, &mut base, policy, group);
            group += 1;
        }
        out.text.push_str("}\n");
        policy += 1;
    }
    let _ =
        write!(out.text, "\npolicy base for any {{\n  mode prevent\n  none: deny mount /nowhere\n{base}}}\n");
    out.rules += 1 + base.lines().count();
    out.findings.sort_unstable();
    out
}

fn one_group(rng: &mut Rng, out: &mut Planted, base: &mut String, policy: usize, group: usize) {
    let dir = format!("/srv/a{policy}/g{group}");
    let (high, low) = (policy / 256 % 64, policy % 256);
    let net = format!("{}.{}.{}", 10 + high, low, group);
    // Ports are told apart by group as well: a range of a hundred each.
    let port = 1000 + 100 * group;
    let mut rule = |name: &str, text: String| {
        let _ = writeln!(out.text, "  g{group}_{name}: {text}");
        out.rules += 1;
    };
    let label = |name: &str| format!("p{policy}.g{group}_{name}");
    let mut found = Vec::new();
    match rng.below(20) {
        // Clean.
        0 | 1 => rule("below", format!("allow read {dir}/**")),
        2 => rule("star", format!("allow read {dir}/*.conf, {dir}/[a-f]*/data")),
        3 => {
            rule("all", format!("allow read {dir}/**"));
            rule("not", format!("deny read {dir}/private/**"));
        }
        4 => rule("net", format!("allow connect tcp to {net}.0/24 port [443, {port}-{}]", port + 50)),
        5 => {
            rule("net", format!("allow connect tcp to {net}.0/24"));
            rule("not", format!("deny connect tcp to {net}.0/28"));
        }
        6 => rule("own", format!("allow bind tcp on any port {port}-{}", port + 9)),
        // Shadowed by two together.
        7 => {
            rule("flat", format!("deny read {dir}/*"));
            rule("deep", format!("deny read {dir}/*/**"));
            rule("dead", format!("allow read {dir}/**"));
            found.push(("W0301", label("dead")));
        }
        8 => {
            rule("first", format!("deny connect to {net}.0/25"));
            rule("second", format!("deny connect to {net}.128/25"));
            rule("dead", format!("allow connect tcp to {net}.0/24 port 443"));
            found.push(("W0301", label("dead")));
        }
        9 => {
            rule("first", format!("deny connect tcp to {net}.0/25"));
            rule("second", format!("deny connect tcp to {net}.128/25"));
            rule("same", format!("deny connect tcp to {net}.0/24 port {port}-{}", port + 20));
            found.push(("W0302", label("same")));
        }
        10 => {
            rule("first", format!("allow bind tcp on any port {port}-{}", port + 49));
            rule("second", format!("allow bind tcp on any port {}-{}", port + 50, port + 99));
            rule("same", format!("allow bind tcp on any port {}-{}", port + 40, port + 60));
            found.push(("W0302", label("same")));
        }
        11 => {
            rule("users", format!("deny read {dir}/** where process.uid >= 1000"));
            rule("system", format!("deny read {dir}/** where not (process.uid >= 1000)"));
            rule("same", format!("deny read {dir}/**/*.key"));
            found.push(("W0302", label("same")));
        }
        12 => {
            rule("odd", format!("deny connect tcp to {net}.0/24 port {port} where port < 1000"));
            found.push(("W0304", label("odd")));
        }
        13 => {
            rule("idle", format!("allow delete {dir}/**"));
            found.push(("W0307", label("idle")));
        }
        14 => {
            rule("again", format!("deny read {dir}/secret"));
            let _ = writeln!(base, "  p{policy}_g{group}: deny read {dir}/*");
            found.push(("W0303", label("again")));
        }
        15 => {
            rule("some", format!("allow read {dir}/one/**"));
            let _ = writeln!(base, "  p{policy}_g{group}: deny read {dir}/*/x/**");
            found.push(("W0305", label("some")));
        }
        // One file, address or port away from it.
        16 => {
            rule("flat", format!("deny read {dir}/*"));
            rule("deep", format!("deny read {dir}/*/** except [{dir}/hole/x]"));
            rule("alive", format!("allow read {dir}/**"));
        }
        17 => {
            rule("first", format!("deny connect to {net}.0/25"));
            rule("second", format!("deny connect to {net}.128/25 except [{net}.200]"));
            rule("alive", format!("allow connect tcp to {net}.0/24 port 443"));
        }
        18 => {
            rule("first", format!("allow bind tcp on any port {port}-{}", port + 48));
            rule("second", format!("allow bind tcp on any port {}-{}", port + 50, port + 99));
            rule("alive", format!("allow bind tcp on any port {}-{}", port + 40, port + 60));
        }
        _ => {
            rule("alive", format!("deny read {dir}/secret severity critical"));
            let _ = writeln!(base, "  p{policy}_g{group}: deny read {dir}/*");
        }
    }
    out.findings.extend(found);
}
