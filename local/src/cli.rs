//! The command line. The Makefile is its usual caller; STATE, PORT and VIDEO may come from the environment.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands;
use crate::error::{Error, Result};
use crate::paths::Paths;

/// The options of every program that uses a stack. `STATE` and `PORT` of the environment are their defaults.
#[derive(Debug, Args)]
pub struct StackArguments {
    /// The stack's state folder [default: $STATE, or .local]
    #[arg(long, global = true)]
    state: Option<PathBuf>,
    /// The emulator's port [default: $PORT, or a free one]
    #[arg(long, global = true)]
    port: Option<u16>,
}

impl StackArguments {
    /// Returns the paths of the stack.
    pub fn paths(&self) -> Result<Paths> {
        let state = self
            .state
            .clone()
            .or_else(|| variable("STATE").map(PathBuf::from));
        Paths::new(state.as_deref())
    }

    /// Returns the port, if one is given.
    pub fn port(&self) -> Result<Option<u16>> {
        let Some(text) = variable("PORT").filter(|_| self.port.is_none()) else {
            return Ok(self.port);
        };
        let port = text.to_str().and_then(|text| text.trim().parse().ok());
        port.filter(|port| *port > 0).map(Some).ok_or_else(|| {
            let text = text.to_string_lossy();
            Error::said(format!("PORT={text} is no port: give a number from 1 to 65535"))
        })
    }
}

/// Returns an environment variable that is set and not empty.
pub fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

#[derive(Debug, Parser)]
#[command(name = "local", about = "The cloud on one machine", version)]
struct Cli {
    #[command(flatten)]
    stack: StackArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
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

/// Runs the subcommand that the command line names and returns the exit code.
pub fn run() -> Result<u8> {
    let cli = Cli::parse();
    let (paths, port) = (cli.stack.paths()?, cli.stack.port()?);
    match cli.command {
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
