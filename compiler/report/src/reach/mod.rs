//! Who reaches what, as words: what text, DOT and SVG share.

pub mod dot;
pub mod json;
pub mod svg;
pub mod text;

use crate::answer;
use crate::clauses::Clause;
use crate::meaning;
use crate::places::Places;
use crate::text::escape;
use std::fmt::Write as _;
use warmor_compiler::model::{Model, Network};
use warmor_compiler::query::reach::{AddressClass, Cell, Flow, Place, ProtocolKind, Reach, Standing};
use warmor_compiler::query::{Outcome, Who};
use warmor_policy::event::Address;
use warmor_policy::schema::{Action, FieldType};

/// What is shown, in words.
pub struct View {
    /// The subjects.
    pub rows: Vec<String>,
    /// One for each action.
    pub tables: Vec<Table>,
    /// What there is to say of all of it.
    pub remarks: Vec<String>,
}

/// One action.
pub struct Table {
    /// The action.
    pub action: Action,
    /// `shop_web connects to …`
    pub title: String,
    /// The other ends.
    pub columns: Vec<String>,
    /// Which columns are subjects, by their names.
    pub subjects: Vec<bool>,
    /// By row, then by column.
    pub cells: Vec<Vec<Words>>,
    /// What the numbers in the cells refer to.
    pub notes: Vec<String>,
}

/// How much of a cell is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Nothing of it.
    Nothing,
    /// Some of it.
    Some,
    /// Some of it only under conditions.
    Conditional,
    /// All of it.
    All,
    /// All of it, because nothing is said of it.
    Ungoverned,
    /// Nobody knows.
    Unknown,
}

/// A cell in words.
pub struct Words {
    /// How much of it is allowed.
    pub amount: Amount,
    /// One for each flow; none where there is nothing or all.
    pub flows: Vec<String>,
}

impl Amount {
    /// Its word, and that of a cell that is nothing else.
    pub fn word(self) -> &'static str {
        match self {
            Self::Nothing => "-",
            Self::Some => "some",
            Self::Conditional => "depends",
            Self::All => "all",
            Self::Ungoverned => "open",
            Self::Unknown => "not known",
        }
    }
}

impl Words {
    /// The cell's lines in a table.
    pub fn lines(&self) -> Vec<String> {
        if self.flows.is_empty() { vec![self.amount.word().to_owned()] } else { self.flows.clone() }
    }
}

/// Puts into words.
pub fn view(model: &Model, reach: &Reach, networks: &[(String, Vec<Network>)], places: &Places<'_>) -> View {
    let mut remarks = vec![
        "`-` is denied, `all` allowed, `open` allowed because no rule and no posture is about it; what a cell does not name is denied".to_owned(),
    ];
    if !reach.overlaps.is_empty() {
        let pairs: Vec<String> = reach
            .overlaps
            .iter()
            .map(|(a, b)| format!("{} with {}", who(model, *a), who(model, *b)))
            .collect();
        remarks.push(format!(
            "a row is about processes that are in no other subject; not shown are those in several: {}",
            listed(&pairs, 6)
        ));
    }
    remarks.extend(answer::assumptions(model, places));
    View {
        rows: reach.rows.iter().map(|w| who(model, *w)).collect(),
        tables: reach
            .matrices
            .iter()
            .map(|matrix| {
                let mut notes = Vec::new();
                let cell = |c: &Cell, notes: &mut Vec<String>| words(model, c, places, notes);
                let mut lines = Vec::new();
                for line in &matrix.cells {
                    lines.push(line.iter().map(|c| cell(c, &mut notes)).collect());
                }
                Table {
                    action: matrix.action,
                    title: title(matrix.action),
                    columns: matrix.columns.iter().map(|p| place_name(model, *p, networks)).collect(),
                    subjects: matrix.columns.iter().map(|p| matches!(p, Place::Subject(_))).collect(),
                    cells: lines,
                    notes,
                }
            })
            .collect(),
        remarks,
    }
}

fn title(action: Action) -> String {
    let preposition = action.info().preposition.unwrap_or("to");
    format!("{} {preposition} …", action.name())
}

/// The name of a row.
pub fn who(model: &Model, who: Who) -> String {
    match who {
        Who::Subject(id) => escape(&model.subject(id).name),
        Who::Below(id) => format!("below {}", escape(&model.subject(id).name)),
        Who::Other => "any other".to_owned(),
        Who::Unclear => "unclear".to_owned(),
    }
}

