//! The rounds of a run: in each, every variant of every case once, so that load on the machine affects all alike.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use serde::Serialize;
use thiserror::Error;

use crate::cases::BenchCase;
use crate::plan::{CallPlan, Phase, PlannedCall};
use crate::process::{PreparedProcess, RunningProcess, tail};
use crate::runtime::{FunctionError, Invocation, RuntimeApi};
use crate::share::CpuShare;
use crate::stub::{AwsStub, StubCall};
use crate::variants::{Programs, Variant};

/// The time that a function has for its start, and for an invocation: Python takes ten seconds at a small CPU share.
const LIMIT: Duration = Duration::from_secs(120);

/// Starts functions and measures them.
pub struct Bench<'a> {
    /// The programs.
    pub programs: &'a Programs,
    /// The services.
    pub stub: &'a AwsStub,
}

/// The measurements of one process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// From the start of the program until it asked for its first event.
    pub start: Duration,
    /// The first invocation.
    pub first: Duration,
    /// Each later invocation.
    pub warm: Vec<Duration>,
    /// The CPU time of the start and the first invocation.
    pub cold_cpu: Duration,
    /// The CPU time of all later invocations.
    pub warm_cpu: Duration,
    /// The maximum of the resident memory, in KiB.
    pub peak_kib: u64,
}

/// The number of calls of each operation, by phase.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CallCounts {
    /// Before the first event is requested.
    pub start: BTreeMap<String, usize>,
    /// In the first invocation.
    pub first: BTreeMap<String, usize>,
    /// In each later invocation.
    pub warm: BTreeMap<String, usize>,
}

/// Why a function could not be measured.
#[derive(Debug, Error)]
pub enum BenchError {
    /// A file, a process or a port failed.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The error.
        source: io::Error,
    },
    /// The function failed.
    #[error("{case}, {variant}: {error}\nthe end of its log:\n{log}")]
    Function {
        /// The case.
        case: String,
        /// The variant.
        variant: Variant,
        /// The error.
        error: FunctionError,
        /// The last lines of the log.
        log: String,
    },
    /// The response is wrong.
    #[error("{case}, {variant}: the response has no {expected}: {response}")]
    Response {
        /// The case.
        case: String,
        /// The variant.
        variant: Variant,
        /// The text that is missing.
        expected: &'static str,
        /// The response.
        response: String,
    },
    /// The function made a call that the stub refused.
    #[error("{case}: the stub refused {operation}")]
    Refused {
        /// The case.
        case: String,
        /// The operation.
        operation: String,
    },
}

impl Bench<'_> {
    /// Runs our function of a case and records its calls: writes the plan of [`Variant::Limit`] and returns the counts.
    pub fn record(&self, case: &BenchCase) -> Result<CallCounts, BenchError> {
        let mut function = self.start(case, Variant::Ours, None)?;
        function.wait_until_idle()?;
        let start = self.calls(case)?;
        function.invoke()?;
        let first = self.calls(case)?;
        function.wait_until_idle()?;
        let response = function.invoke()?.body;
        let warm = self.calls(case)?;
        let planned = |calls: &[StubCall]| calls.iter().map(PlannedCall::from).collect();
        let plan = CallPlan {
            start: planned(&start),
            first: planned(&first),
            warm: planned(&warm),
            response,
        };
        let path = self.programs.plan(case);
        let file = File::create(&path).and_then(|mut file| plan.write(&mut file));
        file.map_err(|source| BenchError::File { path, source })?;
        Ok(CallCounts {
            start: count(&start),
            first: count(&first),
            warm: count(&warm),
        })
    }

    /// Measures a new process: its start, its first invocation and this number of later ones.
    pub fn measure(
        &self,
        case: &BenchCase,
        variant: Variant,
        share: Option<&CpuShare>,
        warm: usize,
    ) -> Result<Sample, BenchError> {
        let mut function = self.start(case, variant, share)?;
        let mut sample = Sample {
            start: function.wait_until_idle()?,
            first: function.invoke()?.took,
            ..Sample::default()
        };
        for number in 0..=warm {
            function.wait_until_idle()?;
            if number == 0 {
                sample.cold_cpu = function.cpu_time()?;
            }
            if number == warm {
                sample.warm_cpu = function.cpu_time()?.saturating_sub(sample.cold_cpu);
            } else {
                sample.warm.push(function.invoke()?.took);
            }
        }
        let peak = function.process.peak_memory();
        sample.peak_kib = peak.map_err(|error| function.failed(error))?;
        self.calls(case)?;
        Ok(sample)
    }

    fn start<'a>(
        &'a self,
        case: &'a BenchCase,
        variant: Variant,
        share: Option<&CpuShare>,
    ) -> Result<StartedFunction<'a>, BenchError> {
        let log = self.programs.log(case, variant);
        let failed = |source| BenchError::File {
            path: log.clone(),
            source,
        };
        fs::write(&log, "").map_err(failed)?;
        let runtime = RuntimeApi::start().map_err(failed)?;
        let launch = self.programs.launch(case, variant, &runtime.address(), self.stub);
        if !launch.program.exists() {
            let source = io::ErrorKind::NotFound.into();
            let path = launch.program;
            return Err(BenchError::File { path, source });
        }
        let prepared = PreparedProcess::new(&launch).map_err(failed)?;
        if let Some(share) = share {
            share.add(prepared.id()).map_err(failed)?;
            // The group's share of this period is whole again at the start.
            thread::sleep(share.period * 2);
        }
        let process = prepared.start().map_err(failed)?;
        Ok(StartedFunction {
            bench: self,
            case,
            variant,
            runtime,
            process,
            log,
        })
    }

    /// Returns the calls since the last time.
    fn calls(&self, case: &BenchCase) -> Result<Vec<StubCall>, BenchError> {
        let calls = self.stub.take_calls();
        match calls.iter().find(|call| call.status >= 400) {
            Some(call) => Err(BenchError::Refused {
                case: case.name(),
                operation: call.operation.clone(),
            }),
            None => Ok(calls),
        }
    }
}

