//! The planned uploads, determined by the seed alone.

use fastrand::Rng;
use tests::unique;

/// Percentage of files that are not videos.
const NON_VIDEO_PERCENT: u8 = 5;
/// Percentage of respondents who record a second take; a tenth of all files is theirs.
const SECOND_TAKE_PERCENT: u8 = 11;

/// The content of a take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakeKind {
    /// A video.
    Clip,
    /// A file with a video's name that is not a video: only the engine detects that.
    Garbage,
}

/// A respondent and their takes.
#[derive(Debug)]
pub struct PlannedRespondent {
    /// The email.
    pub email: String,
    /// One or two takes, the newest last.
    pub takes: Vec<TakeKind>,
    /// Whether the newest take is sent first.
    pub newest_first: bool,
}

/// All planned uploads.
#[derive(Debug)]
pub struct SoakPlan {
    /// The project, unique to this run.
    pub project: String,
    /// The respondents.
    pub respondents: Vec<PlannedRespondent>,
    /// Names of files that are put by hand and do not have a video's extension.
    pub non_videos: Vec<String>,
}

impl SoakPlan {
    /// Creates a plan of `uploads` uploads.
    pub fn new(seed: u64, uploads: usize) -> Self {
        let mut rng = Rng::with_seed(seed);
        let project = unique("soak");
        let (mut respondents, mut non_videos, mut planned) = (Vec::new(), Vec::new(), 0);
        while planned < uploads {
            // A third of the files that are not videos do not have a video's extension.
            if rng.u8(0..100) < NON_VIDEO_PERCENT && rng.u8(0..3) == 0 {
                non_videos.push(format!("paper-{planned}"));
                planned += 1;
                continue;
            }
            let mut takes = vec![random_kind(&mut rng)];
            if rng.u8(0..100) < SECOND_TAKE_PERCENT && planned + 1 < uploads {
                takes.push(random_kind(&mut rng));
            }
            planned += takes.len();
            respondents.push(PlannedRespondent {
                email: format!("person-{}@example.com", respondents.len()),
                newest_first: takes.len() > 1 && rng.bool(),
                takes,
            });
        }
        Self {
            project,
            respondents,
            non_videos,
        }
    }
}

fn random_kind(rng: &mut Rng) -> TakeKind {
    if rng.u8(0..100) < NON_VIDEO_PERCENT {
        TakeKind::Garbage
    } else {
        TakeKind::Clip
    }
}
