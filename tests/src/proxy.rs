//! A proxy between a function and the services that it calls, which counts calls and injects faults.
//!
//! The `Host` of a request stays as it is, so its signature holds.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::{Stack, processes};

/// A call of a function to a service.
#[derive(Clone, Debug)]
pub struct ServiceCall {
    /// The operation's name in AWS's documentation.
    pub operation: String,
    /// Path, query and body, which identify the response that the call is for.
    pub text: String,
}

/// The treatment of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultAction {
    /// The service executes the call and the answer is returned.
    Forward,
    /// The service executes the call, but the answer is dropped.
    DropAnswer,
    /// The service executes the call, but the function is killed before the answer arrives.
    KillCaller,
    /// The call is not executed: the service throttles it.
    Throttle,
    /// The call is not executed: the service fails.
    Fail,
    /// The call is not executed: the caller's role lacks the permission.
    Deny,
}

/// Selects the action for each call.
type FaultPlan = dyn FnMut(&ServiceCall) -> FaultAction + Send;

/// The state that all connections share.
struct Shared {
    plan: Mutex<Box<FaultPlan>>,
    killed_callers: AtomicUsize,
    dropped_answers: AtomicUsize,
}

type ProxyAnswer = Response<Full<Bytes>>;

/// A running proxy, stopped when dropped.
pub struct Proxy {
    aws: SocketAddr,
    engine: SocketAddr,
    shared: Arc<Shared>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Starts a proxy for the stack's services; the plan selects the action for each call.
    pub fn start(stack: &Stack, plan: impl FnMut(&ServiceCall) -> FaultAction + Send + 'static) -> Self {
        let shared = Arc::new(Shared {
            plan: Mutex::new(Box::new(plan)),
            killed_callers: AtomicUsize::new(0),
            dropped_answers: AtomicUsize::new(0),
        });
        let of_thread = Arc::clone(&shared);
        let upstreams = [&stack.info.aws_endpoint_url, &stack.info.transcoder_url];
        let upstreams = upstreams.map(|url| url.trim_start_matches("http://").to_owned());
        let (end, ended) = oneshot::channel();
        let (send_addresses, addresses_received) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("the runtime is built").block_on(async move {
                let mut addresses = Vec::new();
                for upstream in upstreams {
                    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
                    addresses.push(listener.local_addr().expect("the listener has an address"));
                    tokio::spawn(listen(listener, upstream, Arc::clone(&of_thread)));
                }
                let _ = send_addresses.send(addresses);
                let _ = ended.await;
            });
        });
        let addresses = addresses_received.recv().expect("the proxy starts");
        Self {
            aws: addresses[0],
            engine: addresses[1],
            shared,
            end: Some(end),
            thread: Some(thread),
        }
    }

    /// Returns the number of killed functions.
    pub fn killed_callers(&self) -> usize {
        self.shared.killed_callers.load(Ordering::SeqCst)
    }

    /// Returns the number of answers that were dropped without a kill.
    pub fn dropped_answers(&self) -> usize {
        self.shared.dropped_answers.load(Ordering::SeqCst)
    }

    /// Returns the environment variables that route a function's calls through this proxy.
    pub fn variables(&self) -> [(&'static str, String); 6] {
        let (aws, engine) = (format!("http://{}", self.aws), format!("http://{}", self.engine));
        [
            ("AWS_ENDPOINT_URL_DYNAMODB", aws.clone()),
            ("AWS_ENDPOINT_URL_S3", aws.clone()),
            ("AWS_ENDPOINT_URL_SQS", aws.clone()),
            ("AWS_ENDPOINT_URL_SSM", aws),
            ("AWS_ENDPOINT_URL_ELASTIC_TRANSCODER", engine.clone()),
            ("AWS_ENDPOINT_URL_MEDIACONVERT", engine),
        ]
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn listen(listener: TcpListener, upstream: String, shared: Arc<Shared>) {
    while let Ok((stream, peer)) = listener.accept().await {
        let (upstream, shared) = (upstream.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            let to = stream.local_addr().map_or(0, |address| address.port());
            let connection = (peer.port(), to);
            let answer = service_fn(|request| answer(request, connection, &upstream, &shared));
            // A dropped answer ends the connection with an error, as intended.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answer)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    (from, to): (u16, u16),
    upstream: &str,
    shared: &Shared,
) -> Result<ProxyAnswer, io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let call = ServiceCall {
        operation: operation(&head.method, &head.uri, &head.headers),
        text: format!("{} {}", head.uri, String::from_utf8_lossy(&body)),
    };
    let action = shared.plan.lock().expect("the lock is not poisoned")(&call);
    let dropped_answers = || io::Error::other("cut");
    match action {
        FaultAction::Throttle => return Ok(refusal(&head.uri, &head.headers, true)),
        FaultAction::Deny => return Ok(denial()),
        FaultAction::Fail => return Ok(refusal(&head.uri, &head.headers, false)),
        FaultAction::Forward | FaultAction::DropAnswer | FaultAction::KillCaller => {}
    }
    let done = forward(Request::from_parts(head, Full::new(body)), upstream).await?;
    match action {
        FaultAction::DropAnswer => {
            shared.dropped_answers.fetch_add(1, Ordering::SeqCst);
            Err(dropped_answers())
        }
        FaultAction::KillCaller => {
            let killed_callers = processes::kill_peer(from, to);
            shared
                .killed_callers
                .fetch_add(usize::from(killed_callers), Ordering::SeqCst);
            Err(dropped_answers())
        }
        _ => Ok(done),
    }
}

/// Forwards the request to the service and waits for the complete answer.
async fn forward(request: Request<Full<Bytes>>, upstream: &str) -> Result<ProxyAnswer, io::Error> {
    let stream = TcpStream::connect(upstream).await?;
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.map_err(io::Error::other)?;
    let exchange = async {
        let answer = sender.send_request(request).await.map_err(io::Error::other)?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        Ok(Response::from_parts(head, Full::new(body)))
    };
    // The connection must be polled during the exchange.
    let (mut exchange, mut connection) = (pin!(exchange), pin!(connection));
    tokio::select! {
        answer = &mut exchange => answer,
        _ = &mut connection => exchange.await,
    }
}

/// Returns the operation of a request, by its name in the service's documentation.
fn operation(method: &Method, uri: &Uri, headers: &HeaderMap) -> String {
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok());
    if let Some((_, operation)) = target.and_then(|target| target.rsplit_once('.')) {
        return operation.to_owned();
    }
    let has = |name: &str| {
        let mut parts = uri.query().unwrap_or_default().split('&');
        parts.any(|part| part.split('=').next() == Some(name))
    };
    let is_engine = engine(uri).is_some();
    let name = match (method.as_str(), is_engine) {
        ("POST", true) if uri.path().ends_with("/probe") => "Probe",
        ("POST", true) => "CreateJob",
        ("GET", true) => "ReadJob",
        ("DELETE", true) => "CancelJob",
        ("HEAD", _) => "HeadObject",
        ("GET", _) if has("list-type") => "ListObjectsV2",
        ("GET", _) if has("versions") => "ListObjectVersions",
        ("GET", _) if has("uploads") => "ListMultipartUploads",
        ("DELETE", _) if has("uploadId") => "AbortMultipartUpload",
        ("DELETE", _) => "DeleteObject",
        (other, _) => other,
    };
    name.to_owned()
}

/// Returns the status and the code with which the engine of a path throttles; `None` for other services.
fn engine(uri: &Uri) -> Option<(StatusCode, &'static str)> {
    if uri.path().starts_with("/2012-09-25/") {
        Some((StatusCode::BAD_REQUEST, "ThrottlingException"))
    } else if uri.path().starts_with("/2017-08-29/") {
        Some((StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"))
    } else {
        None
    }
}

/// Returns an engine's answer to a caller whose role does not allow CreateJob; other services use another format.
fn denial() -> ProxyAnswer {
    let body = "{\"message\": \"User is not authorized to perform the action\"}";
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = StatusCode::FORBIDDEN;
    let code = HeaderValue::from_static("AccessDeniedException");
    answer.headers_mut().insert("x-amzn-errortype", code);
    answer
}

/// Returns the service's answer when it throttles or fails.
fn refusal(uri: &Uri, headers: &HeaderMap, throttled: bool) -> ProxyAnswer {
    let answer = |status: StatusCode, header: Option<&'static str>, body: String| {
        let mut answer = Response::new(Full::new(Bytes::from(body)));
        *answer.status_mut() = status;
        if let Some(code) = header {
            let name = HeaderName::from_static("x-amzn-errortype");
            answer
                .headers_mut()
                .insert(name, code.parse().expect("a valid header value"));
        }
        answer
    };
    if let Some((status, code)) = engine(uri) {
        let (status, code) = if throttled {
            (status, code)
        } else {
            (StatusCode::INTERNAL_SERVER_ERROR, "InternalServiceException")
        };
        return answer(status, Some(code), "{\"message\": \"a fault\"}".to_owned());
    }
    let Some(target) = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
    else {
        let (status, code) = if throttled {
            (StatusCode::SERVICE_UNAVAILABLE, "SlowDown")
        } else {
            (StatusCode::INTERNAL_SERVER_ERROR, "InternalError")
        };
        let body = format!("<Error><Code>{code}</Code><Message>a fault</Message></Error>");
        return answer(status, None, body);
    };
    let code = match (target.starts_with("DynamoDB"), throttled) {
        (true, true) => "ProvisionedThroughputExceededException",
        (true, false) => "InternalServerError",
        (false, true) => "ThrottlingException",
        (false, false) => "InternalFailure",
    };
    let status = if throttled {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    };
    answer(
        status,
        None,
        format!("{{\"__type\": \"fault#{code}\", \"message\": \"a fault\"}}"),
    )
}

/// Faults by number: for each marker, the n-th call that contains the marker gets a fault, once.
#[derive(Clone, Debug, Default)]
pub struct FaultScripts(Arc<Mutex<Vec<FaultScript>>>);

#[derive(Debug)]
struct FaultScript {
    markers: Vec<String>,
    fault: Option<(usize, FaultAction)>,
    calls: Vec<String>,
}

impl FaultScripts {
    /// Records the calls that contain a marker; the n-th of them, from 0, gets the fault.
    pub fn add(&self, marker: &str, fault: Option<(usize, FaultAction)>) {
        self.lock().push(FaultScript {
            markers: vec![marker.to_owned()],
            fault,
            calls: Vec::new(),
        });
    }

    /// Also counts calls with another marker for the first marker's script.
    pub fn add_marker(&self, marker: &str, other: &str) {
        for script in self
            .lock()
            .iter_mut()
            .filter(|script| script.markers[0] == marker)
        {
            script.markers.push(other.to_owned());
        }
    }

    /// Returns the operations of the recorded calls with a marker.
    pub fn calls(&self, marker: &str) -> Vec<String> {
        let scripts = self.lock();
        let script = scripts.iter().find(|script| script.markers[0] == marker);
        script.map(|script| script.calls.clone()).unwrap_or_default()
    }

    /// Returns a proxy's plan that follows these scripts.
    pub fn plan(&self) -> impl FnMut(&ServiceCall) -> FaultAction + Send + 'static {
        let scripts = self.clone();
        move |call| {
            let mut scripts = scripts.lock();
            let is_of =
                |script: &&mut FaultScript| script.markers.iter().any(|marker| call.text.contains(marker));
            let Some(script) = scripts.iter_mut().find(is_of) else {
                return FaultAction::Forward;
            };
            let number = script.calls.len();
            script.calls.push(call.operation.clone());
            match script.fault {
                Some((at, action)) if at == number => action,
                _ => FaultAction::Forward,
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<FaultScript>> {
        self.0.lock().expect("the lock is not poisoned")
    }
}
