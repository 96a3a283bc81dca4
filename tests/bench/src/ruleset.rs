//! Seeded rule sets and requests, in no language yet: each engine gets the same rules in its own words.
//!
//! The mix of patterns is that of written policies: 70 % one file or all below a folder, 25 % a star inside a segment, 5 % a
//! name anywhere (`/**/name`). Requests hit a rule's pattern more often than not; the others differ in one byte.

use anyhow::{Result, anyhow};
use warmor_compiler::check::{Options, check};
use warmor_compiler::model::Model;
use warmor_compiler::resolve::Sources;
use warmor_policy::event::{Event, Fact, Value};
use warmor_policy::schema::{Action, slot};
use warmor_tests::rng::Rng;

/// Length of the paths that are asked for.
pub const PATH_BYTES: usize = 60;
/// Rules of one policy in a sparse set.
const RULES_PER_POLICY: usize = 10;
/// The actions that rules speak of and requests ask for.
pub const ACTIONS: [Action; 3] = [Action::Read, Action::Write, Action::Exec];

const ROOTS: [&str; 8] =
    ["/srv", "/var/lib", "/opt", "/usr/lib", "/home/deploy", "/etc", "/var/cache", "/mnt/data"];
const WORDS: [&str; 24] = [
    "alpha", "archive", "assets", "backup", "bin", "cache", "cert", "conf", "current", "data", "export",
    "geo", "index", "key", "lib", "log", "media", "plugin", "public", "release", "run", "shared", "spool",
    "tmp",
];
const ENDINGS: [&str; 6] = [".conf", ".log", ".json", ".db", ".pem", ".so"];

/// Which paths a rule covers.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// This one.
    Exact(String),
    /// All below this folder.
    Below(String),
    /// Those that begin and end like this, with a star between that crosses no slash.
    Star(String, String),
    /// Those whose last segment is this.
    Named(String),
    /// Those below any folder of this name.
    BelowNamed(String),
}

impl Pattern {
    /// The pattern as a glob.
    pub fn glob(&self) -> String {
        match self {
            Self::Exact(path) => path.clone(),
            Self::Below(folder) => format!("{folder}/**"),
            Self::Star(before, after) => format!("{before}*{after}"),
            Self::Named(name) => format!("/**/{name}"),
            Self::BelowNamed(name) => format!("/**/{name}/**"),
        }
    }

    /// The pattern where `*` crosses slashes and `**` is not known: the same paths, for the requests made here.
    pub fn like(&self) -> String {
        match self {
            Self::Exact(path) => path.clone(),
            Self::Below(folder) => format!("{folder}/*"),
            Self::Star(before, after) => format!("{before}*{after}"),
            Self::Named(name) => format!("*/{name}"),
            Self::BelowNamed(name) => format!("*/{name}/*"),
        }
    }

    /// A path of [`PATH_BYTES`] that it covers.
    fn member(&self, rng: &mut Rng) -> String {
        let room = |taken: usize| PATH_BYTES.saturating_sub(taken).max(1);
        match self {
            Self::Exact(path) => path.clone(),
            Self::Below(folder) => padded(rng, format!("{folder}/")),
            Self::Star(before, after) => {
                format!("{before}{}{after}", letters(rng, room(before.len() + after.len())))
            }
            Self::Named(name) => {
                let folder = *rng.pick(&ROOTS);
                format!("{folder}/{}/{name}", letters(rng, room(folder.len() + name.len() + 2)))
            }
            Self::BelowNamed(name) => {
                let start = format!("{}/{name}/", rng.pick(&ROOTS));
                padded(rng, start)
            }
        }
    }
}

/// A rule: on a match, the action is allowed or denied.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Whether it denies.
    pub deny: bool,
    /// The action.
    pub action: Action,
    /// The paths.
    pub pattern: Pattern,
}

/// Rules with one subject.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The executable that it is about; none for all processes.
    pub exe: Option<String>,
    /// The rules. What none of them allows is denied, if there is a subject.
    pub rules: Vec<Rule>,
}

/// Policies.
#[derive(Clone, Debug)]
pub struct RuleSet {
    /// The policies.
    pub policies: Vec<Policy>,
}

/// What a process asks for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its executable.
    pub exe: String,
    /// Whether a policy is for it.
    pub known: bool,
    /// The action.
    pub action: Action,
    /// The path.
    pub path: String,
}

