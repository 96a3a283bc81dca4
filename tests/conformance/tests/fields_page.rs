//! `docs/reference/fields.md` says what the field schema says. Set `UPDATE_PAGES=1` to write it anew.

use std::fmt::Write as _;
use std::path::Path;

use warmor_policy::event::Source;
use warmor_policy::schema::{
    Action, ActionInfo, FieldInfo, FieldType, ObjectKind, Stability, event_fields, groups, name_tables,
    process_fields,
};

/// System calls are many and in no order that a reader looks for: the page lists the other tables only.
const NOT_LISTED: &str = "Syscall";

#[test]
fn the_page_is_the_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/fields.md");
    let page = page();
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        committed, page,
        "docs/reference/fields.md is not the schema's: UPDATE_PAGES=1 cargo test -p warmor-tests"
    );
}

fn page() -> String {
    let mut out = String::from(
        "# Actions, facts and names\n\n\
         Made from `runtime/policy/schema.toml`; a test compares the two. *Kernel* is the first Linux release in which an action can be\n\
         stopped, or a fact be read, inside the hook that decides. What has none can be reported and not prevented. *inventory*: the\n\
         runtime tells the kernel, by control group and address, what it knows of containers and pods.\n\n\
         *This release* is what its kernel programs do of that. A rule of `mode prevent` on more is checked, tested and compiled, with\n\
         a warning: what has no program is not stopped ([W0402](../errors/W0402.md)), and the agent refuses to claim it; what is not\n\
         read is unknown, and the agent refuses to deny to everybody what hangs on it ([W0401](../errors/W0401.md)).\n",
    );
    actions(&mut out);
    facts(&mut out);
    names(&mut out);
    out
}

fn actions(out: &mut String) {
    out.push_str("\n## Actions\n\n| action | object | roles | kernel | this release | meaning |\n|---|---|---|---|---|---|\n");
    for action in Action::all().map(Action::info) {
        let ActionInfo { name, roles, doc, .. } = action;
        let kernel = action.kernel.map_or_else(|| "–".to_owned(), |k| k.to_string());
        let roles = roles.iter().map(|r| format!("`{r}`")).collect::<Vec<_>>().join(" ");
        let hooks = action.hooks.iter().map(|h| format!("`{h}`")).collect::<Vec<_>>().join(" ");
        let hooks = if hooks.is_empty() { "–".to_owned() } else { hooks };
        let _ = writeln!(out, "| `{name}` | {} | {roles} | {kernel} | {hooks} | {doc} |", object(action));
    }
    out.push_str("\n| group | stands for | note |\n|---|---|---|\n");
    for group in groups() {
        let members = group.actions.iter().map(|a| format!("`{}`", a.name())).collect::<Vec<_>>().join(" ");
        let _ = writeln!(out, "| `{}` | {members} | {} |", group.name, group.doc);
    }
}

fn object(action: &ActionInfo) -> String {
    match action.object {
        ObjectKind::Path => "path".to_owned(),
        ObjectKind::Endpoint => format!("`{}` endpoint", action.preposition.unwrap_or_default()),
        ObjectKind::Names => "names".to_owned(),
        ObjectKind::ProcessOrNone => "process, or none".to_owned(),
        ObjectKind::PathOrNone => "path, or none".to_owned(),
        ObjectKind::None => "none".to_owned(),
    }
}

fn facts(out: &mut String) {
    out.push_str(
        "\n## Facts of a process\n\n\
         Written as `process.exe`, of the creator as `parent.exe`, of the process acted on or at the other end as `target.exe`; the facts whose\n\
         name does not begin with `process.` as `pod.name`, `parent.pod.name`, `target.pod.name`. Inside `some ancestor (…)` they are the ancestor's.\n\n\
         | fact | type | fixed | kernel | this release | meaning |\n|---|---|---|---|---|---|\n",
    );
    for field in process_fields() {
        fact(out, field, &fixed(field));
    }
    out.push_str(
        "\n## Facts of an event\n\n| fact | type | of | kernel | this release | meaning |\n|---|---|---|---|---|---|\n",
    );
    for field in event_fields() {
        fact(out, field, &of(field));
    }
}

fn fact(out: &mut String, field: &FieldInfo, third: &str) {
    let kernel = match (field.kernel, field.inventory) {
        (None, _) => "–".to_owned(),
        (Some(k), false) => k.to_string(),
        (Some(k), true) => format!("{k}, inventory"),
    };
    let unit = field.unit.map(|u| format!(", {u}")).unwrap_or_default();
    let _ = writeln!(
        out,
        "| `{}` | {}{unit} | {third} | {kernel} | {} | {} |",
        field.name,
        type_name(field.kind),
        read(field),
        field.doc
    );
}

/// Whose fact this release reads, and of which actions where it is not all that have it.
fn read(field: &FieldInfo) -> String {
    let of = field.read_of.iter().map(|source| match source {
        Source::Parent => "of parents",
        Source::Target => "of targets",
        _ => "of processes",
    });
    let at = field.read_in.iter().map(|a| format!("`{}`", a.name()));
    let all = of.map(str::to_owned).chain(at).collect::<Vec<_>>();
    match (all.as_slice(), field.read_in == field.actions && !field.actions.is_empty()) {
        ([], _) => "–".to_owned(),
        (_, true) => "all".to_owned(),
        (all, false) if field.read_of.is_empty() => all.join(" "),
        (all, false) => all.join(", "),
    }
}

fn fixed(field: &FieldInfo) -> String {
    match field.stability {
        Stability::Exec => "at exec",
        Stability::Container => "in its container",
        Stability::Changing => "no",
        Stability::Event => "",
    }
    .to_owned()
}

fn of(field: &FieldInfo) -> String {
    if field.actions.is_empty() {
        return "every action".to_owned();
    }
    field.actions.iter().map(|a| format!("`{}`", a.name())).collect::<Vec<_>>().join(" ")
}

fn type_name(kind: FieldType) -> String {
    match kind {
        FieldType::List => "[String]".to_owned(),
        FieldType::Map => "map of String".to_owned(),
        other => format!("{other:?}"),
    }
}

fn names(out: &mut String) {
    out.push_str("\n## Names\n");
    for table in name_tables() {
        let _ = write!(out, "\n**{}.** {} ", table.name, table.doc);
        if let Some(seen) = table.seen {
            let seen = seen.iter().filter_map(|code| table.name(*code)).map(|n| format!("`{n}`"));
            let _ = write!(out, "This release meets {}. All: ", seen.collect::<Vec<_>>().join(", "));
        }
        if table.name == NOT_LISTED {
            let _ = writeln!(out, "{} names, those of x86_64.", table.values.len());
        } else {
            let list = table.values.iter().map(|(n, _)| format!("`{n}`")).collect::<Vec<_>>().join(" ");
            let _ = writeln!(out, "{list}");
        }
    }
}
