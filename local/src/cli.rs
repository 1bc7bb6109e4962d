//! The command line of `local`, which the Makefile calls, and the options that all programs on a stack share.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands;
use crate::error::{Error, Result};
use crate::paths::StackPaths;

/// The options of every program that uses a stack.
#[derive(Debug, Args)]
pub struct StackArguments {
    /// State folder of the stack [default: $STATE, or .local]
    #[arg(long, global = true)]
    state: Option<PathBuf>,
    /// Port of the emulator [default: $PORT, or a free port]
    #[arg(long, global = true)]
    port: Option<u16>,
}

impl StackArguments {
    /// Returns the folders of the stack.
    pub fn paths(&self) -> Result<StackPaths> {
        let state = self
            .state
            .clone()
            .or_else(|| variable("STATE").map(PathBuf::from));
        StackPaths::new(state.as_deref())
    }

    /// Returns the emulator's port, if one is requested.
    pub fn port(&self) -> Result<Option<u16>> {
        let Some(text) = variable("PORT").filter(|_| self.port.is_none()) else {
            return Ok(self.port);
        };
        let port = text.to_str().and_then(|text| text.trim().parse().ok());
        port.filter(|port| *port > 0).map(Some).ok_or_else(|| {
            let text = text.to_string_lossy();
            Error::message(format!("PORT={text} is not a port: use a number from 1 to 65535"))
        })
    }
}

/// Returns an environment variable that is set and not empty.
pub fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

#[derive(Debug, Parser)]
#[command(name = "local", about = "Runs the local stage on this machine", version)]
struct LocalArguments {
    #[command(flatten)]
    stack: StackArguments,
    #[command(subcommand)]
    command: LocalCommand,
}

#[derive(Debug, Subcommand)]
enum LocalCommand {
    /// Start a stack and run it until Ctrl-C
    Up {
        /// Run the stack in the background and return when it is ready; `down` stops it
        #[arg(long)]
        detach: bool,
        /// Run as the background process of `--detach`
        #[arg(long, hide = true)]
        supervised: bool,
    },
    /// Stop a stack that runs in the background
    Down,
    /// Print a new owner's token for the running stack
    Token,
    /// Run the function that repairs overdue responses, which the stack otherwise runs every minute
    Reconcile {
        /// Also check every file in the uploads bucket
        #[arg(long)]
        full: bool,
    },
    /// Print the logs of the stack and its functions
    Logs {
        /// Continue to print new lines until Ctrl-C
        #[arg(short, long)]
        follow: bool,
        /// Number of last lines to print of each log
        #[arg(short = 'n', long, default_value_t = 50)]
        lines: usize,
    },
    /// Stop the stack and delete its state
    Reset,
    /// Run a command on a stack, with the path of stack.json in $STACK
    ///
    /// Starts a stack for the command and stops it afterwards, unless one is running.
    Run {
        /// Command and its arguments
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
    },
    /// Prepare everything that a stack needs without starting it
    Setup {
        /// Prepare only the environment of the consumers of `schemas/`, which has Node
        #[arg(long)]
        consumers: bool,
    },
}

/// Runs the subcommand that the command line names and returns the exit code.
pub fn run() -> Result<u8> {
    let arguments = LocalArguments::parse();
    let (paths, port) = (arguments.stack.paths()?, arguments.stack.port()?);
    match arguments.command {
        LocalCommand::Up { detach: true, .. } => commands::up::start_in_background(paths, port),
        LocalCommand::Up { supervised, .. } => commands::up::run(paths, port, supervised),
        LocalCommand::Down => commands::down::run(paths),
        LocalCommand::Token => commands::token::run(&paths),
        LocalCommand::Reconcile { full } => commands::reconcile::run(&paths, full),
        LocalCommand::Logs { follow, lines } => commands::logs::run(&paths, follow, lines),
        LocalCommand::Reset => commands::down::reset(paths),
        LocalCommand::Run { command } => commands::run::run(paths, port, &command),
        LocalCommand::Setup { consumers } => commands::setup::run(paths, consumers),
    }
}
