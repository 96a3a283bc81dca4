//! `cargo xtask fuzz`: the programs of `tests/fuzz`, each for a while.
//!
//! They are built with the coverage instrumentation that every compiler has, so neither a nightly compiler nor cargo-fuzz is
//! needed. The flags are those that cargo-fuzz gives (rust-fuzz/cargo-fuzz, `src/project.rs`), without a sanitizer: there is
//! no unsafe code to sanitize.

use crate::shell;
use anyhow::{Context, Result, bail};
use std::fs;
use std::process::{Command, Stdio};

/// Options of `cargo xtask fuzz`.
#[derive(clap::Args)]
pub struct Args {
    /// Only the target of this name.
    pub target: Option<String>,
    /// How long, for each target.
    #[arg(long, default_value_t = 60)]
    pub seconds: u32,
}

const HOST: &str = "x86_64-unknown-linux-gnu";
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-simplifycfg-branch-fold-threshold=0 -Cdebug-assertions -Ccodegen-units=1";

/// Builds the targets and runs them, starting from the committed seeds and what earlier runs found.
pub fn run(args: &Args) -> Result<()> {
    let home = shell::root().join("tests/fuzz");
    let mut targets = Vec::new();
    for entry in fs::read_dir(home.join("fuzz_targets")).context("cannot read tests/fuzz/fuzz_targets")? {
        let name = entry?.file_name().to_string_lossy().trim_end_matches(".rs").to_owned();
        if args.target.as_ref().is_none_or(|wanted| *wanted == name) {
            targets.push(name);
        }
    }
    targets.sort();
    if targets.is_empty() {
        bail!("no fuzz target has that name");
    }
    println!("  building {} fuzz targets", targets.len());
    // A target triple keeps the flags away from build scripts.
    shell::run(
        shell::cargo(&["build", "--quiet", "--release", "--target", HOST, "--manifest-path"])
            .arg(home.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(shell::root().join("target/fuzz"))
            .env("RUSTFLAGS", FLAGS),
    )?;
    for target in targets {
        let corpus = shell::root().join("target/fuzz/corpus").join(&target);
        let failures = shell::root().join("target/fuzz/failures").join(&target);
        fs::create_dir_all(&corpus)?;
        fs::create_dir_all(&failures)?;
        println!("  {target}: {} seconds", args.seconds);
        let program = shell::root().join("target/fuzz").join(HOST).join("release").join(&target);
        let output = Command::new(program)
            .arg(format!("-max_total_time={}", args.seconds))
            .args(["-timeout=10", "-rss_limit_mb=2048", "-max_len=65536", "-print_final_stats=1"])
            .arg(format!("-artifact_prefix={}/", failures.display()))
            .arg(&corpus)
            .args(Some(home.join("seeds").join(&target)).filter(|seeds| seeds.is_dir()))
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot start the fuzz target {target}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            let end: Vec<&str> = said.lines().rev().take(30).collect();
            let end: Vec<&str> = end.into_iter().rev().collect();
            bail!("fuzz target {target} failed; its input is in {}\n{}", failures.display(), end.join("\n"));
        }
        for line in said.lines().filter_map(|l| l.strip_prefix("stat::number_of_executed_units:")) {
            println!("  {target}: {} runs without a failure", line.trim());
        }
    }
    Ok(())
}
