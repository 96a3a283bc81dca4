//! What a process can do on the network.

use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrStorage, sendto, socket,
};
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::Duration;

/// Attempts of a flood: more reports than the agent's ring has room for.
const FLOOD: usize = 20_000;

/// A refused connection reached the other side: for the tests it is as good as an accepted one.
fn reached(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::TimedOut) => {
            Ok(())
        }
        other => other,
    }
}

fn any_port(address: SocketAddr) -> &'static str {
    if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }
}

/// TCP fast open: a connection whose first data comes with the call, without connect(2).
fn fast_open(address: SocketAddr) -> io::Result<()> {
    let family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let fd = socket(family, SockType::Stream, SockFlag::empty(), SockProtocol::Tcp)?;
    sendto(
        fd.as_raw_fd(),
        b"x",
        &SockaddrStorage::from(address),
        MsgFlags::from_bits_retain(nix::libc::MSG_FASTOPEN),
    )?;
    Ok(())
}

/// Connects a datagram socket again and again. All attempts must end alike.
fn flood(address: SocketAddr) -> io::Result<()> {
    let socket = UdpSocket::bind(any_port(address))?;
    let first = socket.connect(address);
    for i in 1..FLOOD {
        let next = socket.connect(address);
        if next.is_ok() != first.is_ok() {
            return Err(io::Error::other(format!(
                "attempt {i} ended otherwise than the first: {next:?}, {first:?}"
            )));
        }
    }
    first
}

/// Tries one operation on an endpoint.
pub fn attempt(operation: &str, address: SocketAddr) -> io::Result<()> {
    match operation {
        "tcp" => reached(TcpStream::connect_timeout(&address, Duration::from_secs(2)).map(drop)),
        "udp" => UdpSocket::bind(any_port(address))?.connect(address),
        "send" => reached(UdpSocket::bind(any_port(address))?.send_to(b"x", address).map(drop)),
        "tfo" => reached(fast_open(address)),
        "flood" => flood(address),
        "bind" => TcpListener::bind(address).map(drop),
        _ => Err(io::Error::other("there is no such operation")),
    }
}
