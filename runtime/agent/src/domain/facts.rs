//! A report as an event: what the kernel knew when it decided, and what can be added to it without asking the process.
//!
//! Nothing is read from a process afterwards: it may have ended, run another image, or written into its own memory what it
//! wants to be seen. What cannot be known otherwise is unknown.

use super::descent::{Exe, Lineage};
use std::time::Duration;
use warmor_bpf::{PathFact, Report, ReportFlags};
use warmor_policy::event::{Address, Event, Fact, Record, Value};
use warmor_policy::schema::{Action, event_fields, slot};

/// Slots of facts that are known here.
mod at {
    use warmor_policy::schema::slot;

    pub const EXE: usize = slot::EXE;
    pub const NAME: usize = 2;
    pub const PID: usize = 4;
    pub const UID: usize = slot::UID;
    pub const GID: usize = 6;
    pub const START_TIME: usize = 8;
    pub const CGROUP: usize = 10;
    pub const FLAGS: usize = 2;
    pub const SIGNAL: usize = 7;
    pub const CAPABILITY: usize = 8;
    pub const TIME: usize = 11;
    pub const HOST_NAME: usize = 12;
    pub const HOST_KERNEL: usize = 13;
}

/// Facts of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Its name, if it could be read.
    pub name: Option<Vec<u8>>,
    /// Its kernel's release, if it could be read.
    pub kernel: Option<Vec<u8>>,
    /// What the wall clock said when the monotonic clock was 0.
    pub epoch: Duration,
}

impl Machine {
    fn seconds(&self, monotonic_ns: u64) -> Fact {
        Fact::Known(Value::Int((self.epoch + Duration::from_nanos(monotonic_ns)).as_secs().cast_signed()))
    }
}

/// The event of a report; `None` for an action that the schema does not have. `cgroup` is the path of the report's cgroup.
pub fn event(report: &Report, lineage: &Lineage, machine: &Machine, cgroup: Option<&[u8]>) -> Option<Event> {
    let action = Action::from_code(report.action)?;
    let mut event = Event::new(action);
    event.process = process(report, lineage, machine, cgroup);
    event.parent = of_exe(path(&report.parent));
    event.target = target(report);
    event.ancestors = lineage.ancestors.iter().map(|exe| of_exe(executable(exe))).collect();
    event.ancestors_incomplete = lineage.incomplete;
    for (fact, field) in event.facts.iter_mut().zip(event_fields()) {
        if field.actions.is_empty() || field.actions.contains(&action) {
            *fact = Fact::Unknown;
        }
    }
    let set = |place: &mut Fact, fact: Fact| {
        // What an action does not have stays absent.
        if *place != Fact::Absent {
            *place = fact;
        }
    };
    let facts = &mut event.facts;
    facts[at::TIME] = machine.seconds(report.time_ns);
    facts[at::HOST_NAME] = text(machine.name.as_deref());
    facts[at::HOST_KERNEL] = text(machine.kernel.as_deref());
    if report.flags.has(ReportFlags::NO_SCRATCH) {
        return Some(event);
    }
    set(&mut facts[slot::ROLE], number(report.role.into()));
    set(&mut facts[slot::PATH], path(&report.path));
    set(&mut facts[at::FLAGS], report.open_flags.map_or(Fact::Absent, |f| number(f.into())));
    for place in [at::SIGNAL, at::CAPABILITY] {
        set(&mut facts[place], report.code.map_or(Fact::Unknown, |code| number(code.into())));
    }
    if let Some(address) = report.address {
        let address = Address(u128::from_be_bytes(address));
        set(&mut facts[slot::ADDRESS], Fact::Known(Value::Ip(address)));
    }
    if report.port_known {
        set(&mut facts[slot::PORT], number(report.port.into()));
    }
    if report.is_local {
        facts[slot::ADDRESS] = Fact::Absent;
        facts[slot::PORT] = Fact::Absent;
    }
    if report.protocol != 0 {
        set(&mut facts[slot::PROTOCOL], number(report.protocol.into()));
    }
    Some(event)
}

fn process(report: &Report, lineage: &Lineage, machine: &Machine, cgroup: Option<&[u8]>) -> Record {
    let mut record = of_exe(path(&report.exe));
    let facts = &mut record.0;
    facts[at::PID] = number(report.pid.into());
    if report.name_known {
        facts[at::NAME] = text(Some(&report.name));
    }
    if report.user_known {
        facts[at::UID] = number(report.uid.into());
        facts[at::GID] = number(report.gid.into());
    }
    if let Some(since) = lineage.since_ns {
        facts[at::START_TIME] = machine.seconds(since);
    }
    facts[at::CGROUP] = text(cgroup);
    record
}

