//! Posts a file with a signed form, as a browser does, without holding the file in memory.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use local::error::{Error, Result};
use local::http;
use local::journal::{Phase, Unit};
use local::process::single_line;
use serde_json::{Map, Value};

use crate::api::SignedForm;
use crate::video::SourceVideo;

const TIMEOUT: Duration = Duration::from_secs(3600);

/// The body of a multipart form whose last field is the file.
#[derive(Debug, PartialEq, Eq)]
struct FormBody {
    content_type: String,
    /// The bytes before the file's.
    head: Vec<u8>,
    /// The bytes after the file's.
    tail: Vec<u8>,
}

impl FormBody {
    fn new(fields: &Map<String, Value>, name: &str, content_type: &str, boundary: &str) -> FormBody {
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
        FormBody {
            content_type: format!("multipart/form-data; boundary={boundary}"),
            head: head.into_bytes(),
            tail: format!("\r\n--{boundary}--\r\n").into_bytes(),
        }
    }

    fn length(&self, file: u64) -> u64 {
        self.head.len() as u64 + file + self.tail.len() as u64
    }
}

/// A reader that counts the bytes read.
struct CountingReader<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for CountingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Posts the file. A refusal of the store is an error with the store's message.
pub fn post(form: &SignedForm, source: &SourceVideo, phase: &mut Phase<'_>) -> Result<()> {
    let path = &source.path;
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
    let body = FormBody::new(&form.fields, &name, source.content_type, &boundary);
    let length = body.length(size);
    phase.set_total(size, Unit::Bytes);

    let count = Arc::new(AtomicU64::new(0));
    let file = CountingReader {
        inner: file.take(size),
        count: Arc::clone(&count),
    };
    let (url, content_type) = (form.url.clone(), body.content_type);
    let stream = Cursor::new(body.head).chain(file).chain(Cursor::new(body.tail));
    let send = move || {
        let failed = |error: ureq::Error| Error::message(format!("the upload broke off: {error}"));
        let mut response = http::agent(TIMEOUT)
            .post(&url)
            .header("content-type", content_type)
            .header("content-length", length.to_string())
            .send(http::streamed(stream))
            .map_err(failed)?;
        let answer = response.body_mut().read_to_string().map_err(failed)?;
        Ok((response.status().as_u16(), answer))
    };
    let (status, answer) =
        http::interruptible_with_progress(send, || phase.set_progress(count.load(Ordering::Relaxed)))?;
    if !(200..300).contains(&status) {
        return Err(Error::message(format!(
            "the store refused the upload with {status}: {}",
            single_line(&answer)
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_of_the_form_is_the_number_of_bytes_sent() {
        let mut fields = Map::new();
        fields.insert("key".to_owned(), Value::from("demo/0/a b.mp4"));
        fields.insert("policy".to_owned(), Value::from("e30="));
        let form = FormBody::new(&fields, "my \"video\".mp4", "video/mp4", "edge");
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
    fn bytes_read_are_counted() {
        let count = Arc::new(AtomicU64::new(0));
        let mut reader = CountingReader {
            inner: &b"twelve bytes"[..],
            count: Arc::clone(&count),
        };
        reader.read_to_end(&mut Vec::new()).unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 12);
    }
}
