//! Small policies with subjects of their own: what follows from scopes, modes, postures and responses.

use super::Planted;

/// Where the policies of one case go.
pub(super) struct Beside<'o> {
    pub(super) out: &'o mut Planted,
    /// A number that no other case has.
    pub(super) number: usize,
}

/// A case: it writes its policies and says what is to be found in them. `#` stands for the number.
type Case = fn(&mut Beside<'_>);

/// All cases.
pub(super) const CASES: &[Case] = &[
    half_a_network,
    half_of_reading,
    half_of_writing,
    whole_posture,
    other_half_by_rule,
    escape,
    no_escape_to_a_confined_program,
    no_escape_from_a_tree,
    opened_default,
    opened_by_both,
    opened_by_the_narrow_one,
    mode_clash,
    half_a_mode_clash,
    response_clash,
    responses_apart,
    broken_claim,
    true_claim,
    impossible_detection,
    brought_by_a_template,
    same_in_detect,
    dead_in_detect,
    alive_by_the_unknown,
];

impl Beside<'_> {
    /// Adds text with so many rules; two subjects are defined already.
    fn text(&mut self, rules: usize, text: &str) {
        let subjects = "\nsubject a# = process.exe in [/opt/q#/bin/main]\n\
                        subject b# = process.exe in [/opt/q#/bin/{main,tool}]\n";
        let text = format!("{subjects}{text}").replace('#', &self.number.to_string());
        self.out.text.push_str(&text);
        self.out.rules += rules;
    }

    fn found(&mut self, code: &'static str, name: &str) {
        self.out.findings.push((code, name.replace('#', &self.number.to_string())));
    }
}

fn half_a_network(b: &mut Beside<'_>) {
    b.text(1, "policy q# for a# { mode prevent default deny connect\n r: allow connect tcp to 192.0.2.1 }\n");
    b.found("W0311", "q#");
}

fn half_of_reading(b: &mut Beside<'_>) {
    b.text(1, "policy q# for a# { mode prevent default deny read\n r: allow read /srv/q#/** }\n");
    b.found("W0311", "q#");
}

fn half_of_writing(b: &mut Beside<'_>) {
    b.text(1, "policy q# for a# { mode detect default deny write, create\n r: allow write /srv/q#/** }\n");
    b.found("W0311", "q#");
}

fn whole_posture(b: &mut Beside<'_>) {
    b.text(
        2,
        "policy q# for a# { mode prevent default deny read, mmap_exec, write, create, rename, link\n \
         r: allow read /srv/q#/**\n w: allow write /srv/q#/log }\n",
    );
}

fn other_half_by_rule(b: &mut Beside<'_>) {
    b.text(
        2,
        "policy q# for a# { mode prevent default deny connect\n r: allow connect tcp to 192.0.2.1 }\n\
         policy o# for b# { mode prevent\n r: deny send to any }\n",
    );
}

fn escape(b: &mut Beside<'_>) {
    b.text(
        1,
        "policy q# for a# { mode prevent default deny exec\n r: allow exec /opt/q#/bin/{main,other} }\n",
    );
    b.found("W0308", "q#.r");
}

fn no_escape_to_a_confined_program(b: &mut Beside<'_>) {
    b.text(
        2,
        "policy q# for a# { mode prevent default deny exec\n r: allow exec /opt/q#/bin/{main,tool} }\n\
         policy o# for b# { mode prevent default deny delete\n r: allow delete /srv/q#/** }\n",
    );
}

fn no_escape_from_a_tree(b: &mut Beside<'_>) {
    b.text(1, "policy q# for tree(a#) { mode prevent default deny exec\n r: allow exec /opt/q#/bin/** }\n");
}

fn opened_default(b: &mut Beside<'_>) {
    b.text(
        2,
        "policy q# for b# { mode prevent default deny delete\n r: allow delete /srv/q#/** }\n\
         policy o# for a# { mode prevent default deny delete\n r: allow delete /mnt/q#/** }\n",
    );
    b.found("W0306", "q#.r");
}

fn opened_by_both(b: &mut Beside<'_>) {
    b.text(
        2,
        "policy q# for b# { mode prevent default deny delete\n r: allow delete /srv/q#/tmp/x }\n\
         policy o# for a# { mode detect default deny delete\n r: allow delete /srv/q#/tmp/** }\n",
    );
}

