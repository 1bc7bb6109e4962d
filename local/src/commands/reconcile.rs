//! `reconcile`: what the schedule does every minute, at once; in full, the whole bucket too.

use std::time::Duration;

use serde_json::json;

use crate::access::require_running;
use crate::error::{Error, Result};
use crate::paths::Paths;

/// Longer than Lambda lets the function run.
const LIMIT: Duration = Duration::from_secs(75);

pub fn run(paths: &Paths, full: bool) -> Result<u8> {
    let stack = require_running(paths)?;
    let function = stack.functions.get("reconcile").and_then(|name| name.as_str());
    let function = function.ok_or_else(|| Error::said("the stack has no function `reconcile`"))?;
    let (client, mut order) = (stack.client(), json!({ "full": full }));
    loop {
        let answer = client.invoke(function, &order, LIMIT)?;
        println!("{answer:#}");
        // A run that had no time for the whole bucket says where the next one goes on.
        let Some(next) = answer.get("next") else {
            return Ok(0);
        };
        if *next == order["after"] {
            return Err(Error::said(format!(
                "the bucket cannot be walked on behind {next}: `make logs` has the reason"
            )));
        }
        order["after"] = next.clone();
    }
}
