//! The transcoder on the stack: what its emulated IAM, SNS and S3 add to the transcoder's own tests, the preset's figures
//! by an independent prober, and boto3 as a client.

mod boto3;
mod fixture;
mod jobs;
mod presets;
mod restart;
