//! A function that makes the calls of a plan and nothing else: raw sockets, TLS, signatures by hand. The least that the
//! same calls need.

use std::env::{self, VarError};
use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::SystemTime;
use std::{fmt, fs};

use bench::minimal::{MinimalRuntime, read_response};
use bench::plan::{CallPlan, PlannedCall};
use bench::sigv4::{Signer, UnsignedRequest};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// The connections, one for each host, and what signs the calls.
struct Caller {
    tls: Arc<ClientConfig>,
    signer: Signer,
    connections: Vec<(String, StreamOwned<ClientConnection, TcpStream>)>,
    buffer: Vec<u8>,
}

fn main() -> io::Result<()> {
    let plan = fs::read(variable("BENCH_PLAN")?)?;
    let plan = CallPlan::read(&plan).ok_or(io::ErrorKind::InvalidData)?;
    let mut caller = Caller::new()?;
    let mut runtime = MinimalRuntime::connect()?;
    caller.make_all(&plan.start)?;
    let mut calls = &plan.first;
    loop {
        runtime.next_event()?;
        caller.make_all(calls)?;
        runtime.respond(&plan.response)?;
        calls = &plan.warm;
    }
}

fn variable(name: &str) -> io::Result<String> {
    let missing = |error: VarError| io::Error::other(format!("{name}: {error}"));
    env::var(name).map_err(missing)
}

fn other(error: impl fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}

impl Caller {
    fn new() -> io::Result<Self> {
        let mut roots = RootCertStore::empty();
        for root in CertificateDer::pem_file_iter(variable("AWS_CA_BUNDLE")?).map_err(other)? {
            roots.add(root.map_err(other)?).map_err(other)?;
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            tls: Arc::new(tls),
            signer: Signer {
                access_key: variable("AWS_ACCESS_KEY_ID")?,
                secret_key: variable("AWS_SECRET_ACCESS_KEY")?,
                session_token: env::var("AWS_SESSION_TOKEN").ok(),
                region: variable("AWS_REGION")?,
            },
            connections: Vec::new(),
            buffer: Vec::with_capacity(16 * 1024),
        })
    }

    fn make_all(&mut self, calls: &[PlannedCall]) -> io::Result<()> {
        calls.iter().try_for_each(|call| self.make(call))
    }

    fn make(&mut self, call: &PlannedCall) -> io::Result<()> {
        let named = [
            ("content-type", call.content_type.as_str()),
            ("host", call.host.as_str()),
            ("x-amz-target", call.amz_target.as_str()),
        ];
        let request = UnsignedRequest {
            service: &call.service,
            method: &call.method,
            target: &call.target,
            headers: named.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
            body: &call.body,
        };
        let mut text = format!("{} {} HTTP/1.1\r\n", call.method, call.target);
        for (name, value) in self.signer.sign(&request, SystemTime::now()) {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("content-length: {}\r\n\r\n", call.body.len()));
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&call.body);

        let known = self.connections.iter().position(|(host, _)| *host == call.host);
        let index = match known {
            Some(index) => index,
            None => {
                let stream = self.open(&call.host)?;
                self.connections.push((call.host.clone(), stream));
                self.connections.len() - 1
            }
        };
        let (_, stream) = self.connections.get_mut(index).ok_or(io::ErrorKind::NotFound)?;
        stream.write_all(&bytes)?;
        read_response(stream, &mut self.buffer, call.method == "HEAD")?;
        if self.buffer.starts_with(b"HTTP/1.1 2") {
            return Ok(());
        }
        Err(other(String::from_utf8_lossy(&self.buffer)))
    }

    fn open(&self, host: &str) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
        let name = host.split(':').next().unwrap_or_default().to_owned();
        let name = ServerName::try_from(name).map_err(other)?;
        let session = ClientConnection::new(Arc::clone(&self.tls), name).map_err(other)?;
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        Ok(StreamOwned::new(session, stream))
    }
}
