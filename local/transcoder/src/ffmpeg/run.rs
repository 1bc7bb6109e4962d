//! Runs ffmpeg as a child that ends with this process, even if that is killed by SIGKILL.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use media::{Probe, Tracks};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout_at};

use super::command_line::{untrusted_input, words};
use super::packets::Packets;
use crate::failure::{Code, JobFailure};
use crate::progress::Progress;

/// Runs "$@" and kills it at the end of standard input, which ends with this process, even after SIGKILL.
const WATCHED: &str = r#"exec 3<&0
"$@" 3<&- </dev/null & child=$!
(read -r _ <&3; kill -KILL "$child") >/dev/null 2>&1 & watch=$!
exec 3<&- </dev/null
wait "$child"; status=$?
kill "$watch" 2>/dev/null
exit "$status""#;

/// The maximum bytes of ffmpeg's messages that are kept: enough for a file with thousands of chapters.
const COMPLAINTS: usize = 4 * 1024 * 1024;

/// The maximum time without progress.
const STALL_LIMIT: Duration = Duration::from_secs(300);

/// The ffmpeg program.
#[derive(Debug, Clone)]
pub struct Ffmpeg {
    program: PathBuf,
    stall_limit: Duration,
}

impl Ffmpeg {
    /// Returns the ffmpeg at this path.
    pub fn new(program: PathBuf) -> Self {
        Self {
            program,
            stall_limit: STALL_LIMIT,
        }
    }

    /// Returns the same ffmpeg with another maximum time without progress.
    pub fn with_stall_limit(self, stall_limit: Duration) -> Self {
        Self { stall_limit, ..self }
    }

    /// Returns the properties of an untrusted file.
    pub async fn probe(&self, folder: &Path, file: &str) -> Result<Probe, JobFailure> {
        self.describe_streams(folder, file, untrusted_input()).await
    }

    /// Returns the properties of a file that ffmpeg wrote, which may be an image.
    pub async fn probe_own(&self, folder: &Path, file: &str) -> Result<Probe, JobFailure> {
        self.describe_streams(folder, file, Vec::new()).await
    }

    /// Returns all streams of an untrusted file.
    pub async fn tracks(&self, folder: &Path, file: &str) -> Result<Tracks, JobFailure> {
        let ended = self.describe(folder, file, untrusted_input()).await?;
        Tracks::parse(&ended.complaints).ok_or_else(|| unreadable(&ended))
    }

    /// Reads all packets of these streams without decoding them. An unreadable stream has none.
    pub async fn packets(&self, folder: &Path, file: &str, streams: &[u32]) -> Result<Packets, JobFailure> {
        let mut packets = Packets::default();
        let maps = streams.iter().map(|index| format!("-map 0:{index} "));
        let output = format!("{}-c copy -copyinkf -f framecrc pipe:1", maps.collect::<String>());
        let child = self.start(folder, &reading_to(file, &output))?;
        let ended = self.collect(child, &mut |line| packets.read(line)).await?;
        match broken(ended.code, &ended.complaints) {
            Some(failure) => Err(failure),
            None => Ok(packets),
        }
    }

    /// Returns whether ffmpeg decodes a frame of a stream.
    pub async fn decodes(&self, folder: &Path, file: &str, stream: u32) -> Result<bool, JobFailure> {
        let mut decodes = false;
        let output = format!("-map 0:{stream} -frames 1 -f framecrc pipe:1");
        let child = self.start(folder, &reading_to(file, &output))?;
        let read = &mut |line: &str| {
            decodes |= !line.starts_with('#');
            true
        };
        self.collect(child, read).await?;
        Ok(decodes)
    }

    async fn describe_streams(
        &self,
        folder: &Path,
        file: &str,
        reading: Vec<String>,
    ) -> Result<Probe, JobFailure> {
        let ended = self.describe(folder, file, reading).await?;
        Probe::parse(&ended.complaints).ok_or_else(|| unreadable(&ended))
    }

    async fn describe(&self, folder: &Path, file: &str, reading: Vec<String>) -> Result<RunEnd, JobFailure> {
        let mut arguments = vec!["-hide_banner".to_owned(), "-nostdin".into()];
        arguments.extend(reading);
        arguments.extend(["-i".into(), file.into()]);
        let child = self.start(folder, &arguments)?;
        self.collect(child, &mut |_| true).await
    }

