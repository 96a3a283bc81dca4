//! Generated policies of which it is known what there is to find in them: clean rules, rules with a finding, and rules that come
//! as near to one as a single address or file.
//!
//! Every case keeps to files, addresses, ports and executables of its own, so what one case has is not changed by another. What
//! is to be found is written down beside the rules that have it; no engine is asked.

mod groups;
mod policies;

use crate::rng::Rng;
use std::fmt::Write as _;
use warmor_compiler::model::{ClauseRef, Model};
use warmor_compiler::prove::{About, Findings};

/// A policy text with its findings.
#[derive(Debug)]
pub struct Planted {
    /// The text.
    pub text: String,
    /// Rules in it.
    pub rules: usize,
    /// Codes and names ([`told`]), sorted.
    pub findings: Vec<(&'static str, String)>,
}

/// Groups of one policy: as many as there are networks for.
const MAX_GROUPS: usize = 250;

/// A program of about so many rules, in policies of about so many, and some small policies beside each.
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
            let case = rng.pick(groups::CASES);
            case(&mut groups::Group::new(&mut out, &mut base, policy, group));
            group += 1;
        }
        out.text.push_str("}\n");
        let case = rng.pick(policies::CASES);
        case(&mut policies::Beside { out: &mut out, number: policy });
        policy += 1;
    }
    let _ =
        write!(out.text, "\npolicy base for any {{\n  mode prevent\n  none: deny mount /nowhere\n{base}}}\n");
    out.rules += 1 + base.lines().count();
    out.findings.sort_unstable();
    out
}

/// What was found, in the words of [`Planted::findings`]: the code and the name of what it is about.
pub fn told(model: &Model, found: &Findings) -> Vec<(&'static str, String)> {
    let name = |about| match about {
        About::Clause(ClauseRef::Rule(id)) => {
            let rule = model.rule(id);
            format!("{}.{}", model.policy(rule.policy).name, rule.label)
        }
        About::Clause(ClauseRef::Default(id)) => model.policy(id).name.clone(),
        About::Clause(ClauseRef::Detection(index)) => model.detections[index as usize].name.clone(),
        About::Assertion(index) => model.assertions[index].name.clone(),
        About::Assumption(index) => format!("assumption {index}"),
    };
    let mut told: Vec<_> = found.list.iter().map(|f| (f.diagnostic.code.id(), name(f.about))).collect();
    told.sort_unstable();
    told
}
