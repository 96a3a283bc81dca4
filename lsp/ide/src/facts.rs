//! Facts under the cursor: which one an expression names, and what the schema says of it.

use std::fmt::Write;
use warmor_compiler::check;
use warmor_compiler::syntax::ast::{Expr, ExprKind, Name};
use warmor_policy::event::Source;
use warmor_policy::schema::{FieldInfo, FieldType, Stability};

/// A fact as an expression names it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fact {
    /// Whose it is.
    pub(crate) source: Source,
    /// What the schema says of it.
    pub(crate) field: &'static FieldInfo,
}

impl Fact {
    /// Its name as policies write it.
    pub(crate) fn name(self) -> String {
        let own = self.field.name.strip_prefix("process.").unwrap_or(self.field.name);
        match self.source {
            Source::Parent => format!("parent.{own}"),
            Source::Target => format!("target.{own}"),
            _ => self.field.name.to_owned(),
        }
    }
}

/// The fact that a whole expression names, if it names one.
pub(crate) fn of_expr(expr: &Expr) -> Option<Fact> {
    let mut words = Vec::new();
    segments(expr, &mut words)?;
    of_words(&words.iter().map(|n| n.as_str()).collect::<Vec<_>>())
}

/// The fact that the words of a dotted name mean.
pub(crate) fn of_words(words: &[&str]) -> Option<Fact> {
    check::fact(words).map(|(source, field)| Fact { source, field })
}

/// The words of `a.b.c` or `a.b["c"]`, without the key.
pub(crate) fn segments<'t>(expr: &'t Expr, words: &mut Vec<&'t Name>) -> Option<()> {
    match &expr.kind {
        ExprKind::Name(name) => words.push(name),
        ExprKind::Field { base, field } => {
            segments(base, words)?;
            words.push(field);
        }
        ExprKind::Index { base, .. } => segments(base, words)?,
        _ => return None,
    }
    Some(())
}

/// The word for a fact's type, as parameters of that type are declared.
pub(crate) const fn type_name(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Path => "Path",
        FieldType::String => "String",
        FieldType::Int => "Int",
        FieldType::Time => "Time",
        FieldType::Ip => "Ip",
        FieldType::Port => "Port",
        FieldType::Role => "Role",
        FieldType::Protocol => "Protocol",
        FieldType::Signal => "Signal",
        FieldType::Capability => "Capability",
        FieldType::Syscall => "Syscall",
        FieldType::Flags => "[Flag]",
        FieldType::List => "[String]",
        FieldType::Map => "{String: String}",
    }
}

/// What there is to say of a fact, in Markdown.
pub(crate) fn describe(fact: Fact) -> String {
    let Fact { source, field } = fact;
    let mut out = crate::markdown::code(&format!("{}: {}", fact.name(), type_name(field.kind)));
    out.push_str(field.doc);
    out.push_str("\n\n");
    // Writing to a string cannot fail.
    if let Some(unit) = field.unit {
        let _ = writeln!(out, "- unit: {unit}");
    }
    let stays = match field.stability {
        Stability::Exec => "fixed when the image starts",
        Stability::Container => "fixed while the process stays in its container or cgroup",
        Stability::Changing => "may change at any time",
        Stability::Event => "belongs to one event",
    };
    let _ = writeln!(out, "- {stays}");
    if !field.actions.is_empty() {
        let names: Vec<String> = field.actions.iter().map(|a| format!("`{}`", a.name())).collect();
        let _ = writeln!(out, "- known of {}", names.join(", "));
    }
    let in_kernel = match field.kernel {
        None => "no kernel hook sees it: a rule on it is decided in user space, after the event (tier U)"
            .to_owned(),
        Some(version) => format!("a kernel hook can read it from Linux {version} (tier K)"),
    };
    let _ = writeln!(out, "- {in_kernel}");
    if field.inventory {
        let _ = writeln!(out, "- the kernel has it from the agent's inventory of containers and pods");
    }
    if source != Source::Event && field.kernel.is_some() && !field.read_of.contains(&source) {
        let _ = writeln!(
            out,
            "- this release does not read it of this process: there it is unknown to the kernel"
        );
    }
    out
}
