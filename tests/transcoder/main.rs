//! The transcoder on the stack: the effects of the emulated IAM, SNS and S3, the preset's settings as an independent
//! prober reads them, and boto3 as a client. The transcoder's own tests cover the rest.

mod boto3;
mod fixture;
mod jobs;
mod presets;
mod restart;
