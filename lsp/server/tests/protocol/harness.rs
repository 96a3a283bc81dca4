//! An editor, as far as a server can tell: starts the real program and speaks the protocol over its standard streams.

use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long an answer may take before a test gives up.
const PATIENCE: Duration = Duration::from_mins(1);

/// A folder of a test's own, gone with it.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(files: &[(&str, &str)]) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("warmor-lsp-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        let folder = Self(path.canonicalize().unwrap());
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn uri(&self, name: &str) -> String {
        format!("file://{}", self.path(name).display()).trim_end_matches('/').to_owned()
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A running server with an editor on the other side.
pub struct Editor {
    process: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    /// Notifications and requests of the server that nobody has looked at yet.
    waiting: VecDeque<Value>,
    requests: i64,
    /// What the server answered to `initialize`.
    pub offered: Value,
}

/// The abilities of an editor that can do everything.
pub fn everything() -> Value {
    json!({
        "general": { "positionEncodings": ["utf-16"] },
        "textDocument": {
            "publishDiagnostics": {
                "relatedInformation": true, "codeDescriptionSupport": true, "dataSupport": true,
                "tagSupport": { "valueSet": [1, 2] },
            },
            "documentSymbol": { "hierarchicalDocumentSymbolSupport": true },
            "definition": { "linkSupport": true },
        },
        "window": { "workDoneProgress": true },
    })
}

impl Editor {
    /// Starts the server on a workspace, as an editor that can do everything.
    pub fn start(folders: &[&Folder]) -> Self {
        Self::with(folders, everything())
    }

    /// Starts the server as an editor with these abilities.
    pub fn with(folders: &[&Folder], abilities: Value) -> Self {
        let mut editor = Self::spawn();
        let folders: Vec<Value> =
            folders.iter().map(|f| json!({ "uri": f.uri(""), "name": "folder" })).collect();
        let params = json!({ "processId": null, "rootUri": null, "capabilities": abilities, "workspaceFolders": folders });
        editor.offered = editor.request("initialize", params);
        editor.notify("initialized", json!({}));
        editor
    }

    /// Starts the server and says nothing.
    pub fn spawn() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_warmor-lsp"))
            .arg("--stdio")
            .env("SOURCE_DATE_EPOCH", "1790000000")
            .env("XDG_CACHE_HOME", std::env::temp_dir().join("warmor-lsp-cache"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let output = process.stdout.take().unwrap();
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let input = process.stdin.take();
        Self { process, input, messages, waiting: VecDeque::new(), requests: 0, offered: Value::Null }
    }

    /// Writes bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        // The server may be gone, which is what a test wants to see.
        let _ = input.write_all(bytes).and_then(|()| input.flush());
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request without waiting for its answer. Its id.
    pub fn ask(&mut self, method: &str, params: Value) -> i64 {
        self.requests += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": self.requests, "method": method, "params": params }));
        self.requests
    }

    /// Waits for the answer to a request: the whole message.
    pub fn answer(&mut self, id: i64) -> Value {
        self.wait("an answer", |m| m.get("method").is_none() && m["id"] == json!(id))
    }

    /// The result of a request, which must be none that fails.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        let mut answer = self.answer(id);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].take()
    }

    /// Waits for a message; those before it are kept.
    pub fn wait(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + PATIENCE;
        let mut looked_at = 0;
        loop {
            if let Some(place) = self.waiting.iter().skip(looked_at).position(&wanted) {
                return self.waiting.remove(looked_at + place).unwrap();
            }
            looked_at = self.waiting.len();
            match self.messages.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(message) => self.waiting.push_back(message),
                Err(RecvTimeoutError::Timeout) => {
                    panic!("{what} did not come; there are {:#?}", self.waiting)
                }
                Err(RecvTimeoutError::Disconnected) => panic!("the server is gone, and {what} did not come"),
            }
        }
    }

    /// The notifications and requests that are waiting, without waiting for more.
    pub fn waiting(&mut self) -> Vec<Value> {
        while let Ok(message) = self.messages.try_recv() {
            self.waiting.push_back(message);
        }
        self.waiting.drain(..).collect()
    }

    /// Waits for the diagnostics of a version of a file that pass a test.
    pub fn diagnostics(
        &mut self,
        uri: &str,
        version: impl Into<Value>,
        wanted: impl Fn(&[Value]) -> bool,
    ) -> Vec<Value> {
        let version = version.into();
        let message = self.wait(&format!("diagnostics of {uri} at {version}"), |m| {
            m["method"] == "textDocument/publishDiagnostics"
                && m["params"]["uri"] == uri
                && m["params"].get("version").unwrap_or(&Value::Null) == &version
                && wanted(m["params"]["diagnostics"].as_array().unwrap())
        });
        message["params"]["diagnostics"].as_array().unwrap().clone()
    }

    pub fn open(&mut self, uri: &str, text: &str) {
        self.notify(
            "textDocument/didOpen",
            json!({ "textDocument": { "uri": uri, "languageId": "warmor", "version": 1, "text": text } }),
        );
    }

    /// Replaces a range of a text: `[line, character, line, character]`.
    pub fn edit(&mut self, uri: &str, version: i32, at: [u32; 4], text: &str) {
        let range = json!({ "start": { "line": at[0], "character": at[1] }, "end": { "line": at[2], "character": at[3] } });
        self.notify(
            "textDocument/didChange",
            json!({ "textDocument": { "uri": uri, "version": version }, "contentChanges": [{ "range": range, "text": text }] }),
        );
    }

    /// Says goodbye. How the server ended.
    pub fn stop(mut self) -> ExitStatus {
        self.request("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        self.end()
    }

    /// Closes the server's input and waits for its end.
    pub fn end(&mut self) -> ExitStatus {
        self.input = None;
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the server did not end");
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("not a header: {line:?}"));
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse::<usize>().ok();
        }
    }
    let mut body = vec![0; length.expect("a length")];
    output.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).expect("JSON"))
}

/// The codes of diagnostics, in order.
pub fn codes(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics.iter().map(|d| d["code"].as_str().unwrap()).collect()
}

/// A position in a document, as the parameters of a request.
pub fn at(uri: &str, line: u32, character: u32) -> Value {
    json!({ "textDocument": { "uri": uri }, "position": { "line": line, "character": character } })
}
