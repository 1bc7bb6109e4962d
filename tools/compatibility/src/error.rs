//! Why documents could not be compared or released.

use std::io;
use std::path::PathBuf;

use crate::schema::Unsupported;
use crate::version::{InvalidVersion, ReleaseVersion};

/// Why documents could not be compared or released.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// A file or folder could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file is not the JSON that it should be.
    #[error("{}: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: serde_json::Error,
    },
    /// A document has a part that the comparison does not understand.
    #[error("{document}: {source}")]
    Unsupported {
        /// The document.
        document: String,
        /// The part.
        source: Unsupported,
    },
    /// A version is not three numbers.
    #[error(transparent)]
    InvalidVersion(#[from] InvalidVersion),
    /// The version is already released, with other documents.
    #[error(
        "{version} is already released with other content: {}. A released version never changes. Raise `version` in the \
         workspace's Cargo.toml, or undo the change",
        files.join(", ")
    )]
    Released {
        /// The version.
        version: ReleaseVersion,
        /// The names of the files that differ.
        files: Vec<String>,
    },
}
