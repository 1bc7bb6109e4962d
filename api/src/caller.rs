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
    /// Reads the verified claims `scope` and `scp`, the two that API Gateway itself checks a route's scopes against
    /// ("Control access to HTTP APIs with JWT authorizers"). Each is a list of scopes separated by spaces (RFC 8693,
    /// section 4.2): Amazon Cognito sends `scope` so, Microsoft Entra ID `scp`. Okta sends `scp` as a JSON list, which
    /// API Gateway hands over as the text `[a b]`.
    pub fn new(claims: Option<HashMap<String, String>>) -> Self {
        let claims = claims.unwrap_or_default();
        let scopes = ["scope", "scp"]
            .into_iter()
            .filter_map(|claim| claims.get(claim))
            .flat_map(|text| items(text))
            .map(str::to_owned);
        Self {
            scopes: scopes.collect(),
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

/// The scopes of a claim: the items of `[a b]`, or of `a b`.
fn items(claim: &str) -> impl Iterator<Item = &str> {
    let list = claim.strip_prefix('[').and_then(|list| list.strip_suffix(']'));
    list.unwrap_or(claim).split(' ').filter(|item| !item.is_empty())
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
        assert!(!caller("responses/readable").may(Scope::Read));
        assert!(!Caller::new(None).may(Scope::Read));
    }

    #[test]
    fn scopes_are_read_from_each_claim_in_each_form() {
        let may = |claims: &[(&str, &str)]| {
            let claims = claims
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let caller = Caller::new(Some(claims.collect()));
            [Scope::Read, Scope::Write].map(|scope| caller.may(scope))
        };
        for (claims, expected) in [
            // Cognito, Entra, Okta with one scope and with several.
            (&[("scope", "responses/read responses/write")][..], [true, true]),
            (&[("scp", "responses/read openid")], [true, false]),
            (&[("scp", "[responses/write]")], [false, true]),
            (
                &[("scp", "[openid responses/read responses/write]")],
                [true, true],
            ),
            (&[("scope", "[responses/read openid]")], [true, false]),
            (
                &[("scope", "openid"), ("scp", "[responses/write]")],
                [false, true],
            ),
            (
                &[("scope", "responses/read"), ("scp", "responses/write")],
                [true, true],
            ),
            // Other claims and parts of words count for nothing.
            (
                &[("roles", "[responses/read]"), ("permissions", "responses/write")],
                [false, false],
            ),
            (&[("scp", "[]"), ("scope", "")], [false, false]),
            (&[("scp", "[responses/readresponses/write]")], [false, false]),
            (&[("scope", "x,responses/read")], [false, false]),
            (&[("scope", "[responses/read")], [false, false]),
        ] {
            assert_eq!(may(claims), expected, "{claims:?}");
        }
    }
}
