//! `jifen-verify`: checks the audit of a shop from its copy, or a member's deletion receipt, without the shop. It reads,
//! and changes nothing.

mod lang;
mod cli;
mod failure;
mod folder;
mod receipt;

use std::io::Write;
use std::process::ExitCode;

use failure::{Failure, UNREADABLE, USAGE};
use lang::Lang;

fn main() -> ExitCode {
    let lang = Lang::of_process();
    let matches = match cli::command(lang).try_get_matches() {
        Ok(matches) => matches,
        Err(error) => {
            // Help and version go to stdout and end with 0, a wrong call goes to stderr and ends with 2.
            let shown = error.print();
            let code = if error.use_stderr() { USAGE } else { 0 };
            return ExitCode::from(if shown.is_ok() { code } else { UNREADABLE });
        }
    };
    let mut out = std::io::stdout().lock();
    let done = cli::run(&matches, lang, &mut out);
    match done.and_then(|code| Ok((out.flush()?, code))) {
        Ok(((), code)) => ExitCode::from(code),
        Err(failure) => {
            // What cannot be told is told by the code.
            failure.tell(lang, &mut std::io::stderr().lock()).ok();
            ExitCode::from(UNREADABLE)
        }
    }
}

/// What is done with the words of the program: they go to `out`, and the exit code comes back.
type Done = Result<u8, Failure>;
