//! Versions of the workspace.

use std::fmt;
use std::str::FromStr;

/// A version `major.minor.patch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReleaseVersion {
    /// From 1 on, a published document no longer breaks.
    pub major: u64,
    minor: u64,
    patch: u64,
}

/// A text that is not three numbers.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a version such as 0.1.0")]
pub struct InvalidVersion(String);

impl FromStr for ReleaseVersion {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        let numbers: Option<Vec<u64>> = text.split('.').map(|number| number.parse().ok()).collect();
        match numbers.as_deref() {
            Some([major, minor, patch]) => Ok(Self {
                major: *major,
                minor: *minor,
                patch: *patch,
            }),
            _ => Err(InvalidVersion(text.to_owned())),
        }
    }
}

impl fmt::Display for ReleaseVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}
