//! Compares two versions of a schema.
//!
//! What we send must still be what readers expect: a value of the new schema must be valid under the old one. What we
//! take must still include what writers send: a value of the old schema must be valid under the new one. Values have no
//! properties that their schema does not name, although open types allow them: a new optional field breaks no client.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::change::{Direction, SchemaChange};
use crate::place::Place;
use crate::schema::{ANY, Alternative, Schema, Unsupported, alternatives};
use crate::{bounds, value};

const MAY_BE_MISSING: &str = "was always present and may be missing now";

/// Returns the changes from the old to the new schema that break readers of what we send or writers of what we take.
pub fn breaking_changes(
    direction: Direction,
    old: Schema<'_>,
    new: Schema<'_>,
) -> Result<Vec<SchemaChange>, Unsupported> {
    let (written, read) = match direction {
        Direction::Sent => (new, old),
        Direction::Taken => (old, new),
    };
    let mut comparison = Comparison {
        direction,
        written_root: written.root,
        read_root: read.root,
        open: BTreeSet::new(),
    };
    comparison.schemas(written.node, read.node, &Place::default())
}

/// A comparison of two documents: is a value as it is written still valid as it is read?
struct Comparison<'a> {
    direction: Direction,
    written_root: &'a Value,
    read_root: &'a Value,
    /// The pairs of references on the way to the current pair. A type that contains itself is compared once.
    open: BTreeSet<(String, String)>,
}

