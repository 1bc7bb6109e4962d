//! HTTP/1.1 messages on a blocking stream: as little as the emulator and the stub need.

use std::io::{self, BufRead, Read, Write};

/// The maximum size of a body, in bytes: Lambda's limit of a payload, with some room.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// A request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method, in capitals.
    pub method: String,
    /// The path with its query.
    pub target: String,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// The headers besides `Content-Length`.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The `Content-Length` of a response to HEAD, which has no body.
    pub head_length: Option<u64>,
}

impl HttpRequest {
    /// Returns a header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Reads a request; `None` at the end of the stream.
    pub fn read(stream: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_ascii_whitespace().map(str::to_owned);
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Err(malformed("the request line has no path"));
        };
        let mut request = Self {
            method,
            target,
            ..Self::default()
        };
        request.headers = read_headers(stream)?;
        request.body = match request.header("content-length") {
            Some(length) => read_body(stream, length)?,
            None if request.header("transfer-encoding") == Some("chunked") => read_chunks(stream)?,
            None => Vec::new(),
        };
        Ok(Some(request))
    }
}

impl HttpResponse {
    /// Returns a response with a JSON body.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".into(), "application/json".into())],
            body: body.to_string().into_bytes(),
            head_length: None,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Writes the response in one piece.
    pub fn write(&self, stream: &mut impl Write) -> io::Result<()> {
        let mut text = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        let length = self.head_length.unwrap_or(self.body.len() as u64);
        text.push_str(&format!("Content-Length: {length}\r\n\r\n"));
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.body);
        stream.write_all(&bytes)?;
        stream.flush()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        _ => "Other",
    }
}

fn malformed(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem.to_owned())
}

fn read_headers(stream: &mut impl BufRead) -> io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
            None => return Ok(headers),
        }
    }
}

fn read_body(stream: &mut impl Read, length: &str) -> io::Result<Vec<u8>> {
    let length = length.parse().ok().filter(|length| *length <= MAX_BODY);
    let mut body = vec![0; length.ok_or_else(|| malformed("the Content-Length is malformed"))?];
    stream.read_exact(&mut body)?;
    Ok(body)
}

fn read_chunks(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let size = usize::from_str_radix(line.trim_end(), 16).ok();
        let size = size.filter(|size| body.len() + size <= MAX_BODY);
        let size = size.ok_or_else(|| malformed("the size of a chunk is malformed"))?;
        let start = body.len();
        body.resize(start + size, 0);
        stream.read_exact(&mut body[start..])?;
        stream.read_line(&mut String::new())?;
        if size == 0 {
            return Ok(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> io::Result<Option<HttpRequest>> {
        HttpRequest::read(&mut text.as_bytes())
    }

    #[test]
    fn body_is_read_by_its_length_or_in_chunks() {
        let whole = "POST /a?b HTTP/1.1\r\nContent-Length: 5\r\nX-Y: z\r\n\r\nhello";
        let request = read(whole).unwrap().unwrap();
        assert_eq!((&*request.method, &*request.target), ("POST", "/a?b"));
        assert_eq!(
            (&*request.body, request.header("x-y")),
            (&b"hello"[..], Some("z"))
        );
        let chunks = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
        assert_eq!(read(chunks).unwrap().unwrap().body, b"hello");
    }

    #[test]
    fn incomplete_request_is_an_error_but_an_end_is_not() {
        assert_eq!(read("").unwrap(), None);
        for text in [
            "GET / HTTP/1.1\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhello",
            "POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
            "\r\n\r\n",
        ] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn response_to_head_has_a_length_without_a_body() {
        let mut bytes = Vec::new();
        let response = HttpResponse {
            status: 200,
            head_length: Some(1024),
            ..HttpResponse::default()
        };
        response.write(&mut bytes).unwrap();
        assert_eq!(bytes, b"HTTP/1.1 200 OK\r\nContent-Length: 1024\r\n\r\n");
    }
}
