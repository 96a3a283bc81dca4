//! Building the module, the package and the page.

use super::{out, web};
use crate::stamp::Stamp;
use crate::{editors, shell};
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use wasm_bindgen_cli_support::Bindgen;

pub const TARGET: &str = "wasm32-unknown-unknown";

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

/// What the module is made of.
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
    editors::node()?;
    editors::install(&web())?;
    module()?;
    shell::show(&mut editors::npm(&web(), &["run", "types"]))?;
    shell::show(editors::npm(&web(), &["run", "build", "--"]).arg(out()))?;
    Ok(())
}

/// The module, as small as it gets, and the JavaScript with its types beside it.
fn module() -> Result<()> {
    let stamp = Stamp::new("playground-module", MODULE_INPUTS)?;
    let made = ["compiler.wasm", "compiler.js", "compiler.d.ts"];
    if stamp.is_there() && made.iter().all(|file| web().join("generated").join(file).exists()) {
        return Ok(());
    }
    println!("  building the compiler for the browser (minutes, the first time)");
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
    shell::show(build.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", path_flags()?))?;
    let built = shell::built().join(TARGET).join("web/warmor_playground.wasm");
    let generated = web().join("generated");
    if generated.exists() {
        fs::remove_dir_all(&generated)?;
    }
    Bindgen::new()
        .input_path(&built)
        .web(true)
        .and_then(|bindgen| {
            bindgen.typescript(true).out_name("compiler").omit_default_module_path(true).generate(&generated)
        })
        .context("wasm-bindgen cannot write the JavaScript of the module")?;
    let raw = generated.join("compiler_bg.wasm");
    let module = generated.join("compiler.wasm");
    let mut optimise = Command::new("node");
    optimise.arg(tool("binaryen/bin/wasm-opt")).args(["-Oz", "--strip-debug", "--strip-producers"]);
    shell::run(optimise.args(FEATURES).arg(&raw).arg("-o").arg(&module)).context("wasm-opt failed")?;
    for leftover in [raw, generated.join("compiler_bg.wasm.d.ts")] {
        fs::remove_file(leftover)?;
    }
    println!("  {} kB", fs::metadata(&module)?.len().div_ceil(1_000));
    stamp.set()
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
