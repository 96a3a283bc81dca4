//! The words of the language.

use super::Hover;
use crate::analysis::{Analysis, Place};
use crate::markdown::code;
use warmor_compiler::syntax::lexer::{TokenKind, lex};

/// Where the sections of the language reference are.
const REFERENCE: &str = "https://github.com/warmor/warmor/blob/main/docs/reference/language.md";

/// Words by what they say, and the section that says more.
#[rustfmt::skip]
const WORDS: &[(&str, &str, &str)] = &[
    ("package", "The name under which other files import this one.", "21-packages-and-imports"),
    ("import", "Brings definitions of another module into this file.", "21-packages-and-imports"),
    ("let", "Names a value or a set of values.", "22-let-predicate-param"),
    ("predicate", "Names a condition with parameters, to be called after `where`.", "22-let-predicate-param"),
    ("param", "A value from outside, bound when the program is compiled: `--set NAME=VALUE`.", "22-let-predicate-param"),
    ("subject", "Names a set of processes. `fork` keeps membership, `exec` decides it anew.", "71-subjects"),
    ("tree", "The members of a subject and everything that descends from one.", "71-subjects"),
    ("policy", "Rules for some subjects, with one way of being enforced.", "72-policies"),
    ("for", "Whose operations are decided: subjects, `tree(S)` or `any`.", "72-policies"),
    ("mode", "`prevent` enforces, `detect` only reports. Without it: `detect`.", "91-what-is-enforced-what-is-reported"),
    ("default", "`default deny`: these actions are denied where no rule allows them.", "72-policies"),
    ("unknown", "What a condition means that depends on a fact nobody can know.", "8-the-decision"),
    ("revalidate", "The policy is applied to what is already open or connected when it is loaded.", "72-policies"),
    ("severity", "How bad it is: `info` < `low` < `medium` < `high` < `critical`.", "92-severity"),
    ("limit", "A bound on a resource, which holds for each subject; of several the smallest.", "74-limits"),
    ("template", "Rules with parameters, which `use` puts into policies.", "75-templates"),
    ("use", "Puts the rules of a template here.", "75-templates"),
    ("without", "Leaves out rules of the template, by their labels.", "75-templates"),
    ("allow", "Permits, where no applying rule denies.", "8-the-decision"),
    ("deny", "Forbids, whatever is allowed elsewhere.", "8-the-decision"),
    ("audit", "Asks for a record of the event, and changes no verdict.", "73-rules"),
    ("except", "What is left out: one pattern or subject, or a list in brackets.", "73-rules"),
    ("where", "A condition on any fact, beside the object.", "73-rules"),
    ("then", "What happens besides the verdict: `alert`, `log`, `kill`, `freeze`, `block`, `quarantine`.", "93-responses"),
    ("because", "Why the rule is there; shown wherever the rule is.", "73-rules"),
    ("until", "The last day on which the rule counts (UTC).", "73-rules"),
    ("overrides", "On a deny: that it overlaps this allow of another policy is meant.", "73-rules"),
    ("to", "The other end, or the second path of a rename or link.", "41-endpoints"),
    ("from", "The other end of what is accepted.", "41-endpoints"),
    ("on", "The local end of what is bound.", "41-endpoints"),
    ("port", "Which ports of the endpoint: one, a range, or a list.", "41-endpoints"),
    ("host", "A host name, or a glob of them.", "41-endpoints"),
    ("any", "Every object of the kind, every subject; or some element of a list.", "6-expressions"),
    ("all", "Every element of a list.", "6-expressions"),
    ("assume", "A fact of the domain that proofs may use, and nothing else may.", "11-assertions-and-assumptions"),
    ("assert", "What must hold of every event; proved, or refuted by an event.", "11-assertions-and-assumptions"),
    ("never", "None of these events is allowed.", "11-assertions-and-assumptions"),
    ("always", "All of these events are allowed.", "11-assertions-and-assumptions"),
    ("only", "These events are allowed to nobody else.", "11-assertions-and-assumptions"),
    ("can", "Before the actions that an assertion speaks of.", "11-assertions-and-assumptions"),
    ("reported", "Of the verdict that is reported, rather than of the enforced one.", "91-what-is-enforced-what-is-reported"),
    ("test", "Events with the verdicts that are expected of them.", "12-tests"),
    ("as", "Which process asks. A fact that is not given is absent.", "12-tests"),
    ("expect", "The verdict that an operation must have.", "12-tests"),
    ("target", "The process at the other end.", "12-tests"),
    ("with", "Facts of the event.", "12-tests"),
    ("by", "In a test: the rule that must decide. In a detection: what ties events together.", "12-tests"),
    ("detect", "A behaviour that is an attack: one event, several in order, or many.", "13-detections"),
    ("tags", "What the detection is known as, such as `attack.t1059.004`.", "13-detections"),
    ("sequence", "Events one after another, within a time.", "13-detections"),
    ("count", "So many events, within a time.", "13-detections"),
    ("distinct", "Counts the different values of a fact instead of events.", "13-detections"),
    ("within", "From the first event to the last.", "13-detections"),
    ("and", "Both; unknown where neither side settles it.", "6-expressions"),
    ("or", "At least one; unknown where neither side settles it.", "6-expressions"),
    ("not", "The opposite; what is unknown stays unknown.", "6-expressions"),
    ("in", "Is one of a set, or lies in a network or range; of a process: is a member of a subject.", "6-expressions"),
    ("matches", "The whole text matches a glob.", "3-globs"),
    ("contains", "The text has this within it.", "6-expressions"),
    ("starts_with", "The text begins with this.", "6-expressions"),
    ("ends_with", "The text ends with this.", "6-expressions"),
    ("has", "Whether the fact is there at all.", "6-expressions"),
    ("some", "`some ancestor (…)`: one of the images that the process descends from.", "5-facts"),
];

