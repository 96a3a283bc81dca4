//! `cargo xtask test`: everything that CI runs, quickest answer first.

use crate::stamp::Stamp;
use crate::{agent, bpf, codegen, demo, editors, fuzz, guest, playground, setup, shell};
use anyhow::{Context, Result, bail};
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

/// Options of `cargo xtask test`.
#[derive(clap::Args)]
pub struct Args {
    /// Leave out what takes minutes: fuzzing and the guest.
    #[arg(long)]
    pub fast: bool,
    /// Run only the steps whose name contains this.
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,
}

/// For each fuzz target: enough to replay its corpus and to notice what breaks at once.
const FUZZ_SECONDS: u32 = 15;

/// What the guest's result depends on.
const GUEST_INPUTS: &[&str] =
    &["Cargo.lock", "bpf-templates", "compiler", "runtime", "stdlib", "tests/guest", "tests/xtask/src"];

/// How a step ended, if it did not fail.
enum Outcome {
    Passed,
    /// It passed before, and nothing that it depends on has changed.
    Unchanged,
    /// The machine cannot; the text says why.
    Skipped(&'static str),
}

struct Step {
    name: &'static str,
    run: fn() -> Result<Outcome>,
    slow: bool,
}

const fn quick(name: &'static str, run: fn() -> Result<Outcome>) -> Step {
    Step { name, run, slow: false }
}

const fn slow(name: &'static str, run: fn() -> Result<Outcome>) -> Step {
    Step { name, run, slow: true }
}

const STEPS: &[Step] = &[
    quick("set-up", set_up),
    quick("format", format),
    quick("generated sources", generated),
    quick("kernel programs are what their sources give", kernel_programs),
    quick("lint", lint),
    quick("compiler core for wasm32", wasm_core),
    quick("tests", tests),
    quick("a second solver checks proofs", second_solver),
    quick("examples in documentation of crates", doc_tests),
    quick("documentation of crates", documentation),
    quick("standard library and examples", policies),
    quick("extension for VS Code", vscode_extension),
    quick("language server in Neovim and Emacs", terminal_editors),
    quick("enforcement in this kernel", this_kernel),
    slow("compiler in WebAssembly", playground_compiler),
    slow("playground in Chromium", playground_page),
    slow("language server in VS Code", vscode),
    slow("fuzzing", short_fuzz),
    slow("enforcement in a guest kernel", guest_kernel),
];

/// Runs all steps; the first that fails ends the run.
pub fn run(args: &Args) -> Result<()> {
    let start = Instant::now();
    let mut times: Vec<(&str, Duration, &str)> = Vec::new();
    let wanted = |step: &&Step| args.only.as_ref().is_none_or(|only| step.name.contains(only));
    let steps: Vec<_> = STEPS.iter().filter(|s| !(s.slow && args.fast)).filter(wanted).collect();
    if steps.is_empty() {
        bail!("no step has `{}` in its name", args.only.as_deref().unwrap_or_default());
    }
    for step in steps {
        println!("── {}", step.name);
        let begun = Instant::now();
        match (step.run)()? {
            Outcome::Passed => times.push((step.name, begun.elapsed(), "")),
            Outcome::Unchanged => {
                println!("  nothing has changed since it passed");
                times.push((step.name, begun.elapsed(), "(unchanged)"));
            }
            Outcome::Skipped(why) => {
                if std::env::var_os("CI").is_some_and(|ci| !ci.is_empty()) {
                    bail!("`{}` cannot run here, but nothing may be skipped in CI: {why}", step.name);
                }
                println!("  SKIPPED: {why}");
                times.push((step.name, begun.elapsed(), "SKIPPED"));
            }
        }
    }
    println!("\n{:>8}  step", "seconds");
    for (name, time, note) in times {
        println!("{:>8.1}  {name} {note}", time.as_secs_f64());
    }
    println!("{:>8.1}  together", start.elapsed().as_secs_f64());
    Ok(())
}

fn set_up() -> Result<Outcome> {
    setup::packages(&[setup::COMPILER, setup::PROVER, setup::SECOND_SOLVER, setup::KERNEL_PROGRAMS])?;
    setup::components()?;
    setup::targets(&["wasm32-unknown-unknown", agent::TARGET])?;
    setup::standard_library()?;
    Ok(Outcome::Passed)
}

fn format() -> Result<Outcome> {
    shell::show(&mut shell::cargo(&["fmt", "--all", "--check"]))?;
    Ok(Outcome::Passed)
}

fn generated() -> Result<Outcome> {
    codegen::run(&codegen::Args { check: true })?;
    Ok(Outcome::Passed)
}

fn kernel_programs() -> Result<Outcome> {
    bpf::run(&bpf::Args { check: true })?;
    Ok(Outcome::Passed)
}

fn lint() -> Result<Outcome> {
    let mut clippy = shell::cargo(&["clippy", "--quiet", "--all-targets", "--", "-D", "warnings"]);
    shell::show(&mut clippy)?;
    Ok(Outcome::Passed)
}

fn wasm_core() -> Result<Outcome> {
    let target = "wasm32-unknown-unknown";
    shell::show(&mut shell::cargo(&[
        "build",
        "--quiet",
        "--package",
        "warmor-compiler",
        "--target",
        target,
    ]))?;
    Ok(Outcome::Passed)
}

fn tests() -> Result<Outcome> {
    if setup::nextest() {
        shell::show(&mut shell::cargo(&["nextest", "run", "--no-fail-fast", "--status-level", "fail"]))?;
    } else {
        shell::show(&mut shell::cargo(&["test", "--quiet", "--bins", "--lib", "--tests", "--no-fail-fast"]))?;
    }
    Ok(Outcome::Passed)
}

/// Tests that need cvc5, which nobody should need for running the others.
fn second_solver() -> Result<Outcome> {
    let mut test = shell::cargo(&["test", "--quiet", "--package", "warmor-tests", "--test", "claims"]);
    shell::show(test.args(["--", "--ignored"]))?;
    Ok(Outcome::Passed)
}

fn doc_tests() -> Result<Outcome> {
    shell::show(&mut shell::cargo(&["test", "--quiet", "--doc"]))?;
    Ok(Outcome::Passed)
}

fn documentation() -> Result<Outcome> {
    let mut doc = shell::cargo(&["doc", "--quiet", "--no-deps"]);
    shell::show(doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Outcome::Passed)
}

/// What policies may be told: that a rule is right and this release of the agent does not enforce it.
const UNENFORCED: &[&str] = &["W0401", "W0402"];

/// Every project in `examples`, and every module of the standard library with the file that tests it.
fn policies() -> Result<Outcome> {
    shell::show(&mut shell::cargo(&["build", "--quiet", "--package", "warmorc"]))?;
    let mut projects = Vec::new();
    for folder in ["examples", "stdlib/tests"] {
        for entry in
            fs::read_dir(shell::root().join(folder)).with_context(|| format!("cannot read {folder}"))?
        {
            let path = entry?.path();
            if path.is_dir() || path.extension().is_some_and(|e| e == "warmor") {
                projects.push(path);
            }
        }
    }
    projects.sort();
    for project in &projects {
        let run = |verb: &[&str]| {
            shell::capture(Command::new(shell::built().join("debug/warmorc")).args(verb).arg(project))
                .with_context(|| format!("warmorc {} {}", verb.join(" "), project.display()))
        };
        let found = run(&["check", "--format", "json"])?;
        let found = String::from_utf8_lossy(&found);
        let mut codes =
            found.lines().filter_map(|l| l.trim().strip_prefix("\"code\": \"")?.split('"').next());
        if let Some(code) = codes.find(|code| !UNENFORCED.contains(code)) {
            bail!("warmorc check {} says {code}:\n{found}", project.display());
        }
        run(&["test"])?;
        run(&["fmt", "--check"])?;
    }
    println!("  {} checked, tested and formatted", projects.len());
    Ok(Outcome::Passed)
}

/// Runs a step unless it passed on the same inputs before.
fn once(step: &str, inputs: &[&[&str]], run: fn() -> Result<()>) -> Result<Outcome> {
    let stamp = Stamp::new(step, &inputs.concat())?;
    if stamp.is_there() {
        return Ok(Outcome::Unchanged);
    }
    run()?;
    stamp.set()?;
    Ok(Outcome::Passed)
}

fn vscode_extension() -> Result<Outcome> {
    once("vscode-extension", &[editors::EXTENSION_INPUTS], editors::extension_tests)
}

fn terminal_editors() -> Result<Outcome> {
    let inputs = [editors::SERVER_INPUTS, &["lsp/editors/emacs", "lsp/editors/neovim", "tests/xtask/src"]];
    once("terminal-editors", &inputs, editors::terminal_editors)
}

fn vscode() -> Result<Outcome> {
    once("vscode", &[editors::SERVER_INPUTS, editors::EXTENSION_INPUTS], editors::vscode)
}

fn playground_compiler() -> Result<Outcome> {
    once("playground-compiler", &[playground::COMPILER_INPUTS], playground::compiler_tests)
}

fn playground_page() -> Result<Outcome> {
    once("playground-page", &[playground::COMPILER_INPUTS, playground::PAGE_INPUTS], playground::in_browser)
}

fn this_kernel() -> Result<Outcome> {
    if !cfg!(target_os = "linux") {
        return Ok(Outcome::Skipped("not Linux"));
    }
    if !shell::is_root() && !shell::has("sudo") {
        return Ok(Outcome::Skipped("neither root nor sudo"));
    }
    demo::run(&demo::Args { no_guest: true })?;
    Ok(Outcome::Passed)
}

fn guest_kernel() -> Result<Outcome> {
    once("guest", &[GUEST_INPUTS], || {
        setup::packages(&[setup::GUEST])?;
        guest::run(&guest::Args { filter: None, console: false })
    })
}

fn short_fuzz() -> Result<Outcome> {
    if !cfg!(target_arch = "x86_64") {
        return Ok(Outcome::Skipped("fuzz targets are built for x86_64 only"));
    }
    fuzz::run(&fuzz::Args { target: None, seconds: FUZZ_SECONDS })?;
    Ok(Outcome::Passed)
}
