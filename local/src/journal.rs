//! What a person sees and what the log keeps: named phases, their progress, their seconds.
//!
//! On a terminal a phase is a bar; elsewhere it is plain lines. The log has every line with its time.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{SecondsFormat, Utc};
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::error::{Error, Result};
use crate::{files, signal};

/// A log beyond this is put aside (one generation) when it is opened.
const LOG_LIMIT: u64 = 20 * 1024 * 1024;
/// Without a terminal, progress is told at most this often.
const PLAIN_EVERY: Duration = Duration::from_secs(5);

/// What a phase counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Bytes,
    Percent,
    Things(&'static str),
}

#[derive(Debug)]
pub struct Journal {
    inner: Mutex<Inner>,
    terminal: bool,
    path: PathBuf,
}

#[derive(Debug)]
struct Inner {
    file: File,
    /// Why the log could no longer be written; told when the next phase begins.
    broken: Option<io::Error>,
    quiet: bool,
    bar: Option<ProgressBar>,
    phase: Option<String>,
    stages: Vec<(String, Duration)>,
}

impl Journal {
    pub fn open(path: &Path) -> Result<Journal> {
        let file = open_log(path)?;
        let journal = Journal {
            inner: Mutex::new(Inner {
                file,
                broken: None,
                quiet: false,
                bar: None,
                phase: None,
                stages: Vec::new(),
            }),
            terminal: io::stderr().is_terminal(),
            path: path.to_path_buf(),
        };
        Ok(journal)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a phase. Here a run ends that was interrupted, or whose log cannot be written.
    pub fn phase(&self, name: &str, what: &str) -> Result<Phase<'_>> {
        let broken = {
            let mut inner = self.inner();
            inner.phase = Some(name.to_owned());
            inner.record(&format!("phase: {name} ({what})"));
            inner.broken.take()
        };
        if let Some(error) = broken {
            return Err(Error::file("write the log", &self.path)(error));
        }
        let phase = Phase::begin(self, name, what);
        signal::check()?;
        Ok(phase)
    }

    /// A line for the person and the log.
    pub fn say(&self, text: &str) {
        let mut inner = self.inner();
        inner.record(text);
        inner.show(text);
    }

    /// A line for the log only.
    pub fn note(&self, text: &str) {
        self.inner().record(text);
    }

    /// From here on only the log is written: the terminal belongs to somebody else.
    pub fn quiet(&self) {
        self.inner().quiet = true;
    }

    /// The phase that began last.
    pub fn current(&self) -> Option<String> {
        self.inner().phase.clone()
    }

    /// Every phase that ended well, and how long it took.
    pub fn stages(&self) -> Vec<(String, Duration)> {
        self.inner().stages.clone()
    }
}

impl Inner {
    fn record(&mut self, text: &str) {
        let time = time();
        let lines: String = text.lines().map(|line| format!("{time} {line}\n")).collect();
        if let Err(error) = self.file.write_all(lines.as_bytes()) {
            self.broken.get_or_insert(error);
        }
    }

    fn show(&self, text: &str) {
        if self.quiet {
            return;
        }
        // A terminal that went away is no reason to stop.
        let print = || drop(writeln!(io::stderr(), "{text}"));
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

/// A phase under way; dropped without `done` it just disappears from the terminal.
#[derive(Debug)]
pub struct Phase<'a> {
    journal: &'a Journal,
    name: String,
    started: Instant,
    bar: Option<ProgressBar>,
    unit: Unit,
    total: u64,
    told: Mutex<Instant>,
}

impl<'a> Phase<'a> {
    fn begin(journal: &'a Journal, name: &str, what: &str) -> Phase<'a> {
        let mut inner = journal.inner();
        let bar = (journal.terminal && !inner.quiet).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(style(
                "{spinner:.cyan} {prefix:.bold} {elapsed:.dim}  {wide_msg:.dim}",
            ));
            bar.set_prefix(pad(name));
            bar.set_message(what.to_owned());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        if bar.is_none() {
            inner.show(&format!("phase: {name} ({what})"));
        }
        inner.bar.clone_from(&bar);
        drop(inner);
        let now = Instant::now();
        Phase {
            journal,
            name: name.to_owned(),
            started: now,
            bar,
            unit: Unit::Percent,
            total: 0,
            told: Mutex::new(now),
        }
    }

    /// Says how much there is to do; from then on `at` moves a bar.
    pub fn total(&mut self, total: u64, unit: Unit) {
        (self.total, self.unit) = (total, unit);
        let Some(bar) = &self.bar else { return };
        let counts = match unit {
            Unit::Bytes => "{bytes}/{total_bytes} {bytes_per_sec:.dim}",
            Unit::Percent => "{pos} %",
            Unit::Things(_) => "{pos}/{len}",
        };
        let template = format!(
            "{{spinner:.cyan}} {{prefix:.bold}} {{bar:28.cyan/dim}} {counts} {{elapsed:.dim}}  {{wide_msg:.dim}}"
        );
        bar.set_style(style(&template));
        bar.set_length(total);
    }

    pub fn at(&self, done: u64) {
        match &self.bar {
            Some(bar) => bar.set_position(done.min(self.total)),
            None => self.tell(|| progress_line(&self.name, done, self.total, self.unit)),
        }
    }

    pub fn message(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(text.to_owned());
        }
    }

