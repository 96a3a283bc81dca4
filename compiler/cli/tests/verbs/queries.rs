//! `can`, `who-can`, `reach`.

use crate::harness::Folder;
use insta::assert_snapshot;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The example of that name.
fn example(name: &str, file: &str) -> Folder {
    let folder = Folder::new();
    for file in [file, "warmor.toml"] {
        folder.write(file, std::fs::read(root().join("examples").join(name).join(file)).unwrap());
    }
    folder
}

/// Without the events that show it: which of several the engine finds is its own business. That each is right is for the tests of
/// the compiler.
fn without_events(text: &str) -> String {
    let line = |l: &str| match l.split_once("for example ") {
        Some((before, _)) => format!("{before}for example …\n"),
        None => format!("{l}\n"),
    };
    text.lines().map(line).collect()
}

/// The same of JSON.
fn without_witnesses(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(members) => {
            members.remove("witness");
            members.values_mut().for_each(without_witnesses);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(without_witnesses),
        _ => {}
    }
}

fn three_tiers() -> Folder {
    example("three-tier-shop", "shop.warmor")
}

/// What the page says of its own program is what is printed. Set `UPDATE_PAGES=1` to write it anew.
#[test]
fn the_page_shows_what_is_printed() {
    let path = root().join("docs/reference/queries.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let block = |info: &str, from: &str| -> Option<(usize, usize)> {
        let start = from.find(&format!("```{info}\n"))? + info.len() + 4;
        Some((start, start + from[start..].find("```\n")?))
    };
    let folder = Folder::new();
    let (start, end) = block("warmor", &page).unwrap();
    folder.write("shop.warmor", &page[start..end]);
    folder.write("warmor.toml", "[package]\nname = \"shop\"\n");
    let (mut written, mut rest, mut blocks) = (String::new(), page.as_str(), 0);
    while let Some((start, end)) = block("console", rest) {
        written.push_str(&rest[..start]);
        for line in rest[start..end].lines().filter(|l| l.starts_with("$ ")) {
            let run = folder.run(line.strip_prefix("$ warmorc ").unwrap());
            written.push_str(&format!("{line}\n{}{}", run.stdout(), run.stderr()));
        }
        rest = &rest[end..];
        blocks += 1;
    }
    written.push_str(rest);
    assert!(blocks >= 4);
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    assert!(without_events(&written) == without_events(&page), "the page says something else:\n{written}");
}

const PROGRAM: &str = "package small

subject web = process.exe in [/usr/bin/web]
subject job = process.exe in [/usr/bin/job] and process.uid == 33

