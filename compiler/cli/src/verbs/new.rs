//! `warmorc new`

use crate::output::{Exit, Output};
use std::path::{Path, PathBuf};
use warmor_compiler::resolve::MANIFEST;
use warmor_report::{Failure, escape};

/// Begins a project: a folder that checks and tests clean
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder to make; its name becomes the package's
    #[arg(value_name = "NAME")]
    folder: PathBuf,
}

pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let folder = &args.folder;
    let shown = folder.display();
    let name = folder.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    let package = package(name).ok_or_else(|| {
        Failure::new(format!("`{shown}` cannot name a package"))
            .help("a name begins with a letter; letters, digits, `-` and `_` may follow")
    })?;
    let failed =
        |path: &Path, e: std::io::Error| Failure::new(format!("`{}` cannot be written: {e}", path.display()));
    if folder.exists() {
        return Err(Failure::new(format!("`{shown}` is there already")).help("give another name"));
    }
    std::fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
    let files = [
        (MANIFEST.to_owned(), manifest(&package)),
        (format!("{package}.warmor"), policy(&package)),
        (".gitignore".to_owned(), "*.wasm\n*.key\n".to_owned()),
    ];
    for (file, text) in files {
        let path = folder.join(file);
        std::fs::write(&path, text).map_err(|e| failed(&path, e))?;
    }
    let shown = escape(&shown.to_string());
    out.text(&format!(
        "made the project `{shown}`\n\n  {shown}/{package}.warmor   a policy with a test\n  {shown}/{MANIFEST}   name, version, target\n\n\
         next: change the executable and the paths, then\n\n  warmorc check {shown}\n  warmorc test {shown}\n"
    ));
    Ok(Exit::Clean)
}

/// The package that a folder's name gives.
fn package(name: &str) -> Option<String> {
    let word = name.replace('-', "_").to_lowercase();
    let fits = word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    (fits && word.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)).then_some(word)
}

fn manifest(package: &str) -> String {
    format!(
        "[package]\nname = \"{package}\"\nversion = \"0.1.0\"\n# The oldest kernel that the policy must hold on.\ntarget = \"linux-6.1\"\n"
    )
}

fn policy(package: &str) -> String {
    format!(
        r#"## What the service may do. Begin with `mode detect`, which reports and stops nothing; see what is reported, then prevent.
package {package}

import std.base.{{dynamic_program}}

## The service: all processes that run this executable.
subject service = process.exe in [/usr/bin/{package}]

policy {package}_service for service {{
  mode detect
  default deny read, mmap_exec, modify, exec, connect, send
  severity high

  use dynamic_program()

  image: allow read, mmap_exec /usr/bin/{package}
  config: allow read /etc/{package}/**
  data: allow read, modify /var/lib/{package}/**
  database: allow connect tcp to 10.0.0.0/8 port 5432
}}

test "the service does its work" {{
  as {{ process.exe: /usr/bin/{package} }}
  expect reported allow read /etc/{package}/main.conf by config
  expect reported allow write /var/lib/{package}/state by data
  expect reported allow connect tcp to 10.1.2.3 port 5432 by database
}}

test "and nothing else" {{
  as {{ process.exe: /usr/bin/{package} }}
  expect reported deny read /etc/shadow
  expect reported deny exec /bin/sh
  expect reported deny connect tcp to 192.0.2.1 port 5432
}}
"#
    )
}

#[cfg(test)]
mod tests {
    use super::package;

    #[test]
    fn a_folder_names_a_package_where_it_can() {
        assert_eq!(package("My-shop2").as_deref(), Some("my_shop2"));
        for wrong in ["", "2shop", "a b", "é", "-x", ".."] {
            assert_eq!(package(wrong), None, "{wrong}");
        }
    }
}