impl Comparison<'_> {
    fn schemas(
        &mut self,
        written: &Value,
        read: &Value,
        place: &Place,
    ) -> Result<Vec<SchemaChange>, Unsupported> {
        let pair = (without_definitions(written), without_definitions(read));
        let guarded = pair.0.contains("\"$ref\"") || pair.1.contains("\"$ref\"");
        if guarded && !self.open.insert(pair.clone()) {
            return Ok(Vec::new());
        }
        let at = |error: Unsupported| match place.path.as_str() {
            "" => error,
            path => Unsupported(format!("{path}: {error}")),
        };
        let forms = alternatives(self.in_written(written)).map_err(at)?;
        let accepted = alternatives(self.in_read(read)).map_err(at)?;
        let mut changes = self.default_changes(written, read, place);
        for form in &forms {
            for change in self.form(form, &forms, &accepted, read, place)? {
                if !changes.contains(&change) {
                    changes.push(change);
                }
            }
        }
        if guarded {
            self.open.remove(&pair);
        }
        Ok(changes)
    }

    /// Compares one of the forms that values have with all forms that are read.
    fn form(
        &mut self,
        form: &Alternative,
        forms: &[Alternative],
        accepted: &[Alternative],
        read: &Value,
        place: &Place,
    ) -> Result<Vec<SchemaChange>, Unsupported> {
        let is_object = |form: &&Alternative| form.kind() == Some("object");
        let several = |forms: &[Alternative]| forms.iter().filter(is_object).count() > 1;
        let inner = match &form.name {
            Some(name) if is_object(&form) && (several(forms) || several(accepted)) => {
                place.form(name).enter(name)
            }
            Some(name) => place.enter(name),
            None => place.clone(),
        };
        if let Some(values) = form.values() {
            let refused = value::refused(&values, self.in_read(read))?;
            return Ok(refused
                .iter()
                .map(|value| self.value_change(&inner, value))
                .collect());
        }
        // Two single forms are compared even if they exclude each other, to report the field that differs.
        let single = forms.len() == 1 && accepted.len() == 1;
        let mut fewest: Option<Vec<SchemaChange>> = None;
        for candidate in accepted.iter().filter(|other| single || !form.excludes(other)) {
            let changes = self.alternatives(form, candidate, &inner)?;
            if fewest.as_ref().is_none_or(|fewest| changes.len() < fewest.len()) {
                fewest = Some(changes);
            }
        }
        Ok(fewest.unwrap_or_else(|| vec![self.form_change(form, place)]))
    }

    fn alternatives(
        &mut self,
        written: &Alternative,
        read: &Alternative,
        place: &Place,
    ) -> Result<Vec<SchemaChange>, Unsupported> {
        if read.values().is_some() {
            let text = match self.direction {
                Direction::Sent => "has values outside the enum now",
                Direction::Taken => "takes only the values of an enum now",
            };
            return Ok(vec![SchemaChange::at(place, text)]);
        }
        let kind = match (written.kind(), read.kind()) {
            (Some("integer"), Some("number")) => Some("integer"),
            (written, None) => written,
            (Some(written), Some(read)) if written == read => Some(written),
            (_, Some(_)) => return Ok(vec![self.type_change(written, read, place)]),
        };
        let is = |name: &str| kind.is_none_or(|kind| kind == name);
        let mut changes = Vec::new();
        for keywords in bounds::KEYWORDS.iter().filter(|keywords| keywords.apply_to(kind)) {
            changes.extend(keywords.change(self.direction, written, read, place));
        }
        if is("array") && (written.get("items").is_some() || read.get("items").is_some()) {
            let items = |side| Alternative::get(side, "items").unwrap_or(&ANY);
            changes.extend(self.schemas(items(written), items(read), &place.items())?);
        }
        if is("object") {
            changes.extend(self.objects(written, read, place)?);
        }
        Ok(changes)
    }

    /// Compares the properties of two forms of objects.
    fn objects(
        &mut self,
        written: &Alternative,
        read: &Alternative,
        place: &Place,
    ) -> Result<Vec<SchemaChange>, Unsupported> {
        let mut changes = Vec::new();
        for name in written.properties() {
            let place = place.property(name);
            match (
                &written.property(name),
                read.property(name),
                read.get("additionalProperties"),
            ) {
                (Some(one), Some(two), _) => changes.extend(self.schemas(one, two, &place)?),
                (_, None, Some(Value::Bool(false))) => changes.push(SchemaChange::at(
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
            changes.push(SchemaChange::at(
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
    ) -> Result<Vec<SchemaChange>, Unsupported> {
        let mut changes = Vec::new();
        let other = match written.get("additionalProperties") {
            None if written.requires(name) => Some(&ANY),
            other => other.filter(|other| *other != &Value::Bool(false)),
        };
        if let (Some(other), Some(schema)) = (other, read.property(name)) {
            changes = self.schemas(other, schema, place)?;
        } else if self.direction == Direction::Sent {
            return Ok(vec![SchemaChange::at(place, "is removed")]);
        }
        if read.requires(name) && !written.requires(name) {
            let text = match self.direction {
                Direction::Sent => MAY_BE_MISSING,
                Direction::Taken => "is a new required field",
            };
            changes.push(SchemaChange::at(place, text));
        }
        Ok(changes)
    }

    /// Compares the schemas of the properties that have no schema of their own.
    fn other_properties(
        &mut self,
        written: &Alternative,
        read: &Alternative,
        place: &Place,
    ) -> Result<Vec<SchemaChange>, Unsupported> {
        match (
            written.get("additionalProperties"),
            read.get("additionalProperties"),
        ) {
            (_, None | Some(Value::Bool(true))) | (Some(Value::Bool(false)), _) => Ok(Vec::new()),
            (_, Some(Value::Bool(false))) => Ok(vec![SchemaChange::at(
                place,
                match self.direction {
                    Direction::Sent => "was closed and is open to further fields now",
                    Direction::Taken => "refuses further fields now",
                },
            )]),
            (one, Some(two)) => self.schemas(one.unwrap_or(&ANY), two, &place.other_properties()),
        }
    }

    /// Reports a `default` that we apply to what we take.
    fn default_changes(&self, written: &Value, read: &Value, place: &Place) -> Vec<SchemaChange> {
        match (self.direction, written.get("default"), read.get("default")) {
            (Direction::Taken, Some(old), new) if new != Some(old) => {
                let new = new.map_or("nothing".to_owned(), Value::to_string);
                vec![SchemaChange::at(
                    place,
                    &format!("means {new} where it is missing; it meant {old}"),
                )]
            }
            _ => Vec::new(),
        }
    }

    fn value_change(&self, place: &Place, value: &Value) -> SchemaChange {
        let text = match self.direction {
            Direction::Sent => format!("may be {value} now"),
            Direction::Taken => format!("refuses {value} now"),
        };
        SchemaChange::at(place, &text)
    }

    fn type_change(&self, written: &Alternative, read: &Alternative, place: &Place) -> SchemaChange {
        let name = |side: &Alternative| side.kind().unwrap_or("of any type").to_owned();
        let (old, new) = match self.direction {
            Direction::Sent => (name(read), name(written)),
            Direction::Taken => (name(written), name(read)),
        };
        SchemaChange::at(place, &format!("was {old} and is {new} now"))
    }

    /// Reports a form that no form on the reading side accepts.
    fn form_change(&self, form: &Alternative, place: &Place) -> SchemaChange {
        let name = form.name.as_deref().or(form.kind()).unwrap_or("of another form");
        let text = match self.direction {
            Direction::Sent => format!("may have the form {name} now"),
            Direction::Taken => format!("refuses the form {name} now"),
        };
        SchemaChange::at(place, &text)
    }

    fn in_written<'b>(&'b self, node: &'b Value) -> Schema<'b> {
        Schema {
            root: self.written_root,
            node,
        }
    }

    fn in_read<'b>(&'b self, node: &'b Value) -> Schema<'b> {
        Schema {
            root: self.read_root,
            node,
        }
    }
}

fn without_definitions(schema: &Value) -> String {
    let mut schema = schema.clone();
    if let Some(members) = schema.as_object_mut() {
        members.remove("$defs");
    }
    schema.to_string()
}
