//! The content of media files and of objects.

use std::fs;
use std::path::Path;

pub use python_tools::probe::{Audio, Coding, Corners, MediaProbe, Planes, ProbedColor, Rgb, Video};

use crate::{Stack, unique};

impl Stack {
    /// Probes a file.
    #[track_caller]
    pub fn probe(&self, file: &Path) -> MediaProbe {
        python_tools::probe::probe(file)
    }

    /// Probes a file with these bytes.
    #[track_caller]
    pub fn probe_bytes(&self, bytes: &[u8]) -> MediaProbe {
        let path = self.info.state.join("tmp").join(unique("probe"));
        fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let probe = self.probe(&path);
        fs::remove_file(&path).expect("the probed file exists");
        probe
    }
}
