//! Common code of the tests: ffmpeg's path, a fake cloud and a transcoder for each test.

#![allow(dead_code, reason = "each test uses a part of this module")]

pub mod cloud;
pub mod elastic;
pub mod media_convert;
pub mod transcoder;

use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the ffmpeg of the tests: FFMPEG, else the one of the repository's Python environment, else the one on PATH.
pub fn ffmpeg() -> PathBuf {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::env::var_os("FFMPEG")
        .map(PathBuf::from)
        .or_else(|| bundled(&repository))
        .or_else(on_path)
        .expect("no ffmpeg: run `make test`, which installs it")
}

fn bundled(repository: &Path) -> Option<PathBuf> {
    let versions = repository.join(".local/venv/lib").read_dir().ok()?;
    let folders = versions
        .flatten()
        .map(|version| version.path().join("site-packages/imageio_ffmpeg/binaries"));
    let mut files = folders
        .filter_map(|folder| folder.read_dir().ok())
        .flatten()
        .flatten();
    files
        .find(|file| file.file_name().to_string_lossy().starts_with("ffmpeg-"))
        .map(|file| file.path())
}

fn on_path() -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join("ffmpeg"))
        .find(|file| file.is_file())
}

/// Returns a video that ffmpeg generates with these arguments.
pub fn video(arguments: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("video");
    let made = Command::new(ffmpeg())
        .args(["-hide_banner", "-nostdin", "-loglevel", "error"])
        .args(arguments.split_whitespace())
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-f", "mp4"])
        .arg(&path)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::read(path).unwrap()
}