impl Request {
    /// The request as an event.
    pub fn event(&self) -> Event {
        let text = |s: &str| Fact::Known(Value::Bytes(s.as_bytes().to_vec()));
        let mut event = Event::new(self.action);
        event.process.0[slot::EXE] = text(&self.exe);
        event.facts[slot::PATH] = text(&self.path);
        event
    }
}

fn pick(rng: &mut Rng, words: &[&'static str]) -> &'static str {
    words[rng.below(words.len())]
}

fn letters(rng: &mut Rng, count: usize) -> String {
    (0..count).map(|_| char::from(b'a' + rng.below(26) as u8)).collect()
}

/// Words as segments, then letters, to [`PATH_BYTES`].
fn padded(rng: &mut Rng, mut path: String) -> String {
    while path.len() + 16 < PATH_BYTES {
        path.push_str(pick(rng, &WORDS));
        path.push('/');
    }
    let rest = PATH_BYTES.saturating_sub(path.len()).max(1);
    path + &letters(rng, rest)
}

fn folder(rng: &mut Rng, number: usize) -> String {
    let mut path = format!("{}/app{number:05}", rng.pick(&ROOTS));
    for _ in 0..rng.below(3) {
        path.push('/');
        path.push_str(pick(rng, &WORDS));
    }
    path
}

/// A pattern of the mix; what stands at its front is told apart by `number`.
fn pattern(rng: &mut Rng, number: usize) -> Pattern {
    match rng.below(100) {
        0..40 => {
            let start = folder(rng, number) + "/";
            Pattern::Exact(padded(rng, start))
        }
        40..70 => Pattern::Below(folder(rng, number)),
        70..95 => {
            let (folder, word) = (folder(rng, number), *rng.pick(&WORDS));
            if rng.one_in(2) {
                Pattern::Star(format!("{folder}/{word}-"), (*rng.pick(&ENDINGS)).to_owned())
            } else {
                Pattern::Star(format!("{folder}/{word}-"), format!("/{}", rng.pick(&WORDS)))
            }
        }
        95..98 => Pattern::Named(format!("{}-{number}{}", rng.pick(&WORDS), rng.pick(&ENDINGS))),
        _ => Pattern::BelowNamed(format!(".{}-{number}", rng.pick(&WORDS))),
    }
}

fn rule(rng: &mut Rng, pattern: Pattern) -> Rule {
    Rule { deny: rng.below(10) < 3, action: *rng.pick(&ACTIONS), pattern }
}

impl RuleSet {
    /// Ten rules a policy, each policy for an executable of its own: a rule covers few requests.
    pub fn sparse(rules: usize, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let policies = (0..rules.div_ceil(RULES_PER_POLICY)).map(|p| {
            let count = RULES_PER_POLICY.min(rules - p * RULES_PER_POLICY);
            let rules = (0..count).map(|_| {
                let pattern = pattern(&mut rng, p);
                rule(&mut rng, pattern)
            });
            let rules = rules.collect();
            Policy { exe: Some(format!("/usr/lib/services/app{p:05}")), rules }
        });
        Self { policies: policies.collect() }
    }

    /// All rules in one policy for one executable.
    pub fn wide(rules: usize, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let rules = (0..rules).map(|i| {
            let pattern = pattern(&mut rng, i / RULES_PER_POLICY);
            rule(&mut rng, pattern)
        });
        Self {
            policies: vec![Policy { exe: Some("/usr/lib/services/app00000".into()), rules: rules.collect() }],
        }
    }

    /// Ten rules a policy, each policy for all processes, over few folders: thousands of rules cover each request.
    pub fn dense(rules: usize, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let mut left = rules;
        let mut policies = Vec::new();
        while left > 0 {
            let count = RULES_PER_POLICY.min(left);
            left -= count;
            let rules = (0..count).map(|_| {
                let depth = if rng.one_in(3) { 2 } else { 1 };
                let mut folder = dense_folder(&mut rng, depth);
                let pattern = match rng.below(100) {
                    0..10 => {
                        folder = dense_folder(&mut rng, 3);
                        Pattern::Exact(dense_file(&mut rng, folder))
                    }
                    10..70 => Pattern::Below(folder),
                    70..95 => {
                        let (word, ending) = (*rng.pick(&WORDS), *rng.pick(&ENDINGS));
                        Pattern::Star(
                            format!("{}/{}-", dense_folder(&mut rng, 3), &word[..1]),
                            ending.to_owned(),
                        )
                    }
                    95..98 => Pattern::Named(format!("{}{}", letters(&mut rng, 8), rng.pick(&ENDINGS))),
                    _ => Pattern::BelowNamed((*rng.pick(&DENSE)).to_owned()),
                };
                let action = if rng.one_in(5) { *rng.pick(&ACTIONS) } else { Action::Read };
                Rule { action, ..rule(&mut rng, pattern) }
            });
            policies.push(Policy { exe: None, rules: rules.collect() });
        }
        Self { policies }
    }

    /// One policy for all processes whose globs are mixed otherwise: a tenth of them begins with `/**`.
    pub fn globs(count: usize, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let rules = (0..count).map(|i| {
            let floating = i % 10 == 9;
            let pattern = loop {
                let pattern = pattern(&mut rng, i);
                if floating == matches!(pattern, Pattern::Named(_) | Pattern::BelowNamed(_)) {
                    break pattern;
                }
            };
            Rule { deny: true, action: Action::Read, pattern }
        });
        Self { policies: vec![Policy { exe: None, rules: rules.collect() }] }
    }

    /// A stream of requests: mostly by processes that have a policy, mostly of paths that one of its rules is about.
    pub fn requests(&self, count: usize, seed: u64) -> Vec<Request> {
        let mut rng = Rng::new(seed);
        (0..count).map(|_| self.request(&mut rng)).collect()
    }

    fn request(&self, rng: &mut Rng) -> Request {
        let policy = rng.pick(&self.policies);
        let rule = rng.pick(&policy.rules);
        let mut path = rule.pattern.member(rng).into_bytes();
        if rng.below(10) < 3 {
            let at = rng.below(path.len());
            if path[at] != b'/' {
                path[at] = if path[at] == b'z' { b'y' } else { b'z' };
            }
        }
        let exe = policy.exe.as_ref().filter(|_| !rng.one_in(20));
        Request {
            known: exe.is_some(),
            exe: exe.cloned().unwrap_or_else(|| "/usr/lib/services/stranger".into()),
            action: if rng.one_in(10) { *rng.pick(&ACTIONS) } else { rule.action },
            path: String::from_utf8_lossy(&path).into_owned(),
        }
    }

    /// The rules as the compiler's passes after the checker see them.
    ///
    /// # Errors
    /// When the text has an error, which is a defect of the bench.
    pub fn model(&self) -> Result<Model> {
        let checked = check(&Sources::single("bench.warmor", &self.warmor()), &Options::default());
        checked.into_model().map_err(|found| anyhow!("the rules do not check: {found:?}"))
    }

    /// The rules as Warmor policies.
    pub fn warmor(&self) -> String {
        use std::fmt::Write as _;
        let mut out = String::from("package bench\n");
        for (p, policy) in self.policies.iter().enumerate() {
            let subject = match &policy.exe {
                Some(exe) => {
                    let _ = writeln!(out, "\nsubject s{p} = process.exe == {exe}");
                    format!("s{p}")
                }
                None => "any".to_owned(),
            };
            let _ = writeln!(out, "\npolicy p{p} for {subject} {{\n  mode prevent");
            if policy.exe.is_some() {
                out.push_str("  default deny read, write, exec\n");
            }
            for rule in &policy.rules {
                let effect = if rule.deny { "deny" } else { "allow" };
                let _ = writeln!(out, "  {effect} {} {}", rule.action.name(), rule.pattern.glob());
            }
            out.push_str("}\n");
        }
        out
    }
}

const DENSE: [&str; 2] = ["north", "south"];

fn dense_folder(rng: &mut Rng, depth: usize) -> String {
    let mut path = String::from("/data");
    for _ in 0..depth {
        path.push('/');
        path.push_str(pick(rng, &DENSE));
    }
    path
}

fn dense_file(rng: &mut Rng, folder: String) -> String {
    let ending = *rng.pick(&ENDINGS);
    let start = format!("{folder}/{}-", &rng.pick(&WORDS)[..1]);
    let room = PATH_BYTES.saturating_sub(start.len() + ending.len()).max(1);
    format!("{start}{}{ending}", letters(rng, room))
}
