//! What a process can do on the network.

use crate::{raw, ring};
use nix::libc;
use nix::sys::socket::{
    AddressFamily, MsgFlags, MultiHeaders, SockFlag, SockProtocol, SockType, SockaddrStorage, connect,
    sendmmsg, sendto, socket,
};
use std::io::{self, IoSlice};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
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
        MsgFlags::from_bits_retain(libc::MSG_FASTOPEN),
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
        "ring-connect" | "ring-send" => reached(through_ring(operation, address)),
        "send-many" => send_many(address),
        "mptcp" => reached(multipath(address)),
        // It listens, too.
        "bind" => TcpListener::bind(address).map(drop),
        _ => Err(io::Error::other("there is no such operation")),
    }
}

fn plain(address: SocketAddr) -> io::Result<libc::sockaddr_in> {
    let SocketAddr::V4(address) = address else { return Err(io::Error::other("an IPv4 address is needed")) };
    Ok(libc::sockaddr_in {
        sin_family: libc::AF_INET as u16,
        sin_port: address.port().to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(address.ip().octets()) },
        sin_zero: [0; 8],
    })
}

fn through_ring(operation: &str, address: SocketAddr) -> io::Result<()> {
    let to = plain(address)?;
    if operation == "ring-connect" {
        ring::connect(
            &socket(AddressFamily::Inet, SockType::Stream, SockFlag::empty(), SockProtocol::Tcp)?,
            &to,
        )
    } else {
        ring::send(
            &socket(AddressFamily::Inet, SockType::Datagram, SockFlag::empty(), SockProtocol::Udp)?,
            &to,
        )
    }
}

/// Several datagrams by one call.
fn send_many(address: SocketAddr) -> io::Result<()> {
    let socket = UdpSocket::bind(any_port(address))?;
    let mut headers = MultiHeaders::preallocate(2, None);
    let bytes = [IoSlice::new(b"x")];
    let to = [Some(SockaddrStorage::from(address)); 2];
    let sent = sendmmsg(socket.as_raw_fd(), &mut headers, [&bytes, &bytes], to, [], MsgFlags::empty())?;
    if sent.count() == 2 { Ok(()) } else { Err(io::Error::other("not all were sent")) }
}

/// Multipath TCP.
fn multipath(address: SocketAddr) -> io::Result<()> {
    const MPTCP: i32 = 262;
    let family = if address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    let fd = raw::socket(family, libc::SOCK_STREAM, MPTCP)?;
    Ok(connect(fd.as_raw_fd(), &SockaddrStorage::from(address))?)
}

/// Connects a datagram socket to one address and sends to another.
pub fn send_elsewhere(connected: SocketAddr, to: SocketAddr) -> io::Result<()> {
    let socket = UdpSocket::bind(any_port(to))?;
    socket.connect(connected)?;
    let done = sendto(socket.as_raw_fd(), b"x", &SockaddrStorage::from(to), MsgFlags::empty());
    reached(done.map(drop).map_err(io::Error::from))
}

/// Tries one operation on a unix socket.
pub fn local(operation: &str, path: &str) -> io::Result<()> {
    match operation {
        "unix-connect" => reached(UnixStream::connect(path).map(drop)),
        "unix-send" => reached(UnixDatagram::unbound()?.send_to(b"x", path).map(drop)),
        "unix-bind" => UnixDatagram::bind(path).map(drop),
        _ => UnixListener::bind(path).map(drop),
    }
}

/// Listens on a unix socket and one for datagrams until it is stopped.
pub fn serve(stream: &str, datagrams: &str) -> io::Result<()> {
    let _datagrams = UnixDatagram::bind(datagrams)?;
    let listener = UnixListener::bind(stream)?;
    loop {
        listener.accept()?;
    }
}
