//! Dependencies from repositories: fetched by `git`, pinned by `warmor.lock`.

use crate::harness::{Folder, Run};
use std::path::PathBuf;
use std::process::Command;

/// A repository with a library, a project that depends on it, and a cache of their own.
struct Project {
    library: Folder,
    folder: Folder,
    cache: Folder,
}

impl Project {
    fn new(revision: &str) -> Self {
        let project = Self { library: Folder::new(), folder: Folder::new(), cache: Folder::new() };
        project.git(&["init", "--quiet", "--initial-branch=main"]);
        project.publish("/etc/shadow");
        let url = project.library.path().display().to_string();
        let dependency = format!(
            "[package]\nname = \"p\"\n[dependencies]\nbase = {{ git = \"file://{url}\"{revision} }}\n"
        );
        project.folder.write("warmor.toml", dependency);
        project.folder.write(
            "p.warmor",
            "import base.files.{secrets}\npolicy p for any { mode prevent deny read secrets }\n",
        );
        project
    }

    fn git(&self, words: &[&str]) -> String {
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
        let output =
            Command::new("git").args(who).args(words).current_dir(self.library.path()).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// A new commit of the library; its id.
    fn publish(&self, secret: &str) -> String {
        self.library.write(
            "sub/files.warmor",
            format!(
                "package base.files\nimport \"./more.warmor\".{{more}}\nlet secrets = [{secret}, more]\n"
            ),
        );
        self.library.write("sub/more.warmor", "let more = [/etc/gshadow]\n");
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "-m", "x"]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn run(&self, words: &str) -> Run {
        self.run_with(words, self.cache.path().to_owned())
    }

    fn run_with(&self, words: &str, cache: PathBuf) -> Run {
        let words: Vec<&str> = words.split(' ').collect();
        let mut command = self.folder.command(&words);
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("WARMOR_CACHE", cache);
        self.folder.finish(command)
    }

    fn lock(&self) -> String {
        String::from_utf8(self.folder.read("warmor.lock")).unwrap()
    }
}

#[test]
fn a_dependency_is_fetched_once_and_pinned() {
    let p = Project::new("");
    let first = p.git(&["rev-parse", "HEAD"]);
    let run = p.run("check");
    assert_eq!(run.code(), 0, "{}", run.all());
    assert!(p.lock().contains(&format!("commit = \"{first}\"")), "{}", p.lock());
    // What is published later changes nothing, and nobody asks for it.
    p.publish("/etc/passwd");
    let eval = "eval --as exe=/bin/a read /etc/shadow";
    assert_eq!(p.run(&format!("{eval} --offline --locked")).code(), 1);
    // Without the pin, the newest counts.
    std::fs::remove_file(p.folder.path().join("warmor.lock")).unwrap();
    assert_eq!(p.run(eval).code(), 0);
    assert!(!p.lock().contains(&first));
}

#[test]
fn tags_branches_and_commits_are_kept_apart() {
    let tagged = Project::new(", tag = \"v1\"");
    tagged.git(&["tag", "-a", "v1", "-m", "x"]);
    let first = tagged.git(&["rev-parse", "HEAD"]);
    tagged.publish("/etc/passwd");
    assert_eq!(tagged.run("check").code(), 0);
    assert!(
        tagged.lock().contains(&format!("revision = \"tag v1\"\ncommit = \"{first}\"")),
        "{}",
        tagged.lock()
    );

    let branch = Project::new(", branch = \"next\"");
    let run = branch.run("check");
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("it has no branch next"), "{}", run.all());
    branch.git(&["branch", "next"]);
    assert_eq!(branch.run("check").code(), 0);

    let other = Project::new("");
    let old = other.git(&["rev-parse", "HEAD"]);
    other.publish("/etc/passwd");
    let manifest = String::from_utf8(other.folder.read("warmor.toml")).unwrap();
    other.folder.write("warmor.toml", manifest.replace(" }", &format!(", rev = \"{old}\" }}")));
    assert_eq!(other.run("check --offline").code(), 2);
    assert_eq!(other.run("check").code(), 0);
    assert!(other.lock().contains(&old));
}

#[test]
fn what_is_not_pinned_or_not_cached_is_refused_where_that_is_asked() {
    let p = Project::new("");
    let run = p.run("check --locked");
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("`warmor.lock` does not pin the dependency `base`"), "{}", run.all());
    assert_eq!(p.run("check --offline").code(), 2);
    assert!(!p.folder.path().join("warmor.lock").exists());
    assert_eq!(p.run("check").code(), 0);
    p.folder.write("warmor.lock", "version = 7\n");
    let run = p.run("check");
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("is not a lock file"), "{}", run.all());
}

#[test]
fn artifacts_do_not_depend_on_where_the_cache_is() {
    let p = Project::new("");
    let other = Folder::new();
    assert_eq!(p.run("compile -o a.wasm").code(), 0);
    assert_eq!(p.run_with("compile -o b.wasm", other.path().join("deep/down")).code(), 0);
    assert_eq!(p.folder.read("a.wasm"), p.folder.read("b.wasm"));
    let sources = p.run("inspect a.wasm --show sources").stdout();
    assert!(sources.contains("==> <base@"), "{sources}");
}

#[test]
fn addresses_that_run_programs_are_refused() {
    let folder = Folder::new();
    folder.write("p.warmor", "let a = 1\n");
    for url in ["ext::sh -c touch", "-u", "http://example.org/x", "../x", "a b@c:d"] {
        folder.write("warmor.toml", format!("[dependencies]\nbase = {{ git = \"{url}\" }}\n"));
        let run = folder.run("check");
        assert_eq!(run.code(), 1, "{url}: {}", run.all());
        assert!(run.stdout().contains("E0603"), "{url}: {}", run.all());
    }
}
