//! An image that denies one file and one endpoint of the agent's own. A denial that it causes proves that hooks are called,
//! paths are resolved and images are read; nothing short of that does (a kernel without the BPF LSM accepts and attaches everything).

use std::net::SocketAddrV4;
use warmor_policy::event::Address;
use warmor_policy::image::{
    CLASS_NO, CLASS_SHIFT, CLASS_YES, Image, ImageError, KIND_SHIFT, MAGIC, NO_COLUMNS, SINK, STATES_END,
    VERSION, bias, classifier, clause_columns, header, node, state,
};
use warmor_policy::schema::{ACTION_COUNT, Action, SCHEMA_VERSION, slot};
use warmor_policy::verdict::{ClauseKind, Severity};

struct Builder {
    words: Vec<u32>,
}

impl Builder {
    fn put(&mut self, words: &[u32]) -> u32 {
        let at = self.words.len() as u32;
        self.words.extend_from_slice(words);
        at
    }

    /// The set of the only clause.
    fn only_clause(&mut self) -> u32 {
        let bits = self.put(&[1]);
        self.put(&[0, bits])
    }

    /// The leaf of no clause, or of the only one there is.
    fn leaf(&mut self, denies: bool) -> u32 {
        let (columns, ranks) =
            if denies { (clause_columns(&self.words, 0), self.only_clause()) } else { (NO_COLUMNS, 0) };
        let at = self.put(&[node::LEAF]);
        self.put(&columns);
        self.put(&[ranks]);
        at
    }

    /// A test of a fact of the event whose class 3 leads to `yes` and any other to `no`.
    fn test(&mut self, slot: usize, classifier: u32, no: u32, yes: u32) -> u32 {
        self.put(&[node::TEST | (slot as u32) << 16, classifier, CLASS_YES + 1, no, no, no, yes])
    }

    /// A classifier that puts exactly one text into class 3; its automaton is put behind everything else.
    fn exactly(&mut self) -> u32 {
        self.put(&[classifier::TEXT, 0])
    }

    /// The automaton of that classifier, which ends the image: the text as one string, and a state that any byte leaves.
    fn states(&mut self, classifier: u32, text: &[u8]) {
        let no = SINK | CLASS_NO;
        let end = self.put(&[CLASS_YES << CLASS_SHIFT | state::RANGE, no, 0]);
        let after = state::RANGE << KIND_SHIFT | end;
        let start = self.put(&[CLASS_NO << CLASS_SHIFT | state::STRING, no, after, text.len() as u32]);
        let words = text.chunks(4).map(|c| c.iter().rev().fold(0, |w, b| w << 8 | u32::from(*b)));
        self.words.extend(words);
        self.put(&[0; STATES_END]);
        self.words[header::STATES] = end;
        self.words[classifier as usize + 1] = state::STRING << KIND_SHIFT | start;
    }

    /// A classifier that puts exactly one number into class 3.
    fn exactly_number(&mut self, number: i64) -> u32 {
        let words = |n: i64| [bias(n) as u32, (bias(n) >> 32) as u32];
        let (low, high) = (words(number), words(number + 1));
        let bounds = self.put(&[low[0], low[1], high[0], high[1]]);
        let classes = self.put(&[CLASS_NO, CLASS_YES, CLASS_NO]);
        self.put(&[classifier::NUMBER, 2, bounds, classes])
    }

    /// A classifier that puts exactly one address into class 3.
    fn exactly_address(&mut self, address: Address) -> u32 {
        let words = |a: u128| [(a >> 96) as u32, (a >> 64) as u32, (a >> 32) as u32, a as u32];
        let bounds = self.put(&words(address.0));
        self.put(&words(address.0.wrapping_add(1)));
        let classes = self.put(&[CLASS_NO, CLASS_YES, CLASS_NO]);
        self.put(&[classifier::ADDRESS, 2, bounds, classes])
    }
}

