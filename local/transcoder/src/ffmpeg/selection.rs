//! The part of an input that is used.

/// The streams that are used, by their indexes, and the times that are cut out of both.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selection {
    /// The video stream.
    pub video: Option<u32>,
    /// The audio stream.
    pub audio: Option<u32>,
    /// In the order of their times.
    pub cuts: Vec<Cut>,
}

/// A time that is cut out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cut {
    /// A moment in the gap, in seconds; later packets are moved forward by the cut's length.
    pub at: f64,
    /// Its length in seconds.
    pub seconds: f64,
}

impl Selection {
    /// Returns the seconds that are cut out in all.
    pub fn cut_seconds(&self) -> f64 {
        self.cuts.iter().map(|cut| cut.seconds).sum()
    }
}
