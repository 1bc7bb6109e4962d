//! Checks the main promises against a deployed stage: `make smoke STAGE=dev`. It uses what a caller of a deployed
//! stage has: Terraform's outputs, AWS credentials and an owner's token.

mod cleanup;
mod client;
mod error;
mod files;
mod http;
mod promises;
mod report;
mod stage;
mod store;
mod timer;
mod usage;

use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use clap::Parser;
use client::StageClient;
use http::HttpClient;
use promises::SmokeTest;
use report::PromiseTable;
use stage::StageOutputs;
use store::Buckets;
use timer::Timer;
use usage::Usage;

/// Time limit for all promises. With the clean-up a run stays below ten minutes.
const PROMISES_LIMIT: Duration = Duration::from_secs(450);
/// Time limit for the clean-up.
const CLEANUP_LIMIT: Duration = Duration::from_secs(120);

/// Checks the main promises against a deployed stage.
///
/// Exit codes: 0 all promises kept; 1 a promise is broken or was not tried, or something could not be deleted;
/// 2 wrong arguments or settings; 130 interrupted.
#[derive(Debug, Parser)]
#[command(name = "smoke")]
struct Arguments {
    /// The stage: a folder of terraform/stages whose state is readable.
    stage: String,
    /// An owner's token with the scopes responses/read and responses/write.
    #[arg(long, env = "TOKEN", hide_env_values = true, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    token: String,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<u8, String> {
    let began = Instant::now();
    let timer = Timer::until_signal(PROMISES_LIMIT).map_err(|error| format!("signals: {error}"))?;
    let outputs = StageOutputs::of_stage(&arguments.stage)?;
    let usage = Rc::new(Usage::default());
    let buckets =
        Buckets::new(&outputs.region, Rc::clone(&usage)).map_err(|error| format!("AWS: {error}"))?;
    let http = HttpClient::new(&outputs.api_url, timer.clone());
    let client = StageClient::new(http, &outputs.api_url, arguments.token.trim(), Rc::clone(&usage));
    let email = format!("smoke-{:016x}@example.com", fastrand::u64(..));
    println!(
        "stage {}, {}, respondent {email}",
        arguments.stage, outputs.api_url
    );
    let test = SmokeTest {
        outputs: &outputs,
        client: &client,
        buckets: &buckets,
        usage: Rc::clone(&usage),
        timer: timer.clone(),
        email: email.parse().map_err(|_| format!("{email} is not an email"))?,
    };

    let mut table = PromiseTable::begin();
    test.run(&mut table);
    let (kept, all) = table.kept();
    let is_clean = kept == all || {
        let timer = Timer::of(CLEANUP_LIMIT);
        let client = client.with(HttpClient::new(&outputs.api_url, timer.clone()));
        println!("deleting everything that this run has stored");
        cleanup::clean_up(&test, &client, &timer)
            .inspect_err(|error| println!("clean-up: {error}"))
            .is_ok()
    };

    let seconds = began.elapsed().as_secs();
    println!("{kept} of {all} promises kept in {seconds} s\n{usage}");
    Ok(match (timer.is_interrupted(), kept == all && is_clean) {
        (true, _) => timer::INTERRUPTED,
        (false, true) => 0,
        (false, false) => 1,
    })
}
