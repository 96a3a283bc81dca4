//! Cuts a file into statements, has each parsed by the grammar, and puts the tree together.
//!
//! An LR parser that meets an error in a long text loses its place, and its own recovery takes it for found again wherever
//! a token happens to fit. The words that begin a statement are reserved, so the cuts are known before parsing: an error
//! then stays in its statement. The law, which the tests hold it to: *replacing one rule of a valid file with any text
//! whose brackets pair up leaves every other rule in the tree.*
//!
//! * Items (`policy`, `let`, …) begin at their word outside of all braces. When the braces of the file do not pair up,
//!   they begin at their word wherever it begins a line.
//! * The statements of a body begin at theirs (`deny`, `expect`, …) directly inside its braces.
//! * A statement of several lines that does not parse is cut before the line with the error, if what stands above parses:
//!   garbage has no first word of its own, and must not spoil the rule above it.

#![allow(clippy::wildcard_imports, reason = "the tree is put together from nearly every node")]

use std::cell::RefCell;
use std::convert::Infallible;
use std::ops::Range;

use super::MAX_ERRORS;
use super::ast::*;
use super::body::{Body, ITEM_WORDS, continues, item_ranges, statement_ranges};
use super::brackets::{self, Brackets};
use super::build::{Builder, Chunk};
use super::error::{SyntaxError, SyntaxErrorKind, excerpt};
use super::expected::closest_word;
use super::grammar::ChunkParser;
use super::lexer::{Comment, Lexed, Token, TokenKind};
use crate::span::{FileId, Span};

/// Builds the tree of a file, and adds to the lexer's errors those of the grammar.
pub(super) fn parse(source: &str, file: FileId, lexed: &mut Lexed) -> File {
    let outline = Outline {
        tokens: &lexed.tokens,
        comments: &lexed.comments,
        source_end: source.len() as u32,
        builder: Builder::new(source, file),
        grammar: ChunkParser::new(),
        file,
        attributes: RefCell::default(),
        above: RefCell::default(),
    };
    let mut tree = outline.file();
    tree.attributes = outline.attributes.into_inner();
    lexed.errors.extend(outline.builder.into_errors());
    tree
}

/// How many lines above an error are tried as the end of the statement.
const MAX_CUTS: usize = 4;

struct Outline<'a> {
    tokens: &'a [Token],
    comments: &'a [Comment],
    source_end: u32,
    builder: Builder<'a>,
    grammar: ChunkParser,
    file: FileId,
    /// Those that are about something.
    attributes: RefCell<Vec<Attribute>>,
    /// Those whose statement has not come yet, each with its first token.
    above: RefCell<Vec<(usize, Attribute)>>,
}

