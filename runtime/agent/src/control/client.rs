//! The client of the control socket: what the command line asks a running agent.

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::io;
use std::path::{Path, PathBuf};
use tokio::net::UnixStream;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// There is nobody to ask.
    #[error("no agent answers at {}: {error}", socket.display())]
    NoAgent {
        /// The socket.
        socket: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The agent does not do it.
    #[error("{0}")]
    Refused(String),
    /// The conversation broke off.
    #[error("the agent's answer broke off: {0}")]
    Broken(String),
}

fn broken(error: impl std::fmt::Display) -> ClientError {
    ClientError::Broken(error.to_string())
}

/// Asks, and gives the whole answer.
///
/// # Errors
/// When there is no agent, or it refuses.
pub fn ask(socket: &Path, method: Method, path: &str, body: Vec<u8>) -> Result<Vec<u8>, ClientError> {
    run(async {
        let response = send(socket, method, path, body).await?;
        let status = response.status();
        let bytes = response.into_body().collect().await.map_err(broken)?.to_bytes();
        if status.is_success() { Ok(bytes.to_vec()) } else { Err(refusal(&bytes)) }
    })
}

/// Asks, and hands every line of the answer on, until the agent ends or `each` says that it is enough.
///
/// # Errors
/// When there is no agent, or it refuses.
pub fn follow(socket: &Path, path: &str, mut each: impl FnMut(&str) -> bool) -> Result<(), ClientError> {
    run(async {
        let mut body = send(socket, Method::GET, path, Vec::new()).await?.into_body();
        let mut rest = Vec::new();
        while let Some(frame) = body.frame().await {
            rest.extend_from_slice(&frame.map_err(broken)?.into_data().unwrap_or_default());
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = rest.drain(..=end).collect();
                if !each(String::from_utf8_lossy(&line[..end]).as_ref()) {
                    return Ok(());
                }
            }
        }
        Ok(())
    })
}

fn run<T>(what: impl Future<Output = Result<T, ClientError>>) -> Result<T, ClientError> {
    tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(broken)?.block_on(what)
}

fn refusal(body: &[u8]) -> ClientError {
    let said = serde_json::from_slice::<Value>(body).ok();
    let text = said.as_ref().and_then(|value| value["error"].as_str()).map(str::to_owned);
    ClientError::Refused(text.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned()))
}

async fn send(
    socket: &Path,
    method: Method,
    path: &str,
    body: Vec<u8>,
) -> Result<Response<Incoming>, ClientError> {
    let stream = UnixStream::connect(socket)
        .await
        .map_err(|error| ClientError::NoAgent { socket: socket.to_owned(), error })?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    tokio::spawn(connection);
    let request = Request::builder().method(method).uri(path).header("host", "warmord");
    let request = request.body(Full::new(Bytes::from(body))).map_err(broken)?;
    sender.send_request(request).await.map_err(broken)
}
