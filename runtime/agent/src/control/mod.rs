//! Talking with a running agent: HTTP and JSON over a unix socket that root alone can open.
//!
//! The server has a thread of its own and holds nothing: it hands each request to the agent's loop, which alone knows and changes
//! what is in force, and waits for the answer. A slow or silent client keeps nobody else waiting.

pub mod client;
mod server;

pub use hyper::Method;
pub use server::Control;

use serde_json::Value;
use std::time::Duration;
use tokio::sync::oneshot;

/// Where the socket is unless the operator says otherwise.
pub const SOCKET: &str = "/run/warmord/control.sock";
/// The longest artifact that is taken, in bytes.
pub const MOST_ARTIFACT_BYTES: usize = 64 << 20;
/// The document that describes all of it.
pub const OPENAPI: &str = include_str!("openapi.json");

/// What is asked.
#[derive(Debug)]
pub enum Ask {
    /// What is in force, and what was counted.
    Status,
    /// The policies in force.
    Policies,
    /// To put an artifact in force.
    Apply {
        /// Its bytes.
        artifact: Vec<u8>,
        /// Go back by itself when nobody confirms it within this time.
        confirm_within: Option<Duration>,
        /// Only say what it would change.
        dry_run: bool,
    },
    /// To keep what was applied.
    Confirm,
    /// To go back to what was in force before.
    Rollback,
    /// To report what a policy denies and no longer keep to it, or to keep to it again.
    Mute {
        /// Its name.
        policy: String,
        /// Which of both.
        muted: bool,
    },
    /// The last denials, newest first.
    Why {
        /// Only those of this process.
        pid: Option<u32>,
        /// At most so many.
        last: usize,
    },
    /// What is denied most, and to whom.
    Top,
    /// Counters in Prometheus' text format.
    Metrics,
    /// To end; with what is pinned, or without.
    Stop {
        /// Whether to take enforcement away.
        remove: bool,
    },
}

/// Who asks, by the word of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The process, if the kernel knows it.
    pub pid: Option<i32>,
    /// Its user.
    pub uid: u32,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// As JSON.
    Json(Value),
    /// As text.
    Text(String),
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The status code of HTTP.
    pub status: u16,
    /// Why, for people.
    pub message: String,
}

impl Refused {
    /// What was asked cannot be, as things are.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self { status: 409, message: message.into() }
    }

    /// What was sent is refused.
    pub fn unfit(message: impl Into<String>) -> Self {
        Self { status: 422, message: message.into() }
    }

    /// There is no such thing.
    pub fn missing(message: impl Into<String>) -> Self {
        Self { status: 404, message: message.into() }
    }
}

/// A request on its way to the agent's loop.
pub struct Request {
    /// What is asked.
    pub ask: Ask,
    /// Who asks.
    pub caller: Caller,
    reply: oneshot::Sender<Result<Answer, Refused>>,
}

impl Request {
    /// Answers. Whoever asked may have gone.
    pub fn answer(self, answer: Result<Answer, Refused>) {
        let _ = self.reply.send(answer);
    }
}
