//! An emulator of the Lambda Runtime API, one for each process of a function.
//!
//! Source: "Using the Lambda runtime API for custom runtimes" in the AWS Lambda Developer Guide.

use std::io::{self, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use thiserror::Error;

use crate::http::{HttpRequest, HttpResponse};

const PREFIX: &str = "/2018-06-01/runtime/";

/// The time that an invocation has until its deadline. Functions stop work some seconds before it.
const TIME_LIMIT: Duration = Duration::from_secs(300);

/// The Runtime API for one process.
pub struct RuntimeApi {
    address: SocketAddr,
    exchange: Arc<Exchange>,
}

/// A finished invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The time from when the function was sent the event until it had sent its response.
    pub took: Duration,
    /// The response.
    pub body: Vec<u8>,
}

/// Why a function has no result.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FunctionError {
    /// It reported an error of its start.
    #[error("the function did not start: {0}")]
    Init(String),
    /// It reported an error of the invocation.
    #[error("the function failed: {0}")]
    Failed(String),
    /// It sent nothing in time.
    #[error("the function did not answer in time")]
    Timeout,
}

#[derive(Default)]
struct Exchange {
    state: Mutex<ExchangeState>,
    changed: Condvar,
}

#[derive(Default)]
struct ExchangeState {
    /// When the function asked for an event that it does not have yet.
    idle_since: Option<Instant>,
    event: Option<Vec<u8>>,
    sent_at: Option<Instant>,
    invocations: u64,
    outcome: Option<(Instant, Result<Vec<u8>, FunctionError>)>,
    is_closed: bool,
}

impl RuntimeApi {
    /// Starts the API on a free port of the loopback interface.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let exchange = Arc::new(Exchange::default());
        let shared = Arc::clone(&exchange);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if shared.lock().is_closed {
                    return;
                }
                let shared = Arc::clone(&shared);
                // A connection ends with an error when its process is killed.
                thread::spawn(move || shared.serve(&stream));
            }
        });
        Ok(Self { address, exchange })
    }

    /// Returns the value of `AWS_LAMBDA_RUNTIME_API`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Waits until the function asks for an event; returns when it did so.
    pub fn wait_until_idle(&self, limit: Duration) -> Result<Instant, FunctionError> {
        self.exchange
            .wait(limit, |state| match (&state.outcome, state.idle_since) {
                (Some((_, Err(error))), _) => Some(Err(error.clone())),
                (_, since) => since.map(Ok),
            })?
    }

    /// Sends an event to an idle function and waits for the response.
    pub fn invoke(&self, event: &[u8], limit: Duration) -> Result<Invocation, FunctionError> {
        {
            let mut state = self.exchange.lock();
            state.event = Some(event.to_vec());
            state.outcome = None;
            self.exchange.changed.notify_all();
        }
        let (at, outcome, sent_at) = self.exchange.wait(limit, |state| {
            let (at, outcome) = state.outcome.take()?;
            Some((at, outcome, state.sent_at.unwrap_or(at)))
        })?;
        Ok(Invocation {
            took: at.duration_since(sent_at),
            body: outcome?,
        })
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.exchange.lock().is_closed = true;
        self.exchange.changed.notify_all();
        // Wakes the thread that accepts connections.
        let _ = TcpStream::connect(self.address);
    }
}

