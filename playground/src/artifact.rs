//! What the program is compiled to: the artifact's bytes, and its tables as text and as data.

use crate::crossing::Js;
use crate::decide::ClauseValue;
use crate::report::DiagnosticValue;
use crate::workspace::Workspace;
use serde::Serialize;
use tsify::Tsify;
use warmor_compiler::artifact::{Validation, build, with_proof};
use warmor_compiler::check::tier_of;
use warmor_compiler::model::{ClauseRef, Model};
use warmor_compiler::validate::DEFAULT_BUDGET;
use warmor_policy::artifact::{Artifact, Trust};
use warmor_policy::image::Image;
use warmor_report::tables::{self, Edge, Node, NodeKind, State, Target};
use wasm_bindgen::prelude::wasm_bindgen;

/// Most nodes and states that are given as data; the text has all of them.
const MAX_NODES: usize = 5_000;
const MAX_STATES: usize = 2_000;

/// A clause in the tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct TableClause {
    /// Its number in the tables.
    pub rank: u32,
    /// The clause.
    pub clause: ClauseValue,
    /// Where it is decided: `K` in the kernel, `R` and `U` outside of it; not there for a posture or a detection.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum NodeKindWord {
    /// The clauses that apply.
    Leaf,
    /// The end of a selector: the diagrams of each action.
    Scopes,
    /// The end of a predicate on an ancestor.
    Truth,
    /// A test of a fact.
    Test,
    /// What is met in a text.
    Hits,
}

/// Where a node leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct NodeChild {
    /// When: a class, or an action.
    pub label: String,
    /// The node's offset.
    pub at: u32,
}

/// A node of a diagram.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct TableNode {
    /// Its offset in words.
    pub at: u32,
    /// What it is.
    pub kind: NodeKindWord,
    /// The fact that it looks at.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fact: Option<String>,
    /// What it looks at it with: `text`, `number`, …
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classifier: Option<String>,
    /// The automaton that it runs, for `automaton`.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automaton: Option<u32>,
    /// Where it leads, by class.
    pub children: Vec<NodeChild>,
    /// The ranks of the clauses that apply in a leaf; in other nodes those of all leaves below.
    pub clauses: Vec<u32>,
}

/// What the program is compiled to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Compiled {
    /// It is, and the bytes are proved to mean what the texts mean.
    Made {
        /// How long the artifact is.
        bytes: u32,
        /// How long the kernel's tables are, in bytes.
        table_bytes: u32,
        /// Steps of automata for one event at worst.
        automaton_steps: u32,
        /// Diagrams that are walked for one event at worst.
        diagrams: u32,
        /// The clauses by rank.
        clauses: Vec<TableClause>,
        /// The kernel's tables as `warmorc inspect --show tables` shows them.
        text: String,
        /// The nodes of the tables that decide everything, children first; at most 5,000.
        nodes: Vec<TableNode>,
    },
    /// A part of it does not fit into tables.
    Refused {
        /// Which, and why.
        diagnostic: Box<DiagnosticValue>,
    },
    /// It is not proved, or came out wrong: a defect of the compiler.
    Defect {
        /// What is known of it.
        message: String,
    },
    /// The program has errors.
    Errors,
}

/// Where a transition leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum AutomatonTarget {
    /// To a state.
    State {
        /// Its place in the list of states; not there where the list is cut before it.
        #[tsify(optional)]
        #[serde(skip_serializing_if = "Option::is_none")]
        index: Option<u32>,
    },
    /// To the end: the class is settled, whatever follows.
    Class {
        /// The class.
        class: u32,
    },
}

/// Bytes that lead somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct AutomatonEdge {
    /// `a-f`, `x`, `"passwd"`, `other`: for people.
    pub label: String,
    /// Where to.
    pub to: AutomatonTarget,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct AutomatonState {
    /// The class of a text that ends in it.
    pub class: u32,
    /// Where it leads.
    pub edges: Vec<AutomatonEdge>,
}

/// An automaton over the bytes of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct AutomatonValue {
    /// Whether it reads from the last byte to the first.
    pub reversed: bool,
    /// Where it begins.
    pub start: AutomatonTarget,
    /// Its states.
    pub states: Vec<AutomatonState>,
    /// Whether it has more than are given.
    pub cut: bool,
}

/// What was made of the program, until it changes.
#[derive(Debug)]
pub(crate) struct Kept {
    bytes: Vec<u8>,
    image: Image,
}

#[wasm_bindgen]
impl Workspace {
    /// Compiles the program, and proves that the bytes mean what the texts mean. They are those of `warmorc compile`.
    pub fn compile(&mut self) -> Js<Compiled> {
        Js(self.compiled())
    }

    /// The artifact, after `compile` of these very texts. It is not signed.
    pub fn artifact(&self) -> Option<Vec<u8>> {
        self.kept.as_ref().map(|k| k.bytes.clone())
    }

    /// The artifact in the text format of WebAssembly, after `compile` of these very texts.
    pub fn wat(&self) -> Option<String> {
        warmor_ide::wat(&self.kept.as_ref()?.bytes).ok()
    }

