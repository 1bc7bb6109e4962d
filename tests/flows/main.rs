//! Whole flows on the local cloud: by the HTTP API and the stores, as front ends and operators use them.
//! Every test has respondents and names of its own, so that all of them can share one stack at once.

mod access;
mod adoption;
mod deletion;
mod events;
mod forms;
mod happy_path;
mod http;
mod identity;
mod large;
mod lists;
mod multipart;
mod properties;
mod rejects;
mod repair;
mod routes;
mod secrets;
