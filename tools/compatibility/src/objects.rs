//! Compares the properties of objects.

use serde_json::Value;

use crate::compare::{Change, Comparison, Direction, change};
use crate::place::Place;
use crate::schema::{ANY, Alternative, Unsupported};

const MAY_BE_MISSING: &str = "was always present and may be missing now";

impl Comparison<'_> {
    /// Compares the properties of two forms of objects.
    pub(crate) fn objects(
        &mut self,
        written: &Alternative,
        read: &Alternative,
        place: &Place,
    ) -> Result<Vec<Change>, Unsupported> {
        let mut changes = Vec::new();
        for name in written.properties() {
            let place = place.property(name);
            match (
                &written.property(name),
                read.property(name),
                read.get("additionalProperties"),
            ) {
                (Some(one), Some(two), _) => changes.extend(self.schemas(one, two, &place)?),
                (_, None, Some(Value::Bool(false))) => changes.push(change(
                    &place,
                    match self.direction {
                        Direction::Sent => "is new in a type that was closed",
                        Direction::Taken => "is refused now",
                    },
                )),
                (Some(one), None, Some(other)) => changes.extend(self.schemas(one, other, &place)?),
                _ => {}
            }
        }
        for name in read.properties().filter(|name| written.property(name).is_none()) {
            changes.extend(self.unwritten_property(name, written, read, &place.property(name))?);
        }
        let unnamed = |name: &&str| written.property(name).is_none() && read.property(name).is_none();
        let required: Vec<&str> = read.required().filter(|name| !written.requires(name)).collect();
        for name in required
            .iter()
            .filter(|name| written.property(name).is_some() || unnamed(name))
        {
            changes.push(change(
                &place.property(name),
                match self.direction {
                    Direction::Sent => MAY_BE_MISSING,
                    Direction::Taken => "is required now",
                },
            ));
        }
        changes.extend(self.other_properties(written, read, place)?);
        Ok(changes)
    }

    /// Compares a property that only the reading side names.
    fn unwritten_property(
        &mut self,
        name: &str,
        written: &Alternative,
        read: &Alternative,
        place: &Place,
    ) -> Result<Vec<Change>, Unsupported> {
        let mut changes = Vec::new();
        let other = match written.get("additionalProperties") {
            None if written.requires(name) => Some(&ANY),
            other => other.filter(|other| *other != &Value::Bool(false)),
        };
        if let (Some(other), Some(schema)) = (other, read.property(name)) {
            changes = self.schemas(other, schema, place)?;
        } else if self.direction == Direction::Sent {
            return Ok(vec![change(place, "is removed")]);
        }
        if read.requires(name) && !written.requires(name) {
            let text = match self.direction {
                Direction::Sent => MAY_BE_MISSING,
                Direction::Taken => "is a new required field",
            };
            changes.push(change(place, text));
        }
        Ok(changes)
    }

    /// Compares the schemas of the properties that have no schema of their own.
    fn other_properties(
        &mut self,
        written: &Alternative,
        read: &Alternative,
        place: &Place,
    ) -> Result<Vec<Change>, Unsupported> {
        match (
            written.get("additionalProperties"),
            read.get("additionalProperties"),
        ) {
            (_, None | Some(Value::Bool(true))) | (Some(Value::Bool(false)), _) => Ok(Vec::new()),
            (_, Some(Value::Bool(false))) => Ok(vec![change(
                place,
                match self.direction {
                    Direction::Sent => "was closed and is open to further fields now",
                    Direction::Taken => "refuses further fields now",
                },
            )]),
            (one, Some(two)) => self.schemas(one.unwrap_or(&ANY), two, &place.other_properties()),
        }
    }
}
