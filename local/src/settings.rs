//! Settings of a stack that come from the environment: `ENGINE` and `LOG_LEVEL`.

use std::env;

use crate::error::{Error, Result};

const ENGINES: [&str; 2] = ["elastic-transcoder", "media-convert"];
const DEFAULT_LOG_LEVEL: &str = "info";

/// Returns the engine that `ENGINE` names, Elastic Transcoder by default.
pub fn engine() -> Result<&'static str> {
    let Some(name) = variable("ENGINE") else {
        return Ok(ENGINES[0]);
    };
    let engine = ENGINES.into_iter().find(|engine| *engine == name);
    engine.ok_or_else(|| {
        Error::message(format!(
            "ENGINE={name} is not an engine: use {}",
            ENGINES.join(" or ")
        ))
    })
}

/// Returns the log level, or filter, of the functions and of the transcoder, both of which read `LOG_LEVEL`.
///
/// It is `LOG_LEVEL`, else `RUST_LOG`, else `info`.
pub fn log_level() -> String {
    first_of([variable("LOG_LEVEL"), variable("RUST_LOG")])
}

fn first_of(settings: [Option<String>; 2]) -> String {
    let level = settings.into_iter().flatten().next();
    level.unwrap_or_else(|| DEFAULT_LOG_LEVEL.to_owned())
}

/// Returns a variable that is set and not empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_level_precedes_rust_log_and_defaults_to_info() {
        let set = |text: &str| Some(text.to_owned());
        assert_eq!(first_of([set("warn"), set("debug")]), "warn");
        assert_eq!(first_of([None, set("debug")]), "debug");
        assert_eq!(first_of([None, None]), "info");
    }
}
