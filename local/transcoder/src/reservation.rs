//! Reservations of names: each name has at most one holder.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The currently reserved names.
#[derive(Debug, Default)]
pub struct Reservations(Mutex<HashSet<String>>);

/// A reserved name. Dropping this value frees the name.
#[derive(Debug)]
pub struct Reservation<'a> {
    names: &'a Reservations,
    name: String,
}

impl Reservations {
    /// Reserves a name until the reservation is dropped; `None` if it is reserved already.
    pub fn reserve(&self, name: String) -> Option<Reservation<'_>> {
        self.lock()
            .insert(name.clone())
            .then_some(Reservation { names: self, name })
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        self.names.lock().remove(&self.name);
    }
}
