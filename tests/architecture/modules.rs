//! The modules of one target of a crate: their files, definitions and imports.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::Visit;
use syn::{Item, ItemMod, Visibility};

use crate::syntax::{Import, Paths, Segments, defined, imports, is_test, text};

/// A name that a `use` item imports into a module.
struct Imported {
    path: Segments,
    is_reexport: bool,
}

/// A module, with its own file or inline in its parent's file.
#[derive(Default)]
pub struct Module {
    pub file: PathBuf,
    /// The paths in its code. A re-export is not counted, but a use of the re-exported name is.
    pub paths: Vec<Segments>,
    items: Vec<String>,
    imports: HashMap<String, Imported>,
    globs: Vec<Segments>,
}

/// The modules of a library or a program.
#[derive(Default)]
pub struct Target {
    modules: BTreeMap<Segments, Module>,
}

impl Target {
    /// Reads the modules that a root file declares, except test modules.
    pub fn read(root: &Path) -> Self {
        let mut target = Self::default();
        let folder = root.parent().expect("a file has a parent folder");
        target.read_file(root, folder, vec![]);
        target
    }

    pub fn modules(&self) -> impl Iterator<Item = (&Segments, &Module)> {
        self.modules.iter()
    }

    /// Resolves a path in a module to the module that defines its target, and to the target's name there. Returns
    /// `None` for a path to another crate.
    pub fn definer(&self, from: &Segments, path: &[String]) -> Option<(&Module, String)> {
        let (module, rest) = match path {
            // A single segment names an item of the module or an import; only paths with `::` lead to other modules.
            [name] => self.modules[from]
                .imports
                .contains_key(name)
                .then(|| self.imported(from, name, 0))??,
            path => self.resolve(from, path, 0)?,
        };
        Some((&self.modules[&module], rest.first().cloned().unwrap_or_default()))
    }

    fn read_file(&mut self, file: &Path, children: &Path, name: Segments) {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.read_module(&parsed.items, file, children, name);
    }

    fn read_module(&mut self, items: &[Item], file: &Path, children: &Path, name: Segments) {
        let mut module = Module {
            file: file.to_owned(),
            ..Module::default()
        };
        let mut paths = Paths::default();
        for item in items {
            match item {
                Item::Mod(child) if !is_test(&child.attrs) => self.read_child(child, file, children, &name),
                Item::Mod(_) => {}
                Item::Use(item) if !is_test(&item.attrs) => {
                    let is_reexport = !matches!(item.vis, Visibility::Inherited);
                    module.import(imports(&item.tree), is_reexport);
                }
                item => {
                    module.items.extend(defined(item));
                    paths.visit_item(item);
                }
            }
        }
        let imported = module.imports.values().filter(|import| !import.is_reexport);
        module.paths = imported.map(|import| import.path.clone()).collect();
        module.paths.extend(module.globs.iter().cloned());
        module.paths.extend(paths.found);
        self.modules.insert(name, module);
    }

    fn read_child(&mut self, child: &ItemMod, file: &Path, children: &Path, parent: &Segments) {
        let name = text(&child.ident);
        let folder = children.join(&name);
        let full = [parent.clone(), vec![name.clone()]].concat();
        if let Some((_, items)) = &child.content {
            return self.read_module(items, file, &folder, full);
        }
        let beside = children.join(format!("{name}.rs"));
        let file = if beside.exists() {
            beside
        } else {
            folder.join("mod.rs")
        };
        self.read_file(&file, &folder, full);
    }

    /// Follows a path to the module that defines its target; returns that module and the remaining segments.
    fn resolve(&self, from: &Segments, path: &[String], depth: usize) -> Option<(Segments, Segments)> {
        // The depth is limited, because two globs may import each other.
        if depth > 10 {
            return None;
        }
        let mut at = from.clone();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => (at, rest) = (vec![], &path[1..]),
            "self" => rest = &path[1..],
            "super" => {}
            first => self.in_scope(from, first).then_some(())?,
        }
        while rest.first().is_some_and(|first| first == "super") {
            at.pop()?;
            rest = &rest[1..];
        }
        while let Some(next) = rest.first() {
            let child = [at.clone(), vec![next.clone()]].concat();
            let module = &self.modules[&at];
            if self.modules.contains_key(&child) {
                (at, rest) = (child, &rest[1..]);
            } else if module.items.contains(next) {
                break;
            } else if let Some(found) = self.imported(&at, next, depth) {
                return Some((found.0, [found.1, rest[1..].to_vec()].concat()))
                    .and_then(|(module, rest)| self.descend(module, rest, depth));
            } else {
                break;
            }
        }
        Some((at, rest.to_vec()))
    }

    /// Continues with a path whose first segments were the import of a module.
    fn descend(&self, module: Segments, rest: Segments, depth: usize) -> Option<(Segments, Segments)> {
        let path = [vec!["self".to_owned()], rest].concat();
        self.resolve(&module, &path, depth + 1)
    }

    /// Resolves a name that a module imports from its own crate.
    fn imported(&self, at: &Segments, name: &str, depth: usize) -> Option<(Segments, Segments)> {
        let module = &self.modules[at];
        if let Some(import) = module.imports.get(name) {
            // `use name::…` would resolve to itself.
            let own = import.path.first().is_some_and(|first| first == name);
            let is_child = self
                .modules
                .contains_key(&[at.clone(), vec![name.to_owned()]].concat());
            return (!own || is_child)
                .then(|| self.resolve(at, &import.path, depth + 1))
                .flatten();
        }
        module.globs.iter().find_map(|glob| {
            let path = [glob.clone(), vec![name.to_owned()]].concat();
            let (module, rest) = self.resolve(at, &path, depth + 1)?;
            let defines = rest.is_empty() || self.modules[&module].items.contains(&rest[0]);
            defines.then_some((module, rest))
        })
    }

    fn in_scope(&self, at: &Segments, name: &str) -> bool {
        let child = [at.clone(), vec![name.to_owned()]].concat();
        let module = &self.modules[at];
        self.modules.contains_key(&child)
            || module.items.iter().any(|item| item == name)
            || module.imports.contains_key(name)
    }
}

impl Module {
    fn import(&mut self, imports: Vec<Import>, is_reexport: bool) {
        for (name, path) in imports {
            match name {
                // Several traits may be imported as `_`.
                Some(name) if name == "_" => {
                    self.imports
                        .insert(path.join("::"), Imported { path, is_reexport });
                }
                Some(name) => {
                    self.imports.insert(name, Imported { path, is_reexport });
                }
                None => self.globs.push(path),
            }
        }
    }
}
