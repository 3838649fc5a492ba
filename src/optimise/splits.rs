//! Splits of one intersection: greens by critical movements, then by delay; and the intersection's own best plan.
//!
//! Knows: one intersection, its lane groups, uniform arrivals. Must not know: neighbours and platoons.
//! Sources: Webster 1958 (equal degrees of saturation of critical movements); HCM 2010 ch. 18 (d1 + d2).

use super::grid::Grid;
use super::lanes::{LaneGroup, lane_groups};
use super::queue::{incremental_delay, uniform_delay, uniform_stops};
use super::settings::Settings;
use crate::corridor::{Intersection, IntersectionIndex, Movement, Network, PhaseIndex};
use crate::demand::Flows;
use crate::plan::{Operation, Plan};
use crate::units::{CycleLength, Shift, Tenths};

/// The stages a phase runs through: the first, how many, the intergreens it bridges, and its late start and early cut.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Run {
    first: usize,
    count: usize,
    bridged: Tenths,
    off: Tenths,
}

/// A lane group as the splits see it.
#[derive(Debug, Clone, PartialEq)]
struct Critical {
    group: LaneGroup,
    run: Run,
    /// Effective less displayed green, s.
    gain_s: f64,
    weight: f64,
}

/// One intersection under its flows, without neighbours.
#[derive(Debug, Clone)]
pub(super) struct Alone<'a> {
    at: &'a Intersection,
    criticals: Vec<Critical>,
    settings: &'a Settings,
}

impl<'a> Alone<'a> {
    /// The intersection under the network's flows. `weights` follow the objective: corridor approaches and others.
    pub(super) fn new(network: &'a Network, index: IntersectionIndex, flows: &Flows, settings: &'a Settings) -> Self {
        let at = network.intersection(index);
        let model = &settings.model;
        let mut criticals = Vec::new();
        for approach in &at.approaches {
            let weight = match network.carried(index, approach.from) {
                Some((corridor, way)) => settings.objective.weight(corridor, way as usize),
                None => settings.objective.side_weight,
            };
            let by_movement = Movement::ALL.map(|m| flows.get(index, approach.from, m).per_second());
            for group in lane_groups(at, approach, by_movement) {
                let Some(phase) = group.phase else { continue };
                let Some(run) = run(at, phase) else { continue };
                let yellow = at.phases[phase.0].yellow.seconds();
                let gain_s = yellow - model.startup_loss_s - model.clearance_loss_s;
                criticals.push(Critical { group, run, gain_s, weight });
            }
        }
        Alone { at, criticals, settings }
    }

    fn green(&self, run: Run, greens: &[Tenths]) -> Tenths {
        let n = greens.len();
        (0..run.count).map(|k| greens[(run.first + k) % n]).sum::<Tenths>().saturating_sub(run.off) + run.bridged
    }

    fn effective(&self, critical: &Critical, greens: &[Tenths], cycle: f64) -> f64 {
        (self.green(critical.run, greens).seconds() + critical.gain_s).clamp(0.0, cycle)
    }

    /// Degree of saturation of a lane group; large where it has no green.
    fn saturation(&self, critical: &Critical, greens: &[Tenths], cycle: f64) -> f64 {
        let effective = self.effective(critical, greens, cycle).max(0.1);
        critical.group.ratio() * cycle / effective
    }

    /// The shortest cycle its minima allow.
    pub(super) fn shortest(&self) -> Tenths {
        self.at.stages.iter().map(|s| s.min_green).sum::<Tenths>() + self.at.lost_to_intergreens()
    }

    /// The longest cycle its maxima allow.
    pub(super) fn longest(&self) -> Tenths {
        self.at.stages.iter().map(|s| s.max_green).sum::<Tenths>() + self.at.lost_to_intergreens()
    }

    /// Greens for a cycle: from the minima up, each step of `resolution` to the most saturated critical movement's stage
    /// that has room (where it runs through several, to the one whose other movements need it most). `None` when the cycle
    /// is outside what minima and maxima allow.
    pub(super) fn by_saturation(&self, cycle: CycleLength, resolution: Tenths) -> Option<Vec<Tenths>> {
        if cycle.length() < self.shortest() || cycle.length() > self.longest() {
            return None;
        }
        let greens = self.at.stages.iter().map(|s| s.min_green).collect();
        self.fill(greens, cycle, resolution)
    }

