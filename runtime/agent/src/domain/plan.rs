//! What to switch on, given what an image demands and what the host can do; or why not.

use super::demand::Demand;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::LazyLock;
use warmor_policy::schema::Action;

/// Whether denials are kept to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stance {
    /// Report what would be denied.
    Detect,
    /// Deny.
    Enforce,
}

/// The security modules that are active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Modules {
    /// These.
    Active(Vec<String>),
    /// They could not be read; the text says why.
    Unreadable(String),
}

/// What a host can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its kernel's release.
    pub release: String,
    /// Its active security modules.
    pub modules: Modules,
    /// LSM hooks of the programs that its kernel does not have.
    pub missing: BTreeSet<&'static str>,
    /// Whether a task can be preempted inside an LSM program of a kernel that then skips the program for the next task.
    pub skips_preempted: bool,
}

impl Host {
    /// Whether programs on LSM hooks take effect.
    pub fn has_bpf_lsm(&self) -> bool {
        matches!(&self.modules, Modules::Active(names) if names.iter().any(|n| n == "bpf"))
    }
}

/// What the operator asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Whether denials are kept to.
    pub stance: Stance,
    /// Only the network rules.
    pub only_network: bool,
    /// Actions that the operator knows to go unenforced.
    pub without: BTreeSet<Action>,
}

/// What is switched on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Whether denials are kept to.
    pub stance: Stance,
    /// Whether programs go on LSM hooks, which they must when file rules are enforced; else subjects are followed by tracepoints.
    pub lsm: bool,
    /// Actions whose denials are kept to.
    pub enforced: BTreeSet<Action>,
    /// Actions with enforced rules that are not kept to, because the operator said so or only detects.
    pub unenforced: BTreeSet<Action>,
}

/// Why enforcement is refused. Each says how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `bpf` is not among the active modules.
    #[error("{}", no_bpf_lsm(modules, actions))]
    NoBpfLsm {
        /// The modules that are active, or why they could not be read.
        modules: Modules,
        /// The actions that cannot be enforced.
        actions: BTreeSet<Action>,
    },
    /// The kernel skips LSM programs under preemption.
    #[error(
        "Linux {release} skips a security program for one task while another is preempted inside it, and so lets operations through; refusing to enforce {}\n  fix: boot with `preempt=voluntary`, or use Linux 6.2 or newer\n  or:  run with --only-network, or --mode detect",
        names(actions)
    )]
    SkipsPreempted {
        /// The kernel's release.
        release: String,
        /// The actions that cannot be enforced.
        actions: BTreeSet<Action>,
    },
    /// The kernel lacks hooks.
    #[error("Linux {release} has no hook {hooks}, without which {list} could be done unseen; refusing to claim it\n  fix: use a newer kernel, or take these rules out of the policies that prevent\n  or:  accept that they are not enforced, with{flags}", hooks = quoted(hooks.iter().copied()), list = names(actions), flags = flags(actions))]
    NoHook {
        /// The kernel's release.
        release: String,
        /// The hooks that it lacks.
        hooks: BTreeSet<&'static str>,
        /// The actions that cannot be enforced.
        actions: BTreeSet<Action>,
    },
    /// There is no program for an action.
    #[error("this release of warmord has no kernel program that could deny {list}; refusing to claim it\n  fix: take these rules out of the policies that prevent, or put them into one in `mode detect`\n  or:  accept that they are not enforced, with{flags}", list = names(actions), flags = flags(actions))]
    NotCovered {
        /// The actions without a program.
        actions: BTreeSet<Action>,
    },
    /// Facts that no program reads would deny actions to processes that no policy speaks of.
    #[error("this release's kernel programs do not read {facts}: it would be unknown of every process, and {list} would be denied to all; refusing to do that\n  fix: tell processes by facts that are read (`warmorc check` names them), or use `mode detect`\n  or:  go on without, with{flags}", facts = quoted(facts.iter().map(String::as_str)), list = names(actions), flags = flags(actions))]
    NotRead {
        /// The facts, as policies write them.
        facts: BTreeSet<String>,
        /// The actions that would be denied.
        actions: BTreeSet<Action>,
    },
}

