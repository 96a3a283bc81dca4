//! What is proved of a build: by `compile`, as `inspect` shows it, and again by `verify --reprove`.

use crate::harness::Folder;
use serde_json::Value;
use warmor_policy::artifact::sign::{SecretKey, sign};
use warmor_policy::artifact::{Artifact, ArtifactBuilder, SourceFile, Trust, with_evidence};

fn json(folder: &Folder, words: &str) -> Value {
    let run = folder.run(words);
    serde_json::from_str(&run.stdout()).unwrap_or_else(|e| panic!("{e}: {}", run.all()))
}

fn read(folder: &Folder, name: &str) -> Artifact {
    Artifact::read(folder.read(name), Trust::AllowUnsigned).unwrap()
}

/// An artifact with other parts, and no evidence.
fn rebuilt(of: &Artifact, module: &[u8], tables: &Artifact, sources: Vec<SourceFile>) -> Artifact {
    let builder = ArtifactBuilder {
        module: module.to_vec(),
        manifest: of.manifest().clone(),
        tables: tables.tables().clone(),
        sources,
        evidence: Vec::new(),
    };
    Artifact::read(builder.write().unwrap(), Trust::AllowUnsigned).unwrap()
}

#[test]
fn what_is_compiled_is_proved_and_says_so() {
    let folder = Folder::shop();
    let run = folder.run("compile");
    assert_eq!(run.code(), 0, "{}", run.all());
    assert!(run.stdout().contains(" kernel, proved, not signed"), "{}", run.stdout());
    let summary = folder.run("inspect").stdout();
    let lines: Vec<&str> = summary.lines().filter(|l| l.starts_with("evidence")).collect();
    assert_eq!(lines.len(), 2, "{summary}");
    for line in lines {
        assert!(line.contains("proved: the "), "{line}");
        assert!(line.contains("(warmor validate 1: ") && line.contains(" diagrams, "), "{line}");
    }
    let evidence = &json(&folder, "inspect --format json")["evidence"];
    let artifact = read(&folder, "shop.wasm");
    for (i, part) in ["tables", "module"].into_iter().enumerate() {
        assert_eq!(evidence[i]["outcome"], "proved");
        assert_eq!(evidence[i]["about"]["part"], part);
        assert_eq!(evidence[i]["about"]["sources"], artifact.manifest().sources.to_string());
    }
    assert_eq!(folder.run("compile -o again.wasm").code(), 0);
    assert_eq!(folder.read("again.wasm"), folder.read("shop.wasm"), "evidence is the same every time");
}

#[test]
fn a_proof_that_is_left_out_is_told() {
    let folder = Folder::shop();
    let run = folder.run("compile --no-validate");
    assert_eq!(run.code(), 0, "{}", run.all());
    assert!(run.stdout().contains(" kernel, not proved, not signed"), "{}", run.stdout());
    let summary = folder.run("inspect").stdout();
    assert!(summary.contains("evidence    NOT PROVED (--no-validate): the kernel's tables"), "{summary}");
    assert_eq!(json(&folder, "inspect --format json")["evidence"][1]["outcome"], "skipped");
    assert_eq!(json(&folder, "compile --no-validate --format json")["artifact"]["proved"], false);
    assert_eq!(json(&folder, "compile --format json")["artifact"]["proved"], true);
    assert_eq!(folder.run("compile --no-validate --budget 5").code(), 2);
}

#[test]
fn a_budget_that_runs_out_makes_no_artifact() {
    let folder = Folder::shop();
    let run = folder.run("compile --budget 10");
    assert_eq!(run.code(), 3, "{}", run.all());
    assert!(run.stderr().contains("it is not known whether the artifact means"), "{}", run.stderr());
    assert!(run.stderr().contains("--budget"), "{}", run.stderr());
    assert!(!folder.path().join("shop.wasm").exists());
    assert_eq!(folder.run("compile").code(), 0);
    let run = folder.run("verify --reprove --allow-unsigned --budget 10");
    assert_eq!(run.code(), 3, "{}", run.all());
    assert!(run.stdout().contains("not known: in the kernel's tables: "), "{}", run.stdout());
}

/// Everything that the way from sources to model depends on has to be in the artifact.
#[test]
fn a_program_of_many_files_settings_and_dependencies_is_proved_again() {
    let folder = Folder::new();
    folder.write(
        "warmor.toml",
        "[package]\nname = \"many\"\nversion = \"0.1.0\"\ntarget = \"linux-6.1\"\n\n\
         [dependencies]\nvendor = { path = \"vendor\" }\n",
    );
    folder.write("vendor/warmor.toml", "[package]\nname = \"vendor\"\nversion = \"1.0.0\"\n");
    folder.write(
        "vendor/lists.warmor",
        "package vendor.lists\nlet secrets = [/srv/keys/**]\n\
         policy not_ours for any {\n  mode prevent\n  deny read /srv/nobody\n}\n",
    );
    folder.write(
        "main.warmor",
        "package many\nimport vendor.lists.{secrets}\nimport std.credentials.{ssh_host_keys}\n\
         let usual = 1000\nparam UID: Int = usual\nparam GID: Int = 7\n\
         policy p for any {\n  mode prevent\n  deny read secrets, ssh_host_keys where process.uid == UID\n  \
         old: deny read /srv/old until 2020-02-29\n  deny write /srv/x where process.gid == GID\n}\n",
    );
    let run = folder.run("compile --set GID=9");
    assert_eq!(run.code(), 0, "{}", run.all());
    let artifact = read(&folder, "many.wasm");
    assert_eq!(artifact.manifest().policies.len(), 1);
    assert_eq!(artifact.manifest().expired.len(), 1);
    let run = folder.run("verify --reprove --allow-unsigned");
    assert_eq!(run.code(), 0, "{}", run.all());
    assert!(run.stdout().contains("proved: the kernel's tables mean what the sources mean"), "{}", run.all());
    let again = json(&folder, "verify --reprove --allow-unsigned --format json");
    assert_eq!(again["proof"]["outcome"], "proved");
    assert_eq!(again["verified"], false);
    assert_eq!(again["proof"]["evidence"][1]["about"]["part"], "module");
}