    /// The greens of another cycle carried to this one: what lies above the minima scaled, rounding by saturation.
    pub(super) fn carried(&self, greens: &[Tenths], cycle: CycleLength, resolution: Tenths) -> Option<Vec<Tenths>> {
        if cycle.length() < self.shortest() || cycle.length() > self.longest() || greens.len() != self.at.stages.len() {
            return None;
        }
        let old: Tenths = greens.iter().copied().sum::<Tenths>() + self.at.lost_to_intergreens();
        let above = f64::from(old.saturating_sub(self.shortest()).count()).max(1.0);
        let scale = f64::from((cycle.length() - self.shortest()).count()) / above;
        let resolution_tenths = resolution.count().max(1);
        let scaled = self
            .at
            .stages
            .iter()
            .zip(greens)
            .map(|(stage, &green)| {
                let more = f64::from(green.saturating_sub(stage.min_green).count()) * scale.min(1e3);
                let steps = (more / f64::from(resolution_tenths)).floor() as u32;
                (stage.min_green + Tenths::new(steps * resolution_tenths)).min(stage.max_green)
            })
            .collect();
        self.fill(scaled, cycle, resolution)
    }

    /// Gives what the cycle leaves, step by step. The greens given keep their bounds and do not exceed the cycle.
    fn fill(&self, mut greens: Vec<Tenths>, cycle: CycleLength, resolution: Tenths) -> Option<Vec<Tenths>> {
        let given: Tenths = greens.iter().copied().sum::<Tenths>() + self.at.lost_to_intergreens();
        if given > cycle.length() {
            return None;
        }
        let mut left = cycle.length() - given;
        let seconds = cycle.seconds();
        // At most one round a tenth of the cycle.
        while left > Tenths::ZERO {
            let step = if left < resolution { left } else { resolution };
            let need = |stage: usize, skip: Option<usize>| {
                self.criticals
                    .iter()
                    .enumerate()
                    .filter(|(i, c)| Some(*i) != skip && self.covers(c.run, stage))
                    .map(|(_, c)| self.saturation(c, &greens, seconds))
                    .fold(0.0, f64::max)
            };
            let room = |stage: usize| greens[stage] + step <= self.at.stages[stage].max_green;
            let mut best: Option<(usize, f64, f64)> = None;
            for stage in (0..greens.len()).filter(|&s| room(s)) {
                let worst = self
                    .criticals
                    .iter()
                    .enumerate()
                    .filter(|(_, c)| self.covers(c.run, stage))
                    .map(|(i, c)| (self.saturation(c, &greens, seconds), Some(i)))
                    .fold((0.0, None), |a, b| if b.0 > a.0 { b } else { a });
                let others = need(stage, worst.1);
                let better = best.is_none_or(|(s, first, second)| {
                    worst.0 > first + 1e-12
                        || (worst.0 > first - 1e-12 && others > second + 1e-12)
                        || (worst.0 == first && others == second && greens[stage] < greens[s])
                });
                if better {
                    best = Some((stage, worst.0, others));
                }
            }
            // No stage has room for a whole step: give what fits to the first that has any.
            let Some((stage, ..)) = best else {
                let stage = (0..greens.len()).find(|&s| greens[s] < self.at.stages[s].max_green)?;
                let fits = (self.at.stages[stage].max_green - greens[stage]).min(left);
                greens[stage] += fits;
                left = left - fits;
                continue;
            };
            greens[stage] += step;
            left = left - step;
        }
        Some(greens)
    }

    fn covers(&self, run: Run, stage: usize) -> bool {
        let n = self.at.stages.len();
        (stage + n - run.first) % n < run.count
    }

    /// The objective of the intersection alone, uniform arrivals, vehicle seconds an hour.
    pub(super) fn cost(&self, greens: &[Tenths]) -> f64 {
        let objective = &self.settings.objective;
        let model = &self.settings.model;
        let cycle = (greens.iter().copied().sum::<Tenths>() + self.at.lost_to_intergreens()).seconds();
        let mut cost = 0.0;
        for critical in self.criticals.iter().filter(|c| c.group.flow > 0.0) {
            let green = self.effective(critical, greens, cycle);
            let x = self.saturation(critical, greens, cycle);
            let flow = critical.group.flow * 3600.0;
            let capacity = critical.group.saturation * 3600.0 * green.max(0.1) / cycle;
            let random = incremental_delay(x, capacity, model.analysis_period_h, model.incremental_k);
            let delay = uniform_delay(cycle, green, x) + random;
            let again = (random * flow / 3600.0 / (capacity * cycle / 3600.0)).min(4.0);
            let stops = uniform_stops(cycle, green, x) + again;
            cost += flow * (critical.weight * delay + objective.stop_penalty_s * stops);
            cost += objective.saturation_penalty_s * flow * (x - objective.saturation_bound).max(0.0);
        }
        cost
    }

