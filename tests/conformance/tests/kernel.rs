//! The kernel programs decide as the table evaluator does. Hook programs cannot be run on request, so their functions are
//! called by an object of the tests (`bpf-templates/programs/testrun.bpf.c`), in this machine's kernel.

use aya::maps::{Array, ArrayOfMaps, MapData};
use aya::programs::{RawTracePoint, RawTracePointRunOptions, TestRun};
use aya::{Btf, Ebpf, EbpfLoader};
use std::os::unix::fs::MetadataExt;
use warmor_bpf::{Agent, Answer, BANK_BYTES, BATCH, Config, Mode, Question, Setup, Wanted, bank};
use warmor_compiler::lower::{Part, lower};
use warmor_policy::event::{Event, Fact, Record, TAG_ABSENT, TAG_KNOWN, TAG_UNKNOWN, Value, encode};
use warmor_policy::image::{Image, NONE, leaf};
use warmor_policy::verdict::{Decision, Effect, Rank, Reason, Responses};
use warmor_tests::generate::{event, model};
use warmor_tests::rng::Rng;

const MODELS: u64 = 250;
const EVENTS_PER_MODEL: usize = 200;

type Bank = Array<MapData, [u8; BANK_BYTES]>;

struct Kernel {
    bank: ArrayOfMaps<MapData, Bank>,
    runner: Runner,
}

/// What asks the programs' decision.
struct Runner {
    ebpf: Ebpf,
    questions: Array<MapData, [u8; Question::BYTES]>,
    answers: Array<MapData, [u8; Answer::BYTES]>,
}

impl Kernel {
    fn load() -> Self {
        let btf = Btf::from_sys_fs().unwrap();
        let mut ebpf = EbpfLoader::new().btf(Some(&btf)).load(warmor_bpf::testrun()).unwrap();
        let mut config: Array<MapData, [u8; Config::BYTES]> =
            ebpf.take_map("config").unwrap().try_into().unwrap();
        config
            .set(
                0,
                Config { host_mnt_ns: 0, agent: Agent { pid: 0, started: 0 }, overflow: false }.to_bytes(),
                0,
            )
            .unwrap();
        let bank = ebpf.take_map("bank").unwrap().try_into().unwrap();
        let questions = ebpf.take_map("questions").unwrap().try_into().unwrap();
        let answers = ebpf.take_map("answers").unwrap().try_into().unwrap();
        let program: &mut RawTracePoint = ebpf.program_mut("ask_all").unwrap().try_into().unwrap();
        program.load().unwrap();
        Self { bank, runner: Runner { ebpf, questions, answers } }
    }

    fn fill(&mut self, image: &Image) {
        self.bank.set(0, &bank_of(image), 0).unwrap();
    }
}

/// A map with an image. By value, four megabytes would go over the stack.
fn bank_of(image: &Image) -> Bank {
    let setup =
        Setup { generation: 1, mode: Mode::Enforce, wanted: Wanted::NOTHING, blind: 0, mentioned: u32::MAX };
    let value: &[u8; BANK_BYTES] = &bank(image.words(), &setup).unwrap();
    let mut inner = Array::create(1, 0).unwrap();
    inner.set(0, value, 0).unwrap();
    inner
}

impl Runner {
    fn ask(&mut self, questions: &[Question]) -> Vec<Answer> {
        let mut answers = Vec::new();
        for batch in questions.chunks(BATCH) {
            for (i, question) in batch.iter().enumerate() {
                let bytes: &[u8; Question::BYTES] = question.bytes().try_into().unwrap();
                self.questions.set(i as u32, bytes, 0).unwrap();
            }
            let program: &RawTracePoint = self.ebpf.program("ask_all").unwrap().try_into().unwrap();
            let result = program.test_run(RawTracePointRunOptions::new()).unwrap();
            assert_eq!(result.return_value, 0, "the kernel had no scratch slot or no image");
            for i in 0..batch.len() {
                answers.push(Answer::parse(&self.answers.get(&(i as u32), 0).unwrap()));
            }
        }
        answers
    }
}

