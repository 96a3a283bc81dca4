//! Building the module, the package and the page.

use super::{out, web};
use crate::stamp::Stamp;
use crate::{editors, setup, shell};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";

/// What the compiler makes beyond the first release of WebAssembly. Named one by one: with all that `wasm-opt` knows it makes modules
/// that no browser takes.
const FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-call-indirect-overlong",
];

/// How the standard library is built along: for size, and without the messages of panics, which nobody sees where a panic is a trap.
/// Cargo and rustc know these options only as unstable ones.
const STANDARD_LIBRARY: &[&str] = &["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"];
const WITHOUT_MESSAGES: &str = "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none";

/// The modules, with the options that make them: what a page loads, and what it loads when something needs more.
const MODULES: &[(&str, &[&str])] = &[("compiler", &["--no-default-features"]), ("whole", &[])];

/// What the modules are made of.
const MODULE_INPUTS: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "compiler/core",
    "compiler/report",
    "lsp/ide",
    "playground/Cargo.toml",
    "playground/src",
    "playground/web/package-lock.json",
    "runtime/policy",
    "stdlib",
    "tests/xtask/src/playground/build.rs",
];

/// Builds the module with its glue, then everything that is made of it.
pub fn all() -> Result<()> {
    setup::standard_library()?;
    editors::node()?;
    editors::install(&web())?;
    modules()?;
    shell::show(&mut editors::npm(&web(), &["run", "types"]))?;
    shell::show(editors::npm(&web(), &["run", "build", "--"]).arg(out()))?;
    Ok(())
}

/// The modules, as small as they get, and the JavaScript with its types beside each.
fn modules() -> Result<()> {
    let stamp = Stamp::new("playground-module", MODULE_INPUTS)?;
    let generated = web().join("generated");
    let made = |module: &str| ["wasm", "js", "d.ts"].map(|kind| generated.join(format!("{module}.{kind}")));
    if stamp.is_there() && MODULES.iter().flat_map(|(module, _)| made(module)).all(|file| file.exists()) {
        return Ok(());
    }
    println!("  building the compiler for the browser (minutes, the first time)");
    if generated.exists() {
        fs::remove_dir_all(&generated)?;
    }
    for (name, options) in MODULES {
        module(name, options, &generated)?;
    }
    stamp.set()
}

fn module(name: &str, options: &[&str], generated: &Path) -> Result<()> {
    let mut build = shell::cargo(&[
        "build",
        "--quiet",
        "--locked",
        "--profile",
        "web",
        "--package",
        "warmor-playground",
        "--lib",
        "--target",
        TARGET,
    ]);
    build.args(STANDARD_LIBRARY).args(options).env("RUSTC_BOOTSTRAP", "1").env(
        "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
        format!("{WITHOUT_MESSAGES} {}", path_flags()?),
    );
    shell::show(&mut build)?;
    Bindgen::new()
        .input_path(shell::built().join(TARGET).join("web/warmor_playground.wasm"))
        .web(true)
        .and_then(|bindgen| {
            bindgen.typescript(true).out_name(name).omit_default_module_path(true).generate(generated)
        })
        .context("wasm-bindgen cannot write the JavaScript of the module")?;
    let raw = generated.join(format!("{name}_bg.wasm"));
    let module = generated.join(format!("{name}.wasm"));
    let mut optimise = Command::new("node");
    optimise.arg(tool("binaryen/bin/wasm-opt")).args(["-Oz", "--strip-debug", "--strip-producers"]);
    shell::run(optimise.args(FEATURES).arg(&raw).arg("-o").arg(&module)).context("wasm-opt failed")?;
    for leftover in [raw, generated.join(format!("{name}_bg.wasm.d.ts"))] {
        fs::remove_file(leftover)?;
    }
    println!("  {name}: {} kB", fs::metadata(&module)?.len().div_ceil(1_000));
    Ok(())
}

/// Flags that take the places of sources on this machine out of the module: it is the same wherever it is built.
fn path_flags() -> Result<String> {
    let sysroot = shell::capture(Command::new("rustc").args(["--print", "sysroot"]))?;
    let sysroot = String::from_utf8_lossy(&sysroot).trim().to_owned();
    let home =
        std::env::var("CARGO_HOME").or_else(|_| std::env::var("HOME").map(|home| format!("{home}/.cargo")));
    let mut places = vec![(sysroot, "/rust"), (shell::root().display().to_string(), "/work")];
    places.extend(home.ok().map(|home| (home, "/cargo")));
    let flags: Vec<String> =
        places.iter().map(|(from, to)| format!("--remap-path-prefix={from}={to}")).collect();
    Ok(flags.join(" "))
}

fn tool(path: &str) -> PathBuf {
    web().join("node_modules").join(path)
}
