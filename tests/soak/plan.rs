//! Who uploads what, decided by the seed alone.

use fastrand::Rng;
use tests::unique;

/// Of a hundred files so many are no video ...
const NO_VIDEO: u8 = 5;
/// ... and of a hundred respondents so many record anew: a tenth of the files is theirs.
const AGAIN: u8 = 11;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A video.
    Clip,
    /// None, though its name says so: the engine finds out.
    Garbage,
}

/// A respondent and what they record.
#[derive(Debug)]
pub struct Person {
    /// Who.
    pub email: String,
    /// Their takes, the newest last; one or two.
    pub takes: Vec<Kind>,
    /// Whether the newest is sent first.
    pub newest_first: bool,
}

/// Everything that is uploaded.
#[derive(Debug)]
pub struct Plan {
    /// The project, which nobody else has.
    pub project: String,
    /// The respondents.
    pub people: Vec<Person>,
    /// Names of files that are put by hand and are no videos by their names.
    pub papers: Vec<String>,
}

impl Plan {
    /// A plan of so many uploads.
    pub fn new(seed: u64, uploads: usize) -> Self {
        let mut rng = Rng::with_seed(seed);
        let project = unique("soak");
        let (mut people, mut papers, mut planned) = (Vec::new(), Vec::new(), 0);
        while planned < uploads {
            // A third of what is no video does not even say that it is one.
            if rng.u8(0..100) < NO_VIDEO && rng.u8(0..3) == 0 {
                papers.push(format!("paper-{planned}"));
                planned += 1;
                continue;
            }
            let mut takes = vec![kind(&mut rng)];
            if rng.u8(0..100) < AGAIN && planned + 1 < uploads {
                takes.push(kind(&mut rng));
            }
            planned += takes.len();
            people.push(Person {
                email: format!("person-{}@example.com", people.len()),
                newest_first: takes.len() > 1 && rng.bool(),
                takes,
            });
        }
        Self {
            project,
            people,
            papers,
        }
    }
}

fn kind(rng: &mut Rng) -> Kind {
    if rng.u8(0..100) < NO_VIDEO {
        Kind::Garbage
    } else {
        Kind::Clip
    }
}
