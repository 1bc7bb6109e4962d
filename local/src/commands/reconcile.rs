//! `reconcile`: what the schedule does every minute, at once.

use std::time::Duration;

use serde_json::json;

use super::needed;
use crate::error::{Error, Result};
use crate::paths::Paths;

/// Longer than Lambda lets the function run.
const LIMIT: Duration = Duration::from_secs(75);

pub fn run(paths: &Paths) -> Result<u8> {
    let stack = needed(paths)?;
    let function = stack.functions.get("reconcile").and_then(|name| name.as_str());
    let function = function.ok_or_else(|| Error::said("the stack has no function `reconcile`"))?;
    let answer = stack.client().invoke(function, &json!({}), LIMIT)?;
    println!("{answer:#}");
    Ok(0)
}
