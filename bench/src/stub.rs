//! A stub of the AWS services that the functions call: it answers each call at once, over TLS, and records it.
//!
//! Each service has a port of its own, because at AWS each has a host of its own: a function opens a connection to each.
//! The stub knows one response's item. It applies writes to it, so that a later read of the same invocation sees them, but
//! it does not evaluate conditions: they hold.

mod answers;
mod authority;
mod services;
mod table;

use std::io::{self, BufReader};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, Stream};

pub use authority::{Authority, AuthorityError};
pub use services::{StoredFile, StubService, StubState};

use crate::http::{HttpRequest, HttpResponse};

/// A call that a function made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StubCall {
    /// The service.
    pub service: StubService,
    /// The operation, such as `GetItem`.
    pub operation: String,
    /// The request.
    pub request: HttpRequest,
    /// The status of the answer.
    pub status: u16,
}

/// The running stub.
pub struct AwsStub {
    ports: Vec<(StubService, u16)>,
    shared: Arc<Shared>,
}

struct Shared {
    tls: Arc<ServerConfig>,
    delay: Duration,
    contents: Mutex<Contents>,
}

#[derive(Default)]
struct Contents {
    state: StubState,
    calls: Vec<StubCall>,
}

impl AwsStub {
    /// Starts the stub with a certificate of this authority. Each answer is delayed by this time.
    pub fn start(authority: &Authority, delay: Duration) -> Result<Self, AuthorityError> {
        let shared = Arc::new(Shared {
            tls: Arc::new(authority.server_config()?),
            delay,
            contents: Mutex::default(),
        });
        let mut ports = Vec::new();
        for service in StubService::ALL {
            let listener = TcpListener::bind(("127.0.0.1", 0))?;
            ports.push((service, listener.local_addr()?.port()));
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let shared = Arc::clone(&shared);
                    // A connection ends with an error when its process is killed, or refuses the certificate.
                    thread::spawn(move || shared.serve(service, stream));
                }
            });
        }
        Ok(Self { ports, shared })
    }

    /// Returns the host and the port of a service.
    pub fn host(&self, service: StubService) -> String {
        let port = self.ports.iter().find(|(known, _)| *known == service);
        format!("localhost:{}", port.map_or(0, |(_, port)| *port))
    }

    /// Returns `AWS_ENDPOINT_URL_…` of each service.
    pub fn variables(&self) -> Vec<(String, String)> {
        let variable = |service: StubService| {
            let url = format!("https://{}", self.host(service));
            (format!("AWS_ENDPOINT_URL_{}", service.variable()), url)
        };
        StubService::ALL.map(variable).into()
    }

    /// Sets what the services hold.
    pub fn set(&self, state: StubState) {
        self.shared.lock().state = state;
    }

    /// Returns the calls since the last time, in the order of their answers.
    pub fn take_calls(&self) -> Vec<StubCall> {
        std::mem::take(&mut self.shared.lock().calls)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, service: StubService, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut session = ServerConnection::new(Arc::clone(&self.tls)).map_err(io::Error::other)?;
        let mut stream = BufReader::new(Stream::new(&mut session, &mut stream));
        while let Some(request) = HttpRequest::read(&mut stream)? {
            if !self.delay.is_zero() {
                thread::sleep(self.delay);
            }
            let response = self.answer(service, request);
            response.write(stream.get_mut())?;
        }
        Ok(())
    }

    fn answer(&self, service: StubService, request: HttpRequest) -> HttpResponse {
        let mut contents = self.lock();
        let operation = answers::operation(service, &request);
        let signed = request.header("authorization");
        let response = if signed.is_some_and(|text| text.starts_with("AWS4-HMAC-SHA256 ")) {
            answers::answer(service, &operation, &request, &mut contents.state)
        } else {
            HttpResponse::json(403, &serde_json::json!({"__type": "MissingAuthenticationToken"}))
        };
        contents.calls.push(StubCall {
            service,
            operation,
            request,
            status: response.status,
        });
        response.with("x-amzn-requestid", "b25f48e8-84fd-11e6-80d9-574e0c4664cb")
    }
}
