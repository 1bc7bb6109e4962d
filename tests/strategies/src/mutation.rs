//! Faults in values.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Number, Value, json};

use crate::json::any_json;

/// A fault in one node of a value. The index selects the node.
#[derive(Clone, Debug)]
pub struct Mutation {
    node: Index,
    fault: FaultKind,
}

#[derive(Clone, Debug)]
enum FaultKind {
    /// Another value, of any type.
    Replace(Value),
    /// The node is removed from its object or array.
    Remove,
    /// The node gets another name in its object.
    Rename(String),
    /// An object gets one more member.
    Insert(String, Value),
    /// The node becomes the only element of an array.
    IntoArray,
    /// The node becomes the only member of an object.
    IntoObject,
    /// The members of an object become an array.
    Values,
    /// A string is edited.
    Edit(TextEdit),
    /// A number is moved.
    Move(f64),
}

#[derive(Clone, Copy, Debug)]
enum TextEdit {
    Append(char),
    Prepend(char),
    Uppercase,
    Shorten,
    Double,
}

/// Generates faults. Their values and names are taken from the schema in part: its bounds, constants and members.
pub fn mutations(schema: &Value) -> BoxedStrategy<Mutation> {
    let mut known = Known::default();
    known.collect(schema);
    let simple = vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(1.5),
        json!("x"),
        json!(""),
        json!([]),
        json!({}),
    ];
    let replacement = prop_oneof![
        2 => select(simple),
        3 => select(known.values),
        1 => any_json(),
    ];
    let name = select(known.names);
    let character = prop_oneof![
        select(vec!['\n', ' ', 'x', '0', '\u{0}', '.', '\u{e9}']),
        any::<char>()
    ];
    let edit = prop_oneof![
        character.clone().prop_map(TextEdit::Append),
        character.prop_map(TextEdit::Prepend),
        Just(TextEdit::Uppercase),
        Just(TextEdit::Shorten),
        Just(TextEdit::Double),
    ];
    let fault = prop_oneof![
        4 => replacement.clone().prop_map(FaultKind::Replace),
        3 => Just(FaultKind::Remove),
        1 => name.clone().prop_map(FaultKind::Rename),
        2 => (name, replacement).prop_map(|(name, value)| FaultKind::Insert(name, value)),
        1 => Just(FaultKind::IntoArray),
        1 => Just(FaultKind::IntoObject),
        1 => Just(FaultKind::Values),
        3 => edit.prop_map(FaultKind::Edit),
        2 => select(vec![1.0, -1.0, 0.5, 1e10, -1e10, 1e19, 1e300]).prop_map(FaultKind::Move),
    ];
    (any::<Index>(), fault)
        .prop_map(|(node, fault)| Mutation { node, fault })
        .boxed()
}

/// The values and names that a schema mentions.
struct Known {
    values: Vec<Value>,
    names: Vec<String>,
}

impl Default for Known {
    fn default() -> Self {
        let largest = [u64::from(u32::MAX), (1 << 53) - 1, u64::MAX];
        let mut values: Vec<Value> = largest.into_iter().map(Value::from).collect();
        values.extend([
            json!(-1),
            json!(4_294_967_296_u64),
            json!(1_u64 << 53),
            json!(1e300),
        ]);
        let names = ["new", "", "__proto__", "ann@example.com"]
            .map(str::to_owned)
            .to_vec();
        Self { values, names }
    }
}

impl Known {
    fn collect(&mut self, schema: &Value) {
        let Value::Object(keywords) = schema else {
            schema
                .as_array()
                .into_iter()
                .flatten()
                .for_each(|part| self.collect(part));
            return;
        };
        for (keyword, rule) in keywords {
            match (keyword.as_str(), rule) {
                ("const", value) => self.values.push(value.clone()),
                ("enum", Value::Array(values)) => self.values.extend(values.iter().cloned()),
                ("minimum" | "maximum", Value::Number(bound)) => {
                    self.values
                        .extend([-1.0, 0.0, 1.0].map(|step| moved(bound, step)));
                }
                ("minLength" | "maxLength", bound) => {
                    let bound = bound.as_u64().and_then(|bound| usize::try_from(bound).ok());
                    let bound = bound.expect("a length");
                    for length in [bound.saturating_sub(1), bound, bound + 1] {
                        self.values.push("x".repeat(length).into());
                    }
                }
                ("properties", Value::Object(properties)) => {
                    self.names.extend(properties.keys().cloned());
                    properties.values().for_each(|property| self.collect(property));
                }
                ("examples" | "default" | "required", _) => {}
                (_, nested) => self.collect(nested),
            }
        }
    }
}

