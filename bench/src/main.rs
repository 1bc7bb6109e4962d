//! Runs the benchmark: `make bench`. With the argument `calls`, prints the AWS calls of each case instead.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs, io};

use bench::cases::{self, BenchCase};
use bench::chart;
use bench::machine::Machine;
use bench::results::{BenchResults, CaseResults, Measurements, Ratios};
use bench::rounds::{Bench, BenchError, CallCounts, Sample};
use bench::share::{CpuShare, ShareError};
use bench::stub::{Authority, AwsStub};
use bench::summary;
use bench::variants::{Programs, Variant};

/// The default number of rounds: about three minutes.
const ROUNDS: usize = 12;
/// The warm invocations of a process.
const WARM: usize = 20;
/// The rounds between two starts of Python with the CPU share of 128 MB, each of which takes several seconds.
const PYTHON_INTERVAL: usize = 12;
/// The periods of the CPU limit, in milliseconds: the kernel's default, and a short one. AWS does not document Lambda's.
const PERIODS: &str = "100,20";

const VARIANTS: [Variant; 3] = [Variant::Limit, Variant::Ours, Variant::Python];

/// The orders of the variants, one for each round, so that each follows each of the others equally often.
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1], [2, 0, 1], [1, 0, 2]];

/// The samples of a variant, at full speed and with the CPU share of 128 MB.
#[derive(Default)]
struct Samples {
    full: Vec<Sample>,
    /// By the period of the limit.
    shared: Vec<(u64, Vec<Sample>)>,
}

/// The numbers that the environment sets.
struct Options {
    rounds: usize,
    periods: Vec<u64>,
    /// Only the cases whose name contains this.
    only: String,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options {
        rounds: number("ROUNDS", ROUNDS)?,
        periods: periods()?,
        only: env::var("ONLY").unwrap_or_default(),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let programs = programs(&root)?;
    let authority = Authority::new()?;
    fs::write(programs.bundle(), authority.bundle())?;
    let stub = AwsStub::start(&authority, Duration::ZERO)?;
    let bench = Bench {
        programs: &programs,
        stub: &stub,
    };
    let cases: Vec<BenchCase> = cases::all()
        .into_iter()
        .filter(|case| case.name().contains(&options.only))
        .collect();
    if env::args().nth(1).as_deref() == Some("calls") {
        let counts = cases.iter().map(|case| Ok((case.name(), bench.record(case)?)));
        let counts: BTreeMap<String, CallCounts> = counts.collect::<Result<_, BenchError>>()?;
        println!("{}", serde_json::to_string_pretty(&counts)?);
        return Ok(());
    }
    let results = measure(&bench, &cases, &options)?;
    println!("{}", summary::of(&results));
    let is_release = programs.folder.ends_with("release");
    if !is_release || !options.only.is_empty() {
        println!("Not saved: the programs are not release builds, or not all cases ran.");
        return Ok(());
    }
    let text = serde_json::to_string_pretty(&results)? + "\n";
    fs::write(root.join("bench/results.json"), text)?;
    fs::write(root.join("docs/bench.svg"), chart::draw(&results))?;
    println!("Saved as bench/results.json and docs/bench.svg.");
    Ok(())
}

fn number(name: &str, default: usize) -> Result<usize, String> {
    match env::var(name).ok().filter(|text| !text.is_empty()) {
        Some(text) => text
            .parse()
            .map_err(|_| format!("{name} is a number, not {text:?}")),
        None => Ok(default),
    }
}

fn periods() -> Result<Vec<u64>, String> {
    let text = env::var("PERIODS").unwrap_or_else(|_| PERIODS.to_owned());
    let parsed: Result<Vec<u64>, _> = text.split(',').map(str::parse).collect();
    parsed.map_err(|_| format!("PERIODS is a list of numbers, separated by commas, not {text:?}"))
}

/// The functions lie beside this program.
fn programs(root: &Path) -> io::Result<Programs> {
    let folder = env::current_exe()?
        .parent()
        .map(PathBuf::from)
        .unwrap_or_default();
    let work = folder.join("bench-run");
    fs::create_dir_all(&work)?;
    Ok(Programs {
        folder,
        python: root.join(".local/venv-bench/bin/python"),
        handlers: root.join("bench/python").canonicalize()?,
        work,
    })
}

fn measure(bench: &Bench<'_>, cases: &[BenchCase], options: &Options) -> Result<BenchResults, BenchError> {
    let periods = options
        .periods
        .iter()
        .map(|period| Duration::from_millis(*period));
    let shares: Result<Vec<CpuShare>, ShareError> = periods.map(CpuShare::new).collect();
    let (shares, share_unavailable) = match shares {
        Ok(shares) => (shares, None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let take = |samples: &mut Samples, case: &BenchCase, variant: Variant, with_shares: bool| {
        samples.full.push(bench.measure(case, variant, None, WARM)?);
        for (number, share) in shares.iter().enumerate().filter(|_| with_shares) {
            let sample = bench.measure(case, variant, Some(share), 0)?;
            match samples.shared.get_mut(number) {
                Some((_, samples)) => samples.push(sample),
                None => samples.shared.push((share.period_ms(), vec![sample])),
            }
        }
        Ok::<_, BenchError>(())
    };
    let counts = cases.iter().map(|case| bench.record(case));
    let counts: Vec<CallCounts> = counts.collect::<Result<_, _>>()?;
    let mut floor = Samples::default();
    let mut samples: Vec<[Samples; 3]> = cases.iter().map(|_| Default::default()).collect();
    for round in 0..options.rounds {
        eprintln!("round {} of {}", round + 1, options.rounds);
        for (case, samples) in cases.iter().zip(&mut samples) {
            for at in ORDERS.iter().cycle().nth(round).into_iter().flatten() {
                let variant = VARIANTS[*at];
                let with_shares = variant != Variant::Python || round % PYTHON_INTERVAL == 0;
                take(&mut samples[*at], case, variant, with_shares)?;
            }
        }
        if let Some(case) = cases.first() {
            take(&mut floor, case, Variant::Floor, true)?;
        }
    }
    let measurements = |samples: &Samples| Measurements::of(&samples.full, &samples.shared);
    let cases = cases.iter().zip(counts).zip(&samples);
    let cases = cases.map(|((case, calls), [limit, ours, python])| {
        let [limit, ours, python] = [limit, ours, python].map(measurements);
        CaseResults {
            name: case.name(),
            calls,
            ratios: Ratios::of(&ours, &limit, &python),
            ours,
            limit,
            python,
        }
    });
    Ok(BenchResults {
        machine: Machine::read(&bench.programs.python),
        rounds: options.rounds,
        warm: WARM,
        share_unavailable,
        floor: measurements(&floor),
        cases: cases.collect(),
    })
}
