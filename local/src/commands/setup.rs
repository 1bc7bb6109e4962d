//! `setup`: prepares the Python environments, the programs and the functions' zips.

use crate::access::{StackAccess, acquire};
use crate::error::{Error, Result};
use crate::paths::StackPaths;
use crate::session::StackSession;
use crate::setup;

pub fn run(paths: StackPaths, only_consumers: bool) -> Result<u8> {
    match acquire(&paths)? {
        StackAccess::Owned(session) => {
            let result = if only_consumers {
                setup::consumers_environment(&session).map(|()| 0)
            } else {
                prepare(&session)
            };
            Ok(session.exit_code("setup", result))
        }
        StackAccess::Running(_) => Err(Error::message(
            "a stack runs in this folder: stop it first with `make down`",
        )),
    }
}

fn prepare(session: &StackSession) -> Result<u8> {
    let (tools, python) = setup::environment(session)?;
    setup::tests_environments(session, &tools)?;
    setup::service_models(session, &tools)?;
    setup::functions(session, tools, python)?;
    Ok(0)
}
