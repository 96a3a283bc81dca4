//! Who descends from whom. The kernel numbers the images that start and says of each which one it started out of; from that the
//! earlier images of any process are known here, however short they lived.
//!
//! What cannot be known is not guessed: an image whose start was not heard of has unknown ancestors, and so has everything
//! that starts out of it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use warmor_bpf::{ImageId, PathFact, Report};
use warmor_policy::event::MAX_ANCESTORS;

/// The executable of an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exe {
    /// It has none: a memory file, a task of the kernel's own.
    Absent,
    /// It could not be known.
    Unknown,
    /// This path.
    Known(Arc<[u8]>),
}

impl From<&PathFact> for Exe {
    fn from(fact: &PathFact) -> Self {
        match fact {
            PathFact::Absent => Self::Absent,
            PathFact::Known(bytes) => Self::Known(bytes.as_slice().into()),
            PathFact::Unknown | PathFact::Cut(..) => Self::Unknown,
        }
    }
}

/// A process that was there before the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elder {
    /// Its id.
    pub pid: u32,
    /// That of its parent, 0 for none.
    pub parent: u32,
    /// What it runs.
    pub exe: Exe,
}

/// Where a process comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lineage {
    /// The executables of earlier images, nearest first, each once: nothing else is known of them, so that two of the same are one.
    pub ancestors: Vec<Exe>,
    /// Whether some may be missing.
    pub incomplete: bool,
    /// When the image started, in nanoseconds of the monotonic clock.
    pub since_ns: Option<u64>,
}

impl Lineage {
    fn unknown() -> Self {
        Self { ancestors: Vec::new(), incomplete: true, since_ns: None }
    }

    /// Adds the nearest ancestor.
    fn push(&mut self, exe: Exe) {
        self.ancestors.retain(|other| *other != exe);
        self.ancestors.insert(0, exe);
        if self.ancestors.len() > MAX_ANCESTORS {
            self.ancestors.truncate(MAX_ANCESTORS);
            self.incomplete = true;
        }
    }
}

#[derive(Clone, Debug)]
struct Image {
    exe: Exe,
    lineage: Lineage,
}

/// All images that are known.
#[derive(Debug)]
pub struct Descent {
    images: HashMap<ImageId, Image>,
    limit: usize,
}

/// So many images are kept without asking which of them still run.
const FEW: usize = 8192;

impl Descent {
    /// Knows the processes that are older than the agent.
    pub fn new(elders: &[Elder]) -> Self {
        let by_pid: HashMap<u32, &Elder> = elders.iter().map(|e| (e.pid, e)).collect();
        let images = elders.iter().map(|elder| {
            let mut lineage = Lineage { incomplete: false, ..Lineage::unknown() };
            let mut seen = BTreeSet::from([elder.pid]);
            let mut above = Vec::new();
            let mut up = elder.parent;
            while up != 0 {
                match by_pid.get(&up) {
                    Some(next) if seen.insert(up) && above.len() < MAX_ANCESTORS => {
                        above.push(next.exe.clone());
                        up = next.parent;
                    }
                    _ => {
                        lineage.incomplete = true;
                        break;
                    }
                }
            }
            above.into_iter().rev().for_each(|exe| lineage.push(exe));
            (ImageId::Elder(elder.pid), Image { exe: elder.exe.clone(), lineage })
        });
        Self { images: images.collect(), limit: FEW.max(2 * elders.len()) }
    }

    /// Where the process comes from that runs an image, or was forked by it.
    pub fn of(&self, image: ImageId, forked: bool) -> Lineage {
        let Some(image) = self.images.get(&image) else { return Lineage::unknown() };
        let mut lineage = image.lineage.clone();
        if forked {
            lineage.push(image.exe.clone());
        }
        lineage
    }

    /// Learns from a report that an image has started.
    pub fn learn(&mut self, report: &Report) {
        let Some(started) = report.started else { return };
        let mut lineage = self.of(report.image, false);
        lineage.push(Exe::from(&report.exe));
        lineage.since_ns = Some(report.time_ns);
        self.images.insert(started, Image { exe: Exe::from(&report.path), lineage });
    }

    /// Whether it is time to forget images that no process runs any more.
    pub fn is_crowded(&self) -> bool {
        self.images.len() > self.limit
    }

