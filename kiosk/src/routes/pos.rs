//! POS v1: every request is signed by a terminal, and every answer to a signed request is signed for it alone
//! (pos-interface §1, privacy §6).

use http::{Request, Response, StatusCode};
use jifen::engine::terminals::Terminal;
use jifen_pos::message::hold::{Capture, Void};
use jifen_pos::message::service::{Diagnose, Status};
use jifen_pos::message::{Operation, Refused, key_of, read};
use jifen_pos::signature::{Age, Rejected, Secret, SignatureError, Signed, Verified, sign_answer};
use jifen_pos::till::{Call, Till, TillError};
use serde::Serialize;

use crate::app::App;
use crate::http::json;
use crate::log::Told;
use crate::refused::answer;
use crate::route::Asked;
use crate::till::Counter;

/// Any address of POS v1.
pub(crate) fn pos(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let request = asked.request;
    let path = request.uri().path();
    let Some((operation, _)) = Operation::at(request.method().as_str(), path) else {
        return crate::http::not_found();
    };
    let (signer, verified) = match believe(app, request, operation) {
        Ok(believed) => believed,
        Err(rejected) => return rejected,
    };
    let mut response = match carry_out(app, &signer, &verified, operation, asked) {
        Ok(response) => response,
        Err(error) => answer(&refused_of(error)),
    };
    let told = Told {
        pattern: "",
        terminal: Some(verified.terminal().to_owned()),
    };
    response.extensions_mut().insert(told);
    sign(app, response, &signer.secret, &verified)
}

/// A terminal with the secret of the key that it signed with.
struct Signer {
    terminal: Terminal,
    secret: Secret,
}

/// Who sent it, when the signature, its time and its nonce are right.
#[expect(
    clippy::result_large_err,
    reason = "the answer is made once and handed on"
)]
fn believe(
    app: &App,
    request: &Request<Vec<u8>>,
    operation: Operation,
) -> Result<(Signer, Verified), Response<Vec<u8>>> {
    let no = |error: SignatureError| answer(&Refused::from(error));
    let signed = Signed::parse(request).map_err(no)?;
    // A terminal that is not there, and one with another key, sound alike.
    let terminal = app.engine.terminal(signed.terminal());
    let terminal = terminal.map_err(|_| no(SignatureError::Wrong))?;
    if terminal.generation != signed.generation() {
        return Err(no(SignatureError::Wrong));
    }
    let key = app.engine.terminal_key(&terminal.name, terminal.generation);
    let sender = Signer {
        terminal,
        secret: Secret::new(&key),
    };
    let now = app.wall_seconds();
    let age = if operation == Operation::SignOn {
        Age::NotJudged
    } else {
        Age::Judged { now }
    };
    let verified = match signed.verify(&sender.secret, &app.names(), age) {
        Ok(verified) => verified,
        Err(Rejected { error, binding }) => {
            let mut response = no(error);
            if let Some(binding) = binding {
                // It is theirs, though it comes too late: they may hear so from us.
                let signed = sign_answer(&mut response, &sender.secret, &binding, now);
                signed.map_err(no)?;
            }
            return Err(response);
        }
    };
    if operation != Operation::SignOn {
        let fresh = if !operation.is_command() && verified.created() < app.started {
            // What was recorded before this process began: its nonce is not remembered.
            Err(SignatureError::BeforeStart)
        } else {
            app.nonces.lock().take(&verified, now)
        };
        fresh.map_err(|error| sign(app, no(error), &sender.secret, &verified))?;
    }
    Ok((sender, verified))
}

fn sign(
    app: &App,
    mut response: Response<Vec<u8>>,
    secret: &Secret,
    to: &Verified,
) -> Response<Vec<u8>> {
    match sign_answer(&mut response, secret, to.binding(), app.wall_seconds()) {
        Ok(()) => response,
        Err(error) => answer(&Refused::from(error)),
    }
}

fn carry_out(
    app: &App,
    signer: &Signer,
    verified: &Verified,
    operation: Operation,
    asked: &Asked<'_>,
) -> Result<Response<Vec<u8>>, TillError> {
    let body = asked.request.body().as_slice();
    let till = Counter {
        engine: &app.engine,
        terminal: &signer.terminal.name,
        generation: signer.terminal.generation,
        sequence: Some(verified.seq()),
        wall_millis: app.clock.wall().millis(),
        created_seconds: verified.created(),
        follow: app.follow.as_deref(),
    };
    let call = match verified.key() {
        Some(key) => Call::new(key),
        // What is only asked for has no key of its own.
        None => Call::new(jifen_pos::key::Key::v8("get", "", &[])),
    };
    match operation {
        Operation::Identify => done(till.identify(&call, &read(body)?)),
        Operation::Quote => done(till.quote(&call, &read(body)?)),
        Operation::Hold => done(till.hold(&call, &read(body)?)),
        Operation::Capture => {
            let mut capture: Capture = read(body)?;
            asked.id("hold").clone_into(&mut capture.hold);
            done(till.capture(&call, &capture))
        }
        Operation::Void => {
            let mut void: Void = read(body)?;
            asked.id("hold").clone_into(&mut void.hold);
            done(till.void(&call, &void))
        }
        Operation::Sale => done(till.sale(&call, &read(body)?)),
        Operation::Refund => done(till.refund(&call, &read(body)?)),
        Operation::Reversal => done(till.reversal(&call, &read(body)?)),
        Operation::Status => {
            let key = key_of(asked.id("key"))?;
            done(till.status(&call, &Status { key }))
        }
        Operation::SignOn => done(till.sign_on(&call, &read(body)?)),
        Operation::Diagnose => done(till.diagnose(&call, &Diagnose {})),
    }
}

fn done<A: Serialize>(answered: Result<A, TillError>) -> Result<Response<Vec<u8>>, TillError> {
    Ok(json(StatusCode::OK, &answered?))
}

/// In process there is no other "no" than a refusal.
fn refused_of(error: TillError) -> Refused {
    match error {
        TillError::Refused(refused) => refused,
        TillError::NoAnswer { .. }
        | TillError::AnswerNotAuthentic { .. }
        | TillError::KeyNotPinned
        | TillError::AnswerUnreadable
        | TillError::NotSent(_) => {
            crate::refused::refused(&jifen::domain::refusal::Refusal::Unknown)
        }
    }
}
