//! What happens to the log when the world does not go along: a full disk, files that are taken away, an agent that is killed.
//! Whatever it is, the log is whole afterwards, and what is missing in it is said in it.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use warmor_bpf::{PathFact, Report};
use warmor_policy::artifact::Digest;
use warmord::adapters::audit::{AuditLog, Place, json_path, rotated};
use warmord::domain::entry::Entry;
use warmord::domain::line::Clauses;
use warmord::domain::records::Identity;
use warmord::domain::verify::Summary;
use warmord::log::{Verdict, verify};
use warmord::ports::AuditSink as _;

mod folder;
use folder::Folder;

fn open(place: &Place) -> AuditLog {
    let identity = Identity { agent: "0.0.0", artifact: Digest::of(b""), boot: Some("boot".into()), pid: 1 };
    AuditLog::open(place, identity).unwrap()
}

fn report(number: u64) -> Report {
    let mut report = Report::parse(&[0; Report::BYTES]).unwrap();
    report.action = 2;
    report.sequence = number;
    report.path = PathFact::Known(format!("/tmp/{number}\n").into_bytes());
    report
}

fn write(log: &mut AuditLog, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let report = report(number);
        log.received(&report);
        log.write(&Entry::of_kernel(&report), &Clauses::default());
    }
}

/// What is found in a log that must be whole.
fn whole(log: &Path) -> Summary {
    match verify(&[log.to_owned()], None) {
        Verdict::Whole { summary, .. } => summary,
        other => panic!("{}: {other:?}", log.display()),
    }
}

