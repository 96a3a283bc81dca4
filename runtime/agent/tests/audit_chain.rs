//! Whatever is done to a log afterwards is found, but for what a chain cannot show: that its end was cut off, and that it was
//! written anew as a whole. Against these stands a hash that somebody remembers elsewhere.

use std::path::{Path, PathBuf};
use warmor_policy::artifact::Digest;
use warmord::domain::chain::{Chain, Head};
use warmord::domain::records::{Cause, Identity, Record, Torn, Why};
use warmord::domain::sequences::Range;
use warmord::domain::verify::{Anchor, Fault};
use warmord::log::{Verdict, verify};

mod folder;
use folder::Folder;

const T: std::time::Duration = std::time::Duration::from_secs(1_795_312_360);

fn opened(chain: &Chain, why: Why, torn: Vec<Torn>) -> String {
    let identity =
        Identity { agent: "0.0.0", artifact: Digest::of(b"x"), boot: Some("b".to_owned()), pid: 1 };
    Record::Opened { identity, why, previous: chain.head(), since: None, torn }.json(T)
}

/// Files of one chain, each of some lines: a run, one that was killed while writing, a file that was rotated.
fn log() -> (Vec<Vec<Vec<u8>>>, Vec<Head>) {
    let mut chain = Chain::default();
    let mut heads = Vec::new();
    let mut seal = |chain: &mut Chain, object: &str| {
        let line = chain.seal(object).into_bytes();
        heads.extend(chain.head());
        line
    };
    let mut first = Vec::new();
    let object = opened(&chain, Why::Started, vec![]);
    first.push(seal(&mut chain, &object));
    for i in 0..5 {
        first.push(seal(&mut chain, &format!("{{\"cpu\":0,\"outcome\":\"DENIED\",\"sequence\":{i}}}")));
    }
    let ranges = vec![Range { cpu: 0, from: 5, to: 7, missing: 3 }];
    let gap = Record::Gap { cause: Cause::Ring, reports: 3, ranges, between: None }.json(T);
    first.push(seal(&mut chain, &gap));
    let torn = b"{\"cpu\":0,\"outc".to_vec();
    let object = opened(&chain, Why::Started, vec![Torn::of(&torn)]);
    first.push(torn);
    first.push(seal(&mut chain, &object));
    let mut second = Vec::new();
    for why in [Why::Rotated, Why::Started] {
        let object = opened(&chain, why, vec![]);
        second.push(seal(&mut chain, &object));
        second.push(seal(&mut chain, "{\"outcome\":\"AUDIT\"}"));
        second.push(seal(&mut chain, &Record::Closed([(0, 8)].into()).json(T)));
    }
    (vec![first, second], heads)
}

fn write(folder: &Folder, files: &[Vec<Vec<u8>>]) -> PathBuf {
    let count = files.len();
    for (i, lines) in files.iter().enumerate() {
        let name = match count - 1 - i {
            0 => "log.jsonl".to_owned(),
            number => format!("log.jsonl.{number}"),
        };
        let mut bytes = lines.join(&b'\n');
        bytes.push(b'\n');
        std::fs::write(folder.path(&name), bytes).unwrap();
    }
    folder.path("log")
}

fn verified(log: &Path) -> Verdict {
    verify(&[log.to_owned()], None)
}

fn fault(verdict: Verdict) -> (u64, Fault) {
    match verdict {
        Verdict::Broken(broken) => (broken.line, broken.fault),
        other => panic!("it is not found out: {other:?}"),
    }
}

#[test]
fn a_log_that_nobody_touched_is_whole() {
    let folder = Folder::new("whole");
    let (files, heads) = log();
    let path = write(&folder, &files);
    let verdict = verified(&path);
    assert_eq!(verdict.code(), 0, "{verdict:?}");
    let Verdict::Whole { summary, head } = &verdict else { panic!("{verdict:?}") };
    assert_eq!(Some(head), heads.last());
    assert_eq!(
        (summary.records, summary.starts, summary.crashes, summary.torn, summary.gaps, summary.missing),
        (14, 3, 1, 1, 1, 3)
    );
    assert_eq!(warmord::log::head(&path).unwrap(), *head, "the end alone tells it");
    let text = verdict.lines().join("\n").replace(&folder.path("").display().to_string(), "");
    assert_eq!(
        text,
        format!(
            "whole: 14 record(s) in 2 file(s)\n  log.jsonl.1: records 0 to 7\n  log.jsonl: records 8 to 13\n  \
             3 report(s) are missing, as the log itself says in 1 gap(s)\n  \
             1 time(s) the agent ended without closing the log\n  \
             1 line(s) were cut off when the agent or the machine was stopped\n  head 13:{}",
            head.hash
        )
    );
}