    /// A plain progress line, now and then.
    fn tell(&self, line: impl FnOnce() -> String) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.elapsed() >= PLAIN_EVERY {
            *told = Instant::now();
            self.journal.say(&line());
        }
    }

    /// Ends the phase well, with what came of it.
    pub fn done(self, result: &str) {
        let took = self.started.elapsed();
        let mut inner = self.journal.inner();
        inner.record(&format!("done: {} in {} ({result})", self.name, seconds(took)));
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
            inner.show(&format!("✔ {} {:>7}  {result}", pad(&self.name), seconds(took)));
        } else {
            inner.show(&format!("done: {} in {} ({result})", self.name, seconds(took)));
        }
        inner.stages.push((self.name.clone(), took));
    }
}

impl Drop for Phase<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.journal.inner().bar = None;
    }
}

fn progress_line(name: &str, done: u64, total: u64, unit: Unit) -> String {
    match unit {
        Unit::Bytes => format!("  {name}: {} of {}", HumanBytes(done), HumanBytes(total)),
        Unit::Percent => format!("  {name}: {done} %"),
        Unit::Things(things) => format!("  {name}: {done} of {total} {things}"),
    }
}

fn style(template: &str) -> ProgressStyle {
    // A template is ours and constant; should one be wrong, the plain spinner does.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn pad(name: &str) -> String {
    format!("{name:<15}")
}

/// Now, as logs have it.
pub fn time() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)
}

pub fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Opens a log to append to it; a large one is put aside first.
pub fn open_log(path: &Path) -> Result<File> {
    if let Some(folder) = path.parent() {
        files::create_folder(folder)?;
    }
    if fs::metadata(path).is_ok_and(|data| data.len() > LOG_LIMIT) {
        fs::rename(path, path.with_extension("old.log")).map_err(Error::file("put aside", path))?;
    }
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .map_err(Error::file("write the log", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_without_a_terminal_is_a_plain_line() {
        assert_eq!(
            progress_line("transcode", 42, 100, Unit::Percent),
            "  transcode: 42 %"
        );
        assert_eq!(
            progress_line("terraform apply", 3, 48, Unit::Things("resources")),
            "  terraform apply: 3 of 48 resources"
        );
        assert_eq!(
            progress_line("upload", 1024, 2048, Unit::Bytes),
            "  upload: 1.00 KiB of 2.00 KiB"
        );
    }

    #[test]
    fn the_log_has_a_time_on_every_line() {
        let path = std::env::temp_dir().join(format!("local-journal-{}.log", std::process::id()));
        let journal = Journal::open(&path).unwrap();
        journal.quiet();
        journal.phase("check", "tools").unwrap().done("all there");
        journal.note("two\nlines");
        let text = fs::read_to_string(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(text.lines().count(), 4);
        for line in text.lines() {
            let time = line.split(' ').next().unwrap();
            assert!(chrono::DateTime::parse_from_rfc3339(time).is_ok(), "{line}");
        }
        assert_eq!(journal.stages().len(), 1);
    }
}
