//! Which engine the transcoder plays: `ENGINE`.

use crate::error::{Error, Result};

const ENGINES: [&str; 2] = ["elastic-transcoder", "media-convert"];

/// The engine that was asked for; Elastic Transcoder when nothing is said.
pub fn chosen() -> Result<&'static str> {
    let text = std::env::var("ENGINE").unwrap_or_default();
    if text.is_empty() {
        return Ok(ENGINES[0]);
    }
    let known = ENGINES.into_iter().find(|engine| *engine == text);
    known.ok_or_else(|| Error::said(format!("ENGINE={text} is none: give {}", ENGINES.join(" or "))))
}