/// Lists and maps are facts that a hook cannot read: there they are unknown.
fn as_a_hook_sees_it(event: &mut Event) {
    let ancestors = event.ancestors.iter_mut();
    let records = [&mut event.process, &mut event.parent, &mut event.target].into_iter().chain(ancestors);
    for fact in records.flat_map(|r| r.0.iter_mut()).chain(event.facts.iter_mut()) {
        if matches!(fact, Fact::Known(Value::List(_) | Value::Map(_))) {
            *fact = Fact::Unknown;
        }
    }
}

/// The event, asked by `process`. `None` when its texts are more than a hook has room for.
fn question(event: &Event, process: &Record) -> Option<Question> {
    let mut q = Question::new(event.action as u8);
    let sources = [event.facts.as_slice(), &process.0, &event.parent.0, &event.target.0];
    for (source, facts) in sources.into_iter().enumerate() {
        for (slot, fact) in facts.iter().enumerate() {
            let (tag, value) = match fact {
                Fact::Absent => (TAG_ABSENT, 0),
                Fact::Unknown | Fact::Known(Value::List(_) | Value::Map(_)) => (TAG_UNKNOWN, 0),
                Fact::Known(Value::Int(n)) => (TAG_KNOWN, n.cast_unsigned()),
                Fact::Known(Value::Bytes(bytes)) => (TAG_KNOWN, q.add(bytes)?),
                Fact::Known(Value::Ip(address)) => {
                    q.set_address(address.0.to_be_bytes());
                    (TAG_KNOWN, 0)
                }
            };
            q.set(source, slot, tag, value);
        }
    }
    Some(q)
}

/// What the columns mean, by the three steps of `docs/reference/tables.md`.
fn decision(columns: [u32; 7]) -> Decision {
    let verdict = |at: usize| match [columns[at], columns[at + 1], columns[at + 2]] {
        [rank, _, _] if rank != NONE => (Effect::Deny, Reason::Denied, Some(Rank(rank))),
        [_, rank, _] if rank != NONE => (Effect::Allow, Reason::Allowed, Some(Rank(rank))),
        [_, _, rank] if rank != NONE => (Effect::Deny, Reason::Posture, Some(Rank(rank))),
        _ => (Effect::Allow, Reason::Unmentioned, None),
    };
    let enforced = verdict(leaf::ENFORCED_DENY - 1);
    let reported = if enforced.0 == Effect::Deny { enforced } else { verdict(leaf::REPORTED_DENY - 1) };
    let flags = columns[leaf::FLAGS - 1];
    Decision {
        enforced: enforced.0,
        reported: reported.0,
        reason: reported.1,
        clause: reported.2,
        audit: flags & leaf::AUDIT != 0,
        detected: flags & leaf::DETECTED != 0,
        responses: Responses(flags as u8),
    }
}

