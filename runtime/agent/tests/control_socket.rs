//! The control socket: what its document promises is there, who may open it, and what it makes of bad requests.

use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use warmord::control::client::{ClientError, ask};
use warmord::control::{Answer, Ask, Control, Method, OPENAPI};

/// A socket whose questions are answered as an agent's would be.
struct Served {
    socket: PathBuf,
    ended: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Served {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("warmord-control-{name}-{}", std::process::id()));
        let socket = folder.join("control.sock");
        let control = Control::open(&socket).unwrap();
        let ended = Arc::new(AtomicBool::new(false));
        let end = ended.clone();
        let thread = thread::spawn(move || {
            while !end.load(Ordering::Relaxed) {
                while let Some(request) = control.next() {
                    let what = match &request.ask {
                        Ask::Metrics => Answer::Text("warmor_decisions_total 1\n".to_owned()),
                        other => {
                            Answer::Json(json!({ "asked": format!("{other:?}"), "uid": request.caller.uid }))
                        }
                    };
                    request.answer(Ok(what));
                }
                control.tell(|| "{\"outcome\":\"DENIED\"}".to_owned());
                thread::sleep(Duration::from_millis(5));
            }
        });
        Self { socket, ended, thread: Some(thread) }
    }

    fn ask(&self, method: Method, path: &str) -> Result<Value, ClientError> {
        let bytes = ask(&self.socket, method, path, b"artifact".to_vec())?;
        Ok(serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes))))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        self.thread.take().map(thread::JoinHandle::join);
        let _ = std::fs::remove_dir_all(self.socket.parent().unwrap_or(Path::new("/nonexistent")));
    }
}

#[test]
fn everything_in_the_document_is_there() {
    let served = Served::new("document");
    let document: Value = serde_json::from_str(OPENAPI).unwrap();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 13);
    for (path, methods) in paths {
        for method in methods.as_object().unwrap().keys() {
            if path == "/v1/events" {
                continue;
            }
            let method: Method = method.to_uppercase().parse().unwrap();
            let answer = served.ask(method, &path.replace("{name}", "web%20server"));
            assert!(answer.is_ok(), "{path}: {answer:?}");
        }
    }
    assert_eq!(served.ask(Method::GET, "/v1/openapi.json").unwrap(), document);
    let mute = served.ask(Method::POST, "/v1/policies/web%20server/mute").unwrap();
    assert_eq!(mute["asked"], "Mute { policy: \"web server\", muted: true }");
}

#[test]
fn what_is_asked_arrives() {
    let served = Served::new("arrives");
    let asked = |method, path: &str| served.ask(method, path).unwrap()["asked"].as_str().unwrap().to_owned();
    let apply = asked(Method::POST, "/v1/apply?confirm_within=300");
    assert!(apply.contains("confirm_within: Some(300s), dry_run: false"), "{apply}");
    assert_eq!(asked(Method::GET, "/v1/why?pid=7&last=3"), "Why { pid: Some(7), last: 3 }");
    assert_eq!(
        asked(Method::POST, "/v1/stop"),
        "Stop { remove: false }",
        "enforcement is not taken away by omission"
    );
    assert_eq!(served.ask(Method::GET, "/v1/status").unwrap()["uid"], nix::unistd::geteuid().as_raw());
}

#[test]
fn bad_requests_are_refused_and_the_next_is_answered() {
    let served = Served::new("bad");
    for (method, path) in [
        (Method::GET, "/v2/status"),
        (Method::POST, "/v1/status"),
        (Method::GET, "/v1/why?lst=3"),
        (Method::GET, "/v1/why?last=-1"),
        (Method::POST, "/v1/apply?confirm_within=soon"),
    ] {
        assert!(matches!(served.ask(method, path), Err(ClientError::Refused(_))), "{path}");
    }
    for noise in [
        b"\0\xff\r\n\r\n".as_slice(),
        b"GET / HTTP/9\r\n\r\n",
        b"POST /v1/apply HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n",
    ] {
        let mut stream = UnixStream::connect(&served.socket).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(noise).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    }
    let silent = UnixStream::connect(&served.socket).unwrap();
    assert!(served.ask(Method::GET, "/v1/status").is_ok(), "a client that says nothing keeps nobody waiting");
    drop(silent);
}

#[test]
fn an_artifact_that_is_too_long_is_not_read() {
    let served = Served::new("long");
    let long = vec![0; warmord::control::MOST_ARTIFACT_BYTES + 1];
    assert!(ask(&served.socket, Method::POST, "/v1/apply", long).is_err());
    assert!(served.ask(Method::GET, "/v1/status").is_ok());
}

#[test]
fn lines_are_followed() {
    let served = Served::new("lines");
    let mut lines = Vec::new();
    warmord::control::client::follow(&served.socket, "/v1/events", |line| {
        lines.push(line.to_owned());
        lines.len() < 3
    })
    .unwrap();
    assert_eq!(lines, ["{\"outcome\":\"DENIED\"}"; 3]);
}

#[test]
fn one_agent_holds_it_for_its_owner_alone() {
    let served = Served::new("owner");
    assert_eq!(std::fs::metadata(&served.socket).unwrap().permissions().mode() & 0o777, 0o600);
    let second = Control::open(&served.socket).err().unwrap();
    assert_eq!(second.to_string(), "another agent is running");
    let nobody = served.socket.with_file_name("nobody.sock");
    assert!(matches!(ask(&nobody, Method::GET, "/v1/status", vec![]), Err(ClientError::NoAgent { .. })));
    let socket = served.socket.clone();
    drop(served);
    assert!(!socket.exists(), "it goes with the agent");
}
