//! What the links still to come cost at least, given who stands where at the front: the part of every ring that is still
//! open, at its best.
//!
//! Knows: the rings' shares. Must not know: how pictures are kept.

use super::cycles::Shares;
use super::problem::{OffsetProblem, Prices, lowest, series};

/// The bound for the rest: a constant, and prices between two slots of the front (or of one with itself).
#[derive(Debug, Clone)]
pub(super) struct Outlook {
    pub(super) constant: f64,
    pub(super) pairs: Vec<(usize, usize, Prices)>,
}

/// The outlook once the signals `inside` stand, of which `front` have neighbours outside.
pub(super) fn outlook(core: &OffsetProblem, shares: &Shares, inside: &[bool], front: &[usize]) -> Outlook {
    let mut outlook = Outlook { constant: 0.0, pairs: Vec::new() };
    for (own, _) in core.signals.iter().zip(inside).filter(|(_, inside)| !**inside) {
        outlook.constant += lowest(own);
    }
    for (ring, share) in shares.rings.iter().zip(&shares.share) {
        if let [(l, _)] = ring[..] {
            let open = core.links[l].ends.iter().any(|&e| !inside[e]);
            outlook.constant += if open { share[0].least() } else { 0.0 };
            continue;
        }
        // Where each link of the walk begins.
        let from: Vec<usize> = ring.iter().map(|&(l, forward)| core.links[l].ends[usize::from(!forward)]).collect();
        let n = ring.len();
        let Some(first) = (0..n).find(|&k| inside[from[k]]) else {
            outlook.constant += share[1..].iter().fold(share[0].clone(), |sum, next| series(&sum, next)).closed();
            continue;
        };
        let mut k = 0;
        while k < n {
            let begin = from[(first + k) % n];
            let mut piece = share[(first + k) % n].clone();
            k += 1;
            let open = !inside[from[(first + k) % n]];
            while !inside[from[(first + k) % n]] {
                piece = series(&piece, &share[(first + k) % n]);
                k += 1;
            }
            if open {
                outlook.add(front, begin, from[(first + k) % n], piece);
            }
        }
    }
    outlook
}

impl Outlook {
    fn add(&mut self, front: &[usize], begin: usize, end: usize, piece: Prices) {
        let slot = |s: usize| front.iter().position(|&f| f == s);
        // Who has a neighbour outside stands at the front.
        let (Some(a), Some(b)) = (slot(begin), slot(end)) else { return };
        let (a, b, piece) = if a <= b { (a, b, piece) } else { (b, a, piece.turned()) };
        if a == b && piece.choices() == [1, 1] {
            self.constant += piece.closed();
        } else if let Some((_, _, there)) = self.pairs.iter_mut().find(|(x, y, _)| (*x, *y) == (a, b)) {
            there.add(&piece);
        } else {
            self.pairs.push((a, b, piece));
        }
    }
}