/// The records of a log's files, oldest first.
fn records(files: &[PathBuf]) -> Vec<Value> {
    let text: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn numbers(records: &[Value]) -> Vec<u64> {
    records.iter().filter_map(|r| r["sequence"].as_u64()).collect()
}

#[test]
fn a_log_goes_on_where_it_ended() {
    let folder = Folder::new("goes-on");
    let place = Place::new(folder.path("log"));
    for run in 0..3 {
        let mut log = open(&place);
        assert_eq!(log.before().closed, run > 0);
        assert_eq!(log.before().last_seen.get(&0).copied(), (run > 0).then_some(4));
        write(&mut log, 0..5);
        assert_eq!(log.close(0).unwrap().unwritten, 0);
    }
    let summary = whole(&place.path);
    assert_eq!((summary.records, summary.starts, summary.crashes, summary.gaps), (21, 3, 0, 0));
    let records = records(&[json_path(&place.path)]);
    assert_eq!(records[7]["record"], "opened");
    assert_eq!(records[7]["since"], records[6]["time"], "it says when the run before ended");
    assert_eq!(fs::read_to_string(&place.path).unwrap().lines().count(), 21);
}

#[test]
fn files_are_put_aside_and_only_so_many_are_kept() {
    let folder = Folder::new("rotates");
    let place = Place { max_size: 64 << 10, keep: 2, ..Place::new(folder.path("log")) };
    let mut log = open(&place);
    for i in 0..60 {
        write(&mut log, i * 100..i * 100 + 100);
        log.flush().unwrap();
    }
    assert_eq!(log.close(0).unwrap().unwritten, 0);
    let json = json_path(&place.path);
    for file in [&json, &place.path] {
        for number in 1..=2 {
            assert!(rotated(file, number).exists(), "{number}");
        }
        assert!(!rotated(file, 3).exists());
    }
    for file in [json.clone(), rotated(&json, 1), rotated(&json, 2)] {
        let length = fs::metadata(&file).unwrap().len();
        assert!(length <= place.max_size, "{}: {length}", file.display());
    }
    let summary = whole(&place.path);
    assert_eq!((summary.files.len(), summary.gaps), (3, 0));
    assert!(summary.files[0].first > 0);
    let kept = numbers(&records(&[rotated(&json, 2), rotated(&json, 1), json]));
    assert_eq!(kept.last(), Some(&5999));
    assert!(kept.windows(2).all(|pair| pair[1] == pair[0] + 1), "nothing is lost from one file to the next");
}

#[test]
fn reports_that_did_not_come_are_a_record() {
    let folder = Folder::new("gaps");
    let place = Place::new(folder.path("log"));
    let mut log = open(&place);
    write(&mut log, 0..3);
    write(&mut log, 10..12);
    // Of the nine, two are after the last that came.
    assert_eq!(log.close(9).unwrap().unwritten, 0);
    let summary = whole(&place.path);
    assert_eq!((summary.gaps, summary.missing), (2, 9));
    let gap = records(&[json_path(&place.path)]).into_iter().find(|r| r["record"] == "gap").unwrap();
    assert_eq!(gap["ranges"][0], serde_json::json!({ "cpu": 0, "from": 3, "missing": 7, "to": 9 }));
    assert_eq!(gap["cause"], "ring full");
}

#[test]
fn a_flood_of_equal_entries_takes_few_lines_and_every_one_is_counted() {
    for aggregate in [true, false] {
        let folder = Folder::new("equal");
        let place = Place { aggregate, ..Place::new(folder.path("log")) };
        let mut log = open(&place);
        for number in 0..10_000 {
            // One among them that happens twice.
            let rare = number == 4000 || number == 8000;
            let path = if rare { "/rare\x1b[2J" } else { "/tmp/x" };
            let report = Report { path: PathFact::Known(path.into()), pid: 7, ..report(number) };
            log.received(&report);
            log.write(&Entry::of_kernel(&report), &Clauses::default());
        }
        let ended = log.close(0).unwrap();
        let summary = whole(&place.path);
        let records = records(&[json_path(&place.path)]);
        let lines: Vec<&Value> = records.iter().filter(|r| r["outcome"].is_string()).collect();
        let counted: u64 = lines.iter().filter_map(|r| r["times"].as_u64()).sum();
        let alone = lines.iter().filter(|r| r["times"].is_null()).count() as u64;
        assert_eq!((counted, alone + counted), (ended.aggregated, 10_000));
        assert_eq!(summary.gaps, 0);
        if aggregate {
            assert_eq!((alone, lines.len()), (2, 4));
            let rare = lines.iter().find(|r| r["path"] != "/tmp/x" && r["times"] == 1).unwrap();
            assert_eq!((rare["sequence"].as_u64(), rare["pids"].to_string()), (Some(8000), "[7]".to_owned()));
        } else {
            assert_eq!(alone, 10_000);
        }
        let people = fs::read_to_string(&place.path).unwrap();
        assert_eq!(people.contains("  9997 more until "), aggregate);
        let all = people + &fs::read_to_string(json_path(&place.path)).unwrap();
        assert!(all.bytes().all(|b| b == b'\n' || (0x20..=0x7e).contains(&b)));
    }
}

#[test]
fn what_was_sent_while_no_agent_ran_is_told_apart() {
    let folder = Folder::new("away");
    let place = Place::new(folder.path("log"));
    let mut log = open(&place);
    write(&mut log, 0..3);
    log.close(0).unwrap();
    let mut log = open(&place);
    let last_seen = log.before().last_seen.clone();
    assert_eq!(log.before().boot.as_deref(), Some("boot"));
    log.resume(&last_seen);
    write(&mut log, 8..9);
    write(&mut log, 10..11);
    log.close(0).unwrap();
    let records = records(&[json_path(&place.path)]);
    let gaps: Vec<_> =
        records.iter().filter(|r| r["record"] == "gap").map(|r| (&r["cause"], &r["reports"])).collect();
    assert_eq!(gaps, [(&"not running".into(), &5.into()), (&"ring full".into(), &1.into())]);
}

#[test]
fn a_file_that_is_taken_away_is_made_anew_and_said_to_be() {
    for (name, moved) in [("removed", false), ("renamed", true)] {
        let folder = Folder::new(name);
        let place = Place::new(folder.path("log"));
        let json = json_path(&place.path);
        let mut log = open(&place);
        write(&mut log, 0..5);
        std::thread::sleep(Duration::from_millis(10));
        log.flush().unwrap();
        for file in [&json, &place.path] {
            if moved {
                fs::rename(file, rotated(file, 1)).unwrap();
            } else {
                fs::remove_file(file).unwrap();
            }
        }
        std::thread::sleep(Duration::from_millis(600));
        log.flush().unwrap();
        write(&mut log, 5..7);
        assert_eq!(log.close(0).unwrap().unwritten, 0);
        let summary = whole(&place.path);
        assert_eq!(summary.replaced, 1, "{name}");
        assert_eq!(
            summary.files.iter().map(|f| f.first).collect::<Vec<_>>(),
            if moved { vec![0, 6] } else { vec![6] }
        );
        assert_eq!(numbers(&records(&[json])), [5, 6]);
        assert!(fs::read_to_string(&place.path).unwrap().contains("LOG        replaced"));
    }
}

#[test]
fn a_file_that_is_made_shorter_is_found_out() {
    let folder = Folder::new("shorter");
    let place = Place::new(folder.path("log"));
    let json = json_path(&place.path);
    let mut log = open(&place);
    write(&mut log, 0..5);
    std::thread::sleep(Duration::from_millis(10));
    log.flush().unwrap();
    let text = fs::read_to_string(&json).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    fs::write(&json, lines[..3].concat()).unwrap();
    std::thread::sleep(Duration::from_millis(600));
    log.flush().unwrap();
    write(&mut log, 5..7);
    log.close(0).unwrap();
    assert_eq!(verify(std::slice::from_ref(&place.path), None).code(), 1);
}

#[test]
fn a_line_that_was_cut_off_stays_and_is_told_of() {
    let folder = Folder::new("torn");
    let place = Place::new(folder.path("log"));
    let json = json_path(&place.path);
    let mut log = open(&place);
    write(&mut log, 0..3);
    log.close(0).unwrap();
    let whole_text = fs::read(&json).unwrap();
    let length = whole_text.len();
    for end in (0..=length).filter(|end| end % 17 == 0 || length - end < 5) {
        fs::write(&json, &whole_text[..end]).unwrap();
        let mut log = open(&place);
        write(&mut log, 0..1);
        log.close(0).unwrap();
        let text = fs::read(&json).unwrap();
        assert!(text.starts_with(&whole_text[..end]), "nothing is written over");
        let summary = whole(&place.path);
        let within_a_line = end > 0 && whole_text[end - 1] != b'\n' && whole_text.get(end) != Some(&b'\n');
        assert_eq!(summary.torn, u64::from(within_a_line), "{end} of {length}");
    }
}

#[test]
fn a_file_of_somebody_else_is_put_aside_and_not_added_to() {
    let folder = Folder::new("foreign");
    let place = Place::new(folder.path("log"));
    let json = json_path(&place.path);
    fs::write(&json, "somebody's\nlines\n").unwrap();
    let mut log = open(&place);
    write(&mut log, 0..1);
    log.close(0).unwrap();
    assert_eq!(fs::read_to_string(rotated(&json, 1)).unwrap(), "somebody's\nlines\n");
    assert_eq!(verify(&[json], None).code(), 0);
    assert_eq!(verify(std::slice::from_ref(&place.path), None).code(), 1, "the files are no one chain");
}

#[test]
fn the_log_is_for_its_owner_alone_and_not_a_link() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("owner");
    let place = Place::new(folder.path("log"));
    open(&place).close(0).unwrap();
    for file in [place.path.clone(), json_path(&place.path)] {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let link = folder.path("link");
    std::os::unix::fs::symlink(&place.path, &link).unwrap();
    let identity = Identity { agent: "0.0.0", artifact: Digest::of(b""), boot: None, pid: 1 };
    assert!(AuditLog::open(&Place::new(link), identity).is_err());
}

/// Runs a test of this file that is ignored otherwise, with what a shell sets up before it.
fn inner(test: &str, folder: &Folder, set_up: &str) -> Command {
    let mut command = Command::new("sh");
    let program = std::env::current_exe().unwrap();
    command
        .arg("-c")
        .arg(format!("{set_up} exec \"$0\" --exact {test} --ignored --nocapture --test-threads 1"));
    command
        .arg(program)
        .env("WARMORD_TEST_LOG", folder.path("log"))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn place_of_inner() -> Place {
    Place::new(std::env::var_os("WARMORD_TEST_LOG").unwrap().into())
}

#[test]
#[ignore = "started by a_full_disk_loses_nothing_silently"]
fn writes_until_the_disk_is_full_and_on_when_it_is_not() {
    let place = place_of_inner();
    let mut log = open(&place);
    let mut next = 0;
    let mut some = |log: &mut AuditLog, count: u64| {
        write(log, next..next + count);
        next += count;
        log.flush().unwrap();
    };
    // More than the file may have, and then more than may wait.
    for _ in 0..30 {
        some(&mut log, 1000);
    }
    let full = fs::metadata(json_path(&place.path)).unwrap().len();
    assert_eq!(full, 128 << 10, "to the last byte");
    let pid = std::process::id().to_string();
    assert!(Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited"]).status().unwrap().success());
    std::thread::sleep(Duration::from_millis(600));
    some(&mut log, 10);
    assert_eq!(log.close(0).unwrap().unwritten, 0);
}

#[test]
fn a_full_disk_loses_nothing_silently() {
    let folder = Folder::new("full");
    let limit = "prlimit --pid $$ --fsize=131072:unlimited; trap '' XFSZ;";
    let test = "writes_until_the_disk_is_full_and_on_when_it_is_not";
    assert!(inner(test, &folder, limit).status().unwrap().success());
    let log = folder.path("log");
    let summary = whole(&log);
    let records = records(&[json_path(&log)]);
    let gap = records.iter().find(|r| r["record"] == "gap").unwrap();
    assert_eq!(gap["cause"], "log not writable");
    assert!(gap["error"].as_str().unwrap().contains("large"), "{gap}");
    let written = numbers(&records);
    assert_eq!(written.len() as u64 + summary.missing, 30_010, "every entry is there or counted");
    assert!(summary.missing > 1000 && written.len() > 1000);
    let range = &gap["ranges"][0];
    let missing = range["from"].as_u64().unwrap()..=range["to"].as_u64().unwrap();
    assert!(written.iter().all(|n| !missing.contains(n)), "and the record says which ones");
    assert_eq!(range["missing"], gap["reports"]);
}

#[test]
#[ignore = "started by an_agent_that_is_killed_leaves_a_log_that_can_be_made_whole"]
fn writes_until_it_is_killed() {
    let mut log = open(&place_of_inner());
    for number in 0.. {
        write(&mut log, number..number + 1);
        log.flush().unwrap();
    }
}

#[test]
fn an_agent_that_is_killed_leaves_a_log_that_can_be_made_whole() {
    let folder = Folder::new("killed");
    let place = Place::new(folder.path("log"));
    let json = json_path(&place.path);
    let runs = 12;
    for run in 0..runs {
        let before = fs::metadata(&json).map_or(0, |m| m.len());
        let mut child = inner("writes_until_it_is_killed", &folder, "").spawn().unwrap();
        let begun = Instant::now();
        while fs::metadata(&json).map_or(0, |m| m.len()) < before + 200_000 {
            assert!(begun.elapsed() < Duration::from_mins(1), "nothing is written");
            std::thread::sleep(Duration::from_millis(1 + run));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    open(&place).close(0).unwrap();
    let summary = whole(&place.path);
    assert_eq!((summary.starts, summary.crashes), (runs + 1, runs));
    let numbers = numbers(&records_of_whole_lines(&json));
    let runs_seen = numbers.iter().filter(|n| **n == 0).count() as u64;
    assert_eq!(runs_seen, runs);
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1 || pair[1] == 0), "without holes");
}

fn records_of_whole_lines(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}
