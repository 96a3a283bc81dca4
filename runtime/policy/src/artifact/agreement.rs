//! What two parts of an artifact both say must be the same: a report must not name another rule than the one that decided.

use super::manifest::{Manifest, Mode, Pattern, Place};
use super::{ArtifactError, Digest, Evidence, Part, SourceFile};
use crate::image::{CLAUSE_WORDS, Image, NONE, POLICY_WORDS, header};
use crate::schema::SCHEMA_VERSION;
use crate::verdict::ClauseKind;
use std::collections::BTreeSet;

/// Checks the manifest against the tables and the sources.
pub(super) fn check(
    manifest: &Manifest,
    tables: &Image,
    sources: &[SourceFile],
    source_bytes: &[u8],
) -> Result<(), ArtifactError> {
    let holds = |holds: bool, what: &dyn Fn() -> String| {
        if holds { Ok(()) } else { Err(ArtifactError::Disagreement(what())) }
    };
    holds(manifest.schema == SCHEMA_VERSION, &|| {
        "the manifest is for another field schema than the tables".to_owned()
    })?;
    holds(manifest.sources == Digest::of(source_bytes), &|| {
        "the sources are not those of the manifest's digest".to_owned()
    })?;
    let words = tables.words();
    let table = |at: usize, count: usize, each: usize| {
        let (at, count) = (words[at] as usize, words[count] as usize);
        words.get(at..at + count * each).unwrap_or_default().chunks_exact(each)
    };
    let clauses = table(header::CLAUSES, header::CLAUSE_COUNT, CLAUSE_WORDS);
    let policies = table(header::POLICIES, header::POLICY_COUNT, POLICY_WORDS);
    holds(manifest.costs.table_words == words.len() as u64, &|| {
        "the manifest's costs are of other tables".to_owned()
    })?;
    holds(manifest.policies.len() == policies.len(), &|| {
        "the manifest and the tables differ in the number of policies".to_owned()
    })?;
    holds(manifest.clauses.len() == clauses.len(), &|| {
        "the manifest and the tables differ in the number of clauses".to_owned()
    })?;
    for (i, (policy, flags)) in manifest.policies.iter().zip(policies).enumerate() {
        holds(flags[0] == u32::from(policy.mode == Mode::Prevent), &|| {
            format!("policy {i} has another mode in the tables")
        })?;
        holds(flags[1] == 0, &|| format!("policy {i} is muted; only an operator mutes, at run time"))?;
    }
    for (rank, (clause, row)) in manifest.clauses.iter().zip(clauses).enumerate() {
        let same = [
            clause.kind as u32,
            clause.policy.unwrap_or(NONE),
            clause.responses.0.into(),
            clause.severity as u32,
        ];
        holds(row == same, &|| format!("clause {rank} is another in the tables"))?;
    }
    for (i, detection) in manifest.detections.iter().enumerate() {
        let sound = match detection.clause.map(|rank| manifest.clauses.get(rank as usize)) {
            None => detection.pattern != Pattern::Single,
            Some(clause) => {
                detection.pattern == Pattern::Single && clause.is_some_and(|c| c.kind == ClauseKind::Detect)
            }
        };
        holds(sound, &|| format!("detection {i} has not the clause that it should have"))?;
    }
    let policy_count = manifest.policies.len();
    holds(manifest.limits.iter().all(|l| (l.policy as usize) < policy_count), &|| {
        "a limit is of no policy".to_owned()
    })?;
    holds(manifest.requires.features.is_sorted_by(|a, b| a < b), &|| {
        "the required features are not sorted".to_owned()
    })?;
    let mut places = (manifest.policies.iter().map(|p| &p.place))
        .chain(manifest.clauses.iter().flat_map(|c| std::iter::once(&c.place).chain(&c.used_at)))
        .chain(manifest.detections.iter().map(|d| &d.place))
        .chain(manifest.subjects.iter().map(|s| &s.place))
        .chain(manifest.limits.iter().map(|l| &l.place));
    let files: BTreeSet<&str> = sources.iter().map(|s| s.name.as_str()).collect();
    let known = |place: &Place| files.contains(place.file.as_str());
    holds(places.all(known), &|| "a place is in a file that is not among the sources".to_owned())
}

/// Checks that evidence is about this artifact: its digests are those of the parts that are there.
pub(super) fn check_evidence(
    evidence: &[Evidence],
    manifest: &Manifest,
    module: &[u8],
    tables: &[u8],
) -> Result<(), ArtifactError> {
    for about in evidence.iter().filter_map(|e| e.about) {
        let digest = match about.part {
            Part::Tables => Digest::of(tables),
            Part::Module => Digest::of(module),
        };
        if about.digest != digest {
            let other = format!("the evidence is not about the {} here", about.part);
            return Err(ArtifactError::Disagreement(other));
        }
        if about.sources != manifest.sources {
            return Err(ArtifactError::Disagreement("the evidence is about other sources".to_owned()));
        }
    }
    Ok(())
}