/// The image that denies reading `path` and connecting to `endpoint`, to everybody, and nothing else.
///
/// # Errors
/// Never for an image built here; the check is that of every image.
pub fn image(path: &[u8], endpoint: SocketAddrV4) -> Result<Image, ImageError> {
    let mut b = Builder { words: vec![0; header::LEN] };
    b.words[header::CLAUSES] = b.put(&[ClauseKind::Deny as u32, 0, 0, Severity::Info as u32]);
    b.words[header::CLAUSE_COUNT] = 1;
    b.words[header::POLICIES] = b.put(&[1, 0]);
    b.words[header::POLICY_COUNT] = 1;
    let (nothing, denied) = (b.leaf(false), b.leaf(true));
    b.words[header::LEAVES] = b.put(&[nothing, denied]);
    b.words[header::LEAF_COUNT] = 2;
    let is_path = b.exactly();
    let read = b.test(slot::PATH, is_path, nothing, denied);
    let address = b.exactly_address(std::net::IpAddr::V4(*endpoint.ip()).into());
    let port = b.exactly_number(i64::from(endpoint.port()));
    let port = b.test(slot::PORT, port, nothing, denied);
    let connect = b.test(slot::ADDRESS, address, nothing, port);
    let read = b.put(&[1, read]);
    let connect = b.put(&[1, connect]);
    let mut lists = [0; ACTION_COUNT];
    lists[Action::Read as usize] = read;
    lists[Action::Connect as usize] = connect;
    let scopes = b.put(&[node::SCOPES]);
    b.put(&lists);
    b.words[header::SELECTORS] = b.put(&[scopes]);
    b.words[header::SELECTOR_COUNT] = 1;
    b.words[header::PREDICATES] = header::LEN as u32;
    b.words[header::MAGIC] = MAGIC;
    b.words[header::VERSION] = VERSION;
    b.words[header::SCHEMA] = SCHEMA_VERSION;
    b.states(is_path, path);
    b.words[header::WORDS] = b.words.len() as u32;
    Image::load(b.words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::demand;
    use std::net::Ipv4Addr;
    use warmor_policy::event::{Event, Fact, Value, encode};
    use warmor_policy::verdict::Effect;

    fn decide(action: Action, facts: &[(usize, Value)]) -> Effect {
        let image = image(b"/run/canary", SocketAddrV4::new(Ipv4Addr::new(127, 9, 9, 9), 7)).unwrap();
        let mut event = Event::new(action);
        for (slot, value) in facts {
            event.facts[*slot] = Fact::Known(value.clone());
        }
        image.decide(&encode(&event).unwrap()).unwrap().enforced
    }

    fn endpoint(address: [u8; 4], port: i64) -> [(usize, Value); 2] {
        [(slot::ADDRESS, Value::Ip(std::net::IpAddr::from(address).into())), (slot::PORT, Value::Int(port))]
    }

    #[test]
    fn it_denies_the_file_and_no_other() {
        let path = |p: &str| [(slot::PATH, Value::Bytes(p.as_bytes().to_vec()))];
        assert_eq!(decide(Action::Read, &path("/run/canary")), Effect::Deny);
        for other in ["/run/canar", "/run/canary2", "/run/canarz", ""] {
            assert_eq!(decide(Action::Read, &path(other)), Effect::Allow, "{other}");
        }
        assert_eq!(decide(Action::Write, &path("/run/canary")), Effect::Allow);
    }

    #[test]
    fn it_denies_the_endpoint_and_no_other() {
        assert_eq!(decide(Action::Connect, &endpoint([127, 9, 9, 9], 7)), Effect::Deny);
        assert_eq!(decide(Action::Connect, &endpoint([127, 9, 9, 9], 8)), Effect::Allow);
        assert_eq!(decide(Action::Connect, &endpoint([127, 9, 9, 8], 7)), Effect::Allow);
        assert_eq!(decide(Action::Connect, &endpoint([127, 9, 9, 10], 7)), Effect::Allow);
    }

    #[test]
    fn it_demands_only_what_it_denies() {
        let image = image(b"/x", SocketAddrV4::new(Ipv4Addr::LOCALHOST, 1)).unwrap();
        let demand = demand::demand(&image).unwrap();
        assert_eq!(demand.enforced, [Action::Read, Action::Connect].into());
        assert_eq!(demand.blind, 0);
    }
}