/// The process that is acted on; of one that is not there, everything is unknown.
fn target(report: &Report) -> Record {
    let Some(target) = &report.target else {
        return of_exe(Fact::Unknown);
    };
    let mut record = of_exe(path(&target.exe));
    let facts = &mut record.0;
    facts[at::PID] = number(target.pid.into());
    facts[at::NAME] = text(Some(&target.name));
    facts[at::UID] = number(target.uid.into());
    facts[at::GID] = number(target.gid.into());
    record
}

/// A process of which nothing but the executable is known.
fn of_exe(exe: Fact) -> Record {
    let mut record = Record::default();
    record.0.fill(Fact::Unknown);
    record.0[at::EXE] = exe;
    record
}

fn executable(exe: &Exe) -> Fact {
    match exe {
        Exe::Absent => Fact::Absent,
        Exe::Unknown => Fact::Unknown,
        Exe::Known(bytes) => text(Some(bytes)),
    }
}

fn path(fact: &PathFact) -> Fact {
    match fact {
        PathFact::Absent => Fact::Absent,
        PathFact::Known(bytes) => text(Some(bytes)),
        // The first bytes of a path are not the path.
        PathFact::Unknown | PathFact::Cut(..) => Fact::Unknown,
    }
}

fn text(bytes: Option<&[u8]>) -> Fact {
    bytes.map_or(Fact::Unknown, |b| Fact::Known(Value::Bytes(b.to_vec())))
}

fn number(n: i64) -> Fact {
    Fact::Known(Value::Int(n))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::descent::Descent;
    use warmor_bpf::ImageId;
    use warmor_policy::schema::process_fields;

    fn machine() -> Machine {
        Machine { name: Some(b"host".to_vec()), kernel: None, epoch: Duration::from_secs(1000) }
    }

    fn report(action: Action) -> Report {
        let mut report = Report::parse(&[0; Report::BYTES]).unwrap();
        report.action = action as u8;
        report.time_ns = 2_500_000_000;
        report.user_known = true;
        report.name_known = true;
        report
    }

    fn event_of(report: &Report) -> Event {
        event(report, &Descent::new(&[]).of(ImageId::Unknown, false), &machine(), None).unwrap()
    }

    #[test]
    fn slots_are_those_of_the_schema() {
        let process: Vec<_> = process_fields().iter().map(|f| f.name).collect();
        for (slot, name) in [
            (at::NAME, "process.name"),
            (at::PID, "process.pid"),
            (at::GID, "process.gid"),
            (at::START_TIME, "process.start_time"),
            (at::CGROUP, "cgroup.path"),
        ] {
            assert_eq!(process[slot], name);
        }
        let event: Vec<_> = event_fields().iter().map(|f| f.name).collect();
        for (slot, name) in [
            (at::FLAGS, "flags"),
            (at::SIGNAL, "signal"),
            (at::CAPABILITY, "capability"),
            (at::TIME, "time"),
            (at::HOST_NAME, "host.name"),
            (at::HOST_KERNEL, "host.kernel"),
        ] {
            assert_eq!(event[slot], name);
        }
    }

    #[test]
    fn an_event_has_the_facts_of_its_action_and_no_others() {
        for action in Action::all() {
            let event = event_of(&report(action));
            for (fact, field) in event.facts.iter().zip(event_fields()) {
                if !field.actions.is_empty() && !field.actions.contains(&action) {
                    assert_eq!(*fact, Fact::Absent, "{} of {}", field.name, action.name());
                }
            }
        }
    }

    #[test]
    fn what_is_not_known_is_unknown_and_never_absent() {
        let mut report = report(Action::Exec);
        report.path = PathFact::Cut(b"/long".to_vec(), 4000);
        report.name_known = false;
        report.user_known = false;
        let event = event_of(&report);
        assert_eq!(event.facts[slot::PATH], Fact::Unknown);
        for slot in [at::NAME, at::UID, at::GID, at::CGROUP, at::START_TIME] {
            assert_eq!(event.process.0[slot], Fact::Unknown);
        }
        assert!(event.target.0.iter().all(|f| *f == Fact::Unknown));
        assert!(event.ancestors_incomplete);
        assert_eq!(event.facts[at::TIME], number(1002));
        assert_eq!(event.facts[at::HOST_KERNEL], Fact::Unknown);
    }

    #[test]
    fn nothing_is_made_up_when_the_kernel_had_no_memory() {
        let mut raw = vec![0; Report::BYTES];
        raw[std::mem::offset_of!(warmor_bpf::layout::Report, flags)] = 32;
        let mut report = Report::parse(&raw).unwrap();
        report.action = Action::Read as u8;
        let event = event_of(&report);
        assert_eq!(event.facts[slot::PATH], Fact::Unknown);
        assert_eq!(event.facts[at::FLAGS], Fact::Unknown);
    }

    #[test]
    fn a_pipe_has_no_path_and_a_truncation_no_flags() {
        let event = event_of(&report(Action::Write));
        assert_eq!(event.facts[slot::PATH], Fact::Absent);
        assert_eq!(event.facts[at::FLAGS], Fact::Absent);
    }
}
