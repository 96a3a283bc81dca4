//! `warmorc inspect`

use crate::files::{artifact_path, read_bytes};
use crate::keys;
use crate::output::{Exit, Output};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::PathBuf;
use warmor_policy::artifact::manifest::{Clause, Manifest, Mode, Tier};
use warmor_policy::artifact::{Artifact, Evidence, Inspection, Outcome, SignatureState};
use warmor_policy::schema::Action;
use warmor_policy::verdict::ClauseKind;
use warmor_report::{Failure, escape, escape_lines, json_text, plural, tables};

/// Shows what is in an artifact
///
/// It is read whole, but the signature need not be there; `warmorc verify` asks for one.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The artifact, or `-` for standard input. Without it, the one in the project's folder
    #[arg(value_name = "ARTIFACT")]
    artifact: Option<PathBuf>,
    /// Which part to show
    #[arg(long, value_name = "PART", default_value = "summary", value_enum)]
    show: Part,
    /// A public key to check the signature with; may be given more than once
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<PathBuf>,
    /// How it is printed; JSON has all parts but the WebAssembly text
    #[arg(long, value_name = "FORMAT", default_value = "pretty", value_enum)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Size, signature, sections, costs
    Summary,
    /// Policies, clauses, detections, subjects
    Policies,
    /// The decision diagrams
    Tables,
    /// The module as WebAssembly text
    Wat,
    /// The texts that were compiled
    Sources,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Pretty,
    /// One JSON object
    Json,
}

pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let path = artifact_path(args.artifact.as_deref())?;
    let keys = keys::public(&args.keys)?;
    let refused =
        |e: warmor_policy::artifact::ArtifactError| Failure::new(format!("`{}`: {e}", path.display()));
    let (inspection, artifact) = Inspection::new(read_bytes(&path)?, &keys).map_err(refused)?;
    if args.format == Format::Json {
        let whole = json!({
            "version": 1,
            "inspection": inspection,
            "manifest": artifact.manifest(),
            "unenforced": all_unenforced(artifact.manifest()).iter().map(|a| a.name()).collect::<Vec<_>>(),
            "unread": unread(&artifact),
            "evidence": artifact.evidence(),
            "sources": artifact.sources().iter().map(|s| json!({ "name": s.name, "text": s.text })).collect::<Vec<_>>(),
            "tables": tables::describe(artifact.tables(), artifact.manifest()).lines().collect::<Vec<_>>(),
        });
        out.text(&json_text(&whole));
        return Ok(Exit::Clean);
    }
    let text = match args.show {
        Part::Summary => summary(&inspection, &artifact),
        Part::Policies => policies(artifact.manifest()),
        Part::Tables => tables::describe(artifact.tables(), artifact.manifest()),
        Part::Wat => wasmprinter::print_bytes(artifact.bytes())
            .map_err(|e| Failure::new(format!("`{}` cannot be shown as text: {e}", path.display())))?,
        Part::Sources => {
            artifact.sources().iter().map(|s| format!("==> {} <==\n{}\n", s.name, s.text)).collect()
        }
    };
    out.text(&escape_lines(&text));
    Ok(Exit::Clean)
}

fn summary(inspection: &Inspection, artifact: &Artifact) -> String {
    let s = &inspection.summary;
    let mut rows: Vec<(&str, String)> = vec![
        ("package", s.package.clone()),
        ("target", s.target.clone()),
        ("compiler", format!("warmorc {}, artifact format {}", s.compiler, s.format)),
        ("size", format!("{} bytes", inspection.size)),
        ("digest", inspection.digest.to_string()),
        ("signature", signature(&inspection.signature)),
        ("policies", format!("{} in mode prevent, {} in mode detect", s.prevent, s.detect)),
        ("clauses", s.clauses.to_string()),
        ("detections", detections(s.detections, &s.not_executed)),
        ("subjects", s.subjects.to_string()),
        ("sources", format!("{}, digest {}", plural(s.files.len(), "file"), s.sources)),
    ];
    rows.extend(s.files.iter().map(|f| ("", f.clone())));
    let kernel = s.requires.kernel.map_or("no kernel".to_owned(), |k| format!("Linux {k}"));
    let features: Vec<&str> = s.requires.features.iter().map(|f| f.name()).collect();
    rows.push(("requires", [vec![kernel.as_str()], features].concat().join(", ")));
    let unenforced = all_unenforced(artifact.manifest());
    if !unenforced.is_empty() {
        rows.push((
            "unenforced",
            format!("{}: this release has no kernel program for them", names(&unenforced)),
        ));
    }
    let unread = artifact.tables().unread();
    if !unread.actions.is_empty() {
        let facts = unread.facts.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let what =
            format!("{facts}: so {} would be denied to all, which warmord refuses", names(&unread.actions));
        rows.push(("not known", what));
    }
    rows.push((
        "costs",
        format!(
            "at most {} and {} of automata for one event; {} of tables",
            plural(s.costs.diagrams as usize, "diagram"),
            plural(s.costs.automaton_steps as usize, "step"),
            plural(s.costs.table_words as usize * 4, "byte"),
        ),
    ));
    rows.extend(artifact.evidence().iter().map(|e| ("evidence", evidence(e))));
    if artifact.evidence().is_empty() {
        rows.push(("evidence", "none".to_owned()));
    }
    for p in &artifact.manifest().params {
        rows.push(("param", format!("{} = {}", p.name, p.value)));
    }
    for e in &artifact.manifest().expired {
        rows.push(("expired", format!("{} on {}", e.label, e.until)));
    }
    let mut text: String = rows.iter().map(|(name, value)| format!("{name:<11} {value}\n")).collect();
    text.push_str("\nsections\n");
    for section in &inspection.sections {
        text.push_str(&format!("  {:>9} {:>9}  {}\n", section.offset, section.size, section.name));
    }
    text
}

