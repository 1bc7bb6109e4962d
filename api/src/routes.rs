//! The routes, one file for each family.

use crate::operation::Operation;

mod chalice;
mod documents;
mod health;
mod respondents;
mod responses;
mod uploads;

/// Returns every operation.
pub fn operations() -> Vec<Operation> {
    let mut operations = responses::operations();
    operations.extend(uploads::operations());
    operations.extend(respondents::operations());
    operations.extend(chalice::operations());
    operations.extend(documents::operations());
    operations.extend(health::operations());
    operations
}
