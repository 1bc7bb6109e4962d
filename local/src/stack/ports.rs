//! The ports of a stack: chosen free once, remembered, because what the emulator keeps names them.

use std::net::TcpListener;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    pub emulator: u16,
    pub transcoder: u16,
}

impl Ports {
    pub fn transcoder_url(self) -> String {
        format!("http://127.0.0.1:{}", self.transcoder)
    }
}

/// What the ports of this run are, and what that means for the state that was kept.
#[derive(Debug, PartialEq, Eq)]
pub struct Choice {
    pub ports: Ports,
    /// Why the kept state cannot be used: queues are known by their URL, and the URL has the port.
    pub rebuild: Option<String>,
    /// Worth a word, no more.
    pub note: Option<String>,
}

/// Chooses, given what is remembered and what was asked for (`PORT`).
pub fn choose(known: Option<Ports>, asked: Option<u16>, is_free: impl Fn(u16) -> bool) -> Result<Choice> {
    if let Some(port) = asked
        && !is_free(port)
    {
        return Err(Error::said(format!(
            "port {port} is in use by another program: choose another PORT, or leave PORT out and a free one is taken"
        )));
    }
    let Some(known) = known else {
        let emulator = asked.map_or_else(|| free(&[]), Ok)?;
        let ports = Ports {
            emulator,
            transcoder: free(&[emulator])?,
        };
        return Ok(Choice {
            ports,
            rebuild: None,
            note: None,
        });
    };
    let (emulator, rebuild) = match asked {
        Some(port) if port == known.emulator => (port, None),
        Some(port) => (
            port,
            Some(format!(
                "PORT={port} moves the stack from port {}",
                known.emulator
            )),
        ),
        None if is_free(known.emulator) => (known.emulator, None),
        None => (
            free(&[])?,
            Some(format!("port {} is in use by another program", known.emulator)),
        ),
    };
    let (transcoder, note) = if known.transcoder != emulator && is_free(known.transcoder) {
        (known.transcoder, None)
    } else {
        let port = free(&[emulator])?;
        (
            port,
            Some(format!(
                "port {} is in use: the transcoder moves to {port}",
                known.transcoder
            )),
        )
    };
    Ok(Choice {
        ports: Ports { emulator, transcoder },
        rebuild,
        note,
    })
}

/// Whether a server could listen there.
pub fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// A free port that is none of `others`.
fn free(others: &[u16]) -> Result<u16> {
    let failed = |error| Error::said(format!("no free port on 127.0.0.1: {error}"));
    loop {
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        if !others.contains(&port) {
            return Ok(port);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: Ports = Ports {
        emulator: 40001,
        transcoder: 40002,
    };

    #[test]
    fn remembered_ports_are_kept_while_they_are_free() {
        let choice = choose(Some(KNOWN), None, |_| true).unwrap();
        assert_eq!(
            choice,
            Choice {
                ports: KNOWN,
                rebuild: None,
                note: None
            }
        );
    }

    #[test]
    fn a_busy_port_of_the_emulator_means_a_rebuild() {
        let choice = choose(Some(KNOWN), None, |port| port != 40001).unwrap();
        assert_ne!(choice.ports.emulator, 40001);
        assert_eq!(choice.ports.transcoder, 40002);
        assert!(choice.rebuild.unwrap().contains("40001"));
    }

    #[test]
    fn a_busy_port_of_the_transcoder_only_moves_it() {
        let choice = choose(Some(KNOWN), None, |port| port != 40002).unwrap();
        assert_eq!(choice.ports.emulator, 40001);
        assert_ne!(choice.ports.transcoder, 40002);
        assert_eq!(choice.rebuild, None);
        assert!(choice.note.is_some());
    }

    #[test]
    fn an_asked_port_is_taken_or_refused_by_name() {
        assert_eq!(choose(None, Some(40007), |_| true).unwrap().ports.emulator, 40007);
        let error = choose(Some(KNOWN), Some(40007), |port| port != 40007)
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("port 40007 is in use"), "{error}");
        let moved = choose(Some(KNOWN), Some(40007), |_| true).unwrap();
        assert!(moved.rebuild.unwrap().contains("PORT=40007"));
    }

    #[test]
    fn fresh_ports_differ_and_are_free() {
        let choice = choose(None, None, is_free).unwrap();
        assert_ne!(choice.ports.emulator, choice.ports.transcoder);
        assert!(is_free(choice.ports.emulator) && is_free(choice.ports.transcoder));
    }
}