/// A running function.
struct StartedFunction<'a> {
    bench: &'a Bench<'a>,
    case: &'a BenchCase,
    variant: Variant,
    runtime: RuntimeApi,
    process: RunningProcess,
    log: PathBuf,
}

impl StartedFunction<'_> {
    /// Waits until the function asks for an event; returns the time since the start.
    fn wait_until_idle(&mut self) -> Result<Duration, BenchError> {
        let at = self.runtime.wait_until_idle(LIMIT);
        let at = at.map_err(|error| self.function_error(error))?;
        Ok(at.duration_since(self.process.started_at))
    }

    fn invoke(&mut self) -> Result<Invocation, BenchError> {
        self.bench.stub.set(self.case.state.clone());
        let event = self.case.event.to_string();
        let invocation = self.runtime.invoke(event.as_bytes(), LIMIT);
        let invocation = invocation.map_err(|error| self.function_error(error))?;
        let response = String::from_utf8_lossy(&invocation.body);
        // Python writes spaces between the members of an object.
        let compact = response.replace("\": ", "\":");
        if self.variant == Variant::Floor || compact.contains(self.case.expected) {
            return Ok(invocation);
        }
        Err(BenchError::Response {
            case: self.case.name(),
            variant: self.variant,
            expected: self.case.expected,
            response: response.into_owned(),
        })
    }

    fn cpu_time(&self) -> Result<Duration, BenchError> {
        self.process.cpu_time().map_err(|error| self.failed(error))
    }

    fn failed(&self, source: io::Error) -> BenchError {
        let path = self.log.clone();
        BenchError::File { path, source }
    }

    fn function_error(&self, error: FunctionError) -> BenchError {
        BenchError::Function {
            case: self.case.name(),
            variant: self.variant,
            error,
            log: tail(&self.log),
        }
    }
}

fn count(calls: &[StubCall]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for call in calls {
        let name = format!("{} {}", call.service.signing_name(), call.operation);
        *counts.entry(name).or_default() += 1;
    }
    counts
}

impl From<&StubCall> for PlannedCall {
    fn from(call: &StubCall) -> Self {
        let header = |name| call.request.header(name).unwrap_or_default().to_owned();
        let (path, query) = match call.request.target.split_once('?') {
            Some((path, query)) => (path, query),
            None => (call.request.target.as_str(), ""),
        };
        // A signature covers the sorted parameters.
        let mut parameters: Vec<&str> = query.split('&').filter(|text| !text.is_empty()).collect();
        parameters.sort_unstable();
        let mark = if parameters.is_empty() { "" } else { "?" };
        Self {
            host: header("host"),
            service: call.service.signing_name().to_owned(),
            method: call.request.method.clone(),
            target: format!("{path}{mark}{}", parameters.join("&")),
            content_type: header("content-type"),
            amz_target: header("x-amz-target"),
            body: call.request.body.clone(),
        }
    }
}

/// Returns the phases of a case with the number of calls in each.
pub fn totals(counts: &CallCounts) -> [(Phase, usize); 3] {
    let of = |phase| match phase {
        Phase::Start => &counts.start,
        Phase::First => &counts.first,
        Phase::Warm => &counts.warm,
    };
    Phase::ALL.map(|phase| (phase, of(phase).values().sum()))
}
