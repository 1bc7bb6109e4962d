//! Detects files that were joined end to end. ffmpeg reads only the first one, or confuses the timestamps.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// The first bytes of a Matroska or WebM file: the identifier of its header.
const MATROSKA: [u8; 4] = [0x1A, 0x45, 0xDF, 0xA3];

/// A header is at most this long; its document type is part of it.
const HEADER: usize = 64;

/// Returns whether a second file of the same format follows the end of the first.
pub fn is_joined(path: &Path) -> std::io::Result<bool> {
    let mut file = File::open(path)?;
    let mut start = [0; 8];
    if file.read_exact(&mut start).is_err() {
        return Ok(false);
    }
    file.rewind()?;
    if start.starts_with(&MATROSKA) {
        has_second_matroska_header(file)
    } else if start.ends_with(b"ftyp") {
        has_second_file_type(file)
    } else {
        Ok(false)
    }
}

/// Searches for a second header with its document type; live recordings do not state their size.
fn has_second_matroska_header(file: File) -> std::io::Result<bool> {
    let mut file = BufReader::new(file);
    let mut window = Vec::new();
    let mut headers = 0;
    loop {
        let read = file.by_ref().take(1 << 20).read_to_end(&mut window)?;
        let last = read == 0;
        let searched = if last {
            window.len()
        } else {
            window.len().saturating_sub(HEADER)
        };
        headers += matroska_headers(&window, searched);
        if headers > 1 || last {
            return Ok(headers > 1);
        }
        window.drain(..searched);
    }
}

/// Counts the headers that begin among the first bytes.
fn matroska_headers(bytes: &[u8], searched: usize) -> usize {
    let starts = positions(MATROSKA[0], &bytes[..searched]);
    starts.filter(|at| is_matroska_header(&bytes[*at..])).count()
}

fn is_matroska_header(bytes: &[u8]) -> bool {
    let header = &bytes[..bytes.len().min(HEADER)];
    let names = [b"webm".as_slice(), b"matroska"];
    header.starts_with(&MATROSKA)
        && names
            .iter()
            .any(|name| header.windows(name.len()).any(|found| found == *name))
}

/// Returns the positions of a byte. `skip_until` is quick also in an unoptimized build, where a loop takes 25 s for 1 GB.
fn positions(byte: u8, bytes: &[u8]) -> impl Iterator<Item = usize> {
    let mut end = 0;
    std::iter::from_fn(move || {
        let mut rest = &bytes[end..];
        end += rest.skip_until(byte).ok().filter(|skipped| *skipped > 0)?;
        (bytes[end - 1] == byte).then(|| end - 1)
    })
}

/// Iterates over the boxes; each file has one `ftyp`.
fn has_second_file_type(mut file: File) -> std::io::Result<bool> {
    let length = file.metadata()?.len();
    let (mut at, mut types) = (0, 0);
    while at + 8 <= length {
        file.seek(SeekFrom::Start(at))?;
        let mut header = Vec::new();
        file.by_ref().take(16).read_to_end(&mut header)?;
        types += u32::from(header[4..8] == *b"ftyp");
        let Some(size) = box_size(&header) else { break };
        at = at.saturating_add(size);
    }
    Ok(types > 1)
}

/// Returns the size of a box by its header; `None` where it ends with the file.
fn box_size(header: &[u8]) -> Option<u64> {
    let short = u32::from_be_bytes(header.get(..4)?.try_into().ok()?);
    match short {
        1 => Some(u64::from_be_bytes(header.get(8..16)?.try_into().ok()?)).filter(|size| *size >= 16),
        _ => Some(u64::from(short)).filter(|size| *size >= 8),
    }
}
