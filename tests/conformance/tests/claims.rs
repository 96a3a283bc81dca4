//! Claims about small policies: each file of `claims` is one case, and the name of each assertion begins with how it comes out,
//! `holds:` or `fails:`. Adding a case is adding a file.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use warmor_compiler::check::{Options, check};
use warmor_compiler::encode::{Answer, Dialogue, Formula, Limits, Problem};
use warmor_compiler::model::Model;
use warmor_compiler::resolve::Sources;
use warmor_tests::generate;
use warmor_tests::rng::Rng;
use warmor_z3::{Budget, solve};

/// Random policies whose problems the second solver reads too.
const RANDOM: u64 = 40;

fn cases() -> Vec<(PathBuf, Model)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("claims");
    let mut paths: Vec<PathBuf> = folder.read_dir().unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 20);
    let load = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let checked = check(&Sources::single("claims.warmor", &text), &Options::default());
        assert!(!checked.has_errors(), "{}: {:?}", path.display(), checked.diagnostics);
        (path, checked.partial)
    };
    paths.into_iter().map(load).collect()
}

/// The problems of a model's assertions, with their names.
fn problems(model: &Model) -> Vec<(&str, Problem<'_>)> {
    let claim = |a| Formula::assumptions(model).implies(Formula::assertion(model, a));
    model.assertions.iter().map(|a| (a.name.as_str(), Problem::new(claim(a).negated()))).collect()
}

#[test]
fn claims_come_out_as_their_names_say() {
    for (path, model) in cases() {
        assert!(!model.assertions.is_empty(), "{}", path.display());
        for (name, mut problem) in problems(&model) {
            let found = match solve(&mut problem, &Budget::default()) {
                Answer::Proved => "holds",
                Answer::Refuted(_) => "fails",
                Answer::Inconclusive(cause) => panic!("{}: {name}: {cause}", path.display()),
            };
            let expected = name.split(':').next().unwrap();
            assert_eq!(found, expected, "{}: {name}", path.display());
        }
    }
}

/// What cvc5 says of a script.
fn second_opinion(script: &str) -> String {
    let mut solver = Command::new("cvc5")
        .args(["--lang", "smt2", "--tlimit", "60000", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("cvc5 is installed");
    solver.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = solver.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Compares the answers about a problem. With all lemmas in the text, the second solver needs to know nothing of texts.
fn compare(name: &str, mut problem: Problem<'_>) -> &'static str {
    let expected = match solve(&mut problem, &Budget::default()) {
        Answer::Proved => "unsat",
        Answer::Refuted(_) => "sat",
        Answer::Inconclusive(cause) => panic!("{name}: {cause}"),
    };
    assert_eq!(second_opinion(&problem.smtlib()), expected, "{name}");
    expected
}

/// cvc5, asked command by command.
struct Conversation {
    process: std::process::Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl Conversation {
    fn start() -> Self {
        let mut process = Command::new("cvc5")
            .args(["--lang", "smt2", "--incremental", "--tlimit", "60000", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("cvc5 is installed");
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { process, answers }
    }

    fn ask(&mut self, commands: &str) -> String {
        let input = self.process.stdin.as_mut().unwrap();
        input.write_all(commands.as_bytes()).and_then(|()| input.flush()).unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        answer
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.process.stdin = None;
        let _ = self.process.wait();
    }
}

#[test]
#[ignore = "needs cvc5; `cargo xtask test` installs it"]
fn a_solver_that_is_talked_to_comes_to_the_same() {
    for (path, model) in cases() {
        for (name, mut problem) in problems(&model) {
            let mut solver = Conversation::start();
            let mut dialogue = Dialogue::new(|commands: &str| Ok(solver.ask(commands)));
            let found = match problem.search(&mut dialogue, &Limits::default()) {
                Answer::Proved => "holds",
                Answer::Refuted(_) => "fails",
                Answer::Inconclusive(cause) => panic!("{}: {name}: {cause}", path.display()),
            };
            assert_eq!(found, name.split(':').next().unwrap(), "{}: {name}", path.display());
        }
    }
}

#[test]
#[ignore = "needs cvc5; `cargo xtask test` installs it"]
fn a_second_solver_agrees() {
    let mut proved = 0;
    let mut refuted = 0;
    let mut count = |answer| if answer == "unsat" { proved += 1 } else { refuted += 1 };
    for (path, model) in cases() {
        for (name, problem) in problems(&model) {
            count(compare(&format!("{}: {name}", path.display()), problem));
        }
    }
    for seed in 0..RANDOM {
        let model = generate::model(&mut Rng::new(seed), 3);
        let clauses = model.clauses();
        count(compare(&format!("seed {seed}"), Problem::new(Formula::muting_shrinks(&model).negated())));
        if let [first, others @ ..] = clauses.as_slice() {
            let covered = Formula::covered(&model, *first, others);
            count(compare(&format!("seed {seed}"), Problem::new(covered.negated())));
        }
    }
    assert!(proved >= 60 && refuted >= 30, "{proved} proved, {refuted} refuted");
}