/// The name of a column.
pub fn place_name(model: &Model, place: Place, networks: &[(String, Vec<Network>)]) -> String {
    match place {
        Place::Subject(id) => escape(&model.subject(id).name),
        Place::Network(i) => networks.get(i).map(|(name, _)| escape(name)).unwrap_or_default(),
        Place::Elsewhere => "elsewhere".to_owned(),
        Place::Local => "local".to_owned(),
        Place::Own => "own addresses".to_owned(),
    }
}

fn words(model: &Model, cell: &Cell, places: &Places<'_>, notes: &mut Vec<String>) -> Words {
    let amount = amount(cell);
    let flows = match amount {
        Amount::Nothing | Amount::Ungoverned => Vec::new(),
        Amount::All if cell.flows.iter().any(is_reported) => {
            let mut why: Vec<String> = Vec::new();
            for reason in cell.flows.iter().flat_map(|f| reasons(model, f, places)) {
                if !why.contains(&reason) {
                    why.push(reason);
                }
            }
            vec![format!("{} [{}]", amount.word(), noted(notes, why.join("; ")))]
        }
        Amount::All => Vec::new(),
        _ => cell.flows.iter().map(|f| flow(model, f, places, notes)).collect(),
    };
    Words { amount, flows }
}

/// The number of a note.
fn noted(notes: &mut Vec<String>, say: String) -> usize {
    let at = notes.iter().position(|n| *n == say).unwrap_or_else(|| {
        notes.push(say);
        notes.len() - 1
    });
    at + 1
}

/// How much of a cell is allowed.
pub fn amount(cell: &Cell) -> Amount {
    let any = |s: Standing| cell.flows.iter().any(|f| f.standing == s);
    if any(Standing::Open) {
        Amount::Unknown
    } else if any(Standing::Conditional) {
        Amount::Conditional
    } else if cell.flows.is_empty() {
        Amount::Nothing
    } else if cell.denied {
        Amount::Some
    } else if cell.flows.iter().all(is_ungoverned) {
        Amount::Ungoverned
    } else {
        Amount::All
    }
}

/// Whether nothing is said of any of the flow's events.
pub fn is_ungoverned(flow: &Flow) -> bool {
    let groups = &flow.outcomes.groups;
    !groups.is_empty() && groups.iter().all(|g| g.outcome == Outcome::Ungoverned)
}

/// Whether some of the flow's events are allowed and reported.
fn is_reported(flow: &Flow) -> bool {
    flow.outcomes.groups.iter().any(|g| matches!(g.outcome, Outcome::Reported(_)))
}

fn flow(model: &Model, flow: &Flow, places: &Places<'_>, notes: &mut Vec<String>) -> String {
    let mut text = protocols(flow);
    if flow.kind == ProtocolKind::Ports && flow.ports != [(0, u16::MAX)] {
        let _ = write!(text, " {}", ports(flow));
    }
    if is_ungoverned(flow) {
        text.push_str(" open");
    }
    let mut note = |say: String| {
        let _ = write!(text, " [{}]", noted(notes, say));
    };
    if !flow.elsewhere.is_empty() {
        let (only, but) = (networks_of(&flow.places), networks_of(&flow.elsewhere));
        let length = |texts: &[String]| texts.iter().map(String::len).sum::<usize>();
        note(if length(&but) < length(&only) {
            format!("all but {}", but.join(", "))
        } else {
            format!("only {}", only.join(", "))
        });
    }
    match flow.standing {
        Standing::Allowed if is_reported(flow) => note(reasons(model, flow, places).join("; ")),
        Standing::Allowed => {}
        Standing::Open => note("not known: the budget ran out".to_owned()),
        Standing::Conditional => note(format!("depends: {}", reasons(model, flow, places).join("; "))),
    }
    text
}

/// Why a flow fares as it does.
fn reasons(model: &Model, flow: &Flow, places: &Places<'_>) -> Vec<String> {
    let reason = |group: &warmor_compiler::query::Group| {
        let verb = match group.outcome {
            Outcome::Denied(_) => "denied",
            Outcome::Reported(_) => "reported",
            Outcome::Allowed(_) => "allowed",
            Outcome::Ungoverned => "else allowed, not governed",
        };
        let by = group.outcome.clause().map(|c| {
            let clause = Clause::new(model, c);
            format!(" by {} ({})", escape(&clause.name), escape(&places.place(clause.span).to_string()))
        });
        let when: Vec<String> = group.when.iter().map(|c| answer::shortened(model, c)).collect();
        let when = if when.is_empty() { String::new() } else { format!(" when {}", when.join(" and ")) };
        let unreadable = if group.unreadable { " where something cannot be read" } else { "" };
        format!("{verb}{}{when}{unreadable}", by.unwrap_or_default())
    };
    flow.outcomes.groups.iter().map(reason).collect()
}

