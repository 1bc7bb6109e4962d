//! A runtime client with as little work as possible: one connection, one buffer, no allocation that is not needed.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::ops::Range;

/// A function's connection to the Runtime API.
pub struct MinimalRuntime {
    stream: TcpStream,
    buffer: Vec<u8>,
    request_id: Range<usize>,
}

impl MinimalRuntime {
    /// Connects to the API at `AWS_LAMBDA_RUNTIME_API`.
    pub fn connect() -> io::Result<Self> {
        let address = std::env::var("AWS_LAMBDA_RUNTIME_API").map_err(io::Error::other)?;
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(16 * 1024),
            request_id: 0..0,
        })
    }

    /// Waits for the next event; returns it.
    pub fn next_event(&mut self) -> io::Result<&[u8]> {
        let request = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n";
        self.stream.write_all(request)?;
        let body = read_response(&mut self.stream, &mut self.buffer, false)?;
        let head = self.buffer.get(..body.start).unwrap_or_default();
        self.request_id = header(head, b"lambda-runtime-aws-request-id").ok_or(io::ErrorKind::InvalidData)?;
        Ok(self.buffer.get(body).unwrap_or_default())
    }

    /// Sends the response of the event.
    pub fn respond(&mut self, body: &[u8]) -> io::Result<()> {
        let mut request = Vec::with_capacity(256 + body.len());
        request.extend_from_slice(b"POST /2018-06-01/runtime/invocation/");
        request.extend_from_slice(self.buffer.get(self.request_id.clone()).unwrap_or_default());
        let length = body.len();
        write!(
            request,
            "/response HTTP/1.1\r\nHost: runtime\r\nContent-Length: {length}\r\n\r\n"
        )?;
        request.extend_from_slice(body);
        self.stream.write_all(&request)?;
        read_response(&mut self.stream, &mut self.buffer, false).map(drop)
    }
}

/// Reads a response into the buffer; returns where its body is. A response to HEAD has none.
pub fn read_response(
    stream: &mut impl Read,
    buffer: &mut Vec<u8>,
    is_head: bool,
) -> io::Result<Range<usize>> {
    buffer.clear();
    let start = loop {
        read_some(stream, buffer)?;
        if let Some(at) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let length = header(buffer.get(..start).unwrap_or_default(), b"content-length");
    let length = length.and_then(|range| {
        std::str::from_utf8(buffer.get(range)?)
            .ok()?
            .parse::<usize>()
            .ok()
    });
    let end = start + length.filter(|_| !is_head).unwrap_or(0);
    while buffer.len() < end {
        read_some(stream, buffer)?;
    }
    Ok(start..end)
}

fn read_some(stream: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<()> {
    let before = buffer.len();
    buffer.resize(before + 8 * 1024, 0);
    let read = stream.read(buffer.get_mut(before..).unwrap_or_default())?;
    buffer.truncate(before + read);
    if read == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

/// Returns where a header's value is.
fn header(head: &[u8], name: &[u8]) -> Option<Range<usize>> {
    let mut start = 0;
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        let value = start + name.len() + 1;
        let is_found = line
            .get(..name.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(name))
            && line.get(name.len()) == Some(&b':');
        start += line.len();
        if is_found {
            let text = head.get(value..start)?;
            let leading = text.len() - text.trim_ascii_start().len();
            return Some(value + leading..value + leading + text.trim_ascii().len());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn response_is_read_to_its_end() {
        let text = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Id:  7f \r\n\r\nhello";
        let mut buffer = Vec::new();
        let body = read_response(&mut &text[..], &mut buffer, false).unwrap();
        assert_eq!(&buffer[body.clone()], b"hello");
        assert_eq!(&buffer[header(&buffer[..body.start], b"x-id").unwrap()], b"7f");
        assert_eq!(header(&buffer, b"x-i"), None);
        let body = read_response(&mut &text[..], &mut buffer, true).unwrap();
        assert!(body.is_empty());
        assert!(read_response(&mut &text[..text.len() - 1], &mut buffer, false).is_err());
    }
}
