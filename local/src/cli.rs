//! The command line. The Makefile is its usual caller; STATE, PORT and VIDEO may come from the environment.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::commands;
use crate::error::{Error, Result};
use crate::paths::Paths;

#[derive(Debug, Parser)]
#[command(name = "local", about = "The cloud on one machine", version)]
struct Cli {
    /// The stack's folder [default: .local, or $STATE]
    #[arg(long, global = true)]
    state: Option<PathBuf>,
    /// The emulator's port [default: a free one, or $PORT]
    #[arg(long, global = true)]
    port: Option<u16>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Send a real video through the whole pipeline, show what came out, stop
    Demo {
        /// A video [default: one is made, or $VIDEO]
        video: Option<PathBuf>,
    },
    /// Start a stack and leave it running until Ctrl-C
    Up {
        /// Come back when it is ready; `down` stops it
        #[arg(long)]
        detach: bool,
        /// The background half of `--detach`
        #[arg(long, hide = true)]
        supervised: bool,
    },
    /// Stop a stack that runs in the background
    Down,
    /// Print a new owner's token of the running stack
    Token,
    /// Look at once for what is owed and overdue, as the running stack does every minute
    Reconcile {
        /// Walk the whole uploads bucket too
        #[arg(long)]
        full: bool,
    },
    /// Print the logs of the stack and its functions
    Logs {
        /// Go on printing until Ctrl-C
        #[arg(short, long)]
        follow: bool,
        /// So many lines of each log
        #[arg(short = 'n', long, default_value_t = 50)]
        lines: usize,
    },
    /// Stop the stack and delete its state
    Reset,
    /// Run a command on a stack: $STACK names its stack.json
    Run {
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
    },
    /// Make everything that a stack needs, and start nothing
    Setup,
}

/// A variable of the environment; an empty one is none.
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn port() -> Result<Option<u16>> {
    let Some(text) = variable("PORT") else {
        return Ok(None);
    };
    let port = text
        .to_str()
        .and_then(|text| text.trim().parse().ok())
        .filter(|port| *port > 0);
    let shown = text.to_string_lossy();
    port.map(Some)
        .ok_or_else(|| Error::said(format!("PORT={shown} is no port: give a number from 1 to 65535")))
}

pub fn run() -> Result<u8> {
    let cli = Cli::parse();
    let state = cli.state.or_else(|| variable("STATE").map(PathBuf::from));
    let paths = Paths::new(state.as_deref())?;
    let port = cli.port.map_or_else(port, |port| Ok(Some(port)))?;
    match cli.command {
        Command::Demo { video } => {
            let video = video.or_else(|| variable("VIDEO").map(PathBuf::from));
            commands::demo::run(paths, video.as_deref(), port)
        }
        Command::Up { detach: true, .. } => commands::up::detached(paths, port),
        Command::Up { supervised, .. } => commands::up::run(paths, port, supervised),
        Command::Down => commands::down::run(paths),
        Command::Token => commands::token::run(&paths),
        Command::Reconcile { full } => commands::reconcile::run(&paths, full),
        Command::Logs { follow, lines } => commands::logs::run(&paths, follow, lines),
        Command::Reset => commands::down::reset(paths),
        Command::Run { command } => commands::run::run(paths, port, &command),
        Command::Setup => commands::setup::run(paths),
    }
}
