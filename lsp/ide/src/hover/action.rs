//! Actions and the words for several of them.

use crate::markdown::code;
use std::fmt::Write;
use warmor_policy::schema::{Action, GroupInfo};

pub(crate) fn describe_action(action: Action) -> String {
    let info = action.info();
    let mut out = code(info.name);
    out.push_str(info.doc);
    out.push_str("\n\n");
    if !info.roles.is_empty() {
        let _ = writeln!(out, "- roles: `{}`", info.roles.join("`, `"));
    }
    let _ = match (info.kernel, info.hooks) {
        (None, _) => writeln!(out, "- no kernel hook can stop it (tier S)"),
        (Some(version), []) => {
            writeln!(
                out,
                "- a kernel hook can stop it from Linux {version}; this release has no program for it"
            )
        }
        (Some(version), hooks) => {
            writeln!(out, "- stopped in the kernel from Linux {version}, by `{}`", hooks.join("`, `"))
        }
    };
    out
}

pub(crate) fn describe_group(group: &GroupInfo) -> String {
    let members: Vec<&str> = group.actions.iter().map(|a| a.name()).collect();
    let mut out = code(group.name);
    if !group.doc.is_empty() {
        out.push_str(group.doc);
        out.push_str("\n\n");
    }
    let _ = writeln!(out, "stands for `{}`", members.join("`, `"));
    out
}
