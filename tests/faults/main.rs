//! Faults: answers that never arrive, functions that are killed, a burst that the engine does not take at once. Whatever
//! happens, in the end there is one record, one attempt that counts, its rendition, and nothing of the others.
//!
//! Functions are killed here, and with them whatever else they are doing: no other suite has the stack meanwhile.

mod burst;
mod events;
mod refused;
mod schedule;
