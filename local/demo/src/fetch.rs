//! Downloads a file from a signed URL. An incomplete download leaves no file.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use local::error::{Error, Result};
use local::journal::{Phase, Unit};
use local::{files, http};

const TIMEOUT: Duration = Duration::from_secs(1800);

/// Downloads a file and returns its size in bytes.
pub fn fetch(url: &str, path: &Path, phase: &mut Phase<'_>) -> Result<u64> {
    let url = url.to_owned();
    let response = http::interruptible(move || {
        let response = http::agent(TIMEOUT).get(&url).call();
        response.map_err(|error| Error::message(format!("the store does not answer: {error}")))
    })?;
    if response.status().as_u16() != 200 {
        return Err(Error::message(format!(
            "the playback URL answers {}",
            response.status()
        )));
    }
    let length = response.body().content_length();
    phase.set_total(length.unwrap_or(0), Unit::Bytes);

    let part = files::part_path(path);
    let count = Arc::new(AtomicU64::new(0));
    let (thread_count, thread_part) = (Arc::clone(&count), part.clone());
    let mut body = response.into_body().into_reader();
    let copy = move || copy(&mut body, &thread_part, &thread_count);
    let on_tick = || phase.set_progress(count.load(Ordering::Relaxed));
    let result = http::interruptible_with_progress(copy, on_tick).and_then(|bytes| match length {
        Some(length) if length != bytes => Err(Error::message(format!(
            "the store sent {bytes} bytes of {length}"
        ))),
        _ => fs::rename(&part, path)
            .map(|()| bytes)
            .map_err(Error::file("write", path)),
    });
    result.inspect_err(|_| drop(files::remove(&part)))
}

fn copy(from: &mut impl Read, to: &Path, count: &AtomicU64) -> Result<u64> {
    let mut file = File::create(to).map_err(Error::file("write", to))?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = from
            .read(&mut buffer)
            .map_err(|error| Error::message(format!("the download broke off: {error}")))?;
        if read == 0 {
            file.sync_all().map_err(Error::file("write", to))?;
            return Ok(count.load(Ordering::Relaxed));
        }
        file.write_all(&buffer[..read])
            .map_err(Error::file("write", to))?;
        count.fetch_add(read as u64, Ordering::Relaxed);
    }
}
