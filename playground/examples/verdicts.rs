//! What the reference evaluator says of every event of every test in the repository, in every program of it: what the module in the
//! page is compared with. Prints one JSON object.
//!
//! It knows nothing of the workspace that the page asks, on purpose: programs are put together and decided by the compiler alone.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use warmor_compiler::check::{Options, check};
use warmor_compiler::evaluate::{Muted, decide_operation};
use warmor_compiler::model::{ClauseRef, Model};
use warmor_compiler::resolve::{Origin, Sources};
use warmor_policy::event::Event;
use warmor_policy::event::json::AsJson;
use warmor_policy::verdict::{Decision, Effect};
use warmor_report::Places;
use warmor_report::tests::Runner;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let mut programs = Vec::new();
    collect(&root, &root, &mut programs)?;
    let mut events: Vec<Vec<Event>> = Vec::new();
    let mut models = Vec::new();
    for (name, files) in programs {
        let mut sources = Sources::new();
        for (path, text) in &files {
            let origin = if path == "warmor.toml" { Origin::Manifest } else { Origin::Root };
            sources.set(path, text, origin);
        }
        let Ok(model) = check(&sources, &Options::default()).into_model() else { continue };
        events.extend(model.tests.iter().flat_map(|t| &t.expectations).map(|e| e.events.clone()));
        models.push((name, files, sources, model));
    }
    let programs: Vec<Value> = models
        .iter()
        .map(|(name, files, sources, model)| {
            let decisions: Vec<Value> = events.iter().map(|operation| decided(model, operation)).collect();
            let places = Places::new(sources);
            let mut runner = Runner::new(model, &places);
            let tests =
                model.tests.iter().map(|t| json!({ "name": t.name, "passed": runner.run(t).passed() }));
            let tests: Vec<Value> = tests.collect();
            json!({ "name": name, "files": files, "decisions": decisions, "tests": tests })
        })
        .collect();
    let events: Vec<Value> =
        events.iter().map(|operation| operation.iter().map(AsJson).map(|e| json!(e)).collect()).collect();
    println!("{}", json!({ "programs": programs, "events": events }));
    Ok(())
}

fn decided(model: &Model, operation: &[Event]) -> Value {
    let mut operation = operation.to_vec();
    operation.iter_mut().for_each(Event::normalise);
    let decision: Decision = decide_operation(model, &operation, &Muted::none());
    let word = |effect| if effect == Effect::Deny { "deny" } else { "allow" };
    let clause = decision.clause.and_then(|rank| model.clauses().get(rank.0 as usize).copied());
    let name = clause.map(|clause| match clause {
        ClauseRef::Rule(id) => {
            let rule = model.rule(id);
            format!("{}.{}", model.policy(rule.policy).name, rule.label)
        }
        ClauseRef::Default(id) => model.policy(id).name.clone(),
        ClauseRef::Detection(index) => model.detections[index as usize].name.clone(),
    });
    json!({
        "enforced": word(decision.enforced),
        "reported": word(decision.reported),
        "audit": decision.audit,
        "detected": decision.detected,
        "responses": decision.responses.names().collect::<Vec<_>>(),
        "clause": name,
    })
}

type Program = (String, BTreeMap<String, String>);

/// The programs below a folder that have tests: each project, and each file outside of projects.
fn collect(root: &Path, folder: &Path, found: &mut Vec<Program>) -> std::io::Result<()> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|e| Ok(e?.path())).collect::<std::io::Result<_>>()?;
    paths.sort();
    let is_policy = |path: &Path| path.extension().is_some_and(|e| e == "warmor");
    let is_project = folder.join("warmor.toml").is_file();
    let mut project = BTreeMap::new();
    for path in paths {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() {
            if !name.starts_with('.') && !matches!(name.as_str(), "target" | "node_modules" | "generated") {
                collect(root, &path, found)?;
            }
        } else if is_policy(&path) || (is_project && name == "warmor.toml") {
            // Some test data is no text, and is not meant to be.
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            if is_project {
                project.insert(name, text);
            } else if text.contains("\ntest \"") {
                let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
                found.push((shown, BTreeMap::from([(name, text)])));
            }
        }
    }
    if project.values().any(|text| text.contains("\ntest \"")) {
        found.push((folder.strip_prefix(root).unwrap_or(folder).display().to_string(), project));
    }
    Ok(())
}
