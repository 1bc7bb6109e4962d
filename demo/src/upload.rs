//! Posts a file with a signed form, as a browser would, and never holds the file in memory.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Map, Value};

use local::error::{Error, Result};
use local::http;
use local::journal::{Phase, Unit};
use local::process::one_line;

/// A multipart form whose last field is the file.
#[derive(Debug, PartialEq, Eq)]
struct Form {
    content_type: String,
    /// What comes before the file's bytes, and after them.
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Form {
    fn new(fields: &Map<String, Value>, name: &str, content_type: &str, boundary: &str) -> Form {
        let mut head = String::new();
        for (field, value) in fields {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            head.push_str(&format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n"
            ));
        }
        let name: String = name
            .chars()
            .filter(|c| !c.is_control() && !"\"\\".contains(*c))
            .collect();
        head.push_str(&format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: {content_type}\r\n\r\n"
        ));
        Form {
            content_type: format!("multipart/form-data; boundary={boundary}"),
            head: head.into_bytes(),
            tail: format!("\r\n--{boundary}--\r\n").into_bytes(),
        }
    }

    fn length(&self, file: u64) -> u64 {
        self.head.len() as u64 + file + self.tail.len() as u64
    }
}

/// Counts what is read through it.
struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Sends the file; any refusal of the store is an error with its words.
pub fn post(
    url: &str,
    fields: &Map<String, Value>,
    path: &Path,
    content_type: &str,
    phase: &mut Phase<'_>,
) -> Result<()> {
    let file = File::open(path).map_err(Error::file("read", path))?;
    let size = file.metadata().map_err(Error::file("read", path))?.len();
    let boundary = format!(
        "----form-{:x}-{:x}",
        std::process::id(),
        chrono::Utc::now().timestamp_micros()
    );
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let form = Form::new(fields, &name, content_type, &boundary);
    let length = form.length(size);
    phase.total(size, Unit::Bytes);

    let count = Arc::new(AtomicU64::new(0));
    let file = Counted {
        inner: file.take(size),
        count: Arc::clone(&count),
    };
    let body = Cursor::new(form.head).chain(file).chain(Cursor::new(form.tail));
    let (url, form_type) = (url.to_owned(), form.content_type);
    let send = move || {
        let failed = |error: ureq::Error| Error::said(format!("the upload broke off: {error}"));
        let mut response = http::agent(Duration::from_secs(3600))
            .post(&url)
            .header("content-type", form_type)
            .header("content-length", length.to_string())
            .send(http::streamed(body))
            .map_err(failed)?;
        let answer = response.body_mut().read_to_string().map_err(failed)?;
        Ok((response.status().as_u16(), answer))
    };
    let (status, answer) = http::watched(send, || phase.at(count.load(Ordering::Relaxed)))?;
    if !(200..300).contains(&status) {
        return Err(Error::said(format!(
            "the store refused the upload with {status}: {}",
            one_line(&answer)
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_length_is_what_is_sent() {
        let mut fields = Map::new();
        fields.insert("key".to_owned(), Value::from("demo/0/a b.mp4"));
        fields.insert("policy".to_owned(), Value::from("e30="));
        let form = Form::new(&fields, "my \"video\".mp4", "video/mp4", "edge");
        let sent = [form.head.as_slice(), b"bytes", &form.tail].concat();
        assert_eq!(form.length(5), sent.len() as u64);
        let text = String::from_utf8(sent).unwrap();
        assert!(
            text.ends_with("Content-Type: video/mp4\r\n\r\nbytes\r\n--edge--\r\n"),
            "{text}"
        );
        assert!(
            text.contains("name=\"key\"\r\n\r\ndemo/0/a b.mp4\r\n--edge"),
            "{text}"
        );
        assert!(text.contains("filename=\"my video.mp4\""), "{text}");
    }

    #[test]
    fn what_is_read_is_counted() {
        let count = Arc::new(AtomicU64::new(0));
        let mut reader = Counted {
            inner: &b"twelve bytes"[..],
            count: Arc::clone(&count),
        };
        reader.read_to_end(&mut Vec::new()).unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 12);
    }
}
