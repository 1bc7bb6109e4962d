//! The table of the stub: one item, or a list of copies.

use serde_json::{Map, Value, json};

use super::services::StubState;

const KEYS: [&str; 2] = ["ProjectStep", "Mail"];

/// Answers an operation of DynamoDB; `None` if the stub does not know it.
pub fn answer(operation: &str, input: &Value, state: &mut StubState) -> Option<Value> {
    let key = input["Key"].as_object();
    let found = state
        .item
        .as_ref()
        .filter(|item| key.is_some_and(|key| has_key(item, key)));
    Some(match operation {
        "GetItem" => match found {
            Some(item) => json!({"Item": item}),
            None => json!({}),
        },
        "UpdateItem" => {
            let old = found.cloned();
            let mut item = old.clone().unwrap_or_else(|| key.cloned().unwrap_or_default());
            update(&mut item, input)?;
            let answer = match input["ReturnValues"].as_str() {
                Some("ALL_NEW") => json!({"Attributes": item}),
                Some("ALL_OLD") => json!({"Attributes": old}),
                _ => json!({}),
            };
            state.item = Some(item);
            answer
        }
        "PutItem" => {
            state.item = input["Item"].as_object().cloned();
            json!({})
        }
        "DeleteItem" => {
            if found.is_some() {
                state.item = None;
            }
            json!({})
        }
        "Query" => {
            let items = if input["IndexName"] == "Open" {
                Vec::new()
            } else {
                list(state, input["Limit"].as_u64())
            };
            json!({"Count": items.len(), "ScannedCount": items.len(), "Items": items})
        }
        _ => return None,
    })
}

fn has_key(item: &Map<String, Value>, key: &Map<String, Value>) -> bool {
    KEYS.iter().all(|name| item.get(*name) == key.get(*name))
}

/// Returns copies of the item, each with an email of its own.
fn list(state: &StubState, limit: Option<u64>) -> Vec<Value> {
    let limit = limit
        .and_then(|limit| limit.try_into().ok())
        .unwrap_or(usize::MAX);
    let copies = state.item.iter().cycle().take(state.listed.min(limit));
    let numbered = copies.enumerate().map(|(number, item)| {
        let mut item = item.clone();
        item.insert(
            "Mail".to_owned(),
            json!({"S": format!("respondent{number}@example.com")}),
        );
        item.into()
    });
    numbered.collect()
}

/// Applies `SET #a = :a, … REMOVE #b, …`: the form of all the functions' updates. Returns `None` for another form.
fn update(item: &mut Map<String, Value>, input: &Value) -> Option<()> {
    let expression = input["UpdateExpression"].as_str()?;
    let (set, remove) = expression.split_once(" REMOVE ").unwrap_or((expression, ""));
    let name = |text: &str| {
        let text = text.trim();
        match input["ExpressionAttributeNames"].get(text) {
            Some(name) => name.as_str().map(str::to_owned),
            None => Some(text.to_owned()).filter(|text| !text.starts_with('#')),
        }
    };
    for assignment in set.strip_prefix("SET ")?.split(", ") {
        let (attribute, value) = assignment.split_once(" = ")?;
        let value = input["ExpressionAttributeValues"].get(value.trim())?;
        item.insert(name(attribute)?, value.clone());
    }
    for attribute in remove.split(", ").filter(|attribute| !attribute.is_empty()) {
        item.remove(&name(attribute)?);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> StubState {
        let item =
            json!({"ProjectStep": {"S": "demo-0"}, "Mail": {"S": "ann@example.com"}, "Old": {"N": "1"}});
        StubState {
            item: item.as_object().cloned(),
            listed: 3,
            ..StubState::default()
        }
    }

    #[test]
    fn update_is_seen_by_the_next_read() {
        let mut state = state();
        let key = json!({"ProjectStep": {"S": "demo-0"}, "Mail": {"S": "ann@example.com"}});
        let input = json!({
            "Key": key,
            "UpdateExpression": "SET #Status = :Status, #Revision = :Revision REMOVE #Old, #Other",
            "ExpressionAttributeNames": {
                "#Status": "Status", "#Revision": "Revision", "#Old": "Old", "#Other": "Other"
            },
            "ExpressionAttributeValues": {":Status": {"S": "ready"}, ":Revision": {"N": "2"}},
        });
        assert_eq!(answer("UpdateItem", &input, &mut state), Some(json!({})));
        let read = answer("GetItem", &json!({"Key": key}), &mut state).unwrap();
        let expected = json!({
            "ProjectStep": {"S": "demo-0"}, "Mail": {"S": "ann@example.com"}, "Status": {"S": "ready"},
            "Revision": {"N": "2"},
        });
        assert_eq!(read["Item"], expected);
    }

    #[test]
    fn unknown_updates_and_operations_have_no_answer() {
        let input = json!({"UpdateExpression": "ADD Revision :one"});
        assert_eq!(answer("UpdateItem", &input, &mut state()), None);
        assert_eq!(answer("Scan", &json!({}), &mut state()), None);
    }

    #[test]
    fn list_has_the_requested_number_of_items() {
        let count = |limit: Value, index: &str| {
            let input = json!({"Limit": limit, "IndexName": index});
            answer("Query", &input, &mut state()).unwrap()["Count"].as_u64()
        };
        assert_eq!(count(json!(2), "ByStep"), Some(2));
        assert_eq!(count(json!(null), "ByStep"), Some(3));
        assert_eq!(count(json!(100), "Open"), Some(0), "no work is overdue");
    }
}
