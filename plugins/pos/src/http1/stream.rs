//! A connection, plain or encrypted. Every read and write of the socket ends with the deadline, also within one record of TLS.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use rustls::ClientConnection;
use rustls::pki_types::ServerName;

use super::pin::Trust;
use crate::clock::Deadline;

/// A connection to a store.
#[derive(Debug)]
pub(super) enum Stream {
    /// As it is.
    Plain(TcpStream),
    /// Over TLS.
    Tls(Box<Tls>),
}

/// A session and the socket under it.
#[derive(Debug)]
pub(super) struct Tls {
    tcp: TcpStream,
    session: ClientConnection,
}

impl Stream {
    /// Shakes hands over a connection with whoever has the trusted key.
    pub(super) fn encrypted(
        tcp: TcpStream,
        trust: &Trust,
        host: &str,
        deadline: Deadline<'_>,
    ) -> io::Result<Self> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let session = ClientConnection::new(trust.config()?, name).map_err(io::Error::other)?;
        let mut tls = Tls { tcp, session };
        // A request goes out in one piece.
        tls.session.set_buffer_limit(None);
        while tls.session.is_handshaking() {
            tls.flush(deadline)?;
            if tls.session.is_handshaking() && tls.take_in(deadline)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        tls.flush(deadline)?;
        Ok(Self::Tls(Box::new(tls)))
    }

    /// Some bytes; 0 at the end.
    pub(super) fn read(&mut self, into: &mut [u8], deadline: Deadline<'_>) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => read(tcp, deadline, |tcp| tcp.read(into)),
            Self::Tls(tls) => loop {
                match tls.session.reader().read(into) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    done => return done,
                }
                tls.take_in(deadline)?;
                tls.flush(deadline)?;
            },
        }
    }

    /// All of these bytes.
    pub(super) fn write_all(&mut self, bytes: &[u8], deadline: Deadline<'_>) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => {
                let mut rest = bytes;
                while !rest.is_empty() {
                    let written = write(tcp, deadline, |tcp| tcp.write(rest))?;
                    rest = rest.get(written..).unwrap_or(&[]);
                }
                Ok(())
            }
            Self::Tls(tls) => {
                tls.session.writer().write_all(bytes)?;
                tls.flush(deadline)
            }
        }
    }

    /// Whether nothing came since, not even its end. What TLS says for itself is no matter.
    pub(super) fn is_quiet(&mut self) -> bool {
        if self.tcp().set_nonblocking(true).is_err() {
            return false;
        }
        let is_quiet = match self {
            Self::Plain(tcp) => would_wait(&tcp.peek(&mut [0])),
            Self::Tls(tls) => tls.is_quiet(),
        };
        is_quiet && self.tcp().set_nonblocking(false).is_ok()
    }

    const fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => &tls.tcp,
        }
    }
}

impl Tls {
    /// Takes in what came, and gives how many bytes that were; 0 at the end.
    fn take_in(&mut self, deadline: Deadline<'_>) -> io::Result<usize> {
        let session = &mut self.session;
        let count = read(&mut self.tcp, deadline, |tcp| session.read_tls(tcp))?;
        self.session
            .process_new_packets()
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        Ok(count)
    }

    /// Sends what waits to be sent.
    fn flush(&mut self, deadline: Deadline<'_>) -> io::Result<()> {
        while self.session.wants_write() {
            let session = &mut self.session;
            write(&mut self.tcp, deadline, |tcp| session.write_tls(tcp))?;
        }
        Ok(())
    }

    /// New tickets are read away; anything else that came makes the connection useless. The socket does not block.
    fn is_quiet(&mut self) -> bool {
        loop {
            match self.session.read_tls(&mut self.tcp) {
                Ok(0) => return false,
                Ok(_) => {}
                came => return would_wait(&came),
            }
            let state = self.session.process_new_packets();
            let is_quiet = state.is_ok_and(|state| {
                state.plaintext_bytes_to_read() == 0 && !state.peer_has_closed()
            });
            if !is_quiet {
                return false;
            }
        }
    }
}

fn would_wait(came: &io::Result<usize>) -> bool {
    came.as_ref()
        .is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

fn read(
    tcp: &mut TcpStream,
    deadline: Deadline<'_>,
    mut read: impl FnMut(&mut TcpStream) -> io::Result<usize>,
) -> io::Result<usize> {
    loop {
        let left = deadline.left().ok_or(io::ErrorKind::TimedOut)?;
        tcp.set_read_timeout(Some(left))?;
        match read(tcp) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// At least one byte.
fn write(
    tcp: &mut TcpStream,
    deadline: Deadline<'_>,
    mut write: impl FnMut(&mut TcpStream) -> io::Result<usize>,
) -> io::Result<usize> {
    loop {
        let left = deadline.left().ok_or(io::ErrorKind::TimedOut)?;
        tcp.set_write_timeout(Some(left))?;
        match write(tcp) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}
