//! The server of the control socket.

use super::{Answer, Ask, Caller, MOST_ARTIFACT_BYTES, OPENAPI, Refused, Request};
use axum::body::{Body, Bytes};
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::extract::{DefaultBodyLimit, Path as UrlPath, Query, Request as HttpRequest, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::IncomingStream;
use axum::{Json, Router};
use nix::fcntl::{Flock, FlockArg};
use nix::sys::eventfd::{EfdFlags, EventFd};
use serde::Deserialize;
use serde_json::json;
use std::fs::{DirBuilder, File, Permissions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;
use tokio::net::{UnixListener, unix};
use tokio::sync::{broadcast, oneshot};

/// Lines that a follower of events may be behind before it is told that it has missed some.
const BACKLOG: usize = 4096;
/// Requests that wait for the agent's loop; more are turned away.
const MOST_WAITING: usize = 64;

/// The agent's side of the socket. Dropping it closes the socket.
pub struct Control {
    requests: mpsc::Receiver<Request>,
    wake: Arc<EventFd>,
    lines: broadcast::Sender<Arc<str>>,
    socket: PathBuf,
    _only_one: Flock<File>,
}

/// What handlers share.
struct Desk {
    requests: mpsc::SyncSender<Request>,
    wake: Arc<EventFd>,
    lines: broadcast::Sender<Arc<str>>,
}

impl Control {
    /// Opens the socket, for this user alone. Only one agent can hold it.
    ///
    /// # Errors
    /// When another agent has it, or the system refuses.
    pub fn open(socket: &Path) -> io::Result<Self> {
        if let Some(folder) = socket.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut lock = socket.as_os_str().to_owned();
        lock.push(".lock");
        let mut options = File::options();
        let lock = options.write(true).create(true).truncate(false).mode(0o600).open(PathBuf::from(lock))?;
        let only_one = Flock::lock(lock, FlockArg::LockExclusiveNonblock)
            .map_err(|_| io::Error::new(io::ErrorKind::AddrInUse, "another agent is running"))?;
        match std::fs::remove_file(socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let listener = {
            let _inside = runtime.enter();
            UnixListener::bind(socket)?
        };
        std::fs::set_permissions(socket, Permissions::from_mode(0o600))?;
        let (sender, requests) = mpsc::sync_channel(MOST_WAITING);
        let wake = Arc::new(EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?);
        let (lines, _) = broadcast::channel(BACKLOG);
        let desk = Arc::new(Desk { requests: sender, wake: wake.clone(), lines: lines.clone() });
        thread::Builder::new().name("control".to_owned()).spawn(move || {
            let service = router(desk).into_make_service_with_connect_info::<Caller>();
            // It ends with the process.
            let _ = runtime.block_on(axum::serve(listener, service).into_future());
        })?;
        Ok(Self { requests, wake, lines, socket: socket.to_owned(), _only_one: only_one })
    }

    /// Ready to read when there are requests.
    pub fn wakes(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }

    /// The next request, if there is one.
    pub fn next(&self) -> Option<Request> {
        let _ = self.wake.read();
        self.requests.try_recv().ok()
    }

    /// Hands a line to whoever follows events.
    pub fn tell(&self, line: impl FnOnce() -> String) {
        if self.lines.receiver_count() > 0 {
            let _ = self.lines.send(line().into());
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.socket);
    }
}

impl Connected<IncomingStream<'_, UnixListener>> for Caller {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        let unknown = Self { pid: None, uid: u32::MAX };
        stream.io().peer_cred().map_or(unknown, |peer: unix::UCred| Self { pid: peer.pid(), uid: peer.uid() })
    }
}

type Shared = State<Arc<Desk>>;
type From = ConnectInfo<Caller>;

fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/v1/openapi.json", get(openapi))
        .route("/v1/status", get(|s: Shared, c: From| ask(s, c, Ask::Status)))
        .route("/v1/policies", get(|s: Shared, c: From| ask(s, c, Ask::Policies)))
        .route("/v1/policies/{name}/mute", post(mute))
        .route("/v1/policies/{name}/unmute", post(unmute))
        .route("/v1/apply", post(apply).layer(DefaultBodyLimit::max(MOST_ARTIFACT_BYTES)))
        .route("/v1/confirm", post(|s: Shared, c: From| ask(s, c, Ask::Confirm)))
        .route("/v1/rollback", post(|s: Shared, c: From| ask(s, c, Ask::Rollback)))
        .route("/v1/why", get(why))
        .route("/v1/top", get(|s: Shared, c: From| ask(s, c, Ask::Top)))
        .route("/v1/events", get(events))
        .route("/v1/stop", post(stop))
        .route("/metrics", get(|s: Shared, c: From| ask(s, c, Ask::Metrics)))
        .fallback(|| async { failure(&Refused::missing("there is nothing at this path")) })
        .layer(middleware::from_fn(only_the_owner))
        .with_state(desk)
}

