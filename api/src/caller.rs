//! The caller of a request: the scopes of the token that API Gateway has verified.

use std::collections::HashMap;
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::operation::{Access, Input, Schemas, Types};
use crate::problem::{Kind, Problem};
use crate::scope::Scope;

/// The client of a request: the scopes of its verified token, none without a token.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    scopes: Vec<String>,
}

impl Caller {
    /// Reads the verified claims `scope` and `scp`, the two that API Gateway itself checks a route's scopes against
    /// ("Control access to HTTP APIs with JWT authorizers"). Each is a list of scopes separated by spaces (RFC 8693,
    /// section 4.2): Amazon Cognito sends `scope` in this form, Microsoft Entra ID `scp`. Okta sends `scp` as a JSON list,
    /// which API Gateway passes on as the text `[a b]`.
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

    /// Returns whether the token has this scope.
    pub fn has_scope(&self, scope: Scope) -> bool {
        self.scopes.iter().any(|held| held == scope.as_str())
    }

    /// Returns a problem if the token lacks this scope.
    pub fn require_scope(&self, scope: Scope) -> Result<(), Problem> {
        if self.has_scope(scope) {
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

/// A caller with [`Scope::Read`]. API Gateway checks the scope first; the function checks it again.
pub struct Reader;

/// A caller with [`Scope::Write`], checked as for [`Reader`].
pub struct Writer;

macro_rules! scope_extractor {
    ($($extractor:ident: $scope:expr;)*) => {$(
        impl<S: Sync> FromRequestParts<S> for $extractor {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
                let Ok(caller) = Caller::from_request_parts(parts, state).await;
                caller.require_scope($scope).map(|()| Self)
            }
        }

        impl Input for $extractor {
            fn describe(types: &mut Types, _: &mut Schemas) {
                types.access = Access::Scope($scope);
                types.add_problems(&[Kind::MissingScope]);
            }
        }
    )*};
}

scope_extractor! {
    Reader: Scope::Read;
    Writer: Scope::Write;
}

/// A handler that takes the caller itself requests an upload: in an open project without a scope.
impl Input for Caller {
    fn describe(types: &mut Types, _: &mut Schemas) {
        types.access = Access::OpenOrScope(Scope::Write);
        types.add_problems(&[Kind::MissingScope]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_in_whole_words() {
        let caller = |scope: &str| Caller::new(Some([("scope".to_owned(), scope.to_owned())].into()));
        assert!(caller("openid responses/read").has_scope(Scope::Read));
        assert!(!caller("responses/readable").has_scope(Scope::Read));
        assert!(!Caller::new(None).has_scope(Scope::Read));
    }

    #[test]
    fn scopes_are_read_from_each_claim_in_each_form() {
        let scopes = |claims: &[(&str, &str)]| {
            let claims = claims
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let caller = Caller::new(Some(claims.collect()));
            [Scope::Read, Scope::Write].map(|scope| caller.has_scope(scope))
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
            // Other claims and parts of words are ignored.
            (
                &[("roles", "[responses/read]"), ("permissions", "responses/write")],
                [false, false],
            ),
            (&[("scp", "[]"), ("scope", "")], [false, false]),
            (&[("scp", "[responses/readresponses/write]")], [false, false]),
            (&[("scope", "x,responses/read")], [false, false]),
            (&[("scope", "[responses/read")], [false, false]),
        ] {
            assert_eq!(scopes(claims), expected, "{claims:?}");
        }
    }
}
