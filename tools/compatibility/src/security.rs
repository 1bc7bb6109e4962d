//! Compares who may call an operation.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::breakage::{Audience, OperationChange};
use crate::description::DescribedOperation;

/// The schemes that a caller combines, each with the scopes of its token.
type Credential = BTreeMap<String, Vec<String>>;

/// Returns a change for each credential that was accepted and is refused now.
pub fn changes(old: &DescribedOperation<'_>, new: &DescribedOperation<'_>) -> Vec<OperationChange> {
    let accepted = credentials(new);
    let mut changes = Vec::new();
    for credential in credentials(old) {
        if !accepted.iter().any(|other| suffices(&credential, other)) {
            let alternatives: Vec<String> = accepted.iter().map(shown).collect();
            let text = format!(
                "was accepted with {} and needs {} now",
                shown(&credential),
                alternatives.join(" or ")
            );
            changes.push(OperationChange::of(Audience::Callers, "security", &text));
        }
        for name in credential.keys() {
            let scheme = |operation: &DescribedOperation<'_>| scheme(operation.root, name);
            if scheme(old) != scheme(new) {
                let text = format!("sends the credential `{name}` in another way now");
                changes.push(OperationChange::of(Audience::Callers, "security", &text));
            }
        }
    }
    changes
}

/// Returns the credentials of which a caller needs one.
fn credentials(operation: &DescribedOperation<'_>) -> Vec<Credential> {
    let own = operation
        .members
        .get("security")
        .or_else(|| operation.root.get("security"));
    let all: Vec<Credential> = own
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|credential| serde_json::from_value(credential.clone()).unwrap_or_default())
        .collect();
    if all.is_empty() {
        vec![Credential::new()]
    } else {
        all
    }
}

/// Returns whether a caller with the first credential has what the second one needs.
fn suffices(has: &Credential, needs: &Credential) -> bool {
    needs.iter().all(|(scheme, scopes)| {
        has.get(scheme)
            .is_some_and(|owned| scopes.iter().all(|scope| owned.contains(scope)))
    })
}

/// Returns what a client must know to send a credential.
fn scheme(root: &Value, name: &str) -> BTreeMap<String, Value> {
    let scheme = root
        .pointer("/components/securitySchemes")
        .and_then(|schemes| schemes.get(name));
    let members = scheme.and_then(Value::as_object).into_iter().flatten();
    let matters =
        |keyword: &str| ["type", "scheme", "in", "name", "flows", "openIdConnectUrl"].contains(&keyword);
    members
        .filter(|(keyword, _)| matters(keyword))
        .map(|(keyword, value)| (keyword.clone(), value.clone()))
        .collect()
}

fn shown(credential: &Credential) -> String {
    if credential.is_empty() {
        return "no credential".to_owned();
    }
    let schemes: Vec<String> = credential
        .iter()
        .map(|(scheme, scopes)| match scopes.as_slice() {
            [] => format!("`{scheme}`"),
            scopes => format!("`{scheme}` ({})", scopes.join(", ")),
        })
        .collect();
    schemes.join(" and ")
}
