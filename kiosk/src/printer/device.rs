//! Where a printer is, and how bytes get there before a moment is over: nothing waits for a printer that does not read.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;

/// Where a printer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Device {
    /// A device of this machine, such as /dev/usb/lp0, or a file: it is there already.
    File(PathBuf),
    /// A host and its port.
    Address(String),
}

impl Device {
    /// Writes all of it, or fails when the deadline comes. What was written until then is printed.
    pub(super) fn write(&self, bytes: &[u8], deadline: Instant) -> io::Result<()> {
        match self {
            Self::File(path) => to_file(path, bytes, deadline),
            Self::Address(address) => to_address(address, bytes, deadline),
        }
    }
}

fn to_file(path: &Path, mut bytes: &[u8], deadline: Instant) -> io::Result<()> {
    let never_waits = i32::try_from(OFlags::NONBLOCK.bits()).map_err(io::Error::other)?;
    let mut file = OpenOptions::new()
        .append(true)
        .custom_flags(never_waits)
        .open(path)?;
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => wait(&file, deadline)?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    // A USB printer drops what it has not taken when it is closed.
    wait(&file, deadline)
}

/// Waits until the device takes more.
fn wait(file: &File, deadline: Instant) -> io::Result<()> {
    loop {
        let left = left(deadline)?;
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        let mut asked = [PollFd::new(file, PollFlags::OUT)];
        match poll(&mut asked, Some(&left)) {
            Ok(0) => return Err(ErrorKind::TimedOut.into()),
            Ok(_) => break,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn to_address(address: &str, bytes: &[u8], deadline: Instant) -> io::Result<()> {
    let mut last = io::Error::from(ErrorKind::AddrNotAvailable);
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, left(deadline)?) {
            Ok(stream) => return to_stream(&stream, bytes, deadline),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn to_stream(mut stream: &TcpStream, mut bytes: &[u8], deadline: Instant) -> io::Result<()> {
    while !bytes.is_empty() {
        stream.set_write_timeout(Some(left(deadline)?))?;
        match stream.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                return Err(ErrorKind::TimedOut.into());
            }
            Err(error) => return Err(error),
        }
    }
    stream.shutdown(Shutdown::Write)
}

/// How long it is until then; more than nothing.
fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        Err(ErrorKind::TimedOut.into())
    } else {
        Ok(left)
    }
}
