//! Reads types from JSON as JSON Schema validates it. An error names the place of the fault and quotes no value.
//!
//! The parsers of `notification` use this module, so that they accept what their published schemas accept. serde_json's own
//! deserializer differs in these points:
//!
//! - An integer may be written as `1.0` or `1e3`: JSON Schema counts both as integers.
//! - An object is never read from an array, and a name of an enum is never read from an object.
//! - Of several members with one name the last one counts, as in a validator, which parses first.
//! - An error has the path and the expected type. It has no value, because errors are logged and a value may be an email.

mod error;

use serde::de::value::StringDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Number, Value};

pub use error::{ShapeError, shown};

/// Reads a type from a value.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, ShapeError> {
    T::deserialize(Node(value))
}

/// A value to be read.
struct Node(Value);

impl Node {
    fn found(&self) -> Unexpected<'_> {
        match &self.0 {
            Value::Null => Unexpected::Unit,
            Value::Bool(value) => Unexpected::Bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_f64()) {
                (Some(integer), _) => Unexpected::Unsigned(integer),
                (None, float) => Unexpected::Float(float.unwrap_or(f64::NAN)),
            },
            Value::String(text) => Unexpected::Str(text),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
        }
    }
}

impl<'de> Deserializer<'de> for Node {
    type Error = ShapeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(number) => visit_number(&number, visitor),
            Value::String(text) => visitor.visit_string(text),
            Value::Array(values) => visitor.visit_seq(Elements(values.into_iter().enumerate())),
            Value::Object(members) => visitor.visit_map(Members {
                members: members.into_iter(),
                current: None,
            }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ShapeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ShapeError> {
        match self.0 {
            Value::Object(_) => self.deserialize_any(visitor),
            _ => Err(ShapeError::invalid_type(self.found(), &"an object")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ShapeError> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(name.into_deserializer()),
            _ => Err(ShapeError::invalid_type(self.found(), &"a string")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

/// 2^64.
const AFTER_U64: f64 = 18_446_744_073_709_551_616.0;

/// 2^63.
const AFTER_I64: f64 = 9_223_372_036_854_775_808.0;

fn visit_number<'de, V: Visitor<'de>>(number: &Number, visitor: V) -> Result<V::Value, ShapeError> {
    if let Some(integer) = number.as_u64() {
        return visitor.visit_u64(integer);
    }
    if let Some(integer) = number.as_i64() {
        return visitor.visit_i64(integer);
    }
    let float = number.as_f64().unwrap_or(f64::NAN);
    if float.fract() == 0.0 && (0.0..AFTER_U64).contains(&float) {
        visitor.visit_u64(float as u64)
    } else if float.fract() == 0.0 && (-AFTER_I64..0.0).contains(&float) {
        visitor.visit_i64(float as i64)
    } else {
        visitor.visit_f64(float)
    }
}

/// The elements of an array.
struct Elements(std::iter::Enumerate<std::vec::IntoIter<Value>>);

impl<'de> SeqAccess<'de> for Elements {
    type Error = ShapeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ShapeError> {
        let Some((index, value)) = self.0.next() else {
            return Ok(None);
        };
        let element = seed.deserialize(Node(value));
        element.map(Some).map_err(|error| error.in_element(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The members of an object.
struct Members {
    members: serde_json::map::IntoIter,
    current: Option<(String, Value)>,
}

impl<'de> MapAccess<'de> for Members {
    type Error = ShapeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ShapeError> {
        self.current = self.members.next();
        let Some((name, _)) = &self.current else {
            return Ok(None);
        };
        let name: StringDeserializer<ShapeError> = name.clone().into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ShapeError> {
        let Some((name, value)) = self.current.take() else {
            return Err(ShapeError::new("a value was read before its name".to_owned()));
        };
        seed.deserialize(Node(value))
            .map_err(|error| error.in_member(&name))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(expecting = "an object")]
    struct Outer {
        inner: Vec<Inner>,
        names: Option<BTreeMap<String, String>>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        count: u32,
        seconds: Option<f64>,
        kind: Option<Kind>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    enum Kind {
        A,
        B,
    }

    fn fault(value: Value) -> String {
        from_value::<Outer>(value).unwrap_err().to_string()
    }

    fn count(value: Value) -> Result<u32, String> {
        from_value::<Inner>(json!({"count": value}))
            .map(|inner| inner.count)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn error_has_the_path_and_no_value() {
        for (value, expected) in [
            (json!({}), "inner: missing field"),
            (
                json!({"inner": "ann@example.com"}),
                "inner: expected an array, found a string",
            ),
            (
                json!({"inner": [{"count": 1}, {}]}),
                "inner[1].count: missing field",
            ),
            (
                json!({"inner": [{"count": "ann@example.com"}]}),
                "inner[0].count: expected an integer from 0 to 4294967295, found a string",
            ),
            (
                json!({"inner": [{"count": 1, "kind": "ann@example.com"}]}),
                "inner[0].kind: expected \"A\" or \"B\"",
            ),
            (
                json!({"inner": [], "names": {"ann@example.com": 1}}),
                "names.*: expected a string, found an integer",
            ),
            (
                json!({"inner": [], "names": {"project": null}}),
                "names.project: expected a string, found null",
            ),
            (json!([[]]), "expected an object, found an array"),
            (
                json!({"inner": [[1]]}),
                "inner[0]: expected an object, found an array",
            ),
            (
                json!({"inner": [{"count": 1, "kind": {"A": null}}]}),
                "inner[0].kind: expected a string, found an object",
            ),
        ] {
            assert_eq!(fault(value), expected);
        }
    }

    #[test]
    fn integer_may_have_a_fraction_of_zero() {
        for text in ["7", "7.0", "0.7e1", "70e-1"] {
            assert_eq!(count(serde_json::from_str(text).unwrap()), Ok(7), "{text}");
        }
        assert_eq!(count(json!(-0.0)), Ok(0));
        for text in [
            "7.5",
            "-1",
            "-1.0",
            "4294967296",
            "4294967296.0",
            "18446744073709551616",
            "1e300",
        ] {
            let error = count(serde_json::from_str(text).unwrap()).unwrap_err();
            assert!(
                error.starts_with("count: expected an integer from 0 to 4294967295"),
                "{text}: {error}"
            );
        }
        let inner: Inner = from_value(json!({"count": 0, "seconds": 2})).unwrap();
        assert_eq!(inner.seconds, Some(2.0));
    }

    #[test]
    fn last_of_several_members_counts() {
        let value = serde_json::from_str(r#"{"count": "x", "count": 1}"#).unwrap();
        assert_eq!(from_value::<Inner>(value).unwrap().count, 1);
    }

    #[test]
    fn null_is_an_absent_value() {
        let inner: Inner = from_value(json!({"count": 0, "seconds": null, "kind": null})).unwrap();
        assert_eq!((inner.seconds, inner.kind), (None, None));
        assert_eq!(
            from_value::<Inner>(json!({"count": 0, "kind": "B"}))
                .unwrap()
                .kind,
            Some(Kind::B)
        );
    }
}