fn names(actions: &BTreeSet<Action>) -> String {
    quoted(actions.iter().map(|a| a.name()))
}

fn quoted<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let quoted: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

fn flags(actions: &BTreeSet<Action>) -> String {
    actions.iter().fold(String::new(), |mut out, a| {
        let _ = write!(out, " --without {}", a.name());
        out
    })
}

fn no_bpf_lsm(modules: &Modules, actions: &BTreeSet<Action>) -> String {
    let (found, list) = match modules {
        Modules::Active(active) => (
            format!("`bpf` is not among this kernel's active security modules ({})", active.join(",")),
            format!("{},bpf", active.join(",")),
        ),
        Modules::Unreadable(why) => (
            format!(
                "this kernel's active security modules could not be read ({why}), so nothing says that `bpf` is among them"
            ),
            "landlock,lockdown,yama,integrity,apparmor,bpf".to_owned(),
        ),
    };
    format!(
        "{found}; refusing to claim enforcement of {}\n  \
         why: without it the kernel accepts the programs, reports success, and never calls them\n  \
         fix: add `lsm={list}` to the kernel's command line\n       \
         (Debian, Ubuntu: GRUB_CMDLINE_LINUX in /etc/default/grub, then `update-grub` and reboot)\n  \
         or:  run with --only-network to enforce the network rules alone, or with --mode detect",
        names(actions)
    )
}

/// Actions that cgroup programs decide.
pub static NETWORK: LazyLock<Vec<Action>> = LazyLock::new(|| decided_by("cgroup/"));

/// Actions that programs on LSM hooks decide, and no others. Of those of the network, they decide the sockets that cgroup programs do
/// not see.
pub static SECURITY: LazyLock<Vec<Action>> =
    LazyLock::new(|| decided_by("lsm/").into_iter().filter(|a| !NETWORK.contains(a)).collect());

/// What programs on LSM hooks decide of the network's actions.
pub const OTHER_SOCKETS: &str = "connect, send and bind of raw, packet and unix sockets";

/// Hooks of newer kernels for what older ones do through another of the same action, or had asked about before.
const DIVIDED: [&str; 3] = ["file_truncate", "inode_set_acl", "inode_remove_acl"];

/// The LSM hooks of an action's programs.
pub fn lsm_hooks(action: Action) -> impl Iterator<Item = &'static str> {
    action.info().hooks.iter().filter_map(|hook| hook.strip_prefix("lsm/"))
}

/// The actions whose programs, in the schema, are of a kind.
fn decided_by(kind: &str) -> Vec<Action> {
    Action::all().filter(|a| a.info().hooks.iter().any(|hook| hook.starts_with(kind))).collect()
}

/// Whether events of an action are seen. Without programs on LSM hooks, of exec alone the image that has started is seen.
pub fn sees(lsm: bool, action: Action) -> bool {
    NETWORK.contains(&action) || action == Action::Exec || (lsm && SECURITY.contains(&action))
}

/// What keeps rules on an action from being enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// There is no kernel program for it.
    NoProgram,
    /// Its programs are on LSM hooks, and `bpf` is not among the active modules.
    NoBpfLsm,
    /// This kernel has no hook for a part of it.
    NoHook,
    /// Its programs are on LSM hooks, and this kernel skips them under preemption.
    SkipsPreempted,
}

impl Obstacle {
    /// Why, in a line.
    pub fn why(self) -> &'static str {
        match self {
            Self::NoProgram => "this release has no kernel program for it",
            Self::NoBpfLsm => "`bpf` is not among the active security modules",
            Self::NoHook => "this kernel has no hook for all the ways to do it",
            Self::SkipsPreempted => "this kernel skips security programs under full preemption",
        }
    }
}