    /// Exchanges green between pairs of stages while that lowers the cost; returns the cost reached.
    pub(super) fn exchange(&self, greens: &mut [Tenths], resolution: Tenths) -> f64 {
        let mut cost = self.cost(greens);
        let steps = [4, 2, 1].map(|k| Tenths::new(resolution.count() * k));
        // Each round lowers the cost; the bound only guards against endless crumbs.
        for _ in 0..200 {
            let mut improved = false;
            for step in steps {
                for to in 0..greens.len() {
                    for from in 0..greens.len() {
                        let stages = &self.at.stages;
                        if to == from
                            || greens[from] < stages[from].min_green + step
                            || greens[to] + step > stages[to].max_green
                        {
                            continue;
                        }
                        greens[to] += step;
                        greens[from] = greens[from] - step;
                        let new = self.cost(greens);
                        if new < cost - 1e-9 {
                            cost = new;
                            improved = true;
                        } else {
                            greens[to] = greens[to] - step;
                            greens[from] += step;
                        }
                    }
                }
            }
            if !improved {
                break;
            }
        }
        cost
    }

    /// The sum of critical flow ratios Y of the sequence: the largest flow ratio of each stage, where a phase that runs
    /// through several stages counts in the one whose own movements need least.
    pub(super) fn critical_ratio(&self) -> f64 {
        let n = self.at.stages.len();
        let mut need = vec![0.0_f64; n];
        for c in self.criticals.iter().filter(|c| c.run.count == 1) {
            need[c.run.first] = need[c.run.first].max(c.group.ratio());
        }
        for c in self.criticals.iter().filter(|c| c.run.count > 1) {
            let have: f64 = (0..c.run.count).map(|k| need[(c.run.first + k) % n]).sum();
            need[c.run.first] += (c.group.ratio() - have).max(0.0);
        }
        need.iter().sum()
    }

    /// Time a cycle in which no critical movement moves, s: start-up and clearance losses and all red of every stage.
    pub(super) fn lost_s(&self) -> f64 {
        let model = &self.settings.model;
        self.at.stages.iter().map(|s| s.all_red.seconds() + model.startup_loss_s + model.clearance_loss_s).sum()
    }
}

fn run(at: &Intersection, phase: PhaseIndex) -> Option<Run> {
    let n = at.stages.len();
    let serves = |s: usize| at.stages[s % n].phases.contains(&phase);
    if n > 0 && (0..n).all(serves) {
        return Some(Run { first: 0, count: n, bridged: at.lost_to_intergreens(), off: Tenths::ZERO });
    }
    let first = (0..n).find(|&s| serves(s) && !serves(s + n - 1))?;
    let count = (0..n).take_while(|&k| serves(first + k)).count();
    let bridged = (0..count - 1).map(|k| at.stages[(first + k) % n].intergreen()).sum();
    let off = at.stages[first].late_start(phase) + at.stages[(first + count - 1) % n].early_cut(phase);
    Some(Run { first, count, bridged, off })
}

/// An intersection's best own plan under uniform arrivals: its cycle within its own range and its splits by delay and stops,
/// offset 0. `None` when no cycle of its range fits its minima and maxima.
pub fn isolated(network: &Network, index: IntersectionIndex, flows: &Flows, settings: &Settings) -> Option<Plan> {
    let alone = Alone::new(network, index, flows, settings);
    let at = network.intersection(index);
    let resolution = Grid::new(network, settings).own(index.0);
    let mut best: Option<(f64, Vec<Tenths>)> = None;
    for cycle in super::cycle_length::steps(at.cycle.min, at.cycle.max, resolution) {
        let Some(mut greens) = alone.by_saturation(cycle, resolution) else { continue };
        let cost = alone.exchange(&mut greens, resolution);
        if best.as_ref().is_none_or(|(least, _)| cost < least - 1e-9) {
            best = Some((cost, greens));
        }
    }
    Plan::from_greens(at, &best?.1, Shift::new(0))
}

