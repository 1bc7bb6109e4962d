//! `reconcile`: invokes the reconcile function now.

use std::time::Duration;

use serde_json::json;

use crate::access::require_running;
use crate::error::{Error, Result};
use crate::paths::StackPaths;

/// Longer than the function's timeout in Lambda.
const TIMEOUT: Duration = Duration::from_secs(75);

pub fn run(paths: &StackPaths, full: bool) -> Result<u8> {
    let stack = require_running(paths)?;
    let function = stack.functions.get("reconcile");
    let function = function.ok_or_else(|| Error::message("the stack has no function `reconcile`"))?;
    let client = stack.client();
    let mut request = json!({ "full": full });
    loop {
        let result = client.invoke(function, &request, TIMEOUT)?;
        println!("{result:#}");
        // A run without time for the whole bucket returns where the next one continues.
        let Some(next) = result.get("next") else {
            return Ok(0);
        };
        if *next == request["after"] {
            return Err(Error::message(format!(
                "reconcile makes no progress after {next}: see `make logs`"
            )));
        }
        request["after"] = next.clone();
    }
}
