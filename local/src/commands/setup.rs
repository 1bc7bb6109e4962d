//! `setup`: the Python environments, the functions, their zips; nothing is started.

use crate::access::{StackAccess, acquire};
use crate::error::{Error, Result};
use crate::paths::Paths;
use crate::session::Session;
use crate::setup;

pub fn run(paths: Paths) -> Result<u8> {
    match acquire(&paths)? {
        StackAccess::Owned(session) => {
            let result = make(&session);
            Ok(session.exit_code("setup", result))
        }
        StackAccess::Running(_) => Err(Error::said(
            "a stack is up in this folder: stop it first with `make down`",
        )),
    }
}

fn make(session: &Session) -> Result<u8> {
    let (tools, python) = setup::environment(session)?;
    setup::tests_environment(session, &tools)?;
    setup::service_models(session, &tools)?;
    setup::functions(session, tools, python)?;
    Ok(0)
}