    /// An automaton of the tables that `compile` gave, by its number in a node.
    pub fn automaton(&self, at: u32) -> Option<Js<AutomatonValue>> {
        let found = tables::automaton(&self.kept.as_ref()?.image, at as usize, MAX_STATES)?;
        let index = |at: usize| found.states.iter().position(|s| s.at == at).map(|i| i as u32);
        // One look for each edge: states are known by their offsets.
        let places: std::collections::BTreeMap<usize, u32> =
            found.states.iter().enumerate().map(|(i, s)| (s.at, i as u32)).collect();
        let to = |target: Target| match target {
            Target::Class(class) => AutomatonTarget::Class { class },
            Target::State(at) => AutomatonTarget::State { index: places.get(&at).copied() },
        };
        let start = match found.start {
            Target::State(at) => AutomatonTarget::State { index: index(at) },
            Target::Class(class) => AutomatonTarget::Class { class },
        };
        let edge = |e: &Edge| AutomatonEdge { label: label(e, found.reversed), to: to(e.to) };
        let state = |s: &State| AutomatonState { class: s.class, edges: s.edges.iter().map(edge).collect() };
        Some(Js(AutomatonValue {
            reversed: found.reversed,
            start,
            states: found.states.iter().map(state).collect(),
            cut: found.cut,
        }))
    }
}

impl Workspace {
    fn compiled(&mut self) -> Compiled {
        self.kept = None;
        let analysis = self.analysis();
        let Some(model) = analysis.checked().model() else { return Compiled::Errors };
        let built = match build(analysis.sources(), model) {
            Ok(built) => built,
            Err(error) => {
                return match error.diagnostic() {
                    Some(said) => Compiled::Refused {
                        diagnostic: Box::new(self.diagnostic(&analysis, &said, false, false)),
                    },
                    None => Compiled::Defect { message: error.to_string() },
                };
            }
        };
        let proved = with_proof(built.bytes, model, Validation::Budget(DEFAULT_BUDGET));
        let bytes = match proved {
            Ok(bytes) => bytes,
            Err(why) => return Compiled::Defect { message: why.to_string() },
        };
        let artifact = match Artifact::read(bytes, Trust::AllowUnsigned) {
            Ok(artifact) => artifact,
            Err(why) => return Compiled::Defect { message: why.to_string() },
        };
        let costs = artifact.manifest().costs;
        let clauses = model.clauses().into_iter().enumerate().map(|(rank, clause)| TableClause {
            rank: rank as u32,
            clause: self.clause(&analysis, model, clause),
            tier: tier(model, clause),
        });
        let image = built.whole.image;
        let made = Compiled::Made {
            bytes: artifact.bytes().len() as u32,
            table_bytes: (artifact.tables().words().len() * 4) as u32,
            automaton_steps: u32::try_from(costs.automaton_steps).unwrap_or(u32::MAX),
            diagrams: u32::try_from(costs.diagrams).unwrap_or(u32::MAX),
            clauses: clauses.collect(),
            text: tables::describe(artifact.tables(), artifact.manifest()),
            nodes: tables::nodes(&image).into_iter().take(MAX_NODES).map(node).collect(),
        };
        self.kept = Some(Kept { bytes: artifact.bytes().to_vec(), image });
        made
    }
}

fn tier(model: &Model, clause: ClauseRef) -> Option<String> {
    match clause {
        ClauseRef::Rule(id) => Some(tier_of(model, model.rule(id)).0.letter().to_string()),
        ClauseRef::Default(_) | ClauseRef::Detection(_) => None,
    }
}

fn node(node: Node) -> TableNode {
    TableNode {
        at: node.at as u32,
        kind: match node.kind {
            NodeKind::Leaf => NodeKindWord::Leaf,
            NodeKind::Scopes => NodeKindWord::Scopes,
            NodeKind::Truth => NodeKindWord::Truth,
            NodeKind::Test => NodeKindWord::Test,
            NodeKind::Hits => NodeKindWord::Hits,
        },
        fact: node.fact,
        classifier: node.classifier.map(|(name, _)| name.to_owned()),
        automaton: node.automaton.map(|at| at as u32),
        children: node.children.into_iter().map(|(label, at)| NodeChild { label, at: at as u32 }).collect(),
        clauses: node.clauses,
    }
}

/// The bytes of an edge, for people: runs as ranges, strings as they stand in the text.
fn label(edge: &Edge, reversed: bool) -> String {
    if edge.other {
        return "other".to_owned();
    }
    if edge.string {
        let mut text = edge.bytes.clone();
        if reversed {
            text.reverse();
        }
        return format!("\"{}\"", text.escape_ascii());
    }
    let mut bytes = edge.bytes.clone();
    bytes.sort_unstable();
    let mut parts: Vec<(u8, u8)> = Vec::new();
    for byte in bytes {
        match parts.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(byte) => *last = byte,
            _ => parts.push((byte, byte)),
        }
    }
    let shown = |byte: u8| byte.escape_ascii().to_string();
    let part = |(first, last): &(u8, u8)| match last - first {
        0 => shown(*first),
        1 => format!("{} {}", shown(*first), shown(*last)),
        _ => format!("{}-{}", shown(*first), shown(*last)),
    };
    parts.iter().map(part).collect::<Vec<_>>().join(" ")
}