/// A signer can claim what is not so: digests and signature are right, and the tables are those of another program.
#[test]
fn a_lie_is_found_by_proving_again() {
    let folder = Folder::new();
    folder.write("a.warmor", "package p\npolicy p for any {\n  mode prevent\n  deny read /etc/a\n}\n");
    folder.write("b.warmor", "package p\npolicy p for any {\n  mode prevent\n  deny read /etc/b\n}\n");
    assert_eq!(folder.run("compile a.warmor -o a.wasm").code(), 0);
    assert_eq!(folder.run("compile b.warmor -o b.wasm").code(), 0);
    let (a, b) = (read(&folder, "a.wasm"), read(&folder, "b.wasm"));
    let key = SecretKey::generate().unwrap();
    folder.write("warmor.pub", key.public_text());
    let claim = |module: &Artifact, tables: &Artifact, name: &str| {
        let artifact = rebuilt(&a, module.module(), tables, a.sources().to_vec());
        let mut claims = a.evidence().to_vec();
        for about in claims.iter_mut().filter_map(|claim| claim.about.as_mut()) {
            about.digest = artifact.part_digest(about.part);
        }
        folder.write(name, sign(with_evidence(artifact, &claims).unwrap(), &key).unwrap());
        folder.run(&format!("verify --reprove {name}"))
    };
    assert_eq!(claim(&a, &a, "honest.wasm").code(), 0);
    for (module, tables, part) in [(&a, &b, "kernel"), (&b, &a, "module")] {
        let run = claim(module, tables, "lie.wasm");
        assert_eq!(folder.run("verify lie.wasm").code(), 0, "the signature is right");
        assert_eq!(run.code(), 1, "{}", run.all());
        let shown = format!(
            "refuted: by the sources, clause 0 applies to `read /etc/a`; the {part}'s tables do not apply it\n  \
             clause 0 is p.deny#1 (a.warmor:4:3)\n"
        );
        assert!(run.stdout().ends_with(&shown), "{}", run.all());
        assert_eq!(json(&folder, "verify --reprove lie.wasm --format json")["proof"]["outcome"], "refuted");
    }
}

/// Where the contents of a section of a module begin, and end.
fn section(module: &[u8], id: u8) -> (usize, usize) {
    let mut at = 8;
    loop {
        let found = module[at];
        at += 1;
        let (mut size, mut shift) = (0, 0);
        loop {
            let byte = module[at];
            at += 1;
            size |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        if found == id {
            return (at, at + size);
        }
        at += size;
    }
}

#[test]
fn a_module_that_is_not_the_runner_is_refuted() {
    let folder = Folder::shop();
    assert_eq!(folder.run("compile").code(), 0);
    let artifact = read(&folder, "shop.wasm");
    let with_module = |edit: &dyn Fn(&mut Vec<u8>)| {
        let mut module = artifact.module().to_vec();
        edit(&mut module);
        let other = rebuilt(&artifact, &module, &artifact, artifact.sources().to_vec());
        folder.write("other.wasm", other.bytes());
        let run = folder.run("verify --reprove --allow-unsigned other.wasm");
        assert_eq!(run.code(), 1, "{}", run.all());
        run.stdout().lines().last().unwrap_or_default().to_owned()
    };
    let code = with_module(&|m| {
        // A byte deep inside of a function.
        let (from, to) = section(m, 10);
        m[from.midpoint(to)] ^= 1;
    });
    assert_eq!(code, "refuted: the module's code section is not the runner's");
    let globals = with_module(&|m| {
        let (_, to) = section(m, 6);
        m[to - 2] ^= 1;
    });
    assert_eq!(globals, "refuted: the module's global section is not the runner's");
    let memory = with_module(&|m| {
        // One piece of memory, with a maximum, of so many pages.
        let (from, _) = section(m, 5);
        m[from + 2] -= 1;
    });
    assert_eq!(memory, "refuted: the module's memory is not of the size that its tables take");
    let sections = with_module(&|m| {
        let (_, to) = section(m, 10);
        m.truncate(to);
    });
    assert_eq!(sections, "refuted: the module has other sections than the runner");
    let place = with_module(&|m| {
        // One active segment, at the place that a constant says.
        let (from, _) = section(m, 11);
        m[from + 3] ^= 4;
    });
    assert_eq!(place, "refuted: the module's data are not one segment at the place of the tables");
    let tables = with_module(&|m| *m.last_mut().unwrap() ^= 0xff);
    assert!(tables.starts_with("refuted: the module's data are no tables: "), "{tables}");
}

#[test]
fn sources_that_this_compiler_does_not_take_leave_it_open() {
    let folder = Folder::shop();
    assert_eq!(folder.run("compile").code(), 0);
    let artifact = read(&folder, "shop.wasm");
    let mut sources = artifact.sources().to_vec();
    let shop = sources.iter_mut().find(|f| f.name == "shop.warmor").unwrap();
    shop.text.push_str("policy other for any { forbid everything }\n");
    let other = rebuilt(&artifact, artifact.module(), &artifact, sources);
    folder.write("other.wasm", other.bytes());
    let run = folder.run("verify --reprove --allow-unsigned other.wasm");
    assert_eq!(run.code(), 3, "{}", run.all());
    assert!(run.stdout().contains("not known: the sources do not compile here: E0"), "{}", run.all());
}
