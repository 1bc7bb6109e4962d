//! Logs: a JSON line for each event, with an RFC 3339 time. No line contains a body, a token or an email.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::time::ChronoUtc;

use crate::settings::EnvVars;

/// Starts the log on standard output. `LOG_LEVEL` is a level, or a filter such as `info,aws=debug`; the
/// default is `info`.
pub fn start(environment: &EnvVars) {
    let level = environment.optional("LOG_LEVEL").unwrap_or("info");
    let filter = EnvFilter::builder().parse_lossy(level);
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_timer(ChronoUtc::new("%Y-%m-%dT%H:%M:%S%.3fZ".to_owned()))
        .with_env_filter(filter)
        .finish();
    // In tests a second call has no effect.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