    /// Keeps only images that some process runs. What descends from the others knows them still.
    pub fn retain(&mut self, running: &BTreeSet<ImageId>) {
        self.images.retain(|image, _| running.contains(image));
        self.limit = FEW.max(2 * self.images.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exe(path: &str) -> Exe {
        Exe::Known(path.as_bytes().into())
    }

    fn elder(pid: u32, parent: u32, path: &str) -> Elder {
        Elder { pid, parent, exe: exe(path) }
    }

    fn start(from: ImageId, old: &str, number: u64, new: &str) -> Report {
        let mut report = Report::parse(&[0; Report::BYTES]).unwrap();
        report.image = from;
        report.exe = PathFact::Known(old.into());
        report.started = Some(ImageId::Started(number));
        report.path = PathFact::Known(new.into());
        report
    }

    #[test]
    fn an_exec_has_what_ran_before_as_its_ancestor() {
        let mut descent = Descent::new(&[elder(1, 0, "/init"), elder(7, 1, "/nginx")]);
        descent.learn(&start(ImageId::Elder(7), "/nginx", 50, "/sh"));
        descent.learn(&start(ImageId::Started(50), "/sh", 51, "/id"));
        let lineage = descent.of(ImageId::Started(51), false);
        assert_eq!(lineage.ancestors, [exe("/sh"), exe("/nginx"), exe("/init")]);
        assert!(!lineage.incomplete);
        assert_eq!(descent.of(ImageId::Started(51), true).ancestors[0], exe("/id"));
    }

    #[test]
    fn a_start_that_was_not_heard_of_leaves_ancestors_unknown() {
        let mut descent = Descent::new(&[elder(1, 0, "/init")]);
        assert!(descent.of(ImageId::Started(9), false).incomplete);
        descent.learn(&start(ImageId::Started(9), "/lost", 10, "/sh"));
        let lineage = descent.of(ImageId::Started(10), false);
        assert_eq!(lineage.ancestors, [exe("/lost")]);
        assert!(lineage.incomplete);
        assert!(descent.of(ImageId::Unknown, false).incomplete);
    }

    #[test]
    fn an_elder_whose_parent_was_not_found_has_unknown_ancestors() {
        let descent = Descent::new(&[elder(7, 3, "/orphan"), elder(8, 9, "/a"), elder(9, 8, "/b")]);
        assert!(descent.of(ImageId::Elder(7), false).incomplete);
        assert!(descent.of(ImageId::Elder(8), false).incomplete, "a circle ends");
    }

    #[test]
    fn too_many_ancestors_are_not_taken_for_all() {
        let mut descent = Descent::new(&[elder(1, 0, "/0")]);
        let mut from = ImageId::Elder(1);
        for i in 1..=MAX_ANCESTORS as u64 + 1 {
            descent.learn(&start(from, &format!("/{}", i - 1), i, &format!("/{i}")));
            from = ImageId::Started(i);
        }
        let lineage = descent.of(from, false);
        assert_eq!(lineage.ancestors.len(), MAX_ANCESTORS);
        assert!(lineage.incomplete);
    }

    #[test]
    fn an_image_started_again_and_again_is_one_ancestor() {
        let mut descent = Descent::new(&[elder(1, 0, "/sh")]);
        let mut from = ImageId::Elder(1);
        for i in 1..1000 {
            descent.learn(&start(from, "/sh", i, "/sh"));
            from = ImageId::Started(i);
        }
        assert_eq!(descent.of(from, false).ancestors, [exe("/sh")]);
        assert!(!descent.of(from, false).incomplete);
    }

    #[test]
    fn what_ended_is_forgotten_and_its_descendants_still_know_it() {
        let mut descent = Descent::new(&[elder(1, 0, "/init")]);
        descent.learn(&start(ImageId::Elder(1), "/init", 2, "/sh"));
        descent.learn(&start(ImageId::Started(2), "/sh", 3, "/id"));
        descent.retain(&[ImageId::Started(3)].into());
        assert!(descent.of(ImageId::Started(2), false).incomplete);
        assert_eq!(descent.of(ImageId::Started(3), false).ancestors, [exe("/sh"), exe("/init")]);
    }
}
