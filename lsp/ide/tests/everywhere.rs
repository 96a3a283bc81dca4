//! Every feature at every place of any text has an answer, and an edited program is what it would be if read afresh.

use warmor_compiler::check::Options;
use warmor_compiler::resolve::{Origin, Sources};
use warmor_compiler::span::Span;
use warmor_ide::{Analysis, Encoding, LineColumn, Place};

/// Texts with everything that the language has, to be damaged.
const SEEDS: [&str; 3] = [
    include_str!("data/tokens/everything.warmor"),
    include_str!("data/hover/names.warmor"),
    include_str!("../../../examples/backup-job/backup.warmor"),
];

/// What is put into texts: what begins and ends things, and what is no text of the language at all.
const PIECES: [&str; 24] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "#",
    "## ",
    "\n",
    " ",
    ".",
    ",",
    ":",
    "/",
    "$",
    "é",
    "😀",
    "\r\n",
    "deny ",
    "policy ",
    "use t(",
    "where process.",
    "import std.files.{",
];

/// Numbers that look random and are the same each time (xorshift64*).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound.max(1)
    }
}

/// Changes a part of a text.
fn damage(text: &mut String, numbers: &mut Numbers) {
    let place = |numbers: &mut Numbers| text.floor_char_boundary(numbers.below(text.len() + 1));
    let (a, b) = (place(numbers), place(numbers));
    let (start, end) = (a.min(b), a.max(b).min(a.min(b) + 40));
    let end = text.floor_char_boundary(end).max(start);
    let piece = match numbers.below(3) {
        0 => String::new(),
        1 => PIECES[numbers.below(PIECES.len())].to_owned(),
        _ => {
            let from = place(numbers);
            let to = text.floor_char_boundary((from + numbers.below(30)).min(text.len())).max(from);
            text[from..to].to_owned()
        }
    };
    text.replace_range(start..end, &piece);
}

/// Asks everything everywhere.
fn ask(analysis: &Analysis, step: usize) {
    let ids: Vec<_> = analysis.sources().files().filter(|f| f.origin == Origin::Root).map(|f| f.id).collect();
    for file in ids {
        let (text, lines) = (&analysis.file(file).unwrap().text, analysis.lines(file).unwrap());
        let whole = Span::new(file, 0, text.len() as u32);
        warmor_ide::diagnostics(analysis, file);
        warmor_ide::outline(analysis, file);
        warmor_ide::folds(analysis, file);
        warmor_ide::format(analysis, file);
        warmor_ide::links(analysis, file);
        warmor_ide::hints(analysis, whole);
        warmor_ide::cost_hints(analysis, whole);
        warmor_ide::actions(analysis, whole);
        let tokens = warmor_ide::tokens(analysis, file);
        assert!(tokens.windows(2).all(|w| w[0].span.end <= w[1].span.start), "tokens overlap in {text:?}");
        // Every byte, also those inside of characters, and beyond the end.
        for offset in (0..text.len() as u32 + 3).step_by(step) {
            let place = Place { file, offset };
            warmor_ide::hover(analysis, place);
            warmor_ide::definition(analysis, place);
            warmor_ide::type_definition(analysis, place);
            warmor_ide::references(analysis, place);
            warmor_ide::completions(analysis, place);
            warmor_ide::signature(analysis, place);
            warmor_ide::selections(analysis, place);
            if let Ok(word) = warmor_ide::prepare_rename(analysis, place) {
                let edits = warmor_ide::rename(analysis, place, "renamed_by_this_test").unwrap();
                assert!(edits.iter().any(|e| e.span == word), "{word:?} is not renamed in {text:?}");
            }
            let at = lines.line_column(offset, text, Encoding::Utf16);
            let LineColumn { line, column } = at;
            assert!(line < lines.count() && column <= text.len() as u32);
        }
    }
}

#[test]
fn every_feature_answers_everywhere() {
    let mut numbers = Numbers(0x5EED);
    for seed in SEEDS {
        ask(&Analysis::new(Sources::single("a.warmor", seed), &Options::default()), 1);
        let mut text = seed.to_owned();
        for _ in 0..12 {
            (0..3).for_each(|_| damage(&mut text, &mut numbers));
            ask(&Analysis::new(Sources::single("a.warmor", &text), &Options::default()), 7);
        }
    }
}
