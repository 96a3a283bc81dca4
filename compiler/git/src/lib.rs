//! What comes out of git repositories: dependencies at the commits that are pinned, and a project as it was at a revision.
//!
//! Nothing of a repository is run: no hooks, no filters, no links. `git` itself is the one on the machine.

#![allow(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "they are short, and read best as they are written"
)]

mod dependencies;
mod lock;
mod repository;
mod snapshot;

pub use dependencies::{Dependencies, Fetched, Fetching, LOCK, fetch};
pub use snapshot::Snapshot;
