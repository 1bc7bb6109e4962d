//! What must be there before a stack can start: tools, the Python environment, the functions.

mod check;
mod functions;
mod python;

use std::path::PathBuf;

use crate::error::Result;
use crate::session::Session;

pub use check::Tools;
pub use functions::Built;
pub use python::Python;

/// The shared things that every stack uses, made and up to date.
#[derive(Debug)]
pub struct Setup {
    pub tools: Tools,
    pub python: Python,
    pub built: Built,
}

/// Tools and the Python environment: what is needed to look at a video.
pub fn environment(session: &Session) -> Result<(Tools, Python)> {
    let tools = check::tools(session)?;
    let python = python::emulator(session, &tools)?;
    Ok((tools, python))
}

/// The Python environment of the tests: the AWS SDK, apart from the emulator's own.
pub fn tests_environment(session: &Session, tools: &Tools) -> Result<PathBuf> {
    python::tests(session, tools)
}

/// AWS's current service models, which the transcoder's tests read.
pub fn service_models(session: &Session, tools: &Tools) -> Result<()> {
    python::models(session, tools)
}

pub fn functions(session: &Session, tools: Tools, python: Python) -> Result<Setup> {
    let built = functions::build_and_package(session, &tools)?;
    Ok(Setup { tools, python, built })
}