/// An intersection's plan of free operation: its longest greens are [`Model::free_green_share`](super::Model) times those of its
/// own best plan, less where they would not fit its longest cycle. `None` when its loops do not let it run free.
pub fn free(network: &Network, index: IntersectionIndex, flows: &Flows, settings: &Settings) -> Option<Plan> {
    let at = network.intersection(index);
    let own = isolated(network, index, flows, settings).filter(|_| at.may_be_actuated())?;
    let unit = Grid::new(network, settings).own(index.0).count();
    let longest = |share: f64| -> Vec<Tenths> {
        let scaled = |green: Tenths| Tenths::new((f64::from(green.count()) * share) as u32 / unit * unit);
        let bounded =
            |(green, stage): (Tenths, &crate::corridor::Stage)| scaled(green).max(stage.min_green).min(stage.max_green);
        own.greens().into_iter().zip(&at.stages).map(bounded).collect()
    };
    let fits = |greens: &Vec<Tenths>| {
        greens.iter().copied().sum::<Tenths>() + at.lost_to_intergreens() <= at.cycle.max.length()
    };
    let share = settings.model.free_green_share;
    let steps = (0..=20).map(|step| 1.0 + (share - 1.0) * (1.0 - f64::from(step) / 20.0));
    let greens = steps.map(longest).find(fits)?;
    Some(Plan::from_greens(at, &greens, Shift::new(0))?.run(Operation::Free))
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::corridor::sample;

    #[test]
    fn greens_sum_to_the_cycle_and_keep_their_bounds() {
        let network = sample::arterial(&[400.0; 3]);
        let settings = Settings::default();
        let flows = testing::flows(&network, 1500.0, 1200.0, 400.0);
        for index in network.indices() {
            let alone = Alone::new(&network, index, &flows, &settings);
            for s in 60..=160 {
                let cycle = CycleLength::new(Tenths::from_seconds(s)).unwrap();
                let Some(greens) = alone.by_saturation(cycle, Tenths::from_seconds(1)) else {
                    assert!(s < 71, "minima need 71 s");
                    continue;
                };
                let plan = Plan::from_greens(network.intersection(index), &greens, Shift::new(0)).unwrap();
                assert_eq!(plan.cycle, cycle);
                for (green, stage) in greens.iter().zip(&network.intersection(index).stages) {
                    assert!((stage.min_green..=stage.max_green).contains(green));
                }
            }
        }
    }

    #[test]
    fn critical_movements_are_equally_saturated_above_the_minima() {
        let network = sample::arterial(&[400.0; 3]);
        let settings = Settings::default();
        let flows = testing::flows(&network, 1800.0, 1800.0, 550.0);
        let alone = Alone::new(&network, IntersectionIndex(2), &flows, &settings);
        let cycle = CycleLength::new(Tenths::from_seconds(140)).unwrap();
        let greens = alone.by_saturation(cycle, Tenths::from_seconds(1)).unwrap();
        let worst = |stage: usize| {
            let of_stage = alone.criticals.iter().filter(|c| c.run.first == stage);
            of_stage.map(|c| alone.saturation(c, &greens, 140.0)).fold(0.0, f64::max)
        };
        let above: Vec<f64> = (0..4).filter(|&s| greens[s] > alone.at.stages[s].min_green).map(worst).collect();
        assert!(above.len() >= 3);
        let (low, high) = above.iter().fold((f64::MAX, 0.0_f64), |(l, h), &x| (l.min(x), h.max(x)));
        assert!(high - low < 0.08, "{above:?}");
    }

    #[test]
    fn the_isolated_plan_is_the_best_of_all() {
        // Exhaustive on a coarse grid: no plan of 2 s steps is better than what isolated found by more than a crumb.
        let network = sample::arterial(&[400.0]);
        let mut settings = Settings::default();
        settings.search.resolution = Tenths::from_seconds(2);
        for (main, cross) in [(700.0, 250.0), (1600.0, 500.0), (2200.0, 300.0)] {
            let flows = testing::flows(&network, main, main, cross);
            let index = IntersectionIndex(0);
            let alone = Alone::new(&network, index, &flows, &settings);
            let found = isolated(&network, index, &flows, &settings).unwrap();
            let cost = alone.cost(&found.greens());
            let mut least = f64::MAX;
            for a in (15..70).step_by(2) {
                for b in (7..30).step_by(2) {
                    for c in (22..50).step_by(2) {
                        for d in (7..24).step_by(2) {
                            let cycle = a + b + c + d + 20;
                            if (60..=160).contains(&cycle) {
                                least = least.min(alone.cost(&[a, b, c, d].map(Tenths::from_seconds)));
                            }
                        }
                    }
                }
            }
            assert!(cost <= least * 1.002, "{cost} against {least}");
        }
    }
}
