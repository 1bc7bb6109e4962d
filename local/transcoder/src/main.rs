//! The `transcoder` program: serves until a signal stops it.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use transcoder::api;
use transcoder::config::TranscoderArguments;
use transcoder::service::TranscoderService;

/// How long open requests may take when the service stops.
const GRACE: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let arguments = match TranscoderArguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if !error.use_stderr() => {
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            return refuse(
                error
                    .to_string()
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .trim_start_matches("error: "),
            );
        }
    };
    log();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&format!("cannot start: {error}")),
    };
    let ended = runtime.block_on(serve(arguments));
    // Running jobs are dropped with their ffmpeg; they run again at the next start.
    runtime.shutdown_timeout(Duration::from_secs(2));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => refuse(&reason),
    }
}

async fn serve(arguments: TranscoderArguments) -> Result<(), String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port));
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen on {address}: {error}; choose another --port"))?;
    let signals = |kind| signal(kind).map_err(|error| format!("cannot wait for signals: {error}"));
    let (mut terminate, mut interrupt) = (
        signals(SignalKind::terminate())?,
        signals(SignalKind::interrupt())?,
    );
    // With a handler for SIGXFSZ, a write past the file size limit is an error; without, the kernel ends the process.
    #[cfg(target_os = "linux")]
    let _file_size = signals(SignalKind::from_raw(25))?;
    let service = Arc::new(TranscoderService::open(&arguments).map_err(|error| error.to_string())?);
    tracing::info!(address = %listener.local_addr().unwrap_or(address), state = %arguments.state.display(), "listening");
    let jobs = tokio::spawn(service.worker().run());
    let stopping = Arc::new(Notify::new());
    let server = axum::serve(listener, api::router(Arc::clone(&service))).with_graceful_shutdown({
        let stopping = Arc::clone(&stopping);
        async move { stopping.notified().await }
    });
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        jobs.abort();
        stopping.notify_one();
        // Open requests may end; an idle connection does not delay the end.
        tokio::time::sleep(GRACE).await;
        service.stop();
    };
    tokio::select! {
        served = server => served.map_err(|error| format!("cannot serve: {error}")),
        () = stop => Ok(()),
    }
}

fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("LOG_LEVEL")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_timer(tracing_subscriber::fmt::time::ChronoUtc::rfc_3339())
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}

fn refuse(reason: &str) -> ExitCode {
    eprintln!("transcoder: {reason}");
    ExitCode::FAILURE
}
