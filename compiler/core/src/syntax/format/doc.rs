//! Text with places where lines may break, and the printer that decides which of them do.
//!
//! After P. Wadler, "A prettier printer" (2003): a group stands on one line if it fits there, else all of its own lines
//! break, and the groups in it decide anew. Comments are part of the text: after one, the line always breaks.

/// Text to lay out.
#[derive(Debug)]
pub(super) enum Doc<'s> {
    /// Never broken.
    Text(&'s str),
    /// A blank.
    Space,
    /// A blank, or a new line when its group breaks.
    Line,
    /// Nothing, or a new line when its group breaks.
    SoftLine,
    /// Nothing, or a comma when its group breaks.
    TrailingComma,
    /// A comment at the end of its line.
    Trailing(&'s str),
    /// A comment on a line of its own.
    Own(&'s str),
    /// Breaks as a whole or not at all.
    Group(Vec<Doc<'s>>),
    /// Lines in it start further right.
    Indent(Vec<Doc<'s>>),
}

/// How far nested lines are moved to the right.
pub(super) const INDENT: usize = 2;

/// The longest line that is not broken, in characters, trailing comments apart.
pub(super) const WIDTH: usize = 100;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Flat,
    Broken,
}

/// Writes documents behind each other, and knows the column.
pub(super) struct Printer {
    out: String,
    column: usize,
    /// The line has ended with a comment.
    after_comment: bool,
}

impl Printer {
    pub(super) fn new(capacity: usize) -> Self {
        Self { out: String::with_capacity(capacity), column: 0, after_comment: false }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    /// Whether nothing was written yet.
    pub(super) fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Starts a line. Lines are started before they are written, so that none is left at the end.
    pub(super) fn new_line(&mut self, indent: usize) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
        self.after_comment = false;
    }

    /// Leaves a line empty.
    pub(super) fn blank_line(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    /// Writes text that never breaks; on a new line when the last one has ended with a comment.
    pub(super) fn text(&mut self, text: &str, indent: usize) {
        if self.after_comment {
            self.new_line(indent);
        }
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    /// Writes a comment at the end of the line.
    pub(super) fn trailing_comment(&mut self, text: &str) {
        self.out.push_str("  ");
        self.out.push_str(text);
        self.after_comment = true;
    }

    fn space(&mut self, indent: usize) {
        if self.after_comment {
            self.new_line(indent);
        } else {
            self.out.push(' ');
            self.column += 1;
        }
    }

    /// Writes a document; lines that break in it start at `indent` or further right.
    pub(super) fn print(&mut self, doc: &Doc<'_>, indent: usize) {
        let mut stack = vec![(indent, Mode::Broken, doc)];
        while let Some((indent, mode, doc)) = stack.pop() {
            match doc {
                Doc::Text(text) => self.text(text, indent),
                Doc::Space => self.space(indent),
                Doc::Line if mode == Mode::Flat => self.space(indent),
                Doc::SoftLine | Doc::TrailingComma if mode == Mode::Flat => {}
                Doc::Line | Doc::SoftLine => self.new_line(indent),
                Doc::TrailingComma => self.text(",", indent),
                Doc::Trailing(text) if !self.after_comment => self.trailing_comment(text),
                Doc::Trailing(text) | Doc::Own(text) => {
                    if !self.at_line_start() {
                        self.new_line(indent);
                    }
                    self.text(text, indent);
                    self.after_comment = true;
                }
                Doc::Indent(docs) => {
                    stack.extend(docs.iter().rev().map(|doc| (indent + INDENT, mode, doc)));
                }
                Doc::Group(docs) => {
                    let flat = mode == Mode::Flat || self.fits(docs, indent, &stack);
                    let mode = if flat { Mode::Flat } else { Mode::Broken };
                    stack.extend(docs.iter().rev().map(|doc| (indent, mode, doc)));
                }
            }
        }
    }

    fn at_line_start(&self) -> bool {
        let line = self.out.rsplit('\n').next().unwrap_or("");
        line.trim_start().is_empty()
    }

    /// Whether the group stands on the rest of the line, together with what follows up to the next place for a break.
    fn fits<'d>(&self, docs: &'d [Doc<'d>], indent: usize, rest: &[(usize, Mode, &'d Doc<'d>)]) -> bool {
        let column = if self.after_comment { indent } else { self.column };
        let Some(mut room) = WIDTH.checked_sub(column) else { return false };
        let mut inside: Vec<&Doc<'_>> = docs.iter().rev().collect();
        while let Some(doc) = inside.pop() {
            let width = match doc {
                Doc::Text(text) => text.chars().count(),
                Doc::Space | Doc::Line => 1,
                Doc::SoftLine | Doc::TrailingComma => 0,
                Doc::Trailing(_) | Doc::Own(_) => return false,
                Doc::Group(docs) | Doc::Indent(docs) => {
                    inside.extend(docs.iter().rev());
                    0
                }
            };
            match room.checked_sub(width) {
                Some(less) => room = less,
                None => return false,
            }
        }
        let mut below = rest.iter().rev();
        let mut opened: Vec<(Mode, &Doc<'_>)> = Vec::new();
        while let Some((mode, doc)) =
            opened.pop().or_else(|| below.next().map(|(_, mode, doc)| (*mode, *doc)))
        {
            let width = match doc {
                Doc::Text(text) => text.chars().count(),
                Doc::Line | Doc::SoftLine if mode == Mode::Broken => return true,
                Doc::Space | Doc::Line => 1,
                Doc::SoftLine => 0,
                Doc::TrailingComma => usize::from(mode == Mode::Broken),
                Doc::Trailing(_) | Doc::Own(_) => return true,
                Doc::Group(docs) | Doc::Indent(docs) => {
                    opened.extend(docs.iter().rev().map(|doc| (mode, doc)));
                    0
                }
            };
            match room.checked_sub(width) {
                Some(less) => room = less,
                None => return false,
            }
        }
        true
    }
}
