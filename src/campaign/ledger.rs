//! What was meant for a cabinet, and what it runs: the outside judge. It looks into the cabinet's memory, not at its registers, so
//! that no lie of a line or a register can make a wrong plan look right.

use crate::field::{Ask, Op, Request};
use serde::Serialize;
use std::collections::BTreeMap;

/// Words of the reference layout's plan block that hold the generation.
const GENERATION: std::ops::Range<usize> = 4..6;

/// Plans that must never run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Wrongs {
    /// Words that were never meant together ran.
    pub torn: u64,
    /// A plan ran that was not committed.
    pub unintended: u64,
    /// An older plan followed a newer one.
    pub rolled_back: u64,
}

impl Wrongs {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.torn + self.unintended + self.rolled_back
    }

    /// Both together.
    pub(super) fn add(&mut self, other: Wrongs) {
        self.torn += other.torn;
        self.unintended += other.unintended;
        self.rolled_back += other.rolled_back;
    }
}

/// One push as it was meant.
#[derive(Debug, Clone)]
struct Meant {
    words: Vec<u16>,
    committed: bool,
}

/// One cabinet's account.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    meant: BTreeMap<u32, Meant>,
    /// Generation that ran last, and whether it does.
    last: u32,
    runs: Option<u32>,
    /// Pushes written, commits written, pushes that came to run.
    pub(super) staged: u64,
    pub(super) committed: u64,
    pub(super) activated: u64,
    pub(super) wrongs: Wrongs,
}

impl Ledger {
    /// Notes what the core asks the cabinet for, before the line does anything to it.
    pub(super) fn asked(&mut self, request: &Request) {
        let Op::Write { words, .. } = request.op() else { return };
        match request.ask() {
            Ask::Stage => {
                self.staged += 1;
                self.meant.insert(long(&words[GENERATION]), Meant { words: words.clone(), committed: false });
            }
            Ask::Commit => {
                self.committed += 1;
                if let Some(meant) = self.meant.get_mut(&long(words)) {
                    meant.committed = true;
                }
            }
            _ => {}
        }
    }

    /// Judges what the cabinet runs: the generation and the words of the block in its memory.
    pub(super) fn seen(&mut self, running: Option<(u32, &[u16])>) {
        let Some((generation, words)) = running else {
            self.runs = None;
            return;
        };
        if self.runs == Some(generation) {
            return;
        }
        self.runs = Some(generation);
        self.activated += 1;
        match self.meant.get(&generation) {
            Some(meant) if meant.words != words => self.wrongs.torn += 1,
            Some(meant) if meant.committed => {}
            _ => self.wrongs.unintended += 1,
        }
        if generation < self.last {
            self.wrongs.rolled_back += 1;
        }
        self.last = generation;
        // Whoever runs one plan was meant to leave all before it: an older one coming back is caught by its generation.
        self.meant = self.meant.split_off(&generation);
    }
}

fn long(words: &[u16]) -> u32 {
    words.iter().take(2).fold(0, |all, &w| all << 16 | u32::from(w))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(generations: &[(u32, bool)]) -> Ledger {
        let meant = |&(generation, committed): &(u32, bool)| (generation, Meant { words: vec![7, 8], committed });
        Ledger { meant: generations.iter().map(meant).collect(), ..Ledger::default() }
    }

    #[test]
    fn what_was_meant_and_committed_may_run() {
        let mut ledger = ledger(&[(5, true), (6, true)]);
        ledger.seen(Some((5, &[7, 8])));
        ledger.seen(Some((5, &[7, 8])));
        ledger.seen(None);
        ledger.seen(Some((6, &[7, 8])));
        assert_eq!((ledger.activated, ledger.wrongs.total()), (2, 0));
    }

    #[test]
    fn every_wrong_is_seen() {
        let mut torn = ledger(&[(5, true)]);
        torn.seen(Some((5, &[7, 9])));
        assert_eq!(torn.wrongs, Wrongs { torn: 1, ..Wrongs::default() });
        for (generation, case) in [(5, "never committed"), (9, "never meant")] {
            let mut unintended = ledger(&[(5, false)]);
            unintended.seen(Some((generation, &[7, 8])));
            assert_eq!(unintended.wrongs, Wrongs { unintended: 1, ..Wrongs::default() }, "{case}");
        }
        let mut back = ledger(&[(5, true), (6, true)]);
        back.seen(Some((6, &[7, 8])));
        back.meant = ledger_of_old();
        back.seen(Some((5, &[7, 8])));
        assert_eq!(back.wrongs, Wrongs { rolled_back: 1, ..Wrongs::default() });
    }

    fn ledger_of_old() -> BTreeMap<u32, Meant> {
        ledger(&[(5, true)]).meant
    }
}
