//! A small artifact in which every part says something.

use crate::artifact::manifest::{
    Clause, Costs, Detection, Expired, Feature, Limit, Mode, OnUnknown, Param, Pattern, Place, Policy,
    Requires, Resource, Subject, Tier,
};
use crate::artifact::{ArtifactBuilder, Evidence, Manifest, Outcome, SourceFile, SourceKind};
use crate::image::{Image, MAGIC, NONE, STATES_END, VERSION, header};
use crate::schema::{Action, KernelVersion, SCHEMA_VERSION};
use crate::verdict::{ClauseKind, Responses, Severity};

/// `(module (memory (export "memory") 1) (func (export "decide") (param i32 i32) (result i64) i64.const 0) (data (i32.const 0) "t"))`
pub(super) fn module() -> Vec<u8> {
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    for section in [
        &[1, 7, 1, 0x60, 2, 0x7f, 0x7f, 1, 0x7e][..],
        &[3, 2, 1, 0],
        &[5, 3, 1, 0, 1],
        b"\x07\x13\x02\x06memory\x02\0\x06decide\0\0",
        &[10, 6, 1, 4, 0, 0x42, 0, 0x0b],
        &[11, 7, 1, 0, 0x41, 0, 0x0b, 1, b't'],
    ] {
        bytes.extend_from_slice(section);
    }
    bytes
}

fn place(line: u32) -> Place {
    Place { file: "web.warmor".into(), line, column: 3 }
}

fn clause(kind: ClauseKind, policy: Option<u32>, label: &str, severity: Severity) -> Clause {
    Clause {
        kind,
        policy,
        label: label.into(),
        actions: vec![Action::Read, Action::Write],
        tier: Tier::K,
        place: place(4),
        used_at: None,
        text: "deny read, write /etc/shadow".into(),
        severity,
        responses: Responses::default(),
        alert: vec![],
        because: None,
        until: None,
    }
}

fn policy(name: &str, mode: Mode) -> Policy {
    Policy {
        name: name.into(),
        doc: "What the web tier may touch.".into(),
        place: place(2),
        scope: "for nginx".into(),
        mode,
        unknown: OnUnknown::Deny,
        default_deny: vec![Action::Read],
        severity: Severity::High,
        revalidate: false,
    }
}

fn manifest() -> Manifest {
    let mut manifest = Manifest::new("shop", "linux-6.1", "0.1.0");
    manifest.policies = vec![policy("web", Mode::Prevent), policy("watch", Mode::Detect)];
    let mut secret = clause(ClauseKind::Deny, Some(0), "no_shadow", Severity::Critical);
    secret.responses = Responses::KILL.union(Responses::ALERT);
    secret.alert = vec!["secops".into()];
    secret.because = Some("nobody reads \"shadow\"".into());
    secret.until = Some("2031-01-31".into());
    secret.used_at = Some(place(9));
    let mut spotted = clause(ClauseKind::Detect, None, "spotted", Severity::Info);
    spotted.tier = Tier::U;
    manifest.clauses = vec![
        secret,
        clause(ClauseKind::Default, Some(0), "web", Severity::High),
        clause(ClauseKind::Allow, Some(1), "allow#1", Severity::Medium),
        spotted,
    ];
    let detection = |name: &str, pattern, clause| Detection {
        name: name.into(),
        doc: String::new(),
        place: place(7),
        scope: "for any".into(),
        tags: vec!["attack.t1059".into()],
        pattern,
        clause,
        severity: Severity::Info,
        responses: Responses::LOG,
        alert: vec![],
    };
    manifest.detections =
        vec![detection("spotted", Pattern::Single, Some(3)), detection("burst", Pattern::Count, None)];
    manifest.subjects = vec![Subject {
        name: "nginx".into(),
        place: place(1),
        text: "process.exe in [/usr/sbin/nginx]".into(),
    }];
    manifest.limits = vec![Limit { policy: 0, resource: Resource::OpenFiles, amount: 1024, place: place(5) }];
    manifest.params = vec![Param { name: "PORT".into(), value: "8080".into() }];
    manifest.expired = vec![Expired { label: "old".into(), until: "2020-02-29".into() }];
    manifest.assumptions = vec!["assume shop_db in private_v4".into()];
    manifest.requires = Requires {
        kernel: Some(KernelVersion { major: 6, minor: 1 }),
        features: vec![Feature::BpfLsm, Feature::Cgroup, Feature::Inventory],
    };
    manifest.costs = Costs { automaton_steps: 4096, diagrams: 3, table_words: 0 };
    manifest
}

/// An image that decides nothing and has the manifest's clauses and policies.
pub(super) fn image(manifest: &Manifest) -> Image {
    let mut words = vec![0; header::LEN];
    words[header::MAGIC] = MAGIC;
    words[header::VERSION] = VERSION;
    words[header::SCHEMA] = SCHEMA_VERSION;
    words[header::RANK_LEVELS] =
        manifest.clauses.len().div_ceil(32).max(1).next_power_of_two().trailing_zeros();
    words[header::CLAUSES] = words.len() as u32;
    words[header::CLAUSE_COUNT] = manifest.clauses.len() as u32;
    for c in &manifest.clauses {
        words.extend([c.kind as u32, c.policy.unwrap_or(NONE), c.responses.0.into(), c.severity as u32]);
    }
    words[header::POLICIES] = words.len() as u32;
    words[header::POLICY_COUNT] = manifest.policies.len() as u32;
    words.extend(manifest.policies.iter().flat_map(|p| [u32::from(p.mode == Mode::Prevent), 0]));
    // No automata: only the empty words that their states end with.
    words[header::STATES] = words.len() as u32;
    words.resize(words.len() + STATES_END, 0);
    words[header::WORDS] = words.len() as u32;
    Image::load(words).expect("the sample's tables are well formed")
}

pub(super) fn builder() -> ArtifactBuilder {
    let manifest = manifest();
    let file = |name: &str, kind, text: &str| SourceFile { name: name.into(), kind, text: text.into() };
    ArtifactBuilder {
        module: module(),
        tables: image(&manifest),
        manifest,
        sources: vec![
            file("web.warmor", SourceKind::Root, "package shop\n"),
            file("std/net.warmor", SourceKind::Standard, "package std.net\n"),
        ],
        evidence: vec![Evidence {
            claim: "web never leaves".into(),
            engine: "exact 1".into(),
            outcome: Outcome::Proved,
            about: None,
        }],
    }
}

/// The unsigned bytes of [`builder`].
pub(super) fn unsigned() -> Vec<u8> {
    builder().write().expect("the sample fits together")
}
