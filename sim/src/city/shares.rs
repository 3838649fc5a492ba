//! One piece of a city shared among several, who drive it in step.
//!
//! Knows: which links may be parted from which, who waits for whom. Must not know: what happens within a step.
//!
//! How many shares there are hangs on the piece, never on the threads, and everything handed over is taken in the order of
//! shares and lanes; so threads change nothing but the time it takes.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::signal::Lamp;
use crate::street::Street;
use crate::traffic::{Border, Exit, Sent, Traffic};

/// A share has at least about this many intersections.
const LEAST_NODES: usize = 24;
/// Links that two shares have to do with are at least as long, m: whoever has just crossed onto one does not yet look over its end.
const LONG_M: f32 = 110.0;

/// The links of each share of a street in one piece; a single share where it cannot be parted.
pub(super) fn shares(street: &Street) -> Vec<Vec<usize>> {
    let links = street.links();
    let whole = || vec![(0..links.len()).collect()];
    let count = street.nodes() / LEAST_NODES;
    let turns = || links.iter().enumerate().flat_map(|(l, link)| link.lanes.iter().map(move |lane| (l, lane)));
    let plain = turns().all(|(_, lane)| lane.waiting.is_none() && lane.turns.iter().all(crate::lanes::is_plain));
    if count < 2 || !plain {
        return whole();
    }
    // Intersections in their order, cut into equal parts; a link goes with the one it leads to, an exit with the one it leaves.
    let part = |node: usize| node * count / street.nodes();
    let mut home: Vec<Option<usize>> = links.iter().map(|l| l.node.map(part)).collect();
    for (from, lane) in turns() {
        for turn in &lane.turns {
            let share = links[from].node.map(part);
            home[turn.to_link] = home[turn.to_link].or(share);
        }
    }
    let home: Vec<usize> = home.into_iter().map(|h| h.unwrap_or(0)).collect();
    let mut fed = vec![None; links.len()];
    for (from, lane) in turns() {
        for turn in &lane.turns {
            let by = *fed[turn.to_link].get_or_insert(home[from]);
            if by != home[from] || (home[turn.to_link] != by && links[turn.to_link].length_m < LONG_M) {
                return whole();
            }
        }
    }
    (0..count).map(|k| (0..links.len()).filter(|&l| home[l] == k).collect()).collect()
}

/// By pair of shares (who feeds, who drives), the lanes of their border.
pub(super) fn borders(street: &Street, shares: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut home = vec![0; street.links().len()];
    let mut first = Vec::with_capacity(home.len());
    let mut lanes = 0;
    for link in street.links() {
        first.push(lanes);
        lanes += link.lanes.len();
    }
    for (k, links) in shares.iter().enumerate() {
        links.iter().for_each(|&l| home[l] = k);
    }
    let mut borders = vec![Vec::new(); shares.len() * shares.len()];
    for (from, link) in street.links().iter().enumerate() {
        for to in link.lanes.iter().flat_map(|l| &l.turns).map(|t| t.to_link).filter(|&to| home[to] != home[from]) {
            let lanes = first[to]..first[to] + street.links()[to].lanes.len();
            borders[home[from] * shares.len() + home[to]].extend(lanes);
        }
    }
    for lanes in &mut borders {
        lanes.sort_unstable();
        lanes.dedup();
    }
    borders
}

/// What goes between two shares, by pair.
#[derive(Default)]
struct Between {
    /// Seen before drivers look over their stop lines, and after they have moved.
    seen: [Mutex<Border>; 2],
    sent: Mutex<Vec<Sent>>,
}

/// Who waits here goes on when all have come.
struct Gate {
    all: usize,
    come: AtomicUsize,
    round: AtomicUsize,
    broken: AtomicBool,
}

/// Opens a gate for good when its thread falls, so that nobody waits for ever.
struct Falls<'a>(&'a Gate);

impl Drop for Falls<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.broken.store(true, Ordering::Release);
        }
    }
}

