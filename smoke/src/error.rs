//! Why a promise is broken or was not tried.

/// The result of one step of the smoke test.
pub type Result<T, E = SmokeError> = std::result::Result<T, E>;

/// The error of a step; its text is printed in the table.
#[derive(Debug, thiserror::Error)]
pub enum SmokeError {
    /// The stage answered, but not as promised.
    #[error("{0}")]
    Broken(String),
    /// SIGINT, SIGTERM or SIGHUP.
    #[error("interrupted")]
    Interrupted,
    /// The time limit for all promises.
    #[error("the time limit is reached")]
    TimeLimit,
}

impl SmokeError {
    /// Returns a broken promise with a text for the table.
    pub fn broken(text: impl Into<String>) -> Self {
        Self::Broken(text.into())
    }

    /// Returns whether the error also prevents all later steps.
    pub const fn ends_the_run(&self) -> bool {
        matches!(self, Self::Interrupted | Self::TimeLimit)
    }
}