fn opened_by_the_narrow_one(b: &mut Beside<'_>) {
    b.text(
        1,
        "policy q# for b# { mode prevent default deny delete }\n\
         policy o# for a# { mode prevent default deny delete\n r: allow delete /srv/q#/tmp/** }\n",
    );
}

fn mode_clash(b: &mut Beside<'_>) {
    b.text(
        2,
        "policy q# for a# { mode prevent default deny delete\n r: allow delete /srv/q#/tmp/** }\n\
         policy o# for b# { mode detect\n r: deny delete /srv/q#/** }\n",
    );
    b.found("W0309", "q#.r");
}

fn half_a_mode_clash(b: &mut Beside<'_>) {
    b.text(
        2,
        "policy q# for a# { mode prevent default deny delete\n r: allow delete /srv/q#/tmp/** }\n\
         policy o# for b# { mode detect\n r: deny delete /srv/q#/** except [/srv/q#/tmp/mine] }\n",
    );
}

fn response_clash(b: &mut Beside<'_>) {
    b.text(
        2,
        "policy q# for a# { mode prevent\n r: deny delete /srv/q#/a/** then freeze }\n\
         policy o# for b# { mode prevent\n r: deny delete /srv/q#/*/b then kill }\n",
    );
    b.found("W0310", "q#.r");
}

fn responses_apart(b: &mut Beside<'_>) {
    b.text(
        2,
        "policy q# for a# { mode prevent\n r: deny delete /srv/q#/a/*/** then freeze }\n\
         policy o# for b# { mode prevent\n r: deny delete /srv/q#/*/b then kill }\n",
    );
}

fn broken_claim(b: &mut Beside<'_>) {
    b.text(
        2,
        "policy q# for a# { mode prevent\n r: deny delete /srv/q#/* }\n\
         policy o# for a# { mode prevent\n r: deny delete /srv/q#/*/** except [/srv/q#/a/b/c] }\n\
         assert \"claim #\" { never a# can delete /srv/q#/** }\n",
    );
    b.found("E0801", "claim #");
}

fn true_claim(b: &mut Beside<'_>) {
    b.text(
        2,
        "policy q# for a# { mode prevent\n r: deny delete /srv/q#/* }\n\
         policy o# for a# { mode prevent\n r: deny delete /srv/q#/*/** }\n\
         assert \"claim #\" { never a# can delete /srv/q#/** }\n",
    );
}

fn impossible_detection(b: &mut Beside<'_>) {
    b.text(
        0,
        "detect d# for a# {\n severity high\n exec /opt/q#/bin/x where path == /opt/q#/bin/y\n then log\n}\n\
         detect e# for a# {\n severity high\n exec /opt/q#/bin/* where path == /opt/q#/bin/y\n then log\n}\n",
    );
    b.found("W0304", "d#");
}

fn brought_by_a_template(b: &mut Beside<'_>) {
    b.text(
        3,
        "template t#() { one: allow delete /srv/q#/a\n two: allow chmod /srv/q#/** }\n\
         policy q# for a# { mode prevent default deny delete\n use t#()\n r: allow delete /srv/q#/** }\n",
    );
}

fn same_in_detect(b: &mut Beside<'_>) {
    b.text(
        3,
        "policy q# for a# { mode detect\n x: deny delete /srv/q#/[a-m]*\n y: deny delete /srv/q#/[^a-m]*\n \
         r: deny delete /srv/q#/* }\n",
    );
    b.found("W0302", "q#.r");
}

fn dead_in_detect(b: &mut Beside<'_>) {
    b.text(
        2,
        "policy q# for a# { mode detect unknown deny\n r: deny delete /srv/q#/** }\n\
         policy o# for a# { mode detect unknown deny default deny delete\n r: allow delete /srv/q#/x/** }\n",
    );
    b.found("W0301", "o#.r");
}

/// A path that could not be read is allowed by the one and not denied by the other.
fn alive_by_the_unknown(b: &mut Beside<'_>) {
    b.text(
        2,
        "policy q# for a# { mode detect unknown allow\n r: deny delete /srv/q#/** }\n\
         policy o# for a# { mode detect unknown allow default deny delete\n r: allow delete /srv/q#/x/** }\n",
    );
}