/// Returns a value with one fault. A fault that does not suit its node replaces the node with null.
pub fn apply(mut value: Value, mutation: &Mutation) -> Value {
    let mut pointers = vec![String::new()];
    list_pointers(&value, "", &mut pointers);
    let pointer = mutation.node.get(&pointers);
    if let FaultKind::Remove | FaultKind::Rename(_) = mutation.fault {
        let Some((parent, name)) = pointer.rsplit_once('/') else {
            return Value::Null;
        };
        let name = name.replace("~1", "/").replace("~0", "~");
        match value.pointer_mut(parent) {
            Some(Value::Object(members)) => {
                let removed = members.remove(&name);
                if let (FaultKind::Rename(new), Some(removed)) = (&mutation.fault, removed) {
                    members.insert(new.clone(), removed);
                }
            }
            Some(Value::Array(elements)) => {
                elements.remove(name.parse().expect("an index"));
            }
            _ => {}
        }
    } else if let Some(node) = value.pointer_mut(pointer) {
        *node = changed(node.take(), &mutation.fault);
    }
    value
}

fn changed(node: Value, fault: &FaultKind) -> Value {
    match (fault, node) {
        (FaultKind::Replace(value), _) => value.clone(),
        (FaultKind::Insert(name, value), Value::Object(mut members)) => {
            members.insert(name.clone(), value.clone());
            Value::Object(members)
        }
        (FaultKind::IntoArray, node) => Value::Array(vec![node]),
        (FaultKind::IntoObject, Value::String(text)) => Value::Object(Map::from_iter([(text, Value::Null)])),
        (FaultKind::IntoObject, node) => json!({"0": node}),
        (FaultKind::Values, Value::Object(members)) => {
            Value::Array(members.into_iter().map(|(_, value)| value).collect())
        }
        (FaultKind::Edit(edit), Value::String(text)) => Value::String(edited(text, *edit)),
        (FaultKind::Move(step), Value::Number(number)) => moved(&number, *step),
        _ => Value::Null,
    }
}

fn edited(mut text: String, edit: TextEdit) -> String {
    match edit {
        TextEdit::Append(character) => text.push(character),
        TextEdit::Prepend(character) => text.insert(0, character),
        TextEdit::Uppercase => text = text.to_uppercase(),
        TextEdit::Shorten => {
            text.pop();
        }
        TextEdit::Double => text = text.repeat(2),
    }
    text
}

fn moved(number: &Number, step: f64) -> Value {
    let integer = number
        .as_i64()
        .and_then(|integer| integer.checked_add(step as i64));
    match integer.filter(|_| step.fract() == 0.0 && step.abs() < 1e15) {
        Some(integer) => Value::from(integer),
        None => {
            let float = number.as_f64().unwrap_or_default() + step;
            Number::from_f64(float).map_or(Value::Null, Value::Number)
        }
    }
}

/// Lists the JSON pointers of all nodes below a node.
fn list_pointers(node: &Value, pointer: &str, pointers: &mut Vec<String>) {
    let mut add = |name: String, child: &Value| {
        let child_pointer = format!("{pointer}/{name}");
        pointers.push(child_pointer.clone());
        list_pointers(child, &child_pointer, pointers);
    };
    match node {
        Value::Object(members) => members
            .iter()
            .for_each(|(name, child)| add(name.replace('~', "~0").replace('/', "~1"), child)),
        Value::Array(elements) => elements
            .iter()
            .enumerate()
            .for_each(|(index, child)| add(index.to_string(), child)),
        _ => {}
    }
}
