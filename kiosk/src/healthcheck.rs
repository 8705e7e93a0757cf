//! `jifen healthcheck`: does the program that serves this shop answer? One line and an exit code, for containers and for
//! systemd.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use ureq::Agent;

use crate::failure::Failure;
use crate::lang::Lang;

/// How long it waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks the screen's listener at this address.
///
/// # Errors
/// `not_healthy` with exit code 1.
pub(crate) fn healthcheck(
    screen: SocketAddr,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let config = Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .build();
    let agent: Agent = config.into();
    let url = format!("http://{screen}/healthz");
    let why = match agent.get(&url).call() {
        Ok(answer) if answer.status().is_success() => {
            writeln!(out, "{}", lang.pick("运行正常", "healthy"))?;
            return Ok(());
        }
        Ok(answer) => answer.status().to_string(),
        Err(error) => error.to_string(),
    };
    Err(Failure::new(
        "not_healthy",
        format!("{screen} 没有正常回答：{why}"),
        format!("{screen} does not answer as it should: {why}"),
    ))
}