    /// Runs ffmpeg to its end and reports its progress. Returns its last error message if it succeeded despite it.
    pub async fn run(
        &self,
        folder: &Path,
        arguments: &[String],
        duration_millis: Option<u64>,
        report: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Option<String>, JobFailure> {
        let child = self.start(folder, arguments)?;
        let mut furthest = 0.0;
        let read = &mut |line: &str| {
            let Some(progress) = progress(line, duration_millis) else {
                return false;
            };
            report(progress);
            let advanced = progress.seconds > furthest;
            furthest = progress.seconds.max(furthest);
            advanced
        };
        let ended = self.collect(child, read).await?;
        let complaint = last_line(&ended.complaints).map(str::to_owned);
        match ended.code {
            Some(0) => Ok(complaint),
            code => Err(failure(
                code,
                complaint.as_deref().unwrap_or("no reason given"),
                &ended.complaints,
            )),
        }
    }

    fn start(&self, folder: &Path, arguments: &[String]) -> Result<Child, JobFailure> {
        Command::new("/bin/sh")
            .args(["-c", WATCHED, "sh"])
            .arg(&self.program)
            .args(arguments)
            .current_dir(folder)
            .env("AV_LOG_FORCE_NOCOLOR", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Its own process group: at Ctrl-C ffmpeg would complete a truncated file.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| JobFailure::file("start", &self.program, &error))
    }

    /// Waits for ffmpeg's end, or kills it after too long without progress. `read` returns whether a line is progress.
    async fn collect(
        &self,
        mut child: Child,
        read: &mut (dyn FnMut(&str) -> bool + Send),
    ) -> Result<RunEnd, JobFailure> {
        // Stays open: closing it kills ffmpeg.
        let alive = child.stdin.take();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let ended = tokio::try_join!(
            async { child.wait().await.map_err(lost) },
            follow(stdout, self.stall_limit, read),
            async { keep_tail(stderr).await.map_err(lost) },
        );
        drop(alive);
        let (status, (), complaints) = ended?;
        Ok(RunEnd {
            code: status.code(),
            complaints,
        })
    }
}

struct RunEnd {
    code: Option<i32>,
    complaints: String,
}

fn lost(error: std::io::Error) -> JobFailure {
    JobFailure::new(Code::Internal, format!("cannot read from ffmpeg: {error}"))
}

fn stalled(limit: Duration) -> JobFailure {
    let detail = format!("ffmpeg made no progress for {} s", limit.as_secs_f64());
    JobFailure::new(Code::CannotTranscode, detail)
}

/// Returns the arguments that read an untrusted file and write an output.
fn reading_to(file: &str, output: &str) -> Vec<String> {
    let mut arguments = words("-hide_banner -nostdin -loglevel error");
    arguments.extend(untrusted_input());
    arguments.extend(["-i".into(), file.into()]);
    arguments.extend(words(output));
    arguments
}

async fn follow(
    stdout: Option<impl AsyncRead + Unpin>,
    stall_limit: Duration,
    read: &mut (dyn FnMut(&str) -> bool + Send),
) -> Result<(), JobFailure> {
    let Some(stdout) = stdout else { return Ok(()) };
    let mut lines = BufReader::new(stdout).lines();
    let mut deadline = Instant::now() + stall_limit;
    loop {
        let line = timeout_at(deadline, lines.next_line()).await;
        let line = line.map_err(|_| stalled(stall_limit))?.map_err(lost)?;
        let Some(line) = line else { return Ok(()) };
        if read(&line) {
            deadline = Instant::now() + stall_limit;
        }
    }
}

/// Reads a line of `-progress`: `out_time_us=1234567`, or `N/A` before the first frame.
fn progress(line: &str, duration_millis: Option<u64>) -> Option<Progress> {
    let micros: f64 = line.strip_prefix("out_time_us=")?.parse().ok()?;
    let seconds = (micros / 1e6).max(0.0);
    let percent = duration_millis
        .filter(|millis| *millis > 0)
        .map(|millis| (seconds * 100_000.0 / millis as f64).min(100.0));
    Some(Progress { percent, seconds })
}

async fn keep_tail(stderr: Option<impl AsyncRead + Unpin>) -> std::io::Result<String> {
    let Some(mut stderr) = stderr else {
        return Ok(String::new());
    };
    let (mut kept, mut chunk) = (Vec::new(), [0; 8192]);
    loop {
        match stderr.read(&mut chunk).await? {
            0 => return Ok(String::from_utf8_lossy(&kept).into_owned()),
            read => kept.extend_from_slice(&chunk[..read]),
        }
        if kept.len() > 2 * COMPLAINTS {
            kept.drain(..kept.len() - COMPLAINTS);
        }
    }
}

/// Returns why a file cannot be probed: it is not a video, or ffmpeg failed.
fn unreadable(ended: &RunEnd) -> JobFailure {
    let reason = last_line(&ended.complaints).unwrap_or("ffmpeg gives no reason");
    if let Some(failure) = broken(ended.code, reason) {
        return failure;
    }
    let reason = if ended.complaints.contains("not on whitelist") {
        "pictures, playlists and the like are not read"
    } else {
        reason
    };
    let reason = reason.trim_start_matches("Error opening input files: ");
    JobFailure::new(
        Code::BadInput,
        format!("the input is not a video of a supported format: {reason}"),
    )
}

fn failure(code: Option<i32>, reason: &str, complaints: &str) -> JobFailure {
    const DISK: [&str; 4] = [
        "No space left on device",
        "Disk quota exceeded",
        "File too large",
        "Read-only file system",
    ];
    if let Some(line) = complaints
        .lines()
        .find(|line| DISK.iter().any(|words| line.contains(words)))
    {
        return JobFailure::new(Code::Internal, format!("ffmpeg cannot write: {}", line.trim()));
    }
    let bad_input = || {
        JobFailure::new(
            Code::CannotTranscode,
            format!("the input cannot be transcoded: {reason}"),
        )
    };
    broken(code, reason).unwrap_or_else(bad_input)
}

/// Returns the failure of a program that a signal ended (the shell reports 128 + ABRT, KILL, SEGV, TERM, XFSZ) or that does
/// not start.
fn broken(code: Option<i32>, reason: &str) -> Option<JobFailure> {
    match code {
        None | Some(134 | 137 | 139 | 143 | 153) => {
            Some(JobFailure::new(Code::Internal, "ffmpeg was ended by a signal"))
        }
        Some(126 | 127) => Some(JobFailure::new(
            Code::Internal,
            format!("ffmpeg does not start: {reason}"),
        )),
        Some(_) => None,
    }
}

/// Returns ffmpeg's last message without the name and address of the part that wrote it.
fn last_line(complaints: &str) -> Option<&str> {
    let mut line = complaints.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    // A nested part has its name after that of the outer one.
    while let Some((_, text)) = line.strip_prefix('[').and_then(|line| line.split_once("] ")) {
        line = text;
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_percent_where_the_length_is_known() {
        assert_eq!(
            progress("out_time_us=5000000", Some(10_000)),
            Some(Progress {
                percent: Some(50.0),
                seconds: 5.0
            })
        );
        assert_eq!(
            progress("out_time_us=11000000", Some(10_000)).and_then(|progress| progress.percent),
            Some(100.0)
        );
        assert_eq!(
            progress("out_time_us=5000000", None),
            Some(Progress {
                percent: None,
                seconds: 5.0
            })
        );
        assert_eq!(progress("out_time_us=N/A", None), None);
        assert_eq!(progress("frame=12", None), None);
    }

    #[test]
    fn failures_are_classified() {
        let full = failure(
            Some(228),
            "x",
            "[out#0 @ 0x1] Error writing: No space left on device\nConversion failed!",
        );
        assert_eq!(full.code, Code::Internal);
        assert_eq!(failure(Some(137), "x", "").code, Code::Internal);
        assert_eq!(failure(Some(69), "Invalid data", "").code, Code::CannotTranscode);
    }

    #[test]
    fn message_is_stripped_of_its_address() {
        assert_eq!(
            last_line("a\n[mov @ 0x55] moov atom not found\n\n"),
            Some("moov atom not found")
        );
        assert_eq!(
            last_line("[vist#0:0/h264 @ 0x1] [dec:h264 @ 0x2] Decoding error"),
            Some("Decoding error")
        );
        assert_eq!(last_line(" \n"), None);
    }
}
