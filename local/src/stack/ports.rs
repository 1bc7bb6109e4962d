//! The ports of a stack. They stay the same from run to run, because URLs in the emulator's saved state contain them.

use std::net::TcpListener;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The ports of a stack, on 127.0.0.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    pub emulator: u16,
    pub transcoder: u16,
}

impl Ports {
    pub fn emulator_url(self) -> String {
        format!("http://127.0.0.1:{}", self.emulator)
    }

    pub fn transcoder_url(self) -> String {
        format!("http://127.0.0.1:{}", self.transcoder)
    }
}

/// The ports of this run, and whether the saved state can be used with them.
#[derive(Debug, PartialEq, Eq)]
pub struct PortChoice {
    pub ports: Ports,
    /// The reason why the saved state cannot be used: the emulator's port differs from the one in saved queue URLs.
    pub rebuild: Option<String>,
    /// A message for the terminal.
    pub note: Option<String>,
}

/// Chooses the ports from those of the last run and from the requested one (`PORT`).
pub fn choose(
    last: Option<Ports>,
    requested: Option<u16>,
    is_free: impl Fn(u16) -> bool,
) -> Result<PortChoice> {
    if let Some(port) = requested
        && !is_free(port)
    {
        return Err(Error::message(format!(
            "port {port} is in use by another program: choose another PORT, or leave PORT out and a free one is taken"
        )));
    }
    let Some(last) = last else {
        let emulator = requested.map_or_else(|| free(&[]), Ok)?;
        let ports = Ports {
            emulator,
            transcoder: free(&[emulator])?,
        };
        return Ok(PortChoice {
            ports,
            rebuild: None,
            note: None,
        });
    };
    let (emulator, rebuild) = match requested {
        Some(port) if port == last.emulator => (port, None),
        Some(port) => (
            port,
            Some(format!("PORT={port} moves the stack from port {}", last.emulator)),
        ),
        None if is_free(last.emulator) => (last.emulator, None),
        None => (
            free(&[])?,
            Some(format!("port {} is in use by another program", last.emulator)),
        ),
    };
    let (transcoder, note) = if last.transcoder != emulator && is_free(last.transcoder) {
        (last.transcoder, None)
    } else {
        let port = free(&[emulator])?;
        (
            port,
            Some(format!(
                "port {} is in use: the transcoder moves to {port}",
                last.transcoder
            )),
        )
    };
    Ok(PortChoice {
        ports: Ports { emulator, transcoder },
        rebuild,
        note,
    })
}

/// Returns whether a server can listen on a port.
pub fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// Returns a free port that is not among `excluded`.
fn free(excluded: &[u16]) -> Result<u16> {
    let failed = |error| Error::message(format!("no free port on 127.0.0.1: {error}"));
    loop {
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        if !excluded.contains(&port) {
            return Ok(port);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAST: Ports = Ports {
        emulator: 40001,
        transcoder: 40002,
    };

    #[test]
    fn ports_of_the_last_run_are_kept_while_free() {
        let choice = choose(Some(LAST), None, |_| true).unwrap();
        assert_eq!(
            choice,
            PortChoice {
                ports: LAST,
                rebuild: None,
                note: None
            }
        );
    }

    #[test]
    fn busy_emulator_port_requires_a_rebuild() {
        let choice = choose(Some(LAST), None, |port| port != 40001).unwrap();
        assert_ne!(choice.ports.emulator, 40001);
        assert_eq!(choice.ports.transcoder, 40002);
        assert!(choice.rebuild.unwrap().contains("40001"));
    }

    #[test]
    fn busy_transcoder_port_moves_the_transcoder() {
        let choice = choose(Some(LAST), None, |port| port != 40002).unwrap();
        assert_eq!(choice.ports.emulator, 40001);
        assert_ne!(choice.ports.transcoder, 40002);
        assert_eq!(choice.rebuild, None);
        assert!(choice.note.is_some());
    }

    #[test]
    fn requested_port_is_used_or_rejected() {
        assert_eq!(choose(None, Some(40007), |_| true).unwrap().ports.emulator, 40007);
        let error = choose(Some(LAST), Some(40007), |port| port != 40007)
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("port 40007 is in use"), "{error}");
        let moved = choose(Some(LAST), Some(40007), |_| true).unwrap();
        assert!(moved.rebuild.unwrap().contains("PORT=40007"));
    }

    #[test]
    fn first_ports_differ_and_are_free() {
        let choice = choose(None, None, is_free).unwrap();
        assert_ne!(choice.ports.emulator, choice.ports.transcoder);
        assert!(is_free(choice.ports.emulator) && is_free(choice.ports.transcoder));
    }
}
