//! What can go wrong, each as one line that says what to do.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Ctrl-C (or SIGTERM): the person asked for the end, nothing is wrong.
    #[error("interrupted")]
    Interrupted,
    #[error("{0}")]
    Said(String),
    #[error("cannot {doing} {}: {}", path.display(), explain(source))]
    File {
        doing: &'static str,
        path: PathBuf,
        source: io::Error,
    },
}

impl Error {
    pub fn said(text: impl Into<String>) -> Self {
        Error::Said(text.into())
    }

    /// For `map_err`: names the file and what was being done with it.
    pub fn file(doing: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        move |source| Error::File { doing, path, source }
    }
}

/// An I/O error in words that say what to do about it.
pub fn explain(error: &io::Error) -> String {
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

/// The words of a full disk in what a tool printed, so that its failure is told as what it is.
pub fn says_disk_full(output: &str) -> bool {
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
    fn a_full_disk_is_told_with_its_path_and_what_to_do() {
        let error = Error::file("write", "/state/stack.json")(io::Error::from(ErrorKind::StorageFull));
        let text = error.to_string();
        assert!(
            text.starts_with("cannot write /state/stack.json: the disk is full"),
            "{text}"
        );
        assert!(!text.contains('\n'));
    }

    #[test]
    fn a_full_disk_is_recognised_in_a_tools_output() {
        assert!(says_disk_full("ERROR: [Errno 28] No space left on device"));
        assert!(says_disk_full(
            "write /s/terraform.tfstate: no space left on device"
        ));
        assert!(!says_disk_full("ERROR: no matching distribution"));
    }
}
