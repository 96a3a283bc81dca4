//! Rules of a policy become a template, which the policy uses; a value that is written in them becomes a parameter, if it is selected.

use super::parameters::{self, Parameters};
use super::{Action, ActionKind, At};
use crate::analysis::Place;
use crate::facts;
use crate::formatting::Edit;
use crate::references::{OccurrenceKind, references};
use crate::tree::{Node, Word, walk};
use warmor_compiler::check;
use warmor_compiler::span::Span;
use warmor_compiler::syntax::ast::{Expr, ExprKind, Item, ItemKind, Literal, Member};

pub(super) fn extract_template(at: &At<'_>, out: &mut Vec<Action>) {
    let around = at.around();
    let Some(Node::Item(item)) = around.get(1) else { return };
    let members = match &item.kind {
        ItemKind::Policy(policy) => &policy.members,
        ItemKind::Template(template) => &template.members,
        _ => return,
    };
    let chosen: Vec<&Member> = members.iter().filter(|member| at.touches(span_of(member))).collect();
    let is_rule = |member: &&Member| matches!(member, Member::Rule(_) | Member::Use(_) | Member::Limit(_));
    let (Some(first), Some(last)) = (chosen.first(), chosen.last()) else { return };
    if !chosen.iter().all(is_rule) || !chosen.iter().any(|m| matches!(m, Member::Rule(_))) {
        return;
    }
    let Some(start) = begin(at, first) else { return };
    let part = Span::new(at.file(), start, span_of(last).end);
    let selected = at.selection();
    let literal = around.last().and_then(|node| match node {
        Node::Expr(expr) => Some((*expr, parameter(at, &around, expr)?)),
        _ => None,
    });
    // Under a cursor only what begins a rule, and what can be a parameter: it would be offered everywhere else.
    let on_first_words =
        !selected.is_empty() || matches!(first, Member::Rule(rule) if selected.start <= rule.effect.span.end);
    let Some(parameters) = parameters::of(at, item, part) else { return };
    if on_first_words {
        offer(at, item, part, &parameters, None, out);
    }
    if let Some((expr, (name, ty))) = literal
        && span_of(first).start <= expr.span.start
        && (selected.is_empty() || (selected.start >= expr.span.start && selected.end <= expr.span.end))
    {
        offer(at, item, part, &parameters, Some((expr, &name, ty)), out);
    }
}

fn offer(
    at: &At<'_>,
    item: &Item,
    part: Span,
    parameters: &Parameters,
    value: Option<(&Expr, &str, &str)>,
    out: &mut Vec<Action>,
) {
    let name = at.fresh("rules");
    let (mut declared, mut given) = (parameters.declared.clone(), parameters.given.clone());
    let mut replaced: Vec<Span> = Vec::new();
    if let Some((expr, parameter, ty)) = value {
        declared.push(format!("{parameter}: {ty}"));
        given.push(at.text(expr.span).to_owned());
        // Where the same is written again, the same is meant.
        walk(Node::Item(item), &mut |node| {
            if let Node::Expr(other) = node
                && other.kind == expr.kind
                && part.start <= other.span.start
                && other.span.end <= part.end
            {
                replaced.push(other.span);
            }
        });
    }
    let mut body = String::new();
    let mut from = part.start;
    for span in &replaced {
        body.push_str(at.part(from, span.start));
        body.push_str(value.map_or("", |(_, parameter, _)| parameter));
        from = span.end;
    }
    body.push_str(at.part(from, part.end));
    let template = format!("template {name}({}) {{\n  {body}\n}}\n\n", declared.join(", "));
    let mut edits = vec![
        at.insert(at.before(item), template),
        Edit { span: part, text: format!("use {name}({})", given.join(", ")) },
    ];
    // `policy.label` becomes `policy.rules.label`; a reference inside of the part itself would be changed twice.
    for reference in qualified(at, item, part) {
        if part.touches(reference.start) && reference.file == part.file {
            return;
        }
        edits.push(Edit {
            span: Span::new(reference.file, reference.start, reference.start),
            text: format!("{name}."),
        });
    }
    let title = match value {
        None => format!("extract into `template {name}`"),
        Some((expr, ..)) => {
            format!("extract into `template {name}`, with `{}` as a parameter", at.text(expr.span))
        }
    };
    out.push(Action { title, kind: ActionKind::Extract, edits, mends: None, is_preferred: false });
}

/// The labels of references to rules of the part that stand behind another word.
fn qualified(at: &At<'_>, item: &Item, part: Span) -> Vec<Span> {
    let mut out: Vec<Span> = Vec::new();
    walk(Node::Item(item), &mut |node| {
        if let Node::Word(name, Word::Label) = node
            && part.start <= name.span.start
            && name.span.end <= part.end
        {
            let place = Place { file: at.file(), offset: name.span.start };
            let uses = references(at.analysis, place).into_iter().filter(|o| o.kind == OccurrenceKind::Use);
            out.extend(uses.map(|o| o.span).filter(|span| {
                let text = at.analysis.file(span.file).map_or("", |f| f.text.as_str());
                text.get(..span.start as usize).is_some_and(|before| before.ends_with('.'))
            }));
        }
    });
    out.sort_by_key(|span| (span.file, span.start));
    out.dedup();
    out
}

/// Where a statement begins, with the comment and the attributes that belong to it.
fn begin(at: &At<'_>, member: &Member) -> Option<u32> {
    match member {
        Member::Rule(rule) => Some(at.begin(rule.span, rule.docs.as_ref())),
        Member::Use(used) => Some(at.begin(used.span, None)),
        Member::Limit(limit) => Some(at.begin(limit.span, None)),
        Member::Clause(_) | Member::Error(_) => None,
    }
}

/// Where a statement is, with its comment.
fn span_of(member: &Member) -> Span {
    match member {
        Member::Rule(rule) => Node::Rule(rule).span(),
        Member::Use(used) => used.span,
        Member::Limit(limit) => limit.span,
        Member::Clause(clause) => clause.span,
        Member::Error(span) => *span,
    }
}

/// The name and the type of a parameter that can stand for a literal.
fn parameter(at: &At<'_>, around: &[Node<'_>], expr: &Expr) -> Option<(String, &'static str)> {
    let ExprKind::Literal(literal) = &expr.kind else { return None };
    let is_port = around.iter().any(|node| match node {
        Node::Object(object) => object
            .port
            .as_ref()
            .is_some_and(|port| port.span.start <= expr.span.start && expr.span.end <= port.span.end),
        _ => false,
    });
    let (wish, ty) = match literal {
        Literal::Path(_) => ("location", "Path"),
        Literal::Glob(_) => ("locations", "Glob"),
        Literal::Ip(_) => ("peer", "Ip"),
        Literal::Cidr { .. } => ("network", "Cidr"),
        Literal::Int(_) if is_port => ("service", "Port"),
        Literal::Range { .. } if is_port => ("services", "PortRange"),
        Literal::Int(_) => ("number", "Int"),
        Literal::Size(_) => ("size", "Size"),
        Literal::Share(_) => ("share", "Share"),
        Literal::Duration(_) => ("duration", "Duration"),
        Literal::String(_) => ("text", "String"),
        Literal::Bool(_) | Literal::Range { .. } | Literal::Date(_) => return None,
    };
    let name = at.fresh(wish);
    (check::fact(&[&name]).is_none() && facts::of_words(&[&name]).is_none()).then_some((name, ty))
}
