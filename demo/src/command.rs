//! The demo on a stack of its own, which it stops at the end, or on a stack that already runs and is left running.

use std::path::{Path, PathBuf};

use local::access::{StackAccess, acquire};
use local::error::{Error, Result};
use local::paths::Paths;
use local::session::Session;
use local::setup;
use local::stack::{self, Description, Wish};

use crate::video::{self, Source};
use crate::{send, summary};

/// Runs the demo and returns its exit code.
pub fn run(paths: Paths, video: Option<&Path>, port: Option<u16>) -> Result<u8> {
    match acquire(&paths)? {
        StackAccess::Owned(session) => {
            let result = on_own_stack(&session, video, port);
            Ok(session.exit_code("demo", result))
        }
        StackAccess::Running(description) => {
            let session = Session::visit(paths)?;
            session.journal.say(&format!(
                "a stack is up at {}: using it",
                description.aws_endpoint_url
            ));
            let result = on_running_stack(&session, &description, video);
            Ok(session.exit_code("demo", result))
        }
    }
}

fn on_own_stack(session: &Session, video: Option<&Path>, port: Option<u16>) -> Result<u8> {
    let video = check_input(session, video, port)?;
    let (tools, python) = setup::environment(session)?;
    let ffmpeg = python.ffmpeg.clone();
    let source = video::prepare(session, &ffmpeg, video.as_deref())?;
    let setup = setup::functions(session, tools, python)?;
    let options = Wish {
        port,
        ..Wish::default()
    };
    let stack = stack::bring_up(session, &setup, &options)?;
    let result = match stack.description.clone() {
        Some(description) => send_and_print(session, &description, &ffmpeg, source),
        None => Err(Error::said("the stack has no description")),
    };
    stack.stop();
    result
}

fn on_running_stack(session: &Session, description: &Description, video: Option<&Path>) -> Result<u8> {
    let video = check_input(session, video, None)?;
    let ffmpeg = description.ffmpeg.clone();
    let source = video::prepare(session, &ffmpeg, video.as_deref())?;
    send_and_print(session, description, &ffmpeg, source)
}

/// Checks VIDEO, PORT and ENGINE before anything is built or started. Returns the video's absolute path.
fn check_input(session: &Session, video: Option<&Path>, port: Option<u16>) -> Result<Option<PathBuf>> {
    let phase = session.journal.phase("input", "VIDEO, PORT and ENGINE")?;
    let video = video.map(video::check).transpose()?;
    stack::check_options(port)?;
    phase.done("valid");
    Ok(video)
}

fn send_and_print(session: &Session, stack: &Description, ffmpeg: &Path, source: Source) -> Result<u8> {
    let outcome = send::send(session, stack, ffmpeg, source)?;
    summary::print(session, stack, &outcome);
    Ok(0)
}
