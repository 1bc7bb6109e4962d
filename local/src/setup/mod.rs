//! Prepares the prerequisites of a stack: tools, Python environments, the functions' zips and the transcoder.

mod check;
mod functions;
mod python;

use crate::error::Result;
use crate::session::StackSession;

pub use check::Tools;
pub(crate) use functions::BuiltPrograms;
pub use python::PythonEnvironment;

/// The prepared tools and programs of a stack. All stacks share them.
#[derive(Debug)]
pub struct Setup {
    pub(crate) tools: Tools,
    pub(crate) python: PythonEnvironment,
    pub(crate) programs: BuiltPrograms,
}

/// Finds the tools and prepares the emulator's Python environment, which has ffmpeg.
pub fn environment(session: &StackSession) -> Result<(Tools, PythonEnvironment)> {
    let tools = check::tools(session)?;
    let python = python::emulator(session, &tools)?;
    Ok((tools, python))
}

/// Prepares the Python environments of the end-to-end tests.
pub(crate) fn tests_environments(session: &StackSession, tools: &Tools) -> Result<()> {
    python::tests(session, tools)?;
    python::consumers(session, tools)
}

/// Finds the tools and prepares the environment of the consumers of `schemas/`.
pub(crate) fn consumers_environment(session: &StackSession) -> Result<()> {
    let tools = check::tools(session)?;
    python::consumers(session, &tools)
}

/// Prepares the Python environment with AWS's current service models, which the transcoder's tests read.
pub(crate) fn service_models(session: &StackSession, tools: &Tools) -> Result<()> {
    python::models(session, tools)
}

/// Builds the functions and the transcoder, and packages the functions.
pub fn functions(session: &StackSession, tools: Tools, python: PythonEnvironment) -> Result<Setup> {
    let programs = functions::build_and_package(session, &tools)?;
    Ok(Setup {
        tools,
        python,
        programs,
    })
}