#[test]
fn every_flipped_byte_is_found() {
    let folder = Folder::new("flipped");
    let (files, _) = log();
    let path = write(&folder, &files);
    let mut tried = 0;
    for name in ["log.jsonl.1", "log.jsonl"] {
        let whole = std::fs::read(folder.path(name)).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            std::fs::write(folder.path(name), bytes).unwrap();
            let verdict = verified(&path);
            assert_eq!(verdict.code(), 1, "{name}: byte {at}: {verdict:?}");
            tried += 1;
        }
        std::fs::write(folder.path(name), whole).unwrap();
    }
    assert!(tried > 2000);
    assert_eq!(verified(&path).code(), 0);
}

/// Positions of the files' lines: file and line.
fn places(files: &[Vec<Vec<u8>>]) -> Vec<(usize, usize)> {
    files.iter().enumerate().flat_map(|(f, lines)| (0..lines.len()).map(move |l| (f, l))).collect()
}

#[test]
fn every_line_that_is_removed_doubled_or_added_is_found() {
    let folder = Folder::new("lines");
    let (files, _) = log();
    let all = places(&files);
    for (i, &(f, l)) in all.iter().enumerate() {
        let mut less = files.clone();
        less[f].remove(l);
        let path = write(&folder, &less);
        if i + 1 < all.len() {
            fault(verified(&path));
        } else {
            assert_eq!(verified(&path).code(), 0, "an end that was cut off does not show");
        }
        let mut doubled = files.clone();
        let line = doubled[f][l].clone();
        doubled[f].insert(l, line);
        fault(verified(&write(&folder, &doubled)));
        for &(g, m) in &all {
            let mut added = files.clone();
            added[g].insert(m, files[f][l].clone());
            fault(verified(&write(&folder, &added)));
        }
        let mut foreign = files.clone();
        foreign[f].insert(l, b"{\"outcome\":\"DENIED\"}".to_vec());
        let (line, what) = fault(verified(&write(&folder, &foreign)));
        assert!(line > 0 && what == Fault::NoRecord, "{line} {what:?}");
    }
}

#[test]
fn all_lines_that_are_swapped_are_found() {
    let folder = Folder::new("swapped");
    let (files, _) = log();
    let all = places(&files);
    for (i, &(f, l)) in all.iter().enumerate() {
        for &(g, m) in &all[i + 1..] {
            let mut swapped = files.clone();
            swapped[f][l] = files[g][m].clone();
            swapped[g][m] = files[f][l].clone();
            fault(verified(&write(&folder, &swapped)));
        }
    }
}

#[test]
fn a_record_that_was_changed_and_sealed_anew_is_found_at_the_next() {
    let folder = Folder::new("sealed");
    let (mut files, heads) = log();
    let mut forged = Chain::after(Some(heads[1]));
    files[0][2] = forged.seal("{\"cpu\":0,\"outcome\":\"OBSERVED\",\"sequence\":1}").into_bytes();
    let path = write(&folder, &files);
    assert_eq!(fault(verified(&path)), (4, Fault::Hash));
    assert_eq!(
        verified(&path).lines(),
        [format!(
            "broken: {}.jsonl.1:4: record 3: the hash is not that of this record after the one before: one of the \
             two was changed",
            path.display()
        )]
    );
}

