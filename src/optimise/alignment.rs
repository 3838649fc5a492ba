//! How well the bands of both directions can be aligned: the widest sum of widths, by one sweep over their relative position.
//!
//! Knows: circles and tents. Must not know: what a signal is.
//!
//! Measured from centre to centre, a signal whose greens last `g` and `gg` holds widths `b` and `bb` exactly when `b <= g`,
//! `bb <= gg` and `b + bb <= g + gg - 2 e`, where `e` is how far the bands' relative position `w` lies from that of the
//! greens. So only the sum of widths depends on `w`: each signal permits a row of [`Tent`]s, one a left-turn sequence, and
//! the best position is the highest point under all rows. Between two breakpoints every row is one slope, so the
//! highest point lies where the lowest rising slope meets the lowest falling one. Nothing is searched, nothing rounded.

use crate::units::Circle;

/// What one left-turn sequence permits: at most `peak` in all, at `centre`, and 2 less a second away from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tent {
    pub(super) centre: f64,
    pub(super) peak: f64,
}

/// A row takes up a new slope: rising towards its next peak or falling from its last.
#[derive(Debug, Clone, Copy)]
struct Turn {
    at: f64,
    row: usize,
    rising: bool,
    /// What the slope's line is worth at the circle's zero.
    worth: f64,
}

/// Where the widths' sum is greatest, and how great it is there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Best {
    pub(super) position: f64,
    pub(super) sum: f64,
}

/// The highest point under all rows; each row is as high as its highest tent there. `None` without rows.
pub(super) fn highest(circle: Circle, rows: &mut [Vec<Tent>]) -> Option<Best> {
    let whole = circle.seconds();
    let mut turns: Vec<Turn> = Vec::new();
    // Each row's slope at the circle's zero.
    let mut slopes: Vec<(bool, f64)> = Vec::with_capacity(rows.len());
    for (row, tents) in rows.iter_mut().enumerate() {
        trim(circle, tents);
        let mut last = (f64::NEG_INFINITY, (true, 0.0));
        for k in 0..tents.len() {
            let tent = tents[k];
            let next = if k + 1 < tents.len() { tents[k + 1].centre } else { tents[0].centre + whole };
            let next_peak = tents[(k + 1) % tents.len()].peak;
            let valley = f64::midpoint(tent.centre, next) + (tent.peak - next_peak) / 4.0;
            for (at, rising, worth) in
                [(tent.centre, false, tent.peak + 2.0 * tent.centre), (valley, true, next_peak - 2.0 * next)]
            {
                // Behind the circle's end a line is worth as much a circle earlier.
                let wrapped = circle.wrap(at);
                let back = at - wrapped;
                let worth = if rising { worth + 2.0 * back } else { worth - 2.0 * back };
                turns.push(Turn { at: wrapped, row, rising, worth });
                if wrapped >= last.0 {
                    // The slope that holds at the end holds on at zero.
                    let at_zero = if rising { worth + 2.0 * whole } else { worth - 2.0 * whole };
                    last = (wrapped, (rising, at_zero));
                }
            }
        }
        slopes.push(last.1);
    }
    turns.sort_unstable_by(|a, b| a.at.total_cmp(&b.at));
    let mut best: Option<Best> = None;
    let mut from = 0.0;
    for k in 0..=turns.len() {
        let to = turns.get(k).map_or(whole, |t| t.at);
        if to > from || best.is_none() {
            let (mut rising, mut falling) = (f64::INFINITY, f64::INFINITY);
            for &(up, worth) in &slopes {
                let lowest = if up { &mut rising } else { &mut falling };
                *lowest = lowest.min(worth);
            }
            let meet = if rising == f64::INFINITY {
                from
            } else if falling == f64::INFINITY {
                to
            } else {
                ((falling - rising) / 4.0).clamp(from, to)
            };
            let sum = (rising + 2.0 * meet).min(falling - 2.0 * meet);
            if sum.is_finite() && best.is_none_or(|b| sum > b.sum) {
                best = Some(Best { position: circle.wrap(meet), sum });
            }
        }
        if let Some(turn) = turns.get(k) {
            slopes[turn.row] = (turn.rising, turn.worth);
            from = turn.at;
        }
    }
    best
}

/// Sorts a row's tents by centre and takes out those that lie under another.
fn trim(circle: Circle, tents: &mut Vec<Tent>) {
    tents.iter_mut().for_each(|t| t.centre = circle.wrap(t.centre));
    tents.sort_unstable_by(|a, b| b.peak.total_cmp(&a.peak).then(a.centre.total_cmp(&b.centre)));
    let mut kept = 0;
    for k in 0..tents.len() {
        let tent = tents[k];
        let under =
            |over: &Tent| over.peak - 2.0 * circle.nearest(tent.centre - over.centre).abs() >= tent.peak - 1e-12;
        if !tents[..kept].iter().any(under) {
            tents[kept] = tent;
            kept += 1;
        }
    }
    tents.truncate(kept);
    tents.sort_unstable_by(|a, b| a.centre.total_cmp(&b.centre));
}
