//! The content of media files and of objects.

use std::fs;
use std::path::Path;

pub use python_tools::probe::{Audio, Coding, Color, Corners, Planes, Probe, Rgb, Video};

use crate::{Stack, unique};

impl Stack {
    /// Probes a file.
    #[track_caller]
    pub fn probe(&self, file: &Path) -> Probe {
        python_tools::probe::probe(file)
    }

    /// Probes a file with these bytes.
    #[track_caller]
    pub fn probe_bytes(&self, bytes: &[u8]) -> Probe {
        let path = self.info.state.join("tmp").join(unique("probe"));
        fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let probe = self.probe(&path);
        fs::remove_file(&path).expect("the probed file exists");
        probe
    }
}