impl Exchange {
    fn lock(&self) -> MutexGuard<'_, ExchangeState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `found` returns a value.
    fn wait<T>(
        &self,
        limit: Duration,
        mut found: impl FnMut(&mut ExchangeState) -> Option<T>,
    ) -> Result<T, FunctionError> {
        let deadline = Instant::now() + limit;
        let mut state = self.lock();
        loop {
            if let Some(value) = found(&mut state) {
                return Ok(value);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(FunctionError::Timeout);
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        while let Some(request) = HttpRequest::read(&mut reader)? {
            let at = Instant::now();
            let path = request.target.strip_prefix(PREFIX).unwrap_or_default();
            if (request.method.as_str(), path) == ("GET", "invocation/next") {
                let Some(response) = self.next(at) else {
                    return Ok(());
                };
                self.lock().sent_at = Some(Instant::now());
                response.write(&mut &*stream)?;
                continue;
            }
            let text = || String::from_utf8_lossy(&request.body).into_owned();
            let outcome = match path.rsplit_once('/').map(|(_, last)| last) {
                Some("response") => Ok(request.body),
                Some("error") if path == "init/error" => Err(FunctionError::Init(text())),
                Some("error") => Err(FunctionError::Failed(text())),
                _ => {
                    HttpResponse::json(404, &"no such route".into()).write(&mut &*stream)?;
                    continue;
                }
            };
            self.lock().outcome = Some((at, outcome));
            self.changed.notify_all();
            HttpResponse::json(202, &serde_json::json!({"status": "OK"})).write(&mut &*stream)?;
        }
        Ok(())
    }

    /// Waits for an event; `None` once the API is closed.
    fn next(&self, at: Instant) -> Option<HttpResponse> {
        let mut state = self.lock();
        state.idle_since = Some(at);
        self.changed.notify_all();
        let event = loop {
            if state.is_closed {
                return None;
            }
            if let Some(event) = state.event.take() {
                break event;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        state.idle_since = None;
        state.invocations += 1;
        let deadline = SystemTime::now() + TIME_LIMIT;
        let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
        let id = format!("8476a536-e9f4-11e8-9739-{:012x}", state.invocations);
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:bench";
        let trace = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0";
        let response = HttpResponse {
            status: 200,
            body: event,
            ..HttpResponse::default()
        };
        Some(
            response
                .with("Content-Type", "application/json")
                .with("Lambda-Runtime-Aws-Request-Id", &id)
                .with("Lambda-Runtime-Deadline-Ms", &deadline.as_millis().to_string())
                .with("Lambda-Runtime-Invoked-Function-Arn", arn)
                .with("Lambda-Runtime-Trace-Id", trace),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    /// Requests the next event, as a function; returns its request id and the event.
    fn next(api: &str) -> (String, String) {
        let url = format!("http://{api}{PREFIX}invocation/next");
        let mut response = ureq::get(&url).call().unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        let id = header("lambda-runtime-aws-request-id");
        let deadline: u128 = header("lambda-runtime-deadline-ms").parse().unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        assert!(deadline > now, "the deadline is a time in milliseconds");
        assert!(header("lambda-runtime-invoked-function-arn").starts_with("arn:aws:lambda:"));
        assert!(header("lambda-runtime-trace-id").starts_with("Root="));
        (id, response.body_mut().read_to_string().unwrap())
    }

    fn send(api: &str, path: &str, body: &str) -> u16 {
        let url = format!("http://{api}{PREFIX}{path}");
        ureq::post(&url).send(body).unwrap().status().as_u16()
    }

    #[test]
    fn event_and_response_are_exchanged() {
        let api = RuntimeApi::start().unwrap();
        let address = api.address();
        let function = thread::spawn(move || {
            for _ in 0..2 {
                let (id, event) = next(&address);
                let path = format!("invocation/{id}/response");
                assert_eq!(send(&address, &path, &format!("{event}!")), 202);
            }
        });
        for event in ["a", "b"] {
            api.wait_until_idle(LIMIT).unwrap();
            let invocation = api.invoke(event.as_bytes(), LIMIT).unwrap();
            assert_eq!(invocation.body, format!("{event}!").into_bytes());
        }
        function.join().unwrap();
    }

    #[test]
    fn errors_of_a_function_are_reported() {
        let api = RuntimeApi::start().unwrap();
        let address = api.address();
        let function = thread::spawn(move || {
            let (id, _) = next(&address);
            send(&address, &format!("invocation/{id}/error"), "broken");
        });
        api.wait_until_idle(LIMIT).unwrap();
        let error = api.invoke(b"{}", LIMIT).unwrap_err();
        assert_eq!(error, FunctionError::Failed("broken".into()));
        function.join().unwrap();
        send(&api.address(), "init/error", "no table");
        let error = api.wait_until_idle(LIMIT).unwrap_err();
        assert_eq!(error, FunctionError::Init("no table".into()));
    }

    #[test]
    fn silent_function_times_out() {
        let api = RuntimeApi::start().unwrap();
        assert_eq!(api.wait_until_idle(Duration::ZERO), Err(FunctionError::Timeout));
    }
}
