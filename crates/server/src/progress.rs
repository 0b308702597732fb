//! Progress of long work, on standard error: a bar for a person, a line now and then for a log.

use indicatif::{ProgressBar, ProgressStyle};

/// Lines written in all when nobody is watching.
const LINES: u64 = 10;

/// How far some work has come.
pub(crate) struct Progress {
    bar: ProgressBar,
    what: String,
    total: u64,
    said: u64,
}

impl Progress {
    /// Work of `total` steps.
    pub(crate) fn new(what: impl Into<String>, total: usize) -> Self {
        let what = what.into();
        let total = total as u64;
        let bar = ProgressBar::new(total);
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        bar.set_message(what.clone());
        Self {
            bar,
            what,
            total,
            said: 0,
        }
    }

    /// There are so many steps after all.
    pub(crate) fn grow(&mut self, total: usize) {
        self.total = total as u64;
        self.bar.set_length(self.total);
    }

    /// What is being done, as it is by now.
    pub(crate) fn tell(&mut self, what: String) {
        self.bar.set_message(what.clone());
        self.what = what;
    }

    /// So many steps are done.
    pub(crate) fn at(&mut self, done: usize) {
        let done = done as u64;
        self.bar.set_position(done);
        if self.bar.is_hidden() && self.total > 0 {
            let tenth = done * LINES / self.total;
            if tenth > self.said {
                self.said = tenth;
                tracing::info!("{}: {done} of {}", self.what, self.total);
            }
        }
    }

    /// It is done.
    pub(crate) fn end(self) {
        self.bar.finish_and_clear();
    }
}
