//! What the tests share: the shipped networks and random plans that the guard must accept.

use greenwave::corridor::{Intersection, IntersectionIndex, Network, load};
use greenwave::plan::Plan;
use greenwave::units::{Shift, Tenths};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::path::Path;

/// The shipped networks.
const SHIPPED: [&str; 4] = ["three", "dongchang-road", "examples/full", "examples/ring-barrier"];

/// Looks at every intersection of every shipped network.
pub(crate) fn everywhere(mut look: impl FnMut(&Network, IntersectionIndex, &Intersection)) {
    for stem in SHIPPED {
        let network = network(stem);
        for index in network.indices() {
            look(&network, index, network.intersection(index));
        }
    }
}

/// A shipped network by its file's stem.
pub(crate) fn network(stem: &str) -> Network {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corridors").join(format!("{stem}.toml"));
    load(&[(format!("{stem}.toml"), std::fs::read(path).unwrap())]).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Seeded chance.
pub(crate) fn chance(seed: u64) -> Pcg64Mcg {
    Pcg64Mcg::seed_from_u64(seed)
}

/// The cycle lengths, in tenths, that an intersection's range and its stages' maxima allow.
pub(crate) fn cycles(at: &Intersection) -> std::ops::RangeInclusive<u32> {
    let most: Tenths = at.stages.iter().map(|s| s.max_green + s.intergreen()).sum();
    at.cycle.min.length().count()..=at.cycle.max.length().count().min(most.count())
}

/// A plan within every limit of the intersection: cycle, greens and offset at random.
pub(crate) fn any_plan(at: &Intersection, chance: &mut Pcg64Mcg) -> Plan {
    let cycle = chance.random_range(cycles(at));
    plan_of(at, Tenths::new(cycle), chance)
}

/// A plan of this cycle within every limit of the intersection: greens and offset at random.
pub(crate) fn plan_of(at: &Intersection, cycle: Tenths, chance: &mut Pcg64Mcg) -> Plan {
    let mut greens: Vec<Tenths> = at.stages.iter().map(|s| s.min_green).collect();
    let mut left = (cycle - at.stages.iter().map(|s| s.min_green + s.intergreen()).sum()).count();
    while left > 0 {
        let stage = chance.random_range(0..greens.len());
        let room = at.stages[stage].max_green.saturating_sub(greens[stage]).count();
        let more = chance.random_range(0..=left.min(room));
        greens[stage] += Tenths::new(more);
        left -= more;
    }
    let offset = Shift::new(i64::from(chance.random_range(0..cycle.count())));
    Plan::from_greens(at, &greens, offset).unwrap()
}
