//! Runs the demo on a running stack, or starts a stack for it and stops that afterwards.

use std::path::{Path, PathBuf};

use local::access::{StackAccess, acquire};
use local::error::{Error, Result};
use local::paths::StackPaths;
use local::session::StackSession;
use local::setup;
use local::stack::{self, StackDescription, StackOptions};

use crate::video::{self, SourceVideo};
use crate::{send, summary};

/// Runs the demo and returns its exit code.
pub fn run(paths: StackPaths, video: Option<&Path>, port: Option<u16>) -> Result<u8> {
    match acquire(&paths)? {
        StackAccess::Owned(session) => {
            let result = run_on_own_stack(&session, video, port);
            Ok(session.exit_code("demo", result))
        }
        StackAccess::Running(description) => {
            let session = StackSession::visit(paths)?;
            session.journal.report(&format!(
                "using the running stack at {}",
                description.aws_endpoint_url
            ));
            let result = run_on_running_stack(&session, &description, video);
            Ok(session.exit_code("demo", result))
        }
    }
}

fn run_on_own_stack(session: &StackSession, video: Option<&Path>, port: Option<u16>) -> Result<u8> {
    let video = check_input(session, video, port)?;
    let (tools, python) = setup::environment(session)?;
    let ffmpeg = python.ffmpeg.clone();
    let source = video::prepare(session, &ffmpeg, video.as_deref())?;
    let setup = setup::functions(session, tools, python)?;
    let options = StackOptions {
        port,
        ..StackOptions::default()
    };
    let stack = stack::start(session, &setup, options)?;
    let result = match &stack.description {
        Some(description) => send_and_print(session, description, &ffmpeg, source),
        None => Err(Error::message("the stack has no description")),
    };
    stack.stop();
    result
}

fn run_on_running_stack(
    session: &StackSession,
    description: &StackDescription,
    video: Option<&Path>,
) -> Result<u8> {
    let video = check_input(session, video, None)?;
    let source = video::prepare(session, &description.ffmpeg, video.as_deref())?;
    send_and_print(session, description, &description.ffmpeg, source)
}

/// Checks VIDEO, PORT and ENGINE before anything is built or started. Returns the absolute path of the video.
fn check_input(session: &StackSession, video: Option<&Path>, port: Option<u16>) -> Result<Option<PathBuf>> {
    let phase = session.journal.phase("input", "VIDEO, PORT and ENGINE")?;
    let video = video.map(video::check).transpose()?;
    stack::check_settings(port)?;
    phase.finish("valid");
    Ok(video)
}

fn send_and_print(
    session: &StackSession,
    stack: &StackDescription,
    ffmpeg: &Path,
    source: SourceVideo,
) -> Result<u8> {
    let result = send::send(session, stack, ffmpeg, source)?;
    summary::print(session, stack, &result);
    Ok(0)
}
