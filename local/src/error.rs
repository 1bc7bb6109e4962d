//! Errors of the local stage. Each prints as one line that says what to do.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The result of an operation of the local stage.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of the local stage.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// SIGINT (Ctrl-C), SIGTERM or SIGHUP arrived; nothing has failed.
    #[error("interrupted")]
    Interrupted,
    /// A failure that only its message describes.
    #[error("{0}")]
    Message(String),
    /// A failed operation on a file or folder.
    #[error("cannot {operation} {}: {}", path.display(), explain(source))]
    File {
        /// The operation, as a verb: "read", "write".
        operation: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

impl Error {
    /// Creates an error from its message.
    pub fn message(text: impl Into<String>) -> Self {
        Error::Message(text.into())
    }

    /// Returns a function for `map_err` that adds the operation and the file to an I/O error.
    pub fn file(operation: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        move |source| Error::File {
            operation,
            path,
            source,
        }
    }
}

/// Describes an I/O error, with a remedy where one is known.
fn explain(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "the disk is full: free some space, then run it again".to_owned()
        }
        ErrorKind::FileTooLarge => {
            "the limit on the size of a file is reached: raise it (`ulimit -f`), then run it again".to_owned()
        }
        ErrorKind::ReadOnlyFilesystem => {
            "the file system is read-only: choose another STATE folder".to_owned()
        }
        ErrorKind::PermissionDenied => "no permission: check who owns it".to_owned(),
        _ => error.to_string(),
    }
}

/// Returns whether the output of a tool reports a full disk.
pub fn reports_full_disk(output: &str) -> bool {
    let output = output.to_lowercase();
    [
        "no space left on device",
        "disk quota exceeded",
        "os error 28",
        "enospc",
    ]
    .iter()
    .any(|sign| output.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_disk_error_names_the_file_and_a_remedy() {
        let error = Error::file("write", "/state/stack.json")(io::Error::from(ErrorKind::StorageFull));
        let text = error.to_string();
        assert!(
            text.starts_with("cannot write /state/stack.json: the disk is full"),
            "{text}"
        );
        assert!(!text.contains('\n'));
    }

    #[test]
    fn full_disk_is_recognised_in_the_output_of_a_tool() {
        assert!(reports_full_disk("ERROR: [Errno 28] No space left on device"));
        assert!(reports_full_disk(
            "write /s/terraform.tfstate: no space left on device"
        ));
        assert!(!reports_full_disk("ERROR: no matching distribution"));
    }
}