/// The protocols of a flow, in short.
pub fn protocols(flow: &Flow) -> String {
    let all: &[u32] = match flow.kind {
        ProtocolKind::Ports => &[6, 17, 33, 132, 136, 262],
        ProtocolKind::Local => &[258, 259, 260, 261],
        ProtocolKind::Addresses => &[],
    };
    let has = |code: u32| flow.protocols.iter().any(|(first, last)| (*first..=*last).contains(&code));
    let count: u32 = flow.protocols.iter().map(|(first, last)| last - first + 1).sum();
    let whole = match flow.kind {
        ProtocolKind::Addresses => count == ADDRESSES_ONLY,
        _ => all.iter().all(|c| has(*c)),
    };
    match (whole, flow.kind) {
        (true, ProtocolKind::Ports) => return "any".to_owned(),
        (true, ProtocolKind::Addresses) => return "portless".to_owned(),
        (true, ProtocolKind::Local) => return "any local".to_owned(),
        _ => {}
    }
    let (named, unnamed) = protocol_names(flow);
    let mut words: Vec<String> = named.into_iter().map(str::to_owned).collect();
    match unnamed {
        0 => {}
        1..4 => {
            words
                .extend((0..=262).filter(|c| has(*c) && name(*c).is_none()).map(|c| format!("protocol {c}")));
        }
        _ => words.push("others".to_owned()),
    }
    words.join(",")
}

/// How many protocols have addresses and no ports.
const ADDRESSES_ONLY: u32 = 253;

fn name(code: u32) -> Option<&'static str> {
    FieldType::Protocol.names().and_then(|t| t.name(code))
}

/// The protocols that have names, and how many have none.
pub fn protocol_names(flow: &Flow) -> (Vec<&'static str>, usize) {
    let codes = flow.protocols.iter().flat_map(|(first, last)| *first..=*last);
    let (mut named, mut unnamed) = (Vec::new(), 0);
    for code in codes {
        match name(code) {
            Some(name) => named.push(name),
            None => unnamed += 1,
        }
    }
    (named, unnamed)
}

/// `80,8000-9000`
pub fn ports(flow: &Flow) -> String {
    let port = |(first, last): &(u16, u16)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    flow.ports.iter().map(port).collect::<Vec<_>>().join(",")
}

/// Places, as a prefix without its gaps where that is shorter.
fn networks_of(places: &[AddressClass]) -> Vec<String> {
    let ranges = |wanted: bool| {
        places.iter().filter_map(move |class| match class {
            AddressClass::Range(network) if network.first.is_v4() == wanted => Some(*network),
            _ => None,
        })
    };
    let mut out = Vec::new();
    for family in [true, false] {
        let ranges: Vec<Network> = ranges(family).collect();
        let apart: Vec<String> = ranges.iter().map(|n| meaning::network(*n)).collect();
        let ([first, ..], [.., last]) = (ranges.as_slice(), ranges.as_slice()) else { continue };
        let hull = meaning::network(Network { first: first.first, last: last.last });
        let gaps: Vec<String> = ranges
            .iter()
            .zip(&ranges[1..])
            .map(|(a, b)| Network { first: Address(a.last.0 + 1), last: Address(b.first.0 - 1) })
            .map(meaning::network)
            .collect();
        if !gaps.is_empty() && hull.contains('/') && gaps.len() < apart.len() {
            out.push(format!("{hull} except {}", gaps.join(" and ")));
        } else {
            out.extend(apart);
        }
    }
    out.extend(places.iter().filter_map(|class| match class {
        AddressClass::Range(_) => None,
        AddressClass::AnyV4 => Some("0.0.0.0 (all of IPv4)".to_owned()),
        AddressClass::AnyV6 => Some(":: (all addresses)".to_owned()),
    }));
    out
}

fn listed(items: &[String], most: usize) -> String {
    if items.len() <= most {
        return items.join(", ");
    }
    format!("{} and {} more", items[..most].join(", "), items.len() - most)
}
