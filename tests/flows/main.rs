//! Whole flows on the local stage, through the HTTP API and the stores, as front ends and operators use them.
//! Every test has its own respondents and names, so all of them share one stack concurrently.

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
mod metrics;
mod multipart;
mod properties;
mod rejects;
mod repair;
mod routes;
mod secrets;