#[test]
fn the_end_is_not_cut_off_unseen_from_who_remembers_it() {
    let folder = Folder::new("anchored");
    let (files, heads) = log();
    let anchored = |files: &[Vec<Vec<u8>>], number, hash| {
        verify(&[write(&folder, files)], Some(Anchor { number, hash }))
    };
    for head in &heads {
        assert_eq!(anchored(&files, Some(head.number), head.hash).code(), 0);
        assert_eq!(anchored(&files, None, head.hash).code(), 0);
    }
    let last = heads.last().unwrap();
    let mut cut = files.clone();
    cut[1].pop();
    let verdict = anchored(&cut, Some(last.number), last.hash);
    assert_eq!(verdict.code(), 1);
    assert_eq!(verdict.lines()[0], "broken: record 13 is not there: the files end with record 12");
    assert_eq!(anchored(&cut, None, last.hash).code(), 1);
    let other = anchored(&files, Some(3), Digest::of(b""));
    assert_eq!(other.lines()[0], "broken: record 3 is another than the one that is remembered");
    // Older files are no longer kept.
    std::fs::remove_file(folder.path("log.jsonl.1")).unwrap();
    let alone = |number: u64, hash| {
        let anchor = Anchor { number: Some(number), hash };
        let log = write(&folder, &files[1..]);
        verify(&[log], Some(anchor))
    };
    let verdict = alone(3, heads[3].hash);
    assert_eq!(verdict.lines()[0], "broken: record 3 is no longer kept: the files begin with record 8");
    assert_eq!(alone(7, heads[7].hash).code(), 0, "the first record names the one before");
    assert!(
        alone(9, heads[9].hash).lines().contains(&"  records before 8 are not in these files".to_owned())
    );
}

#[test]
fn a_file_that_is_missing_between_two_is_found() {
    let folder = Folder::new("missing");
    let (mut files, heads) = log();
    let mut chain = Chain::after(heads.last().copied());
    let third = chain.seal(&opened(&chain.clone(), Why::Rotated, vec![])).into_bytes();
    files.push(vec![third]);
    let path = write(&folder, &files);
    assert_eq!(verified(&path).code(), 0);
    std::fs::remove_file(folder.path("log.jsonl.1")).unwrap();
    assert_eq!(fault(verified(&path)), (1, Fault::Number { expected: 8, found: 14 }));
}

#[test]
fn no_random_damage_goes_unseen_but_an_end_that_is_cut_off() {
    let folder = Folder::new("damage");
    let (files, _) = log();
    let path = write(&folder, &files);
    let newest = folder.path("log.jsonl");
    let whole = std::fs::read(&newest).unwrap();
    // Splitmix64 (Steele, Lea, Flood 2014): the same damage in every run.
    let mut state = 7_u64;
    let mut random = move |below: usize| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % below as u64) as usize
    };
    for round in 0..2000 {
        let mut bytes = whole.clone();
        for _ in 0..=random(3) {
            let (from, length) = (random(bytes.len()), random(300));
            let to = (from + length).min(bytes.len());
            let piece = match random(3) {
                0 => Vec::new(),
                1 => (0..random(50)).map(|_| random(256) as u8).collect(),
                _ => {
                    let at = random(whole.len());
                    whole[at..(at + length).min(whole.len())].to_vec()
                }
            };
            bytes.splice(from..to, piece);
            if bytes.is_empty() {
                break;
            }
        }
        std::fs::write(&newest, &bytes).unwrap();
        let unseen = verified(&path).code() == 0;
        let cut_off = whole.starts_with(&bytes) && bytes.last().is_none_or(|b| *b == b'\n');
        assert_eq!(unseen, cut_off, "round {round}: {}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn what_is_no_log_is_said_to_be_none() {
    let folder = Folder::new("none");
    let path = folder.path("log");
    assert_eq!(verified(&path).code(), 2, "there is no file");
    let json = folder.path("log.jsonl");
    for (text, expected) in [
        ("", (0, Fault::Empty)),
        ("\n", (1, Fault::NoRecord)),
        ("{}\n", (1, Fault::NoRecord)),
        ("{}", (1, Fault::CutOff)),
    ] {
        std::fs::write(&json, text).unwrap();
        assert_eq!(fault(verified(&path)), expected, "{text:?}");
    }
    std::fs::write(&json, vec![b'x'; 3 << 20]).unwrap();
    assert_eq!(fault(verified(&path)), (1, Fault::TooLong));
    let many = "\n".repeat(1 << 20);
    std::fs::write(&json, many).unwrap();
    assert_eq!(fault(verified(&path)), (1, Fault::NoRecord));
    // A record, but not one that begins a file.
    std::fs::write(&json, Chain::default().seal("{\"outcome\":\"DENIED\"}") + "\n").unwrap();
    assert_eq!(fault(verified(&path)), (1, Fault::Beginning));
}
