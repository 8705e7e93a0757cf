//! How far long work is: a bar on a terminal, a plain line every tenth elsewhere. Both go to stderr.

use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The progress of some work whose size is known.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    what: &'static str,
    all: u64,
    tenths_told: u64,
}

impl Progress {
    /// Begins with nothing done of `all`.
    pub(crate) fn new(what: &'static str, all: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(all), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{msg} {wide_bar} {percent}% {elapsed}/{eta}");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
                .with_message(what)
        });
        Self {
            bar,
            what,
            all,
            tenths_told: 0,
        }
    }

    /// So much is done.
    pub(crate) fn at(&mut self, done: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
            return;
        }
        let tenths = done.saturating_mul(10).checked_div(self.all).unwrap_or(10);
        if self.tenths_told < tenths {
            self.tenths_told = tenths;
            // Nobody may be listening, and the work goes on all the same.
            let _: std::io::Result<()> = writeln!(
                std::io::stderr().lock(),
                "{} {}%",
                self.what,
                tenths.saturating_mul(10)
            );
        }
    }

    /// All is done.
    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
