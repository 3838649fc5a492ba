//! Random numbers of the plant: one stream per entity, so that nothing that happens on the street can move a draw.
//!
//! Knows: how a run seed and an entity become a generator, and how a uniform number becomes a draw (inverse CDFs, our own
//! code). Must not know: what the draws are for.
//!
//! The mix: `state = splitmix(splitmix(seed) ^ splitmix(kind << 32 | index))` for each 64-bit half of the 128-bit state, the
//! second half with a different constant. `splitmix` is the finaliser of SplitMix64 (Steele, Lea and Flood 2014).

use rand::Rng;
use rand_pcg::Pcg64Mcg;

/// Who draws. Every variant and every index has its own stream under one run seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entity {
    /// Moments at which vehicles wish to enter by an entry link (its index).
    EntryTimes(u32),
    /// Drivers, vehicle classes and routes of the vehicles of an entry link (its index).
    EntryDrivers(u32),
    /// Pedestrians of a crossing (its index).
    Walkers(u32),
    /// Second thoughts of one vehicle (its index in the run), used when it misses its turn.
    Vehicle(u32),
    /// What is common to a whole day of a scenario (the day kind's number).
    Day(u32),
    /// The fluctuation of one source of a day (kind number times 1024 plus the source's index).
    Source(u32),
    /// A signal cabinet (its index): clock drift, power-up moment.
    Cabinet(u32),
    /// From which kerb, how fast and how promptly the pedestrians of a crossing (its index) walk.
    Walks(u32),
    /// Arrivals, speeds and turns of a bicycle lane (its index).
    Bikes(u32),
    /// What side friction does to one vehicle (its index in the run) on one link of its route.
    Friction(u32),
    /// How long a bus stands at its stops (its line's number times 1024 plus its own).
    Bus(u32),
    /// Trips of an event (its number).
    Event(u32),
}

impl Entity {
    fn code(self) -> u64 {
        let (kind, index) = match self {
            Entity::EntryTimes(i) => (1, i),
            Entity::EntryDrivers(i) => (2, i),
            Entity::Walkers(i) => (3, i),
            Entity::Vehicle(i) => (4, i),
            Entity::Day(i) => (5, i),
            Entity::Source(i) => (6, i),
            Entity::Cabinet(i) => (7, i),
            Entity::Walks(i) => (8, i),
            Entity::Bikes(i) => (9, i),
            Entity::Friction(i) => (10, i),
            Entity::Bus(i) => (11, i),
            Entity::Event(i) => (12, i),
        };
        (kind << 32) | u64::from(index)
    }
}

fn splitmix(x: u64) -> u64 {
    let mut z = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// One entity's stream of draws.
#[derive(Debug, Clone)]
pub struct Stream(Pcg64Mcg);

impl Stream {
    /// The stream of `entity` in the run `seed`.
    pub fn new(seed: u64, entity: Entity) -> Stream {
        let mixed = splitmix(seed) ^ splitmix(entity.code());
        let (high, low) = (splitmix(mixed), splitmix(mixed ^ 0xd6e8_feb8_6659_fd93));
        Stream(Pcg64Mcg::new((u128::from(high) << 64) | u128::from(low)))
    }

    /// Uniform on [0, 1), 53 bits.
    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Uniform on [lo, hi).
    pub fn between(&mut self, lo: f64, hi: f64) -> f64 {
        lo + (hi - lo) * self.uniform()
    }

    /// A whole number in 0..n (0 when n is 0).
    pub fn below(&mut self, n: usize) -> usize {
        ((self.uniform() * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// Exponential with mean 1.
    pub fn exponential(&mut self) -> f64 {
        -(1.0 - self.uniform()).ln()
    }

    /// Normal with mean 0 and standard deviation 1.
    pub fn normal(&mut self) -> f64 {
        let half_ulp = 1.0 / 18_014_398_509_481_984.0;
        normal_quantile(self.uniform() + half_ulp)
    }

    /// Normal with the given mean and standard deviation, cut (not redrawn) at the bounds.
    pub fn normal_within(&mut self, mean: f64, sd: f64, lo: f64, hi: f64) -> f64 {
        (mean + sd * self.normal()).clamp(lo, hi)
    }
}

/// The standard normal quantile by the rational functions of Wichura (1988), algorithm AS 241, routine PPND7: about seven
/// correct figures. `p` is clamped into (0, 1).
pub fn normal_quantile(p: f64) -> f64 {
    let p = p.clamp(1e-16, 1.0 - 1e-16);
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * (((59.109_374_720 * r + 159.291_132_02) * r + 50.434_271_938) * r + 3.387_132_717_9)
            / (((67.187_563_600 * r + 78.757_757_664) * r + 17.895_169_469) * r + 1.0);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = (-tail.ln()).sqrt();
    let magnitude = if r <= 5.0 {
        let r = r - 1.6;
        (((0.170_238_211_03 * r + 1.306_728_481_6) * r + 2.756_815_390_0) * r + 1.423_437_277_7)
            / ((0.120_211_329_75 * r + 0.737_001_642_50) * r + 1.0)
    } else {
        let r = r - 5.0;
        (((0.017_337_203_997 * r + 0.428_682_943_37) * r + 3.081_226_386_0) * r + 6.657_905_115_0)
            / ((0.012_258_202_635 * r + 0.241_978_942_25) * r + 1.0)
    };
    if q < 0.0 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_quantile_meets_the_tables() {
        for (p, z) in [(0.5, 0.0), (0.975, 1.959_964), (0.01, -2.326_348), (0.999_9, 3.719_016), (1e-9, -5.997_807)] {
            assert!((normal_quantile(p) - z).abs() < 1e-5, "{p}: {} instead of {z}", normal_quantile(p));
        }
    }

    #[test]
    fn streams_repeat_and_differ() {
        let draw = |seed, entity| Stream::new(seed, entity).uniform();
        assert_eq!(draw(7, Entity::Walkers(3)), draw(7, Entity::Walkers(3)));
        assert_ne!(draw(7, Entity::Walkers(3)), draw(7, Entity::Walkers(4)));
        assert_ne!(draw(7, Entity::Walkers(3)), draw(8, Entity::Walkers(3)));
        assert_ne!(draw(7, Entity::Walkers(3)), draw(7, Entity::Cabinet(3)));
    }

    #[test]
    fn exponential_has_mean_one() {
        let mut s = Stream::new(1, Entity::Day(0));
        let mean = (0..20_000).map(|_| s.exponential()).sum::<f64>() / 20_000.0;
        assert!((mean - 1.0).abs() < 0.03, "{mean}");
    }
}
