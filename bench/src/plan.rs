//! The calls that the minimal function makes: those that a function of ours made, as recorded by the stub.
//!
//! A file holds them as lines: the phase, then the words of [`PlannedCall`], then the body.

use std::fmt;
use std::io::{self, Write};

/// When calls are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Before the first event is requested.
    Start,
    /// In the first invocation.
    First,
    /// In each later invocation.
    Warm,
}

impl Phase {
    /// Every phase, in sequence.
    pub const ALL: [Self; 3] = [Self::Start, Self::First, Self::Warm];
}

impl fmt::Display for Phase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Start => "start",
            Self::First => "first",
            Self::Warm => "warm",
        })
    }
}

/// A call to make.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlannedCall {
    /// The host and the port.
    pub host: String,
    /// The service's name in signatures.
    pub service: String,
    /// The method.
    pub method: String,
    /// The path with its query.
    pub target: String,
    /// `Content-Type`, or nothing.
    pub content_type: String,
    /// `X-Amz-Target`, or nothing.
    pub amz_target: String,
    /// The body.
    pub body: Vec<u8>,
}

/// The calls of each phase, and the response of every invocation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallPlan {
    /// The calls of the start.
    pub start: Vec<PlannedCall>,
    /// The calls of the first invocation.
    pub first: Vec<PlannedCall>,
    /// The calls of each later invocation.
    pub warm: Vec<PlannedCall>,
    /// The response.
    pub response: Vec<u8>,
}

impl CallPlan {
    /// Returns the calls of a phase.
    pub fn calls(&self, phase: Phase) -> &[PlannedCall] {
        match phase {
            Phase::Start => &self.start,
            Phase::First => &self.first,
            Phase::Warm => &self.warm,
        }
    }

    /// Writes the plan.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        for phase in Phase::ALL {
            for call in self.calls(phase) {
                let words = [
                    &call.host,
                    &call.service,
                    &call.method,
                    &call.target,
                    &call.content_type,
                    &call.amz_target,
                ];
                let words = words.map(String::as_str).join("\t");
                writeln!(to, "{phase}\t{words}\t{}", call.body.len())?;
                to.write_all(&call.body)?;
                writeln!(to)?;
            }
        }
        writeln!(to, "response\t{}", self.response.len())?;
        to.write_all(&self.response)
    }

    /// Reads a plan; `None` if it is malformed.
    pub fn read(mut bytes: &[u8]) -> Option<Self> {
        let mut plan = Self::default();
        loop {
            let end = bytes.iter().position(|byte| *byte == b'\n')?;
            let line = std::str::from_utf8(bytes.get(..end)?).ok()?;
            bytes = bytes.get(end + 1..)?;
            let mut words = line.split('\t');
            let phase = words.next()?;
            if phase == "response" {
                plan.response = bytes.get(..words.next()?.parse().ok()?)?.to_vec();
                return Some(plan);
            }
            let mut word = || words.next().map(str::to_owned);
            let mut call = PlannedCall {
                host: word()?,
                service: word()?,
                method: word()?,
                target: word()?,
                content_type: word()?,
                amz_target: word()?,
                body: Vec::new(),
            };
            let length: usize = word()?.parse().ok()?;
            call.body = bytes.get(..length)?.to_vec();
            bytes = bytes.get(length + 1..)?;
            match phase {
                "start" => plan.start.push(call),
                "first" => plan.first.push(call),
                "warm" => plan.warm.push(call),
                _ => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plan_is_read_back() {
        let call = |target: &str, body: &str| PlannedCall {
            host: "localhost:1".into(),
            service: "s3".into(),
            method: "HEAD".into(),
            target: target.into(),
            body: body.into(),
            ..PlannedCall::default()
        };
        let plan = CallPlan {
            start: vec![call("/a", "")],
            first: vec![call("/b?c", "two\nlines\n"), call("/d", "start\tx")],
            warm: vec![],
            response: b"{}".to_vec(),
        };
        let mut bytes = Vec::new();
        plan.write(&mut bytes).unwrap();
        assert_eq!(CallPlan::read(&bytes), Some(plan));
        assert_eq!(CallPlan::read(&bytes[..bytes.len() - 1]), None);
    }
}
