//! `demo`: on a stack of its own, stopped at the end, or on one that is up and stays up.

use std::path::Path;

use super::{Claim, claim, input, report};
use crate::demo;
use crate::error::{Error, Result};
use crate::files;
use crate::paths::Paths;
use crate::session::Session;
use crate::setup;
use crate::stack::{self, Description, Wish};

pub fn run(paths: Paths, video: Option<&Path>, port: Option<u16>) -> Result<u8> {
    match claim(&paths)? {
        Claim::Ours(session) => Ok(report("demo", &session, alone(&session, video, port))),
        Claim::Up(description) => {
            let session = Session::visit(paths)?;
            session.journal.say(&format!(
                "a stack is up at {}: using it",
                description.aws_endpoint_url
            ));
            Ok(report("demo", &session, visiting(&session, &description, video)))
        }
    }
}

fn alone(session: &Session, video: Option<&Path>, port: Option<u16>) -> Result<u8> {
    let video = input(session, video, port)?;
    let (tools, python) = setup::environment(session)?;
    let ffmpeg = python.ffmpeg.clone();
    let source = demo::prepare(session, &ffmpeg, video.as_deref())?;
    let setup = setup::functions(session, tools, python)?;
    let wish = Wish {
        port,
        ..Wish::default()
    };
    let stack = stack::bring_up(session, &setup, &wish)?;
    let result = match stack.description.clone() {
        Some(description) => send(session, &description, &ffmpeg, source),
        None => Err(Error::said("the stack has no description")),
    };
    stack.stop();
    result
}

fn visiting(session: &Session, description: &Description, video: Option<&Path>) -> Result<u8> {
    let video = input(session, video, None)?;
    let ffmpeg = description.ffmpeg.clone();
    let source = demo::prepare(session, &ffmpeg, video.as_deref())?;
    send(session, description, &ffmpeg, source)
}

fn send(session: &Session, stack: &Description, ffmpeg: &Path, source: demo::Source) -> Result<u8> {
    files::create_folder(&session.paths.demo())?;
    let outcome = demo::send(session, stack, ffmpeg, source)?;
    demo::print(session, stack, &outcome);
    Ok(0)
}
