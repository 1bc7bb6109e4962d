//! `token`: prints a new owner's token.

use crate::access::require_running;
use crate::error::Result;
use crate::paths::StackPaths;
use crate::stack::token;

pub fn run(paths: &StackPaths) -> Result<u8> {
    let stack = require_running(paths)?;
    let token = token::request(
        &stack.token_url,
        &stack.token_client_id,
        &stack.token_client_secret,
    )?;
    println!("{token}");
    Ok(0)
}