impl Outline<'_> {
    // ------------------------------------------------------------ items

    fn file(&self) -> File {
        let span = Span::new(self.file, 0, self.source_end);
        let mut file = File { package: None, items: Vec::new(), attributes: Vec::new(), span };
        for range in item_ranges(self.tokens) {
            if self.tokens[range.start].kind == TokenKind::Attribute {
                self.attribute(range, None);
                continue;
            }
            let span = self.range_span(&range);
            let is_package = self.tokens[range.start].kind == TokenKind::Package;
            let docs = self.settle(range.start, if is_package { file.span } else { span });
            let kind = if is_package {
                let Some(package) = self.package(range, docs.clone(), &file) else {
                    file.items.push(Item { docs, kind: ItemKind::Error, span });
                    continue;
                };
                file.package = Some(package);
                continue;
            } else {
                self.item(range)
            };
            file.items.push(Item { docs, kind, span });
        }
        self.report_orphans();
        file
    }

    // ------------------------------------------------------------ attributes

    /// Keeps the attribute in `range` for the statement below it.
    fn attribute(&self, range: Range<usize>, body: Option<Body>) {
        let errors = self.builder.error_count();
        let what = "attribute";
        let whole = self.grammar(TokenKind::StartAttribute, range.clone(), what);
        let (chunk, rest) = match self.cut(&range, errors, TokenKind::StartAttribute, what) {
            Some((above, cut)) => (Some(above), cut..range.end),
            None => (whole, range.end..range.end),
        };
        if let Some(Chunk::Attribute(attribute)) = chunk {
            self.above.borrow_mut().push((range.start, *attribute));
        }
        if !rest.is_empty() && self.builder.error_count() == errors {
            self.stray(&rest, body);
        }
    }

    /// Says of the attributes above a statement that they are about it. Gives the statement's doc comment, which stands above
    /// them or below.
    fn settle(&self, start: usize, about: Span) -> Option<Docs> {
        let above = self.above.take();
        let top = above.first().map(|(first, _)| *first);
        let settled = above.into_iter().map(|(_, attribute)| Attribute { about, ..attribute });
        self.attributes.borrow_mut().extend(settled);
        self.docs(start).or_else(|| self.docs(top?))
    }

    /// Reports the attributes that no statement followed.
    fn report_orphans(&self) {
        for (_, attribute) in self.above.take() {
            self.builder.report(SyntaxErrorKind::AttributeOfNothing, attribute.span);
        }
    }

    /// The statements of a body, without their attributes; each with its doc comment.
    fn each_statement(
        &self,
        inner: Range<usize>,
        body: Body,
        accept: &mut dyn FnMut(Range<usize>, Option<Docs>),
    ) {
        for range in statement_ranges(self.tokens, inner, body) {
            if self.tokens[range.start].kind == TokenKind::Attribute {
                self.attribute(range, Some(body));
            } else {
                let docs = self.settle(range.start, self.range_span(&range));
                accept(range, docs);
            }
        }
        self.report_orphans();
    }

    fn package(&self, range: Range<usize>, docs: Option<Docs>, file: &File) -> Option<Package> {
        let span = self.range_span(&range);
        let chunk = self.grammar(TokenKind::StartItem, range, "package")?;
        let Chunk::Package(name) = chunk else { return None };
        if file.package.is_some() {
            self.builder.report(SyntaxErrorKind::DuplicatePackage, span);
            return None;
        }
        if !file.items.is_empty() {
            self.builder.report(SyntaxErrorKind::PackageNotFirst, span);
        }
        Some(Package { docs, name, span })
    }

    fn item(&self, range: Range<usize>) -> ItemKind {
        use TokenKind as T;
        let first = self.tokens[range.start].kind;
        if let Some(body) = Body::of(first) {
            return self.block(range, body);
        }
        let what = match first {
            T::Import => "import",
            T::Let | T::Subject | T::Predicate | T::Param => "definition",
            T::Assume => "assumption",
            _ => {
                self.stray(&range, None);
                return ItemKind::Error;
            }
        };
        let errors = self.builder.error_count();
        let kind = match self.grammar(T::StartItem, range.clone(), what) {
            Some(Chunk::Item(kind)) => Some(*kind),
            _ => None,
        };
        // A garbled line below a definition must not spoil it.
        if let Some((Chunk::Item(above), cut)) = self.cut(&range, errors, T::StartItem, what) {
            if self.builder.error_count() == errors {
                self.stray(&(cut..range.end), None);
            }
            return *above;
        }
        kind.unwrap_or(ItemKind::Error)
    }

    /// An item with a body in braces.
    fn block(&self, range: Range<usize>, body: Body) -> ItemKind {
        let what = body.owner();
        let (head, inner, rest) = self.split_block(&range);
        let mut kind = match self.grammar(TokenKind::StartItem, head.clone(), what) {
            Some(Chunk::Item(kind)) => *kind,
            _ => self.bare_block(&head, body),
        };
        let Some(inner) = inner else {
            let end = self.range_span(&head).end;
            let mut error =
                SyntaxError::new(SyntaxErrorKind::MissingBody { what }, Span::new(self.file, end, end));
            error.expected.push("`{`");
            self.builder.report_error(error);
            return kind;
        };
        match &mut kind {
            ItemKind::Policy(policy) => policy.members = self.members(inner, body),
            ItemKind::Template(template) => template.members = self.members(inner, body),
            ItemKind::Assert(assert) => assert.claims = self.claims(inner),
            ItemKind::Test(test) => test.steps = self.steps(inner),
            ItemKind::Detect(detect) => detect.members = self.detect_members(inner),
            _ => {}
        }
        if !rest.is_empty() {
            self.stray(&rest, None);
        }
        kind
    }

    /// The item that a block with a garbled head stands for, so that its body is not lost.
    fn bare_block(&self, head: &Range<usize>, body: Body) -> ItemKind {
        let second = self.tokens.get(head.start + 1).filter(|_| head.len() > 1);
        let place = self.tokens[head.start].span.end;
        let place = Span::new(self.file, place, place);
        let name = match second {
            Some(token) if token.kind == TokenKind::Ident => {
                self.builder.name(token.span.start, token.span.end)
            }
            _ => Name { text: Box::default(), span: place },
        };
        let text = Text { value: Box::default(), span: place };
        let subjects = SubjectList { items: Vec::new(), except: None, span: place };
        match body {
            Body::Template => {
                ItemKind::Template(Template { name, parameters: Vec::new(), members: Vec::new() })
            }
            Body::Assert => ItemKind::Assert(Assert { name: text, claims: Vec::new() }),
            Body::Test => ItemKind::Test(Test { name: text, steps: Vec::new() }),
            Body::Detect => ItemKind::Detect(Detect { name, subjects, members: Vec::new() }),
            Body::Policy | Body::Sequence => ItemKind::Policy(Policy { name, subjects, members: Vec::new() }),
        }
    }

    /// Splits a block into what stands before its `{`, what stands between the braces, and what follows.
    fn split_block(&self, range: &Range<usize>) -> (Range<usize>, Option<Range<usize>>, Range<usize>) {
        let tokens = &self.tokens[range.clone()];
        let nothing = range.end..range.end;
        let Some(open) = tokens.iter().position(|token| token.kind == TokenKind::LeftBrace) else {
            return (range.clone(), None, nothing);
        };
        let head = range.start..range.start + open;
        let mut depth = 0usize;
        let mut close = None;
        for (index, token) in tokens.iter().enumerate().skip(open) {
            match token.kind {
                TokenKind::LeftBrace => depth += 1,
                TokenKind::RightBrace => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                close = Some(index);
                break;
            }
        }
        let last = tokens.iter().rposition(|token| token.kind == TokenKind::RightBrace);
        if let Some(close) = close {
            // Braces that close too early: what follows up to the last one is still the body.
            let close = last.unwrap_or(close).max(close);
            return (
                head,
                Some(range.start + open + 1..range.start + close),
                range.start + close + 1..range.end,
            );
        }
        self.builder.report(SyntaxErrorKind::Unclosed { bracket: '{' }, tokens[open].span);
        let end = match last {
            Some(last) if last + 1 == tokens.len() => range.end - 1,
            _ => range.end,
        };
        (head, Some(range.start + open + 1..end), nothing)
    }

    // ------------------------------------------------------------ bodies

    fn members(&self, inner: Range<usize>, body: Body) -> Vec<Member> {
        let mut members = Vec::new();
        let mut after_rule = false;
        self.each_statement(inner, body, &mut |range, mut docs| {
            self.statement(range, body, &mut |chunk, range| {
                let mut member = match chunk {
                    Some(Chunk::Member(member)) => *member,
                    _ => Member::Error(self.range_span(&range)),
                };
                match &mut member {
                    Member::Rule(rule) => {
                        rule.docs = docs.take();
                        after_rule = true;
                    }
                    Member::Use(_) | Member::Limit(_) => after_rule = true,
                    Member::Clause(clause) => self.check_clause(clause, range.start, body, after_rule),
                    Member::Error(_) => {}
                }
                members.push(member);
            });
        });
        members
    }

    fn check_clause(&self, clause: &Clause, start: usize, body: Body, after_rule: bool) {
        let word = excerpt(self.tokens[start].span.text(self.builder.source()));
        if body == Body::Template {
            self.builder.report(SyntaxErrorKind::ClauseInTemplate { clause: word }, clause.span);
        } else if after_rule {
            self.builder.report(SyntaxErrorKind::ClauseAfterRule { clause: word }, clause.span);
        }
    }

    fn claims(&self, inner: Range<usize>) -> Vec<Claim> {
        let mut claims = Vec::new();
        self.each_statement(inner, Body::Assert, &mut |range, _| {
            self.statement(range, Body::Assert, &mut |chunk, range| {
                claims.push(match chunk {
                    Some(Chunk::Claim(claim)) => Claim::Can(*claim),
                    _ => Claim::Error(self.range_span(&range)),
                });
            });
        });
        claims
    }

    fn steps(&self, inner: Range<usize>) -> Vec<TestStep> {
        let mut steps = Vec::new();
        self.each_statement(inner, Body::Test, &mut |range, _| {
            self.statement(range, Body::Test, &mut |chunk, range| {
                steps.push(match chunk {
                    Some(Chunk::Step(step)) => *step,
                    _ => TestStep::Error(self.range_span(&range)),
                });
            });
        });
        steps
    }

    fn detect_members(&self, inner: Range<usize>) -> Vec<DetectMember> {
        let mut members = Vec::new();
        self.each_statement(inner, Body::Detect, &mut |range, _| {
            if matches!(self.tokens[range.start].kind, TokenKind::Sequence | TokenKind::Count) {
                members.push(self.sequence_or_count(range));
                return;
            }
            self.statement(range, Body::Detect, &mut |chunk, range| {
                members.push(match chunk {
                    Some(Chunk::DetectMember(member)) => *member,
                    _ => DetectMember::Error(self.range_span(&range)),
                });
            });
        });
        members
    }

    fn sequence_or_count(&self, range: Range<usize>) -> DetectMember {
        let span = self.range_span(&range);
        let (what, is_count) = match self.tokens[range.start].kind {
            TokenKind::Count => ("count", true),
            _ => ("sequence", false),
        };
        let (head, inner, rest) = self.split_block(&range);
        let chunk = self.grammar(TokenKind::StartDetectMember, head.clone(), what);
        let place =
            Span::new(self.file, self.tokens[range.start].span.end, self.tokens[range.start].span.end);
        let mut member = match chunk {
            Some(Chunk::DetectMember(member)) => *member,
            _ if is_count => DetectMember::Count(Count {
                threshold: Expr { kind: ExprKind::Error, span: place },
                distinct: None,
                by: Vec::new(),
                within: None,
                events: Vec::new(),
                span,
            }),
            _ => DetectMember::Sequence(Sequence { by: Vec::new(), within: None, steps: Vec::new(), span }),
        };
        let Some(inner) = inner else {
            let end = self.range_span(&head).end;
            self.builder.report(SyntaxErrorKind::MissingBody { what }, Span::new(self.file, end, end));
            return member;
        };
        let mut events = Vec::new();
        self.each_statement(inner, Body::Sequence, &mut |range, _| {
            self.statement(range, Body::Sequence, &mut |chunk, range| {
                events.push(match chunk {
                    Some(Chunk::Event(event)) => SequenceStep::Event(*event),
                    _ => SequenceStep::Error(self.range_span(&range)),
                });
            });
        });
        match &mut member {
            DetectMember::Sequence(sequence) => {
                sequence.steps = events;
                sequence.span = span;
            }
            DetectMember::Count(count) => {
                count.events = events;
                count.span = span;
            }
            _ => {}
        }
        if !rest.is_empty() {
            self.stray(&rest, Some(Body::Detect));
        }
        member
    }

    /// Parses the statement in `range`, and hands over what became of it: one chunk, or several where a line that does not
    /// belong to the statement follows it.
    fn statement(
        &self,
        mut range: Range<usize>,
        body: Body,
        accept: &mut dyn FnMut(Option<Chunk>, Range<usize>),
    ) {
        let (marker, what) = (body.marker(), body.statement());
        while body.may_begin(&self.tokens[range.clone()]) {
            let errors = self.builder.error_count();
            let chunk = self.grammar(marker, range.clone(), what);
            let Some((above, cut)) = self.cut(&range, errors, marker, what) else {
                return accept(chunk, range);
            };
            accept(Some(above), range.start..cut);
            range.start = cut;
            if self.builder.error_count() > errors {
                return accept(None, range);
            }
        }
        self.stray(&range, Some(body));
        accept(None, range);
    }

    /// Cuts a statement whose parsing added to the first `errors` before the line of the first error or one shortly above
    /// it, if what stands before the cut parses without one. The errors are kept when the line below only makes sense as a
    /// part of the statement.
    fn cut(
        &self,
        range: &Range<usize>,
        errors: usize,
        marker: TokenKind,
        what: &'static str,
    ) -> Option<(Chunk, usize)> {
        let at = self.builder.first_error_after(errors)?;
        let tokens = &self.tokens[range.clone()];
        let error = tokens.partition_point(|token| token.span.start <= at).checked_sub(1)?;
        let lines = (1..=error).rev().filter(|&index| tokens[index].begins_line).take(MAX_CUTS);
        let report = self.builder.take_errors_after(errors);
        for line in lines {
            let above = self.grammar(marker, range.start..range.start + line, what);
            let is_whole = self.builder.take_errors_after(errors).is_empty();
            if let Some(above) = above
                && is_whole
            {
                if continues(tokens[line].kind) {
                    self.builder.restore_errors(report);
                }
                return Some((above, range.start + line));
            }
        }
        self.builder.restore_errors(report);
        None
    }

    // ------------------------------------------------------------ statements

    /// Reports tokens that are no statement: the first of them, and each that begins a line and looks like the word of one.
    fn stray(&self, range: &Range<usize>, body: Option<Body>) {
        self.stray_word(&self.tokens[range.start], body);
        let words = body.map_or(&ITEM_WORDS[..], Body::words);
        for token in &self.tokens[range.start + 1..range.end] {
            let word = token.span.text(self.builder.source());
            if token.begins_line
                && token.kind == TokenKind::Ident
                && closest_word(word, words.iter().copied()).is_some()
            {
                self.stray_word(token, body);
            }
        }
    }

    fn stray_word(&self, first: &Token, body: Option<Body>) {
        let found = first.span.text(self.builder.source());
        let kind = match first.kind {
            TokenKind::Error => return,
            TokenKind::RightBrace => SyntaxErrorKind::Unopened { bracket: '}' },
            TokenKind::Label | TokenKind::Allow | TokenKind::Deny | TokenKind::Audit if body.is_none() => {
                SyntaxErrorKind::OutsidePolicy { word: excerpt(found) }
            }
            _ => SyntaxErrorKind::Unexpected { found: excerpt(found) },
        };
        let mut error = SyntaxError::new(kind, first.span);
        if matches!(error.kind, SyntaxErrorKind::Unexpected { .. }) {
            error.expected = match body {
                Some(body) => body.contents().to_vec(),
                None => vec!["a definition such as `policy`, `subject` or `let`"],
            };
            let words = body.map_or(&ITEM_WORDS[..], Body::words);
            if let Some(word) =
                closest_word(found, words.iter().copied()).filter(|_| first.kind == TokenKind::Ident)
            {
                error.help = Some(format!("did you mean `{word}`?"));
            }
        }
        self.builder.report_error(error);
    }

    /// Has the grammar parse one statement. `None`: nothing could be made of it, which has been reported.
    fn grammar(&self, marker: TokenKind, range: Range<usize>, what: &'static str) -> Option<Chunk> {
        if self.builder.error_count() >= MAX_ERRORS {
            return None;
        }
        let tokens = &self.tokens[range.clone()];
        let result = match brackets::check(tokens) {
            Brackets::PairUp => self.feed(marker, what, tokens.iter().copied()),
            Brackets::TooDeep(span) => {
                self.builder.report(SyntaxErrorKind::TooDeep, span);
                return None;
            }
            Brackets::Broken => {
                self.feed(marker, what, brackets::mend(tokens, self.file, &self.builder).into_iter())
            }
        };
        result.map_err(|error| self.builder.fail(&error)).ok()
    }

    fn feed(
        &self,
        marker: TokenKind,
        what: &'static str,
        tokens: impl Iterator<Item = Token>,
    ) -> Result<Chunk, lalrpop_util::ParseError<u32, TokenKind, Infallible>> {
        self.builder.start(what);
        let marker = std::iter::once(Ok((0, marker, 0)));
        let tokens = tokens
            .take_while(|_| self.builder.take_token())
            .map(|token| Ok((token.span.start, token.kind, token.span.end)));
        self.grammar.parse(&self.builder, marker.chain(tokens))
    }

    // ------------------------------------------------------------ places

    fn range_span(&self, range: &Range<usize>) -> Span {
        match &self.tokens[range.clone()] {
            [first, .., last] => first.span.to(last.span),
            [only] => only.span,
            [] => Span::new(self.file, self.source_end, self.source_end),
        }
    }

    /// The `##` lines directly above the token at `index`.
    fn docs(&self, index: usize) -> Option<Docs> {
        let token = &self.tokens[index];
        let source = self.builder.source();
        let mut end = self.comments.partition_point(|comment| comment.span.start < token.span.start);
        let (mut below, last) = (token.span.start, end);
        while let Some(comment) = end.checked_sub(1).and_then(|above| self.comments.get(above)) {
            let gap = source.get(comment.span.end as usize..below as usize).unwrap_or_default();
            if !comment.is_doc || !gap.trim().is_empty() || gap.matches('\n').count() != 1 {
                break;
            }
            below = comment.span.start;
            end -= 1;
        }
        let lines = self.comments.get(end..last).filter(|lines| !lines.is_empty())?;
        let text: Vec<&str> = lines
            .iter()
            .map(|line| {
                let text = line.span.text(source).trim_start_matches("##");
                text.strip_prefix(' ').unwrap_or(text)
            })
            .collect();
        Some(Docs { text: text.join("\n").into(), span: lines[0].span.to(lines[lines.len() - 1].span) })
    }
}
