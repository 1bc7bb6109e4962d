//! The paths in code, and the names that code imports and defines.

use syn::buffer::{Cursor, TokenBuffer};
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{Attribute, Ident, ImplItem, Item, ItemUse, Macro, Meta, Path, UseTree, Visibility};

/// The segments of a path; for a module, those after `crate`.
pub type Segments = Vec<String>;

/// An import: the name that it binds, `None` for `*`, and the path.
pub type Import = (Option<String>, Segments);

/// Collects paths. In arguments of macros and attributes only paths of two or more segments count.
#[derive(Default)]
pub struct Paths {
    pub found: Vec<Segments>,
}

impl Paths {
    fn add(&mut self, path: Segments) {
        if path.len() > 1 {
            self.found.push(path);
        }
    }

    /// Reads paths from tokens of unknown grammar; if `texts` is set, from string literals too
    /// (`#[serde(with = "crate::x")]`).
    fn scan(&mut self, mut cursor: Cursor<'_>, texts: bool) {
        let mut path = Segments::new();
        let mut colons = 0;
        while !cursor.eof() {
            if let Some((ident, next)) = cursor.ident() {
                if colons != 2 {
                    self.add(std::mem::take(&mut path));
                }
                path.push(text(&ident));
                (cursor, colons) = (next, 0);
                continue;
            }
            if let Some((punct, next)) = cursor.punct()
                && punct.as_char() == ':'
            {
                (cursor, colons) = (next, colons + 1);
                continue;
            }
            self.add(std::mem::take(&mut path));
            colons = 0;
            if let Some((inner, _, _, next)) = cursor.any_group() {
                self.scan(inner, texts);
                cursor = next;
            } else if let Some((literal, next)) = cursor.literal() {
                let text = syn::parse_str::<syn::LitStr>(&literal.to_string());
                let named = text
                    .ok()
                    .filter(|_| texts)
                    .and_then(|text| text.parse::<Path>().ok());
                named.iter().for_each(|path| self.visit_path(path));
                cursor = next;
            } else {
                cursor = cursor.token_tree().expect("the cursor is not at its end").1;
            }
        }
        self.add(path);
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let is_test = match item {
            ImplItem::Fn(item) => is_test(&item.attrs),
            ImplItem::Const(item) => is_test(&item.attrs),
            _ => false,
        };
        if !is_test {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let segments = path.segments.iter().map(|segment| text(&segment.ident));
        self.found.push(segments.collect());
        visit::visit_path(self, path);
    }

    /// Reads a `use` in a function's body.
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        for (_, path) in imports(&item.tree) {
            self.add(path);
        }
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        self.scan(TokenBuffer::new2(call.tokens.clone()).begin(), false);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.scan(TokenBuffer::new2(list.tokens.clone()).begin(), true);
        }
    }

    /// Ignores visibilities: `pub(super)` is not a dependency on the parent.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}

/// Returns the imports of a `use` item.
pub fn imports(tree: &UseTree) -> Vec<Import> {
    match tree {
        UseTree::Path(tree) => {
            let first = text(&tree.ident);
            let below = imports(&tree.tree).into_iter();
            below
                .map(|(name, path)| match path.as_slice() {
                    // `use a::{self}` binds `a`.
                    [only] if only == "self" => {
                        (name.map(|name| own_name(name, &first)), vec![first.clone()])
                    }
                    path => (name, [vec![first.clone()], path.to_vec()].concat()),
                })
                .collect()
        }
        UseTree::Name(tree) => vec![(Some(text(&tree.ident)), vec![text(&tree.ident)])],
        UseTree::Rename(tree) => vec![(Some(text(&tree.rename)), vec![text(&tree.ident)])],
        UseTree::Glob(_) => vec![(None, vec![])],
        UseTree::Group(group) => group.items.iter().flat_map(imports).collect(),
    }
}

fn own_name(name: String, module: &str) -> String {
    if name == "self" { module.to_owned() } else { name }
}

/// Returns whether an item is compiled for tests only.
pub fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let is_cfg = attribute.path().is_ident("cfg");
        attribute.path().is_ident("test")
            || is_cfg
                && attribute
                    .parse_args::<syn::Ident>()
                    .is_ok_and(|name| name == "test")
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Returns the name that an item defines in its module.
pub fn defined(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(text(name))
}

/// Returns an identifier's text: `type` for `r#type`.
pub fn text(ident: &Ident) -> String {
    ident.unraw().to_string()
}
