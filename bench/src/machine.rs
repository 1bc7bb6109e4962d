//! Facts about the machine and its programs that a result depends on. They name no machine.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use serde::Serialize;

/// The machine of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// The processor, as the kernel names it.
    pub processor: String,
    /// The instruction set.
    pub architecture: String,
    /// The processors that this program may use.
    pub processors: usize,
    /// GiB of memory.
    pub memory_gib: u64,
    /// The version of the kernel.
    pub kernel: String,
    /// The version of Rust.
    pub rust: String,
    /// The versions of Python, boto3 and botocore.
    pub python: String,
}

impl Machine {
    /// Reads the facts; a fact that cannot be read is empty.
    pub fn read(python: &Path) -> Self {
        let number = |text: &str| text.split_ascii_whitespace().next()?.parse::<u64>().ok();
        let memory = find("/proc/meminfo", "MemTotal:").and_then(|text| number(&text));
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        // The rest of the version names a build.
        let kernel = kernel.split(['-', '\n']).next().unwrap_or_default();
        let versions = "import platform, boto3, botocore; \
                        print('Python', platform.python_version() + ', boto3', boto3.__version__ + ', botocore', botocore.__version__)";
        Self {
            processor: find("/proc/cpuinfo", "model name").map_or_else(String::new, |text| {
                text.trim_start_matches([':', ' ', '\t']).to_owned()
            }),
            architecture: std::env::consts::ARCH.to_owned(),
            processors: thread::available_parallelism().map_or(0, usize::from),
            memory_gib: memory.unwrap_or(0).div_ceil(1024 * 1024),
            kernel: kernel.to_owned(),
            rust: print(Command::new("rustc").arg("--version")),
            python: print(Command::new(python).args(["-c", versions])),
        }
    }
}

fn find(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().to_owned())
}

fn print(command: &mut Command) -> String {
    let output = command.output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).trim().to_owned()
}
