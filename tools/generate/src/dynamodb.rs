//! The schema of an item in DynamoDB JSON, from the schema of the plain item: each value has its type, as in `{"S": "demo"}`
//! ("DynamoDB low-level API" in the DynamoDB Developer Guide).

use serde_json::{Map, Value, json};

/// Returns the schema of the items in DynamoDB JSON, with their examples. NULL counts as absent.
pub fn convert(plain: &Value) -> (Value, Vec<Value>) {
    let mut conversion = Conversion::default();
    let mut schema = conversion.members(plain);
    for (name, definition) in plain["$defs"].as_object().into_iter().flatten() {
        conversion.define_type(name, definition);
    }
    schema["$defs"] = conversion.definitions.into();
    schema["title"] = json!("DynamoDB item");
    schema["description"] =
        json!("The item of a response in the responses table, as DynamoDB's API and streams have it.");
    let examples = plain["examples"].as_array().into_iter().flatten();
    (
        schema,
        examples.map(|example| value(example)["M"].clone()).collect(),
    )
}

/// Converts a value into an attribute.
pub fn value(plain: &Value) -> Value {
    match plain {
        Value::Null => json!({"NULL": true}),
        Value::Bool(flag) => json!({"BOOL": flag}),
        Value::Number(number) => json!({"N": number.to_string()}),
        Value::String(text) => json!({"S": text}),
        Value::Array(items) => json!({"L": items.iter().map(value).collect::<Vec<_>>()}),
        Value::Object(members) => {
            let members = members.iter().map(|(name, member)| (name.clone(), value(member)));
            json!({"M": members.collect::<Map<String, Value>>()})
        }
    }
}

/// The definitions so far. Each has a name, from which other languages name a type.
#[derive(Default)]
struct Conversion {
    definitions: Map<String, Value>,
}

impl Conversion {
    /// Converts a definition of the plain item.
    fn define_type(&mut self, name: &str, plain: &Value) {
        let (inner, kind, content) = if plain["type"] == "object" {
            (format!("{name}Attributes"), "M", self.members(plain))
        } else {
            (format!("{name}Name"), "S", constraints(plain))
        };
        let description = plain["description"].as_str().unwrap_or_default();
        let content = self.define(&inner, description, content);
        self.define(name, description, typed(kind, &content));
    }

    /// Returns the object with an attribute for each property.
    fn members(&mut self, plain: &Value) -> Value {
        let mut schema = json!({"type": "object"});
        if let Some(properties) = plain["properties"].as_object() {
            let properties = properties
                .iter()
                .map(|(name, property)| (name.clone(), self.property(name, property)));
            schema["properties"] = properties.collect::<Map<_, _>>().into();
        }
        if let Some(required) = plain.get("required") {
            schema["required"] = required.clone();
        }
        schema
    }

    fn property(&mut self, name: &str, plain: &Value) -> Value {
        let (description, attribute) = (&plain["description"], self.attribute(name, plain));
        if attribute.get("$ref").is_some() {
            json!({"allOf": [attribute], "description": description})
        } else {
            json!({"anyOf": attribute["anyOf"], "description": description})
        }
    }

    /// Returns the schema of an attribute: a reference, or a choice between a reference and NULL.
    fn attribute(&mut self, name: &str, plain: &Value) -> Value {
        if plain.get("$ref").is_some() {
            return json!({"$ref": plain["$ref"]});
        }
        if let Some(reference) = plain["allOf"].get(0) {
            return reference.clone();
        }
        if let Some(reference) = plain["anyOf"].get(0) {
            return json!({"anyOf": [reference, self.null()]});
        }
        if let Some(types) = plain["type"].as_array() {
            let mut present = plain.clone();
            present["type"] = types
                .iter()
                .find(|kind| *kind != "null")
                .cloned()
                .unwrap_or_default();
            return json!({"anyOf": [self.attribute(name, &present), self.null()]});
        }
        self.typed_value(name, plain)
    }

    fn typed_value(&mut self, name: &str, plain: &Value) -> Value {
        let own = format!("{name}Value");
        let rules = constraints(plain);
        match plain["type"].as_str() {
            Some("boolean") => self.define("BooleanValue", "A boolean.", typed("BOOL", &rules)),
            Some("integer") => {
                let digits = json!({"type": "string", "pattern": "^-?(0|[1-9][0-9]*)$"});
                self.define("NumberValue", "An integer.", typed("N", &digits))
            }
            Some("array") => {
                let mut list = rules;
                list["items"] = self.attribute("Item", &plain["items"]);
                let description = plain["description"].as_str().unwrap_or_default();
                self.define(&own, description, typed("L", &list))
            }
            Some("object") => {
                let mut map = rules;
                map["additionalProperties"] = self.attribute("Item", &plain["additionalProperties"]);
                let description = plain["description"].as_str().unwrap_or_default();
                let map = self.define(&format!("{name}Attributes"), description, map);
                self.define(&own, description, typed("M", &map))
            }
            _ if rules == json!({"type": "string"}) => {
                self.define("StringValue", "A string.", typed("S", &rules))
            }
            _ if rules["format"] == "date-time" => self.define(
                "TimestampValue",
                "An instant, RFC 3339 in UTC.",
                typed("S", &rules),
            ),
            _ if rules["format"] == "uuid" => self.define("UuidValue", "A UUID.", typed("S", &rules)),
            _ => {
                let description = plain["description"].as_str().unwrap_or_default();
                self.define(&own, description, typed("S", &rules))
            }
        }
    }

    fn null(&mut self) -> Value {
        let always = json!({"type": "boolean", "const": true});
        let mut null = typed("NULL", &always);
        null["examples"] = json!([{"NULL": true}]);
        self.define("Null", "NULL, which counts as absent.", null)
    }

    /// Adds a definition and returns the reference to it.
    fn define(&mut self, name: &str, description: &str, mut schema: Value) -> Value {
        schema["description"] = json!(description);
        self.definitions.insert(name.to_owned(), schema);
        json!({"$ref": format!("#/$defs/{name}")})
    }
}

/// Returns the rules of a plain value, without annotations.
fn constraints(plain: &Value) -> Value {
    let annotations = [
        "description",
        "examples",
        "default",
        "title",
        "additionalProperties",
        "items",
    ];
    let members = plain.as_object().into_iter().flatten();
    let rules = members.filter(|(name, _)| !annotations.contains(&name.as_str()));
    rules
        .map(|(name, rule)| (name.clone(), rule.clone()))
        .collect::<Map<_, _>>()
        .into()
}

fn typed(kind: &str, content: &Value) -> Value {
    json!({"type": "object", "properties": {kind: content}, "required": [kind], "additionalProperties": false})
}
