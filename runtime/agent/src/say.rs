//! What the agent says of itself while it starts and ends: what is enforced, and, as loudly, what is not.

use crate::adapters::audit::Ended;
use crate::assess::Tally;
use crate::domain::escape;
use crate::domain::plan::{NETWORK, Plan, SECURITY, Stance, sees};
use crate::domain::watch::{Watch, watch};
use crate::ports::Counts;
use std::collections::BTreeSet;
use std::path::Path;
use warmor_bpf::Counter;
use warmor_policy::artifact::Artifact;
use warmor_policy::schema::Action;

fn list(actions: &BTreeSet<Action>, of: &[Action]) -> String {
    let names: Vec<_> = actions.iter().filter(|a| of.contains(a)).map(|a| a.name()).collect();
    names.join(", ")
}

/// Which artifact it is.
pub fn artifact(artifact: &Artifact) {
    let manifest = artifact.manifest();
    println!("artifact: {} for {}, {}", manifest.package, manifest.target, artifact.digest());
}

/// Which policies are muted.
pub fn muted(names: &BTreeSet<String>) {
    if !names.is_empty() {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let names = escape::bytes(names.join(", ").as_bytes());
        println!("MUTED, as asked: {names} (denials are reported and not kept to)");
    }
}

/// What is judged in user space, and what of it is not seen here.
pub fn watched(artifact: &Artifact, watch: &Watch, judged: bool, lsm: bool) {
    let all: Vec<Action> = Action::all().collect();
    let names = |names: Vec<&str>| escape::bytes(names.join(", ").as_bytes());
    if !judged {
        let watch = self::watch(artifact.manifest());
        let idle: Vec<_> = watch.watchers.iter().map(|(name, _)| name.as_str()).collect();
        if !idle.is_empty() {
            println!("NOT EVALUATED: built without an engine for policies that detect: {}", names(idle));
        }
        return;
    }
    if !watch.watchers.is_empty() {
        let watchers = names(watch.watchers.iter().map(|(name, _)| name.as_str()).collect());
        println!("detecting: {watchers}; every {} is judged", list(&watch.actions, &all));
    }
    for (name, actions) in watch.blind_to(|action| sees(lsm, action)) {
        println!("NOT SEEN by {}: {}", names(vec![name]), list(&actions, &all));
    }
    if !watch.unexecuted.is_empty() {
        let unexecuted = names(watch.unexecuted.iter().map(String::as_str).collect());
        println!("NOT EXECUTED: detections of sequences and counts: {unexecuted}");
    }
}

/// What is enforced from now on.
pub fn ready(plan: &Plan, cgroup: &Path) {
    let all: Vec<Action> = Action::all().collect();
    if !plan.unenforced.is_empty() && plan.stance == Stance::Enforce {
        println!("NOT ENFORCED, as asked: {}", list(&plan.unenforced, &all));
    }
    match plan.stance {
        Stance::Detect => println!("ready: detecting, nothing is denied; cgroup {}", cgroup.display()),
        Stance::Enforce => {
            let (files, network) = (list(&plan.enforced, &SECURITY), list(&plan.enforced, &NETWORK));
            let files = if files.is_empty() { "none".to_owned() } else { files };
            let network = if network.is_empty() { "none".to_owned() } else { network };
            println!("ready: enforcing; machine: {files}; network in {}: {network}", cgroup.display());
        }
    }
}

/// What was counted, at the end. Where programs stay, reports that are still in the ring are the next agent's.
pub fn counts(counts: &Counts, tally: &Tally, log: &Ended, missed_calls: u64, stays: bool) {
    for (counter, name) in Counter::ALL {
        println!("  {name}: {}", counts.get(counter));
    }
    println!("  missed calls: {missed_calls}");
    let Tally { received, inherited, passed_over, judged, compared, disagreements, unanswered, .. } = *tally;
    println!("  judged by the module: {judged}; without an answer: {unanswered}");
    println!("  compared with the kernel's verdict: {compared}; disagreements: {disagreements}");
    let Ended { aggregated, unwritten } = *log;
    let (emitted, lost) = (counts.get(Counter::Emitted), counts.get(Counter::Lost));
    let unaccounted = emitted.abs_diff(received - inherited + lost);
    if inherited > 0 {
        println!("  reports that had waited for this agent: {inherited}, beside those sent");
    }
    println!(
        "  reports: {emitted} sent = {} logged + {aggregated} aggregated + {passed_over} judged, with nothing to say of + \
         {lost} lost; {unaccounted} {}",
        received.saturating_sub(inherited + passed_over + aggregated),
        if stays { "left in the ring for the next agent" } else { "unaccounted for" }
    );
    if unwritten > 0 {
        println!("  NOT IN THE LOG, which could not be written: {unwritten} record(s)");
    }
}
