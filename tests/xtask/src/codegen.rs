//! `cargo xtask codegen`: sources that are made from the field schema.

use crate::shell;
use anyhow::{Context, Result, bail};
use std::fmt::Write as _;
use std::fs;
use warmor_bpf::layout::{self, Structure};
use warmor_bpf::limits;
use warmor_policy::schema::{self, Action};

/// Options of `cargo xtask codegen`.
#[derive(clap::Args)]
pub struct Args {
    /// Do not write; fail when a file is not what would be written.
    #[arg(long)]
    pub check: bool,
}

const SCHEMA_HEADER: &str = "bpf-templates/include/schema.h";
const LAYOUT_HEADER: &str = "bpf-templates/include/layout.h";
const LIMITS_HEADER: &str = "bpf-templates/include/limits.h";
const TESTRUN_HEADER: &str = "bpf-templates/include/layout_testrun.h";

/// The generated files and what they must contain.
fn files() -> [(&'static str, String); 4] {
    [
        (LIMITS_HEADER, limits_header()),
        (SCHEMA_HEADER, schema_header()),
        (LAYOUT_HEADER, layout_header(&layout::shared())),
        (TESTRUN_HEADER, layout_header(&layout::testrun())),
    ]
}

/// Writes the generated files, or checks that they are up to date.
pub fn run(args: &Args) -> Result<()> {
    for (name, wanted) in files() {
        let path = shell::root().join(name);
        if fs::read_to_string(&path).is_ok_and(|found| found == wanted) {
            println!("{name}: up to date");
            continue;
        }
        if args.check {
            bail!("{name} is not what its source says; run `cargo xtask codegen` and commit the result");
        }
        fs::write(&path, wanted).with_context(|| format!("cannot write {}", path.display()))?;
        println!("{name}: written");
    }
    Ok(())
}

/// Assertions on the limits that the agent checks an image against.
fn limits_header() -> String {
    let mut out = String::from(
        "/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */\n\
         /* Made by `cargo xtask codegen` from bpf-templates/src/limits.rs. Do not edit. */\n#pragma once\n\n",
    );
    for (name, value) in [
        ("BANK_WORDS", limits::BANK_WORDS),
        ("IMAGE_WORDS", limits::IMAGE_WORDS),
        ("SETUP_GENERATION", layout::SETUP_GENERATION),
        ("SETUP_MODE", layout::SETUP_MODE),
        ("SETUP_REPORT", layout::SETUP_REPORT),
        ("SETUP_BLIND", layout::SETUP_BLIND),
        ("SETUP_ASKED", layout::SETUP_ASKED),
        ("MAX_SELECTORS", limits::SELECTORS),
        ("MAX_ROOTS", limits::ROOTS),
        ("MAX_TESTS", limits::TESTS),
        ("MAX_PREDICATES", limits::PREDICATES),
        ("PATH_END", limits::PATH_BYTES),
        ("EXE_BYTES", limits::EXE_BYTES),
    ] {
        let _ =
            writeln!(out, "_Static_assert({name} == {value}, \"{name} is what the agent takes it for\");");
    }
    out
}

/// Assertions on the layout of shared structures: a C struct that differs from its Rust mirror does not compile.
fn layout_header(structures: &[Structure]) -> String {
    let mut out = String::from(
        "/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */\n\
         /* Made by `cargo xtask codegen` from bpf-templates/src/layout.rs. Do not edit. */\n#pragma once\n",
    );
    for Structure { name, size, fields } in structures {
        let _ = writeln!(out, "\n_Static_assert(sizeof(struct {name}) == {size}, \"size of {name}\");");
        for (field, offset) in fields {
            let _ = writeln!(
                out,
                "_Static_assert(__builtin_offsetof(struct {name}, {field}) == {offset}, \"offset of {name}.{field}\");"
            );
        }
    }
    out
}

/// A name of the schema as a C constant.
fn constant(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

/// The schema's codes for the kernel programs.
fn schema_header() -> String {
    let mut out = String::from(
        "/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */\n\
         /* Made by `cargo xtask codegen` from runtime/policy/schema.toml. Do not edit. */\n\
         #pragma once\n\nenum action {\n",
    );
    let mut line = |name: String, code: usize| {
        let _ = writeln!(out, "\t{name} = {code},");
    };
    for action in Action::all() {
        line(format!("ACTION_{}", constant(action.name())), action as usize);
    }
    line("ACTIONS".into(), schema::ACTION_COUNT);
    out.push_str("};\n\n/* Slots of a process record. */\nenum process_fact {\n");
    let mut line = |name: String, code: usize| {
        let _ = writeln!(out, "\t{name} = {code},");
    };
    for field in schema::process_fields() {
        line(constant(field.name), field.code);
    }
    line("PROCESS_FACTS".into(), schema::process_fields().len());
    out.push_str("};\n\n/* Slots of the event's own facts. */\nenum event_fact {\n");
    let mut line = |name: String, code: usize| {
        let _ = writeln!(out, "\t{name} = {code},");
    };
    for field in schema::event_fields() {
        line(format!("EVENT_{}", constant(field.name)), field.code);
    }
    line("EVENT_FACTS".into(), schema::event_fields().len());
    out.push_str("};\n");
    for table in schema::name_tables().iter().filter(|t| matches!(t.name, "Role" | "Protocol")) {
        let _ = writeln!(out, "\n/* {} */\nenum {} {{", table.doc, table.name.to_ascii_lowercase());
        for (name, code) in table.values {
            let _ = writeln!(out, "\t{}_{} = {code},", constant(table.name), constant(name));
        }
        out.push_str("};\n");
    }
    out.push_str("\n/* Whether a fact is there. */\nenum tag {\n");
    for (name, code) in [
        ("TAG_ABSENT", warmor_policy::event::TAG_ABSENT),
        ("TAG_UNKNOWN", warmor_policy::event::TAG_UNKNOWN),
        ("TAG_KNOWN", warmor_policy::event::TAG_KNOWN),
    ] {
        let _ = writeln!(out, "\t{name} = {code},");
    }
    out.push_str("};\n\n/* Whose record a fact is read from. */\nenum source {\n");
    for (name, code) in [("EVENT", 0), ("PROCESS", 1), ("PARENT", 2), ("TARGET", 3)] {
        let _ = writeln!(out, "\tSOURCE_{name} = {code},");
    }
    out.push_str("};\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_files_are_what_their_sources_say() {
        run(&Args { check: true }).unwrap();
    }
}