/// The socket's mode says it already; a second look costs nothing.
async fn only_the_owner(ConnectInfo(caller): From, request: HttpRequest, next: Next) -> Response {
    if caller.uid != 0 && caller.uid != nix::unistd::geteuid().as_raw() {
        return failure(&Refused { status: 403, message: "only root may talk to the agent".to_owned() });
    }
    next.run(request).await
}

fn failure(refused: &Refused) -> Response {
    let status = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(json!({ "error": refused.message }))).into_response()
}

/// Hands a question to the agent's loop and waits.
async fn ask(State(desk): Shared, ConnectInfo(caller): From, ask: Ask) -> Response {
    let (reply, answer) = oneshot::channel();
    if desk.requests.try_send(Request { ask, caller, reply }).is_err() {
        return failure(&Refused { status: 503, message: "the agent is busy".to_owned() });
    }
    let _ = desk.wake.write(1);
    match answer.await {
        Ok(Ok(Answer::Json(value))) => Json(value).into_response(),
        Ok(Ok(Answer::Text(text))) => {
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
        }
        Ok(Err(refused)) => failure(&refused),
        Err(_) => failure(&Refused { status: 503, message: "the agent is ending".to_owned() }),
    }
}

async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}

async fn mute(desk: Shared, caller: From, UrlPath(policy): UrlPath<String>) -> Response {
    ask(desk, caller, Ask::Mute { policy, muted: true }).await
}

async fn unmute(desk: Shared, caller: From, UrlPath(policy): UrlPath<String>) -> Response {
    ask(desk, caller, Ask::Mute { policy, muted: false }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApplyQuery {
    /// In seconds.
    confirm_within: Option<u32>,
    #[serde(default)]
    dry_run: bool,
}

async fn apply(desk: Shared, caller: From, Query(query): Query<ApplyQuery>, body: Bytes) -> Response {
    let confirm_within = query.confirm_within.map(|seconds| Duration::from_secs(seconds.into()));
    ask(desk, caller, Ask::Apply { artifact: body.to_vec(), confirm_within, dry_run: query.dry_run }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhyQuery {
    pid: Option<u32>,
    last: Option<usize>,
}

async fn why(desk: Shared, caller: From, Query(query): Query<WhyQuery>) -> Response {
    ask(desk, caller, Ask::Why { pid: query.pid, last: query.last.unwrap_or(1) }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StopQuery {
    #[serde(default)]
    remove: bool,
}

async fn stop(desk: Shared, caller: From, Query(query): Query<StopQuery>) -> Response {
    ask(desk, caller, Ask::Stop { remove: query.remove }).await
}

/// Every line of the log from now on, until the client goes. One that does not keep up is told how many it has missed.
async fn events(State(desk): Shared) -> Response {
    let lines = desk.lines.subscribe();
    let stream = futures_util::stream::unfold(lines, |mut lines| async move {
        let line = match lines.recv().await {
            Ok(line) => format!("{line}\n"),
            Err(broadcast::error::RecvError::Lagged(missed)) => format!("{}\n", json!({ "missed": missed })),
            Err(broadcast::error::RecvError::Closed) => return None,
        };
        Some((Ok::<_, std::convert::Infallible>(line), lines))
    });
    ([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(stream)).into_response()
}