#[test]
fn the_kernel_decides_as_the_table_evaluator_does() {
    if std::fs::metadata("/proc/self").map_or(1, |m| m.uid()) != 0 {
        println!("SKIPPED: only root may load programs into the kernel");
        return;
    }
    let mut kernel = Kernel::load();
    let (mut compared, mut denied, mut with_ancestors, mut nanoseconds) = (0, 0, 0, 0);
    for seed in 0..MODELS {
        let mut rng = Rng::new(1_000_000 + seed);
        let model = model(&mut rng, 4);
        let Ok(lowered) = lower(&model, Part::Whole) else { continue };
        kernel.fill(&lowered.image);
        let mut events = Vec::new();
        for _ in 0..EVENTS_PER_MODEL {
            let mut event = event(&mut rng);
            as_a_hook_sees_it(&mut event);
            events.extend(question(&event, &event.process.clone()).map(|q| (event, q)));
        }
        // What a fork or an exec would have kept of each ancestor.
        let ancestors: Vec<(usize, Question)> = (events.iter().enumerate())
            .flat_map(|(i, (e, _))| e.ancestors.iter().filter_map(move |a| Some((i, question(e, a)?))))
            .collect();
        let asked: Vec<Question> = ancestors.iter().map(|(_, q)| q.clone()).collect();
        let mut bits = vec![0; events.len()];
        for ((i, _), answer) in ancestors.iter().zip(kernel.runner.ask(&asked)) {
            bits[*i] |= answer.ancestry;
        }
        for ((event, question), bits) in events.iter_mut().zip(&bits) {
            question.set_ancestors(!event.ancestors_incomplete, *bits);
            with_ancestors += usize::from(*bits != 0);
        }
        let asked: Vec<Question> = events.iter().map(|(_, q)| q.clone()).collect();
        for ((event, _), answer) in events.iter().zip(kernel.runner.ask(&asked)) {
            let wanted = lowered.image.decide(&encode(event).unwrap()).unwrap();
            assert_eq!(answer.status, 0, "seed {seed}: the kernel could not read the image");
            assert_eq!(decision(answer.columns), wanted, "seed {seed}: {event:?}");
            compared += 1;
            denied += usize::from(wanted.enforced == Effect::Deny);
            nanoseconds += answer.nanoseconds;
        }
    }
    println!(
        "{compared} events: {denied} denied, {with_ancestors} with ancestors that a predicate knows; {} ns each",
        nanoseconds / compared as u64
    );
    assert!(
        compared > 40_000 && denied > compared / 50 && with_ancestors > 100,
        "{compared} {denied} {with_ancestors}"
    );
}

/// A call reads the image for the decision, and again for the ancestors: both must come from one image, whenever another takes its place.
#[test]
fn no_call_mixes_two_images_while_they_are_swapped() {
    const SWAPS: usize = 2000;
    if std::fs::metadata("/proc/self").map_or(1, |m| m.uid()) != 0 {
        println!("SKIPPED: only root may load programs into the kernel");
        return;
    }
    let mut kernel = Kernel::load();
    let mut rng = Rng::new(77);
    let (images, questions, wanted) = loop {
        let images = [lower(&model(&mut rng, 4), Part::Whole), lower(&model(&mut rng, 4), Part::Whole)];
        let [Ok(a), Ok(b)] = images else { continue };
        let mut questions = Vec::new();
        while questions.len() < BATCH {
            let mut event = event(&mut rng);
            as_a_hook_sees_it(&mut event);
            questions.extend(question(&event, &event.process.clone()));
        }
        let wanted = [&a, &b].map(|lowered| {
            kernel.fill(&lowered.image);
            let answers = kernel.runner.ask(&questions);
            answers.into_iter().map(|answer| (answer.columns, answer.ancestry)).collect::<Vec<_>>()
        });
        let differ = |i: &usize| wanted[0][*i].0 != wanted[1][*i].0 && wanted[0][*i].1 != wanted[1][*i].1;
        if (0..BATCH).filter(differ).count() >= BATCH / 8 {
            break ([bank_of(&a.image), bank_of(&b.image)], questions, wanted);
        }
    };
    let (bank, runner) = (&mut kernel.bank, &mut kernel.runner);
    let (asked, seen) = std::thread::scope(|scope| {
        let swapping = scope.spawn(|| {
            for image in images.iter().cycle().take(SWAPS) {
                bank.set(0, image, 0).unwrap();
            }
        });
        let (mut asked, mut seen) = (0, [0, 0]);
        while !swapping.is_finished() {
            for (i, answer) in runner.ask(&questions).into_iter().enumerate() {
                let answer = (answer.columns, answer.ancestry);
                let whole = [0, 1].map(|image| wanted[image][i] == answer);
                assert!(whole != [false, false], "call {i} decided by neither image, or by both: {answer:?}");
                seen[0] += usize::from(whole == [true, false]);
                seen[1] += usize::from(whole == [false, true]);
                asked += 1;
            }
        }
        (asked, seen)
    });
    println!(
        "{asked} calls during {SWAPS} swaps: {} by the one image for sure, {} by the other",
        seen[0], seen[1]
    );
    assert!(seen.iter().all(|seen| *seen > 1000), "{seen:?}");
}
