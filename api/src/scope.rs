//! The scopes of owners' tokens.

/// A scope of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Reads responses.
    Read,
    /// Requests uploads, changes and deletes responses.
    Write,
}

impl Scope {
    /// Returns the scope as a token has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "responses/read",
            Self::Write => "responses/write",
        }
    }
}