fn evidence(evidence: &Evidence) -> String {
    let outcome = match evidence.outcome {
        Outcome::Proved => "proved",
        Outcome::Inconclusive => "not known",
        Outcome::Skipped => "NOT PROVED (--no-validate)",
    };
    let claim = format!("{outcome}: {}", evidence.claim);
    match &evidence.about {
        Some(about) if evidence.outcome == Outcome::Proved => format!(
            "{claim} ({}: {}, {}, {}, {})",
            evidence.engine,
            plural(about.clauses as usize, "clause"),
            plural(about.diagrams as usize, "diagram"),
            plural(about.atoms as usize, "atom"),
            plural(about.steps as usize, "step"),
        ),
        _ => format!("{claim} ({})", evidence.engine),
    }
}

/// The actions that a clause denies in the kernel, and for which this release has no kernel program.
fn unenforced(manifest: &Manifest, clause: &Clause) -> BTreeSet<Action> {
    let policy = clause.policy.and_then(|index| manifest.policies.get(index as usize));
    let denies = matches!(clause.kind, ClauseKind::Deny | ClauseKind::Default);
    if !denies || clause.tier != Tier::K || policy.is_none_or(|p| p.mode != Mode::Prevent) {
        return BTreeSet::new();
    }
    clause.actions.iter().copied().filter(|a| !a.is_enforced()).collect()
}

fn all_unenforced(manifest: &Manifest) -> BTreeSet<Action> {
    manifest.clauses.iter().flat_map(|clause| unenforced(manifest, clause)).collect()
}

fn names(actions: &BTreeSet<Action>) -> String {
    actions.iter().map(|a| a.name()).collect::<Vec<_>>().join(", ")
}

fn unread(artifact: &Artifact) -> serde_json::Value {
    let unread = artifact.tables().unread();
    json!({ "actions": unread.actions.iter().map(|a| a.name()).collect::<Vec<_>>(), "facts": unread.facts })
}

fn signature(state: &SignatureState) -> String {
    match state {
        SignatureState::Unsigned => "none".to_owned(),
        SignatureState::Unchecked(info) => format!("by {}, not checked (name a key with `--key`)", info.key),
        SignatureState::Verified(info) => format!("verified, by {}", info.key),
        SignatureState::Refused { signature, why } => format!("REFUSED, says {}: {why}", signature.key),
    }
}

fn detections(executed: usize, not_executed: &[String]) -> String {
    if not_executed.is_empty() {
        return executed.to_string();
    }
    format!("{executed} executed; checked, but not executed: {}", not_executed.join(", "))
}

fn policies(manifest: &Manifest) -> String {
    let mut text = String::new();
    for (index, policy) in manifest.policies.iter().enumerate() {
        let mode = match policy.mode {
            Mode::Prevent => "prevent",
            Mode::Detect => "detect",
        };
        text.push_str(&format!(
            "policy {} for {}, mode {mode}, severity {} ({})\n",
            policy.name,
            policy.scope,
            policy.severity.name(),
            place(&policy.place)
        ));
        for (rank, clause) in
            manifest.clauses.iter().enumerate().filter(|(_, c)| c.policy == Some(index as u32))
        {
            let unenforced = names(&unenforced(manifest, clause));
            let note =
                if unenforced.is_empty() { String::new() } else { format!(", not enforced: {unenforced}") };
            text.push_str(&format!(
                "  rank {rank}, tier {:?}{note}, severity {}: {} ({})\n",
                clause.tier,
                clause.severity.name(),
                clause.text,
                place(&clause.place)
            ));
        }
    }
    for detection in &manifest.detections {
        let how = detection.clause.map_or("not executed".to_owned(), |rank| format!("rank {rank}"));
        text.push_str(&format!(
            "detect {} for {}, {how}, severity {} ({})\n",
            detection.name,
            detection.scope,
            detection.severity.name(),
            place(&detection.place)
        ));
    }
    for subject in &manifest.subjects {
        text.push_str(&format!("subject {} = {} ({})\n", subject.name, subject.text, place(&subject.place)));
    }
    text
}

fn place(place: &warmor_policy::artifact::manifest::Place) -> String {
    format!("{}:{}:{}", escape(&place.file), place.line, place.column)
}