impl Host {
    /// What keeps this host from enforcing rules on an action.
    pub fn obstacle(&self, action: Action) -> Option<Obstacle> {
        if NETWORK.contains(&action) {
            None
        } else if !SECURITY.contains(&action) {
            Some(Obstacle::NoProgram)
        } else if !self.has_bpf_lsm() {
            Some(Obstacle::NoBpfLsm)
        } else if lsm_hooks(action).any(|hook| self.missing.contains(hook) && !DIVIDED.contains(&hook)) {
            Some(Obstacle::NoHook)
        } else {
            self.skips_preempted.then_some(Obstacle::SkipsPreempted)
        }
    }
}

/// Decides what to switch on.
///
/// # Errors
/// When the image has rules to enforce that this host or these programs cannot keep, and the operator did not say that
/// this is known.
pub fn plan(demand: &Demand, host: &Host, wish: &Wish) -> Result<Plan, Refusal> {
    let lsm = host.has_bpf_lsm() && !wish.only_network;
    let mut enforced = demand.enforced.clone();
    let mut unenforced = BTreeSet::new();
    if wish.stance == Stance::Detect {
        return Ok(Plan { stance: wish.stance, lsm, enforced: BTreeSet::new(), unenforced: enforced });
    }
    let mut give_up = |set: &mut BTreeSet<Action>, keep: &dyn Fn(Action) -> bool| {
        unenforced.extend(set.iter().copied().filter(|a| !keep(*a)));
        set.retain(|a| keep(*a));
    };
    give_up(&mut enforced, &|a| !wish.without.contains(&a));
    if wish.only_network {
        give_up(&mut enforced, &|a| NETWORK.contains(&a));
    }
    let first = enforced.iter().filter_map(|a| host.obstacle(*a)).min();
    if let Some(obstacle) = first {
        let actions = enforced.iter().copied().filter(|a| host.obstacle(*a) == first).collect();
        return Err(match obstacle {
            Obstacle::NoProgram => Refusal::NotCovered { actions },
            Obstacle::NoBpfLsm => Refusal::NoBpfLsm { modules: host.modules.clone(), actions },
            Obstacle::NoHook => {
                let hooks =
                    actions.iter().flat_map(|a| lsm_hooks(*a)).filter(|h| host.missing.contains(h)).collect();
                Refusal::NoHook { release: host.release.clone(), hooks, actions }
            }
            Obstacle::SkipsPreempted => Refusal::SkipsPreempted { release: host.release.clone(), actions },
        });
    }
    let actions: BTreeSet<Action> = enforced.intersection(&demand.unread.actions).copied().collect();
    if !actions.is_empty() {
        return Err(Refusal::NotRead { facts: demand.unread.facts.clone(), actions });
    }
    Ok(Plan { stance: wish.stance, lsm, enforced, unenforced })
}

#[cfg(test)]
mod tests {
    use super::*;
    use warmor_policy::image::Unread;

    fn demand_of(actions: &[Action]) -> Demand {
        Demand {
            enforced: actions.iter().copied().collect(),
            mentioned: BTreeSet::new(),
            blind: 0,
            ancestors: false,
            unread: Unread::default(),
        }
    }

    fn host(modules: &[&str]) -> Host {
        Host {
            release: "6.1.0".into(),
            modules: Modules::Active(modules.iter().map(|m| (*m).to_owned()).collect()),
            missing: BTreeSet::new(),
            skips_preempted: false,
        }
    }

    fn wish(stance: Stance) -> Wish {
        Wish { stance, only_network: false, without: BTreeSet::new() }
    }

    #[test]
    fn file_rules_need_the_bpf_module() {
        let refusal = plan(&demand_of(&[Action::Read]), &host(&["yama", "lockdown"]), &wish(Stance::Enforce))
            .unwrap_err();
        let text = refusal.to_string();
        assert!(
            text.contains("lsm=yama,lockdown,bpf") && text.contains("`read`") && text.contains("update-grub"),
            "{text}"
        );
    }

