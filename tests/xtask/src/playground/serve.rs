//! A small web server for this machine alone, with the headers that any host of the page should send.

use anyhow::{Context, Result};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// What every answer says. The first two let the page share memory with its workers; the policy names everything that it may do.
const HEADERS: &str = "Cross-Origin-Opener-Policy: same-origin\r\n\
    Cross-Origin-Embedder-Policy: require-corp\r\n\
    Cross-Origin-Resource-Policy: same-origin\r\n\
    Content-Security-Policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; \
    frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'\r\n\
    X-Content-Type-Options: nosniff\r\n\
    Referrer-Policy: no-referrer\r\n\
    Cache-Control: no-cache\r\n";

/// Longest request that is read.
const MAX_REQUEST: u64 = 16 << 10;
/// How long a browser may keep a connection without asking.
const PATIENCE: Duration = Duration::from_secs(30);

/// Serves a folder until the process ends.
pub fn serve(folder: &Path, port: u16, ready: impl FnOnce(&str)) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .with_context(|| format!("cannot listen on port {port}; `--port 0` takes any that is free"))?;
    ready(&format!("http://localhost:{}/", listener.local_addr()?.port()));
    for stream in listener.incoming().flatten() {
        let folder = folder.to_owned();
        // A browser that goes away in the middle is none of our business.
        std::thread::spawn(move || drop(answer_all(&stream, &folder)));
    }
    Ok(())
}

fn answer_all(stream: &TcpStream, folder: &Path) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut request = String::new();
        let mut line = String::new();
        let mut limited = (&mut reader).take(MAX_REQUEST);
        while limited.read_line(&mut line)? > 0 && line.trim_end() != "" {
            if request.is_empty() {
                request.clone_from(&line);
            }
            line.clear();
        }
        let mut words = request.split_whitespace();
        let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(()) };
        let found = if matches!(method, "GET" | "HEAD") { file(folder, target) } else { None };
        let place = target.split(['?', '#']).next().unwrap_or_default().trim_start_matches('/');
        if found.is_some() && !place.is_empty() && !place.ends_with('/') && folder.join(place).is_dir() {
            // Links on a page are relative to its folder, so the address has to name that.
            let mut out = stream;
            write!(
                out,
                "HTTP/1.1 308 Permanent Redirect\r\nLocation: /{place}/\r\nContent-Length: 0\r\n{HEADERS}\r\n"
            )?;
            continue;
        }
        let (status, kind, body) =
            match found.and_then(|path| Some((kind_of(&path), std::fs::read(path).ok()?))) {
                Some((kind, body)) => ("200 OK", kind, body),
                None => ("404 Not Found", "text/plain; charset=utf-8", b"not found\n".to_vec()),
            };
        let mut out = stream;
        write!(
            out,
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n{HEADERS}\r\n",
            body.len()
        )?;
        if method != "HEAD" {
            out.write_all(&body)?;
        }
    }
}

/// The file that a request asks for, if it is below the folder.
fn file(folder: &Path, target: &str) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?.trim_start_matches('/');
    let path = Path::new(path);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    let found = folder.join(path);
    let found = if found.is_dir() { found.join("index.html") } else { found };
    (inside && found.is_file()).then_some(found)
}

fn kind_of(path: &Path) -> &'static str {
    match path.extension().and_then(|e| e.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        _ => "text/plain; charset=utf-8",
    }
}
