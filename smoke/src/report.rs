//! The table of promises.

use std::time::Instant;

use crate::error::{Result, SmokeError};

/// The outcome of a promise.
#[derive(Debug)]
enum Outcome {
    Kept,
    Broken(SmokeError),
    NotTried,
}

/// A table of the promises in the order in which they were tried. Each row is printed when the promise is decided.
#[derive(Debug, Default)]
pub struct PromiseTable {
    outcomes: Vec<Outcome>,
}

impl PromiseTable {
    /// Prints the table's header.
    pub fn begin() -> Self {
        println!("{:<62} {:<10} {:>7}", "promise", "result", "seconds");
        Self::default()
    }

    /// Tries a promise, unless the run has already ended.
    pub fn promise<T>(&mut self, name: &str, attempt: impl FnOnce() -> Result<T>) -> Option<T> {
        self.promise_after(name, Some(()), |()| attempt())
    }

    /// Tries a promise that requires the value of an earlier one.
    pub fn promise_after<N, T>(
        &mut self,
        name: &str,
        needed: Option<N>,
        attempt: impl FnOnce(N) -> Result<T>,
    ) -> Option<T> {
        let began = Instant::now();
        let result = needed.filter(|_| !self.has_ended()).map(attempt);
        let seconds = began.elapsed().as_secs_f64();
        let (outcome, value) = match result {
            Some(Ok(value)) => (Outcome::Kept, Some(value)),
            Some(Err(error)) => (Outcome::Broken(error), None),
            None => (Outcome::NotTried, None),
        };
        let word = match &outcome {
            Outcome::Kept => "kept",
            Outcome::Broken(error) if error.ends_the_run() => "not tried",
            Outcome::Broken(_) => "BROKEN",
            Outcome::NotTried => "not tried",
        };
        println!("{name:<62} {word:<10} {seconds:>7.1}");
        if let Outcome::Broken(error) = &outcome {
            println!("  {error}");
        }
        self.outcomes.push(outcome);
        value
    }

    /// Returns whether a signal or the time limit has ended the run.
    fn has_ended(&self) -> bool {
        let ends = |outcome: &Outcome| matches!(outcome, Outcome::Broken(error) if error.ends_the_run());
        self.outcomes.iter().any(ends)
    }

    /// Returns the number of kept promises and the number of all promises.
    pub fn kept(&self) -> (usize, usize) {
        let is_kept = |outcome: &&Outcome| matches!(outcome, Outcome::Kept);
        (self.outcomes.iter().filter(is_kept).count(), self.outcomes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_without_its_prerequisite_is_not_tried() {
        let mut table = PromiseTable::default();
        let first: Option<u8> = table.promise("first", || Err(SmokeError::broken("no")));
        table.promise_after("second", first, |_| -> Result<()> { unreachable!() });
        table.promise("third", || Ok(()));
        assert_eq!(table.kept(), (1, 3));
    }

    #[test]
    fn no_promise_is_tried_after_the_time_limit() {
        let mut table = PromiseTable::default();
        table.promise("first", || Err::<(), _>(SmokeError::TimeLimit));
        table.promise("second", || -> Result<()> { unreachable!() });
        assert_eq!(table.kept(), (0, 2));
    }
}