impl Gate {
    fn wait(&self) {
        let round = self.round.load(Ordering::Acquire);
        if self.come.fetch_add(1, Ordering::AcqRel) + 1 == self.all {
            self.come.store(0, Ordering::Release);
            self.round.store(round + 1, Ordering::Release);
            return;
        }
        let mut spins = 0_u32;
        while self.round.load(Ordering::Acquire) == round {
            assert!(!self.broken.load(Ordering::Acquire), "another thread has fallen");
            spins += 1;
            // A step is shorter than a nap; only on a busy machine is it better to let others run.
            if spins < 300 { std::hint::spin_loop() } else { std::thread::yield_now() }
        }
    }
}

/// One share, its exits so far, and the most vehicles it has had at once.
#[derive(Debug, Clone)]
pub(super) struct Share {
    pub(super) traffic: Traffic,
    pub(super) exits: Vec<Exit>,
    pub(super) most: usize,
}

impl Share {
    pub(super) fn note(&mut self) {
        self.exits.extend_from_slice(self.traffic.exits());
        self.most = self.most.max(self.traffic.on_road());
    }
}

/// Drives shares of one piece in step until `until_s`.
pub(super) fn drive(
    shares: &mut [Share],
    borders: &[Vec<usize>],
    groups: &[usize],
    until_s: f64,
    threads: usize,
    lamps: &(impl Fn(f64, &[usize], &mut [Lamp]) + Sync),
) {
    let count = shares.len();
    let between: Vec<Between> = borders.iter().map(|_| Between::default()).collect();
    let each = count.div_ceil(threads.clamp(1, count));
    let gate = Gate {
        all: count.div_ceil(each),
        come: AtomicUsize::new(0),
        round: AtomicUsize::new(0),
        broken: AtomicBool::new(false),
    };
    let (between, gate) = (&between[..], &gate);
    let work = |first: usize, mine: &mut [Share]| {
        let _falls = Falls(gate);
        let mut shown = vec![Lamp::Red; groups.len()];
        // Nobody else holds a lock then: each pair is used by one side at a time.
        let show = |k: usize, s: &Share, which: usize| {
            for other in 0..count {
                let pair = other * count + k;
                if let (false, Ok(mut border)) = (borders[pair].is_empty(), between[pair].seen[which].lock()) {
                    s.traffic.show_border(&borders[pair], &mut border);
                }
            }
        };
        let see = |k: usize, s: &mut Share, which: usize| {
            for other in 0..count {
                let pair = k * count + other;
                if let (false, Ok(border)) = (borders[pair].is_empty(), between[pair].seen[which].lock()) {
                    s.traffic.see_border(&borders[pair], &border);
                }
            }
        };
        while mine.first().is_some_and(|s| s.traffic.now_s() < until_s) {
            let now = mine[0].traffic.now_s();
            lamps(now, groups, &mut shown);
            for (k, s) in (first..).zip(mine.iter_mut()) {
                s.traffic.begin(&shown);
                show(k, s, 0);
            }
            gate.wait();
            for (k, s) in (first..).zip(mine.iter_mut()) {
                see(k, s, 0);
                s.traffic.go_on();
                show(k, s, 1);
            }
            gate.wait();
            for (k, s) in (first..).zip(mine.iter_mut()) {
                see(k, s, 1);
                s.traffic.cross();
                for other in 0..count {
                    let pair = k * count + other;
                    if let (false, Ok(mut sent)) = (borders[pair].is_empty(), between[pair].sent.lock()) {
                        s.traffic.send(&borders[pair], &mut sent);
                    }
                }
            }
            gate.wait();
            for (k, s) in (first..).zip(mine.iter_mut()) {
                for other in 0..count {
                    let pair = other * count + k;
                    if let (false, Ok(mut sent)) = (borders[pair].is_empty(), between[pair].sent.lock()) {
                        s.traffic.receive(&mut sent);
                    }
                }
                s.traffic.end(&shown);
                s.note();
            }
        }
    };
    std::thread::scope(|scope| {
        let mut chunks = shares.chunks_mut(each).enumerate();
        let own = chunks.next();
        for (i, chunk) in chunks {
            scope.spawn(move || work(i * each, chunk));
        }
        if let Some((i, chunk)) = own {
            work(i * each, chunk);
        }
    });
}
