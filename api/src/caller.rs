//! Who calls, as far as the gateway has verified it.

use std::collections::HashMap;
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::problem::Problem;

/// What a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Lists and shows.
    Read,
    /// Asks for uploads and changes.
    Write,
}

impl Scope {
    fn as_str(self) -> &'static str {
        match self {
            Self::Read => "responses/read",
            Self::Write => "responses/write",
        }
    }
}

/// The scopes of the token that the gateway's authorizer has verified; none without one.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    scopes: Vec<String>,
}

impl Caller {
    /// From the verified claims. OAuth 2.0 writes scopes separated by spaces (RFC 8693, section 4.2); the
    /// gateway shows a list in brackets.
    pub fn new(claims: Option<HashMap<String, String>>) -> Self {
        let scope = claims
            .and_then(|mut claims| claims.remove("scope"))
            .unwrap_or_default();
        let scopes = scope
            .trim_matches(['[', ']'])
            .split([' ', ','])
            .filter(|scope| !scope.is_empty());
        Self {
            scopes: scopes.map(str::to_owned).collect(),
        }
    }

    /// Whether the caller's token has this scope.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.iter().any(|held| held == scope.as_str())
    }

    /// The gateway lets nobody in without the scope; the function looks again.
    pub fn must(&self, scope: Scope) -> Result<(), Problem> {
        if self.may(scope) {
            Ok(())
        } else {
            Err(Problem::missing_scope(scope.as_str()))
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_in_whole_words() {
        let caller = |scope: &str| Caller::new(Some([("scope".to_owned(), scope.to_owned())].into()));
        assert!(caller("openid responses/read").may(Scope::Read));
        assert!(caller("[responses/read,responses/write]").may(Scope::Write));
        assert!(!caller("responses/readable").may(Scope::Read));
        assert!(!Caller::new(None).may(Scope::Read));
    }
}
