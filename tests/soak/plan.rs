//! Who uploads what, decided by the seed alone.

use fastrand::Rng;
use tests::unique;

/// Of a hundred files so many are no video ...
const NON_VIDEO_PERCENT: u8 = 5;
/// ... and of a hundred respondents so many record anew: a tenth of the files is theirs.
const SECOND_TAKE_PERCENT: u8 = 11;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakeKind {
    /// A video.
    Clip,
    /// None, though its name says so: the engine finds out.
    Garbage,
}

/// A respondent and what they record.
#[derive(Debug)]
pub struct PlannedRespondent {
    /// Who.
    pub email: String,
    /// Their takes, the newest last; one or two.
    pub takes: Vec<TakeKind>,
    /// Whether the newest is sent first.
    pub newest_first: bool,
}

/// Everything that is uploaded.
#[derive(Debug)]
pub struct SoakPlan {
    /// The project, which nobody else has.
    pub project: String,
    /// The respondents.
    pub respondents: Vec<PlannedRespondent>,
    /// Names of files that are put by hand and are no videos by their names.
    pub non_videos: Vec<String>,
}

impl SoakPlan {
    /// A plan of so many uploads.
    pub fn new(seed: u64, uploads: usize) -> Self {
        let mut rng = Rng::with_seed(seed);
        let project = unique("soak");
        let (mut respondents, mut non_videos, mut planned) = (Vec::new(), Vec::new(), 0);
        while planned < uploads {
            // A third of what is no video does not even say that it is one.
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