/// The word of the language at a place.
pub(super) fn hover(analysis: &Analysis, place: Place) -> Option<Hover> {
    let file = analysis.file(place.file)?;
    let tokens = lex(&file.text, place.file).tokens;
    let after = tokens.partition_point(|token| token.span.start <= place.offset);
    // Of two that meet there, the one that begins there is meant.
    let token = tokens.get(after.checked_sub(1)?).filter(|token| token.span.touches(place.offset))?;
    let word = token.span.text(&file.text);
    let is_word =
        token.kind.is_reserved() || token.kind == TokenKind::Ident && matches!(word, "tree" | "all");
    let (word, meaning, section) = WORDS.iter().find(|(known, ..)| is_word && *known == word)?;
    let markdown = format!("{}{meaning}\n\n[Language reference]({REFERENCE}#{section})", code(word));
    Some(Hover::new(&markdown, token.span))
}

#[cfg(test)]
mod tests {
    use super::WORDS;

    #[test]
    fn sections_are_those_of_the_reference() {
        let reference = include_str!("../../../../docs/reference/language.md");
        let headings = reference.lines().filter_map(|line| line.trim_start_matches('#').strip_prefix(' '));
        let anchors: Vec<String> = headings
            .map(|heading| {
                let kept = heading.to_lowercase().replace(' ', "-");
                kept.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
            })
            .collect();
        for (word, _, section) in WORDS {
            assert!(anchors.iter().any(|anchor| anchor == section), "`{word}` points to `{section}`");
        }
    }

    #[test]
    fn every_reserved_word_is_explained() {
        let reference = include_str!("../../../../docs/reference/language.md");
        let lists = reference.lines().filter(|line| {
            ["* definitions:", "* policies:", "* rules:", "* claims,", "* expressions:"]
                .iter()
                .any(|start| line.starts_with(start))
        });
        let mut seen = 0;
        for word in lists.flat_map(|line| line.split('`').nth(1).unwrap_or("").split(' ')) {
            let known = WORDS.iter().any(|(known, ..)| *known == word);
            assert!(known || matches!(word, "true" | "false"), "`{word}` is not explained");
            seen += 1;
        }
        assert!(seen > 50, "{seen}");
    }
}
