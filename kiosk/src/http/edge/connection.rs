//! One connection to the edge, from its first byte to its end.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tower::Service;

use super::super::guests::Guest;
use super::super::head::{Framings, Watched};
use super::super::{Listener, Peer, headers, origin};
use super::Shared;
use crate::log;

/// How long, and how many bytes of it, is listened to a client that was answered before it had sent all. Closed at once,
/// the system would throw away the answer with what was not read.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Serves a connection until its client leaves, does nothing for too long, is asked to leave, or the program stops.
pub(super) async fn attend(
    stream: TcpStream,
    address: SocketAddr,
    shared: Arc<Shared>,
    guest: Guest,
    seat: OwnedSemaphorePermit,
    mut stopping: watch::Receiver<bool>,
) {
    // Small answers go at once. A socket that cannot be told so is closed already.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(shared.limits.request_wait));
    let stream: Pin<Box<TimeoutStream<TcpStream>>> = Box::pin(stream);
    let Some(tls) = shared.tls.clone() else {
        converse(stream, address, &shared, guest, stopping).await;
        drop(seat);
        return;
    };
    let shaken = tokio::select! {
        shaken = timeout(shared.limits.handshake_wait, tls.accept(stream)) => shaken,
        () = guest.sent_away() => return,
        _ = stopping.wait_for(|stopping| *stopping) => return,
    };
    match shaken {
        Ok(Ok(stream)) => converse(Box::new(stream), address, &shared, guest, stopping).await,
        Ok(Err(error)) => log::no_handshake(&error),
        Err(late) => log::no_handshake(&late.into()),
    }
    drop(seat);
}

/// Answers what comes over a stream, however it is encrypted, until its end.
async fn converse<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    address: SocketAddr,
    shared: &Shared,
    guest: Guest,
    mut stopping: watch::Receiver<bool>,
) {
    let framings = Framings::default();
    let stream = Watched::new(stream, framings.clone());
    let is_encrypted = shared.tls.is_some();

    let guest = Arc::new(guest);
    let peer = Peer {
        listener: Listener::Edge,
        address,
    };
    let service = {
        let (guest, router) = (guest.clone(), shared.router.clone());
        service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
            guest.begin();
            let work = Work(guest.clone());
            let is_strict = is_encrypted && !origin::calls_localhost(request.headers());
            let extensions = request.extensions_mut();
            extensions.insert(peer);
            extensions.insert(framings.next());
            let mut router = router.clone();
            Box::pin(async move {
                let answer = Service::call(&mut router, request).await;
                drop(work);
                answer.map(|mut answer| {
                    if is_strict {
                        headers::keep_encrypted(answer.headers_mut());
                    }
                    answer
                })
            })
        })
    };
    let mut connection = Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(shared.limits.head_wait)
        .max_headers(shared.limits.headers_max)
        .max_header_size(shared.limits.head_max)
        .max_buf_size(shared.limits.head_max)
        .serve_connection(TokioIo::new(stream), service);

    let mut is_stopping = false;
    loop {
        tokio::select! {
            // Whatever went wrong, the connection is at its end, and nobody is left to tell.
            _ended = poll_fn(|context| connection.poll_without_shutdown(context)) => break,
            () = guest.sent_away() => return,
            _ = stopping.wait_for(|stopping| *stopping), if !is_stopping => {
                if !guest.is_busy() {
                    return;
                }
                is_stopping = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
        }
    }
    let stream = connection.into_parts().io.into_inner();
    tokio::select! {
        () = guest.sent_away() => {}
        _ = timeout(LINGER, linger(stream)) => {}
    }
}

/// Says that nothing more comes, and reads away what the client still sends.
async fn linger<S: AsyncRead + AsyncWrite + Unpin>(mut stream: Watched<S>) {
    if stream.shutdown().await.is_ok() {
        let mut rest = stream.take(LINGER_BYTES_MAX);
        let _ = tokio::io::copy(&mut rest, &mut tokio::io::sink()).await;
    }
}

/// A request in work; when it ends, however it ends, the guest is idle.
struct Work(Arc<Guest>);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.finish();
    }
}
