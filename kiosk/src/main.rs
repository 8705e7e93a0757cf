//! The program `jifen`: it reads its arguments, opens what they name, and calls the engine. No rule lives here.

mod lang;
mod failure;
mod cli;
mod clock;
mod shop;
mod progress;
mod programme;
mod replay;
mod demo;
mod verify;
mod explain;
mod settings;
mod certificate;
mod log;
mod stop;
mod words;
mod http;
mod refused;
mod session;
mod visit;
mod copies;
mod staff;
mod till;
mod app;
mod route;
mod routes;
mod pages;
mod keeper;
mod control;
mod operator;
mod messenger;
mod printer;
mod serve;
mod terminal;
mod ticket;
mod calendar;
mod ration;
mod age;
mod metrics;
mod healthcheck;
mod backup;
mod self_check;
mod sweep;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use failure::Failure;

use lang::Lang;

/// Hundreds of threads ask for memory at once while requests are answered; the system's allocator took a quarter of the
/// time of a sale there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let lang = Lang::of_process();
    let matches = match cli::command(lang).try_get_matches() {
        Ok(matches) => matches,
        Err(error) => {
            // Help and version go to stdout and end with 0, a wrong call goes to stderr and ends with 2.
            let shown = error.print();
            let code = if error.use_stderr() {
                failure::USAGE
            } else {
                0
            };
            return ExitCode::from(if shown.is_ok() { code } else { failure::FAILED });
        }
    };
    watch_panics();
    keep_memory_private();
    let mut out = std::io::stdout().lock();
    let done = catch_unwind(AssertUnwindSafe(|| cli::run(&matches, lang, &mut out)));
    match done.unwrap_or_else(|_| Err(Failure::bug())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let told = out
                .flush()
                .and_then(|()| failure.tell(lang, &mut std::io::stderr().lock()));
            ExitCode::from(if told.is_ok() {
                failure.exit
            } else {
                failure::FAILED
            })
        }
    }
}

/// The store answers for panics of the library below it; whoever asks for backtraces gets them.
fn watch_panics() {
    let is_asked_for = std::env::var_os("RUST_BACKTRACE").is_some();
    let tell = is_asked_for.then(std::panic::take_hook);
    std::panic::set_hook(Box::new(move |info| {
        http::note_panic();
        if let Some(tell) = &tell {
            tell(info);
        }
    }));
}

/// Keys and profiles are in memory: no other process of the same user reads it, and no core of it is written (privacy §2).
/// Where the system does not know how, the program runs all the same.
fn keep_memory_private() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit};

    let _known: rustix::io::Result<()> =
        rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _known: rustix::io::Result<()> = rustix::process::setrlimit(Resource::Core, none);
}
