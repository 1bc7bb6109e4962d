//! Fetches a file through a signed URL, whole or not at all.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use local::error::{Error, Result};
use local::files;
use local::http;
use local::journal::{Phase, Unit};

/// Answers the bytes fetched.
pub fn fetch(url: &str, path: &Path, phase: &mut Phase<'_>) -> Result<u64> {
    let url = url.to_owned();
    let open = move || {
        let failed = |error| Error::said(format!("the store does not answer: {error}"));
        http::agent(Duration::from_secs(1800))
            .get(&url)
            .call()
            .map_err(failed)
    };
    let response = http::interruptible(open)?;
    if response.status().as_u16() != 200 {
        return Err(Error::said(format!(
            "the playback URL answers {}",
            response.status()
        )));
    }
    let length = response.body().content_length();
    phase.total(length.unwrap_or(0), Unit::Bytes);

    let beside = files::beside(path);
    let count = Arc::new(AtomicU64::new(0));
    let (counted, to) = (Arc::clone(&count), beside.clone());
    let mut body = response.into_body().into_reader();
    let copy = move || copy(&mut body, &to, &counted);
    let copied =
        http::watched(copy, || phase.at(count.load(Ordering::Relaxed))).and_then(|bytes| match length {
            Some(length) if length != bytes => {
                Err(Error::said(format!("the store sent {bytes} bytes of {length}")))
            }
            _ => fs::rename(&beside, path)
                .map(|()| bytes)
                .map_err(Error::file("write", path)),
        });
    copied.inspect_err(|_| drop(files::remove(&beside)))
}

fn copy(from: &mut impl Read, to: &Path, count: &AtomicU64) -> Result<u64> {
    let mut file = File::create(to).map_err(Error::file("write", to))?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = from
            .read(&mut buffer)
            .map_err(|error| Error::said(format!("the store broke off: {error}")))?;
        if read == 0 {
            file.sync_all().map_err(Error::file("write", to))?;
            return Ok(count.load(Ordering::Relaxed));
        }
        file.write_all(&buffer[..read])
            .map_err(Error::file("write", to))?;
        count.fetch_add(read as u64, Ordering::Relaxed);
    }
}
