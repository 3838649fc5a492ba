//! Corridor speed over the time of day, as sums of metres and seconds in bins.
//!
//! Knows: the contract's corridor speed (measure 18). Must not know: lamps, plans, pictures. A link traversal lies in the bin in
//! which it begins, as it lies in the window by its beginning: the bins of a direction add up to its whole.

use serde::Serialize;

/// Length of a bin, s: some cycles, so that where in its cycle a bin begins matters little.
pub const BIN_S: f64 = 600.0;

/// One direction of the corridor over the time of day.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct WaySeries {
    /// Direction, 0 or 1.
    pub direction: u8,
    /// Where the first bin begins, s of the day.
    pub from_s: f64,
    /// Length of each bin, s; the last one is cut off where the window ends.
    pub bin_s: f64,
    /// Sum of metres, a bin each.
    pub metres: Vec<f64>,
    /// Sum of seconds, waiting included, a bin each.
    pub seconds: Vec<f64>,
}

impl WaySeries {
    /// Both directions of a window, empty.
    pub(crate) fn both(from_s: f64, to_s: f64) -> [WaySeries; 2] {
        let bins = ((to_s - from_s) / BIN_S).ceil().max(0.0) as usize;
        [0, 1].map(|direction| WaySeries {
            direction,
            from_s,
            bin_s: BIN_S,
            metres: vec![0.0; bins],
            seconds: vec![0.0; bins],
        })
    }

    /// Adds the sums of another street in the same window.
    pub(crate) fn add_all(&mut self, more: &WaySeries) {
        self.metres.iter_mut().zip(&more.metres).for_each(|(a, b)| *a += b);
        self.seconds.iter_mut().zip(&more.seconds).for_each(|(a, b)| *a += b);
    }

    /// A link traversal that began at `since_s`, which lies in the window.
    pub(crate) fn add(&mut self, since_s: f64, metres: f64, seconds: f64) {
        let bin = ((since_s - self.from_s) / self.bin_s) as usize;
        if let (Some(m), Some(s)) = (self.metres.get_mut(bin), self.seconds.get_mut(bin)) {
            *m += metres;
            *s += seconds;
        }
    }
}