    #[test]
    fn an_unreadable_list_is_not_taken_for_enforcement() {
        let host = Host { modules: Modules::Unreadable("permission denied".into()), ..host(&[]) };
        let refusal = plan(&demand_of(&[Action::Exec]), &host, &wish(Stance::Enforce)).unwrap_err();
        assert!(refusal.to_string().contains("could not be read (permission denied)"));
    }

    #[test]
    fn network_rules_need_no_module() {
        let plan =
            plan(&demand_of(&[Action::Connect, Action::Send]), &host(&[]), &wish(Stance::Enforce)).unwrap();
        assert!(!plan.lsm);
        assert_eq!(plan.enforced, [Action::Connect, Action::Send].into());
    }

    #[test]
    fn only_network_says_what_it_leaves_out() {
        let wish = Wish { only_network: true, ..wish(Stance::Enforce) };
        let plan = plan(&demand_of(&[Action::Connect, Action::Read, Action::Accept]), &host(&["bpf"]), &wish)
            .unwrap();
        assert_eq!(plan.enforced, [Action::Connect].into());
        assert_eq!(plan.unenforced, [Action::Read, Action::Accept].into());
    }

    #[test]
    fn an_action_without_a_program_is_refused_unless_named() {
        let demand = demand_of(&[Action::Accept, Action::Read]);
        let refusal = plan(&demand, &host(&["bpf"]), &wish(Stance::Enforce)).unwrap_err();
        assert!(refusal.to_string().contains("--without accept"), "{refusal}");
        let wish = Wish { without: [Action::Accept].into(), ..wish(Stance::Enforce) };
        assert_eq!(plan(&demand, &host(&["bpf"]), &wish).unwrap().unenforced, [Action::Accept].into());
    }

    #[test]
    fn detecting_enforces_nothing() {
        let plan = plan(&demand_of(&[Action::Read]), &host(&[]), &wish(Stance::Detect)).unwrap();
        assert!(plan.enforced.is_empty() && !plan.lsm);
    }

    #[test]
    fn a_kernel_that_skips_programs_is_refused() {
        let host = Host { skips_preempted: true, ..host(&["bpf"]) };
        assert!(matches!(
            plan(&demand_of(&[Action::Read]), &host, &wish(Stance::Enforce)),
            Err(Refusal::SkipsPreempted { .. })
        ));
        assert!(plan(&demand_of(&[Action::Connect]), &host, &wish(Stance::Enforce)).is_ok());
    }

    #[test]
    fn an_action_is_enforced_on_all_its_ways_or_not_at_all() {
        let host = Host { missing: ["userns_create", "file_truncate"].into(), ..host(&["bpf"]) };
        let refusal = plan(&demand_of(&[Action::Unshare, Action::Write]), &host, &wish(Stance::Enforce));
        let text = refusal.unwrap_err().to_string();
        assert!(text.contains("`userns_create`") && text.contains("--without unshare"), "{text}");
        assert!(!text.contains("write"), "the descriptor was opened for writing: {text}");
        assert!(plan(&demand_of(&[Action::Write]), &host, &wish(Stance::Enforce)).is_ok());
    }

    #[test]
    fn facts_that_nobody_reads_deny_nobody() {
        let unread = Unread { actions: [Action::Read].into(), facts: ["pod.namespace".to_owned()].into() };
        let demand = Demand { unread, ..demand_of(&[Action::Read, Action::Connect]) };
        let refusal = plan(&demand, &host(&["bpf"]), &wish(Stance::Enforce)).unwrap_err().to_string();
        assert!(refusal.contains("`pod.namespace`") && refusal.contains("--without read"), "{refusal}");
        let without = Wish { without: [Action::Read].into(), ..wish(Stance::Enforce) };
        assert!(plan(&demand, &host(&["bpf"]), &without).is_ok());
        assert!(plan(&demand, &host(&["bpf"]), &wish(Stance::Detect)).is_ok());
    }
}
