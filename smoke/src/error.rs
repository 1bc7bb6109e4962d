//! Why a promise was not kept or could not be tried.

/// The result of one step of the smoke test.
pub type Result<T, E = SmokeError> = std::result::Result<T, E>;

/// Why a step did not succeed; its text goes into the table.
#[derive(Debug, thiserror::Error)]
pub enum SmokeError {
    /// The stage answered, but not as promised.
    #[error("{0}")]
    Broken(String),
    /// SIGINT, SIGTERM or SIGHUP.
    #[error("interrupted")]
    Interrupted,
    /// The time for all promises is over.
    #[error("the time limit is reached")]
    TimeLimit,
}

impl SmokeError {
    /// A broken promise, in words.
    pub fn broken(text: impl Into<String>) -> Self {
        Self::Broken(text.into())
    }

    /// Whether later steps cannot be tried either.
    pub const fn ends_the_run(&self) -> bool {
        matches!(self, Self::Interrupted | Self::TimeLimit)
    }
}
