//! Where a document changed.

/// The place of a change: a path from the root of a document, and from the innermost named type.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The path from the root, such as `upload.fields.*` or `parts[].number`; empty at the root.
    pub path: String,
    /// The innermost named type on the path.
    pub type_name: Option<String>,
    /// The path from that type.
    pub path_in_type: String,
}

impl Place {
    /// Returns the place of a property.
    pub fn property(&self, name: &str) -> Self {
        self.map(|path| {
            if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            }
        })
    }

    /// Returns the place of the items of an array.
    pub fn items(&self) -> Self {
        self.map(|path| format!("{path}[]"))
    }

    /// Returns the place of the properties that have no schema of their own.
    pub fn other_properties(&self) -> Self {
        self.property("*")
    }

    /// Returns the place of one of several forms.
    pub fn form(&self, name: &str) -> Self {
        self.map(|path| format!("{path}<{name}>"))
    }

    /// Returns the same place, as the root of a named type.
    pub fn enter(&self, type_name: &str) -> Self {
        Self {
            path: self.path.clone(),
            type_name: Some(type_name.to_owned()),
            path_in_type: String::new(),
        }
    }

    fn map(&self, extend: impl Fn(&str) -> String) -> Self {
        Self {
            path: extend(&self.path),
            type_name: self.type_name.clone(),
            path_in_type: extend(&self.path_in_type),
        }
    }
}
