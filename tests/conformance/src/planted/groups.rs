//! Rules within a policy that closes reading and the network.

use super::Planted;
use std::fmt::Write as _;

/// Where the rules of one case go, and what they may speak of.
pub(super) struct Group<'o> {
    out: &'o mut Planted,
    base: &'o mut String,
    policy: usize,
    number: usize,
    /// A folder of the group's own.
    dir: String,
    /// The first three bytes of a network of its own.
    net: String,
    /// The first of a hundred ports of its own.
    port: usize,
}

/// A case: it writes its rules and says what is to be found in them.
type Case = fn(&mut Group<'_>);

/// All cases. Clean rules are the most common ones.
pub(super) const CASES: &[Case] = &[
    |g| g.rule("below", format!("allow read {}/**", g.dir)),
    |g| g.rule("below", format!("allow read {}/**", g.dir)),
    |g| g.rule("star", format!("allow read {0}/*.conf, {0}/[a-f]*/data", g.dir)),
    |g| g.rule("net", format!("allow connect tcp to {}.0/24 port [443, {}-{}]", g.net, g.port, g.port + 50)),
    |g| g.rule("own", format!("allow bind tcp on any port {}-{}", g.port, g.port + 9)),
    exception_of_a_folder,
    exception_of_a_network,
    dead_below_two_globs,
    dead_below_two_networks,
    dead_below_two_fields,
    dead_below_two_classes,
    dead_below_everybodys,
    same_as_two_networks,
    same_as_two_ranges,
    same_as_two_users,
    same_as_two_records,
    same_as_two_folders,
    shadowed_by_everybodys,
    shadowed_by_two_of_everybodys,
    impossible_port,
    impossible_user,
    impossible_exception,
    idle,
    conflict,
    one_file_is_left,
    one_address_is_left,
    one_port_is_left,
    one_port_of_half_a_network_is_left,
    one_byte_is_left,
    one_user_is_left,
    no_user_is_left_out_but_none,
    more_severe,
    asks_for_more,
    idle_for_one_action,
    possible_user,
    conflict_that_is_meant,
    exception_by_everybody,
];

impl<'o> Group<'o> {
    pub(super) fn new(out: &'o mut Planted, base: &'o mut String, policy: usize, number: usize) -> Self {
        let dir = format!("/srv/a{policy}/g{number}");
        let (high, low) = (policy / 256 % 64, policy % 256);
        let net = format!("{}.{}.{}", 10 + high, low, number);
        Self { out, base, policy, number, dir, net, port: 1000 + 100 * number }
    }

    fn rule(&mut self, name: &str, text: String) {
        let _ = writeln!(self.out.text, "  g{}_{name}: {text}", self.number);
        self.out.rules += 1;
    }

    /// A rule of the policy for everybody.
    fn everybody(&mut self, name: &str, text: String) {
        let _ = writeln!(self.base, "  p{}_g{}{name}: {text}", self.policy, self.number);
    }

    fn found(&mut self, code: &'static str, name: &str) {
        let label = format!("p{}.g{}_{name}", self.policy, self.number);
        self.out.findings.push((code, label));
    }
}

fn exception_of_a_folder(g: &mut Group<'_>) {
    g.rule("all", format!("allow read {}/**", g.dir));
    g.rule("not", format!("deny read {}/private/**", g.dir));
}

fn exception_of_a_network(g: &mut Group<'_>) {
    g.rule("net", format!("allow connect tcp to {}.0/24", g.net));
    g.rule("not", format!("deny connect tcp to {}.0/28", g.net));
}

fn dead_below_two_globs(g: &mut Group<'_>) {
    g.rule("flat", format!("deny read {}/*", g.dir));
    g.rule("deep", format!("deny read {}/*/**", g.dir));
    g.rule("dead", format!("allow read {}/**", g.dir));
    g.found("W0301", "dead");
}

fn dead_below_two_networks(g: &mut Group<'_>) {
    g.rule("first", format!("deny connect to {}.0/25", g.net));
    g.rule("second", format!("deny connect to {}.128/25", g.net));
    g.rule("dead", format!("allow connect tcp to {}.0/24 port 443", g.net));
    g.found("W0301", "dead");
}

fn dead_below_two_fields(g: &mut Group<'_>) {
    g.rule("first", format!("deny connect tcp to {}.0/25", g.net));
    g.rule("low", format!("deny connect tcp to {}.128/25 port 1-999", g.net));
    g.rule("high", format!("deny connect tcp to {}.0/24 port 1000-65535", g.net));
    g.rule("dead", format!("allow connect tcp to {}.0/24 port 1-65535", g.net));
    g.found("W0301", "dead");
}

fn dead_below_two_classes(g: &mut Group<'_>) {
    g.rule("first", format!("deny read {}/[a-m]*", g.dir));
    g.rule("second", format!("deny read {}/[^a-m]*", g.dir));
    g.rule("dead", format!("allow read {}/*", g.dir));
    g.found("W0301", "dead");
}

fn dead_below_everybodys(g: &mut Group<'_>) {
    g.rule("dead", format!("allow read {0}/x/*.pem, {0}/y", g.dir));
    g.everybody("", format!("deny read {}/**", g.dir));
    g.found("W0301", "dead");
}

fn same_as_two_networks(g: &mut Group<'_>) {
    g.rule("first", format!("deny connect tcp to {}.0/25", g.net));
    g.rule("second", format!("deny connect tcp to {}.128/25", g.net));
    g.rule("same", format!("deny connect tcp to {}.0/24 port {}-{}", g.net, g.port, g.port + 20));
    g.found("W0302", "same");
}

fn same_as_two_ranges(g: &mut Group<'_>) {
    g.rule("first", format!("allow bind tcp on any port {}-{}", g.port, g.port + 49));
    g.rule("second", format!("allow bind tcp on any port {}-{}", g.port + 50, g.port + 99));
    g.rule("same", format!("allow bind tcp on any port {}-{}", g.port + 40, g.port + 60));
    g.found("W0302", "same");
}

fn same_as_two_users(g: &mut Group<'_>) {
    g.rule("users", format!("deny read {}/** where process.uid >= 1000", g.dir));
    g.rule("system", format!("deny read {}/** where not (process.uid >= 1000)", g.dir));
    g.rule("same", format!("deny read {}/**/*.key", g.dir));
    g.found("W0302", "same");
}

fn same_as_two_records(g: &mut Group<'_>) {
    g.rule("same", format!("audit read {}/x/y", g.dir));
    g.rule("users", format!("audit read {}/x/** where process.uid >= 1000", g.dir));
    g.rule("system", format!("audit read {}/*/y where not (process.uid >= 1000)", g.dir));
    g.found("W0302", "same");
}

fn same_as_two_folders(g: &mut Group<'_>) {
    g.rule("flat", format!("allow read {}/*", g.dir));
    g.rule("deep", format!("allow read {}/*/**", g.dir));
    g.rule("same", format!("allow read {}/**", g.dir));
    g.found("W0302", "same");
}

fn shadowed_by_everybodys(g: &mut Group<'_>) {
    g.rule("again", format!("deny read {}/secret", g.dir));
    g.everybody("", format!("deny read {}/*", g.dir));
    g.found("W0303", "again");
}

fn shadowed_by_two_of_everybodys(g: &mut Group<'_>) {
    g.rule("again", format!("deny read {}/*/secret", g.dir));
    g.everybody("_first", format!("deny read {}/[a-z]*/**", g.dir));
    g.everybody("_second", format!("deny read {}/[^a-z]*/**", g.dir));
    g.found("W0303", "again");
}

fn impossible_port(g: &mut Group<'_>) {
    g.rule("odd", format!("deny connect tcp to {}.0/24 port {} where port < 1000", g.net, g.port));
    g.found("W0304", "odd");
}

fn impossible_user(g: &mut Group<'_>) {
    g.rule("odd", format!("allow read {}/** where process.uid < 10 and process.uid > 20", g.dir));
    g.found("W0304", "odd");
}

fn impossible_exception(g: &mut Group<'_>) {
    g.rule("odd", format!("deny read {0}/a*/x except [{0}/*/**]", g.dir));
    g.found("W0304", "odd");
}

fn idle(g: &mut Group<'_>) {
    g.rule("idle", format!("allow delete {}/**", g.dir));
    g.found("W0307", "idle");
}

fn conflict(g: &mut Group<'_>) {
    g.rule("some", format!("allow read {}/one/**", g.dir));
    g.everybody("", format!("deny read {}/*/x/**", g.dir));
    g.found("W0305", "some");
}

// One file, address, port, byte, user or word away from a finding.

fn one_file_is_left(g: &mut Group<'_>) {
    g.rule("flat", format!("deny read {}/*", g.dir));
    g.rule("deep", format!("deny read {0}/*/** except [{0}/hole/x]", g.dir));
    g.rule("alive", format!("allow read {}/**", g.dir));
}

fn one_address_is_left(g: &mut Group<'_>) {
    g.rule("first", format!("deny connect to {}.0/25", g.net));
    g.rule("second", format!("deny connect to {0}.128/25 except [{0}.200]", g.net));
    g.rule("alive", format!("allow connect tcp to {}.0/24 port 443", g.net));
}

fn one_port_is_left(g: &mut Group<'_>) {
    g.rule("first", format!("allow bind tcp on any port {}-{}", g.port, g.port + 48));
    g.rule("second", format!("allow bind tcp on any port {}-{}", g.port + 50, g.port + 99));
    g.rule("alive", format!("allow bind tcp on any port {}-{}", g.port + 40, g.port + 60));
}

fn one_port_of_half_a_network_is_left(g: &mut Group<'_>) {
    g.rule("first", format!("deny connect tcp to {}.0/25", g.net));
    g.rule("low", format!("deny connect tcp to {}.128/25 port 1-998", g.net));
    g.rule("high", format!("deny connect tcp to {}.0/24 port 1000-65535", g.net));
    g.rule("alive", format!("allow connect tcp to {}.0/24 port 1-65535", g.net));
}

fn one_byte_is_left(g: &mut Group<'_>) {
    g.rule("first", format!("deny read {}/[a-m]*", g.dir));
    g.rule("second", format!("deny read {}/[^a-n]*", g.dir));
    g.rule("alive", format!("allow read {}/*", g.dir));
}

fn one_user_is_left(g: &mut Group<'_>) {
    g.rule("users", format!("deny read {}/** where process.uid > 1000", g.dir));
    g.rule("system", format!("deny read {}/** where not (process.uid >= 1000)", g.dir));
    g.rule("alive", format!("deny read {}/**/*.key", g.dir));
}

/// Two ranges are all users that there are, and not all processes: of some no user is known to be there.
fn no_user_is_left_out_but_none(g: &mut Group<'_>) {
    g.rule("users", format!("deny read {}/** where process.uid >= 1000", g.dir));
    g.rule("system", format!("deny read {}/** where process.uid < 1000", g.dir));
    g.rule("alive", format!("deny read {}/**/*.key", g.dir));
}

fn more_severe(g: &mut Group<'_>) {
    g.rule("alive", format!("deny read {}/secret severity critical", g.dir));
    g.everybody("", format!("deny read {}/*", g.dir));
}

fn asks_for_more(g: &mut Group<'_>) {
    g.rule("alive", format!("deny read {}/secret then kill", g.dir));
    g.rule("all", format!("deny read {}/*", g.dir));
}

fn idle_for_one_action(g: &mut Group<'_>) {
    g.rule("alive", format!("allow read, delete {}/**", g.dir));
}

fn possible_user(g: &mut Group<'_>) {
    g.rule("alive", format!("allow read {}/** where process.uid <= 10 and process.uid >= 10", g.dir));
}

fn conflict_that_is_meant(g: &mut Group<'_>) {
    g.rule("some", format!("allow read {}/one/**", g.dir));
    let rule = format!("p{}.g{}_some", g.policy, g.number);
    g.everybody("", format!("deny read {}/*/x/** overrides {rule}", g.dir));
}

fn exception_by_everybody(g: &mut Group<'_>) {
    g.rule("some", format!("allow read {}/**", g.dir));
    let exe = format!("process.exe == /opt/app{}/bin/main", g.policy);
    g.everybody("", format!("deny read {}/*/x/** where {exe}", g.dir));
}