policy closed for web {
  mode prevent
  default deny write
  logs: allow write /var/log/web/* where process.uid == 33
  no_shell: deny exec /bin/sh where role == binary
}

policy watched for tree(job) except job {
  mode detect
  default deny connect
  no_tmp: deny exec /tmp/**
  home: allow connect to 127.0.0.0/8
}
";

fn small() -> Folder {
    let folder = Folder::new();
    folder.write("small.warmor", PROGRAM);
    folder
}

#[test]
fn always_never_and_depends() {
    let folder = small();
    let answers = [
        "can web write /etc/passwd -p small.warmor",
        "can web write /var/log/web/a -p small.warmor",
        "can web write /var/log/web/a where process.uid == 33 -p small.warmor",
        "can web exec /bin/sh -p small.warmor",
        "can web read /etc/shadow -p small.warmor",
        "can web read /a except /** -p small.warmor",
        "can job bpf -p small.warmor",
    ];
    let all: Vec<String> = answers
        .iter()
        .map(|words| format!("$ {words}\n{}", without_events(&folder.run(words).all())))
        .collect();
    assert_snapshot!(all.join("\n"));
}

#[test]
fn what_detects_is_reported_and_not_denied() {
    let folder = small();
    let words = "can tree(job) connect 192.0.2.1:443 -p small.warmor";
    assert_snapshot!(
        [words.to_owned(), format!("{words} --reported")]
            .map(|words| format!("$ {words}\n{}", without_events(&folder.run(&words).all())))
            .join("\n")
    );
    let told = folder.run("reach small.warmor").stdout();
    assert!(
        told.contains(" all [1] ") && told.contains("[1] reported by watched (small.warmor:15:3)"),
        "{told}"
    );
}

#[test]
fn everybody_is_answered_for() {
    let folder = small();
    let words = ["who-can exec /tmp/x -p small.warmor", "who-can write /etc/passwd -p small.warmor"];
    assert_snapshot!(
        words.map(|words| format!("$ {words}\n{}", without_events(&folder.run(words).all()))).join("\n")
    );
}

#[test]
fn answers_have_a_form_for_tools() {
    let folder = small();
    assert_snapshot!("can_json", folder.run("can web exec /bin/sh -p small.warmor --format json").all());
    let who = folder.run("who-can write /etc/passwd -p small.warmor --format json");
    let who: serde_json::Value = serde_json::from_str(&who.stdout()).unwrap();
    let told: Vec<String> = who["subjects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| format!("{} {} {} ({})", s["kind"], s["subject"], s["answer"], s["answer_where_readable"]))
        .collect();
    assert_snapshot!("who_can_json", told.join("\n"));
}

#[test]
fn what_is_no_question_is_refused() {
    let folder = small();
    let wrong = [
        "can wbe read /a -p small.warmor",
        "can web raed /a -p small.warmor",
        "can web read /a/../b -p small.warmor",
        "can closed read /a -p small.warmor",
        "can web connect 10.0.0.1:http -p small.warmor",
        "who-can bpf }policyqforany{denybpf -p small.warmor",
        "reach small.warmor --action read",
    ];
    let all = wrong.map(|words| format!("$ {words}\n{}", without_events(&folder.run(words).all())));
    assert_snapshot!(all.join("\n"));
}

#[test]
fn a_budget_that_is_too_small_is_no_answer() {
    let folder = small();
    let words = [
        "can web write /etc/passwd -p small.warmor --budget 0",
        "who-can write /etc/passwd -p small.warmor --budget 0 --format json",
        "reach small.warmor --budget 0",
    ];
    for words in words {
        let run = folder.run(words);
        assert_eq!(run.code(), 3, "{words}\n{}", run.all());
        let told = run.stdout();
        assert!(told.contains("not known") || told.contains("inconclusive"), "{words}\n{told}");
        assert!(!told.contains("always") && !told.contains("never"), "{words}\n{told}");
    }
}

#[test]
fn the_shop_in_three_tiers() {
    let folder = three_tiers();
    assert_snapshot!("shop_can", without_events(&folder.run("can shop_web connect tcp shop_api:8080").all()));
    assert_snapshot!("shop_who_can", without_events(&folder.run("who-can connect tcp shop_db:5432").all()));
    assert_snapshot!("shop_reach", without_events(&folder.run("reach").all()));
}

#[test]
fn servers_listen_where_they_may() {
    let folder = example("sshd", "sshd.warmor");
    assert_snapshot!(folder.run("reach --action bind --action listen").all());
}

#[test]
fn a_flow_that_depends_says_on_what() {
    let folder = Folder::new();
    folder.write(
        "p.warmor",
        "subject a = process.exe in [/a]\nlet lan = [10.0.0.0/8]\npolicy p for a {\n  mode prevent\n  default deny connect\n  \
         job: allow connect tcp to lan port 22 where process.uid == 0\n}\n",
    );
    assert_snapshot!(folder.run("reach p.warmor").all());
    let mut json = serde_json::from_str(&folder.run("reach p.warmor --format json").stdout()).unwrap();
    without_witnesses(&mut json);
    assert_snapshot!("reach_json", format!("{json:#}"));
}

#[test]
fn the_graph_is_one_that_graphviz_reads() {
    let dot = three_tiers().run("reach --format dot").stdout();
    let (mut nodes, mut edges) = (0, 0);
    let lines: Vec<&str> = dot.lines().collect();
    assert_eq!((lines[0], *lines.last().unwrap()), ("digraph reach {", "}"));
    for line in &lines[1..lines.len() - 1] {
        assert!(line.ends_with(';') && line.starts_with("  "), "{line}");
        // Quotes come in pairs, but for those that are escaped.
        assert_eq!(line.replace("\\\\", "").replace("\\\"", "").matches('"').count() % 2, 0, "{line}");
        let words: Vec<&str> = line.trim().split(' ').collect();
        match words.as_slice() {
            [from, "->", to, label, ..] => {
                edges += 1;
                assert!(label.starts_with("[label=\""), "{line}");
                for node in [from, to] {
                    assert!(dot.contains(&format!("  {node} [label=")), "{node} is no node");
                }
            }
            [name, label, ..] if label.starts_with("[label=") && name.starts_with('n') => nodes += 1,
            [setting, ..] => assert!(["rankdir=LR;", "node", "edge"].contains(setting), "{line}"),
            [] => panic!("an empty line"),
        }
    }
    assert!(nodes > 8 && edges > 20, "{nodes} nodes, {edges} edges");
    assert!(dot.contains("n3 -> n4 [label=\"connect: tcp,udp 53"), "{dot}");
}

/// Elements of a well-formed document, in order, with their attributes; panics where it is none.
fn elements(xml: &str) -> Vec<String> {
    let (mut open, mut found, mut rest): (Vec<&str>, Vec<String>, &str) = (Vec::new(), Vec::new(), xml);
    while let Some(at) = rest.find('<') {
        let text = &rest[..at];
        assert!(!text.contains('>'), "{text}");
        for entity in text.split('&').skip(1) {
            assert!(["amp;", "lt;", "gt;", "quot;", "#39;"].iter().any(|e| entity.starts_with(e)), "{text}");
        }
        let end = at + rest[at..].find('>').expect("a tag ends");
        let tag = &rest[at + 1..end];
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed));
        } else {
            found.push(tag.to_owned());
            if !tag.ends_with('/') {
                open.push(tag.split(' ').next().unwrap());
            }
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "{open:?}");
    found
}

#[test]
fn the_picture_can_be_read_aloud() {
    let svg = three_tiers().run("reach --format svg").stdout();
    let found = elements(&svg);
    assert!(
        found[0].contains("role=\"img\"") && found[0].contains("aria-labelledby=\"title desc\""),
        "{}",
        found[0]
    );
    assert_eq!(found[1..3], ["title id=\"title\"", "desc id=\"desc\""]);
    assert!(found.iter().all(|e| !e.starts_with("script") && !e.contains("href") && !e.contains(" on")));
    assert!(svg.contains("<title>shop_api connect to shop_db: tcp,udp 53 [1]; tcp 5432</title>"), "{svg}");
    assert!(svg.contains("<title>shop_db connect to elsewhere: denied</title>"));
}

#[test]
fn thirty_subjects_fit_a_picture() {
    let mut text = String::from("package many\n");
    for n in 0..30 {
        let next = (n + 1) % 30;
        text += &format!(
            "subject tier_{n} = pod.labels[\"app\"] == \"<{n}>&\"\npolicy p{n} for tier_{n} {{\n  mode prevent\n  default deny connect\n  \
             allow connect tcp to tier_{next} port {}\n}}\n",
            5000 + n
        );
    }
    let folder = Folder::new();
    folder.write("many.warmor", text);
    let run = folder.run("reach many.warmor --format svg");
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let svg = run.stdout();
    let found = elements(&svg);
    let size = found[0].split("viewBox=\"0 0 ").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let size: Vec<usize> = size.split(' ').map(|n| n.parse().unwrap()).collect();
    assert!(size[0] < 1600 && size[1] < 2000, "{size:?}");
    assert_eq!(svg.matches("<title>tier_").count(), 30 * 32);
    assert!(svg.contains("<title>tier_3 connect to tier_4: tcp 5003</title>"));
}
