//! The words of events: what the schema knows, for whoever builds an event with a form.

use crate::crossing::Js;
use crate::workspace::Workspace;
use serde::Serialize;
use tsify::Tsify;
use warmor_policy::schema::{Action, FieldInfo, FieldType, ObjectKind, event_fields, process_fields};
use wasm_bindgen::prelude::wasm_bindgen;

/// What an action acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum ObjectWord {
    /// A file.
    Path,
    /// The other end of a connection, or an own address.
    Endpoint,
    /// Names of the schema.
    Names,
    /// Another process, or nothing in particular.
    ProcessOrNone,
    /// A file, or nothing in particular.
    PathOrNone,
    /// Nothing.
    None,
}

/// An action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct ActionWord {
    /// Its word.
    pub name: String,
    /// The group that it belongs to.
    pub group: String,
    /// What it acts on.
    pub object: ObjectWord,
    /// The word before an endpoint.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preposition: Option<String>,
    /// Roles that its object can have.
    pub roles: Vec<String>,
    /// One line for people.
    pub doc: String,
}

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct FactWord {
    /// Its name.
    pub name: String,
    /// Its type, as the language calls it.
    #[serde(rename = "type")]
    pub kind: String,
    /// Actions whose events can have it; none for all.
    pub actions: Vec<String>,
    /// The words that it can be, where it is one of the schema's names.
    pub words: Vec<String>,
    /// One line for people.
    pub doc: String,
}

/// What events are made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Vocabulary {
    /// All actions.
    pub actions: Vec<ActionWord>,
    /// Facts of a process.
    pub process_facts: Vec<FactWord>,
    /// Facts of an event.
    pub event_facts: Vec<FactWord>,
}

#[wasm_bindgen]
impl Workspace {
    /// What events are made of. The same for all programs.
    pub fn vocabulary(&self) -> Js<Vocabulary> {
        let facts = |fields: &[FieldInfo]| fields.iter().map(fact).collect();
        Js(Vocabulary {
            actions: Action::all().map(action).collect(),
            process_facts: facts(process_fields()),
            event_facts: facts(event_fields()),
        })
    }
}

fn action(action: Action) -> ActionWord {
    let info = action.info();
    ActionWord {
        name: info.name.to_owned(),
        group: info.group.to_owned(),
        object: match info.object {
            ObjectKind::Path => ObjectWord::Path,
            ObjectKind::Endpoint => ObjectWord::Endpoint,
            ObjectKind::Names => ObjectWord::Names,
            ObjectKind::ProcessOrNone => ObjectWord::ProcessOrNone,
            ObjectKind::PathOrNone => ObjectWord::PathOrNone,
            ObjectKind::None => ObjectWord::None,
        },
        preposition: info.preposition.map(str::to_owned),
        roles: info.roles.iter().map(|r| (*r).to_owned()).collect(),
        doc: info.doc.to_owned(),
    }
}

fn fact(info: &FieldInfo) -> FactWord {
    let table = info.kind.names();
    FactWord {
        name: info.name.to_owned(),
        kind: type_name(info.kind),
        actions: info.actions.iter().map(|a| a.name().to_owned()).collect(),
        words: table.into_iter().flat_map(|t| t.values).map(|(name, _)| (*name).to_owned()).collect(),
        doc: info.doc.to_owned(),
    }
}

fn type_name(kind: FieldType) -> String {
    match kind {
        FieldType::List => "[String]".to_owned(),
        FieldType::Map => "{String: String}".to_owned(),
        FieldType::Flags => "[Flag]".to_owned(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use warmor_policy::schema::name_tables;

    #[test]
    fn names_of_the_schema_come_with_their_words() {
        let Js(vocabulary) = Workspace::new().vocabulary();
        let signal = vocabulary.event_facts.iter().find(|f| f.name == "signal").unwrap();
        assert!(signal.words.iter().any(|w| w == "SIGKILL"));
        assert_eq!(signal.kind, "Signal");
        let tables = name_tables().iter().map(|t| t.name);
        let typed = tables.filter(|t| vocabulary.event_facts.iter().any(|f| f.kind.contains(t)));
        assert!(typed.count() > 3);
    }
}
