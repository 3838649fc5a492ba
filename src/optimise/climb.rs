//! Hill climbing over offsets and greens: small moves, each confirmed by the evaluation model, until none helps or the work
//! is used up.
//!
//! Knows: a scene, its judge, the plans it improves. Must not know: where the plans came from.

use super::grid::Grid;
use super::scene::Scene;
use super::seeds::stored;
use super::state::{Judge, State};
use crate::corridor::Corridor;
use crate::plan::Plan;
use crate::units::{Shift, Tenths};

/// A move must gain at least this share of the objective: crumbs cost work and wear, and the model is not that exact.
const LEAST_GAIN: f64 = 1e-6;

/// How far a climb may go from where it began.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    pub(super) from: Vec<Plan>,
    pub(super) tenths: Tenths,
}

/// Plans being improved.
pub(super) struct Climb<'a> {
    scene: &'a Scene<'a>,
    judge: &'a Judge,
    base: State,
    trial: State,
    pub(super) plans: Vec<Plan>,
    pub(super) cost: f64,
    grid: Grid,
    /// Whether orders of stages may change.
    reorder: bool,
    /// By intersection the plans that its cabinet can only pick among.
    stored: Vec<Vec<Plan>>,
    reach: Option<Reach>,
    stop: &'a dyn Fn() -> bool,
    /// Roads evaluated that may not be exceeded.
    work_end: u64,
    /// Neighbours of each intersection.
    near: Vec<Vec<usize>>,
    /// Sizes (as bits) whose moves of this intersection alone were all tried in vain since anything near it moved.
    quiet: Vec<u32>,
    /// The same for blocks of a corridor that begin here, by corridor.
    quiet_blocks: Vec<Vec<u32>>,
    /// What lies behind each link, by corridor.
    tails: Vec<Vec<Vec<usize>>>,
}

/// How many links away a change may matter to a move.
const HOPS: usize = 2;

impl<'a> Climb<'a> {
    /// Begins at plans with work to spend, until told to stop.
    pub(super) fn new(
        scene: &'a Scene<'a>,
        judge: &'a Judge,
        plans: Vec<Plan>,
        (grid, reorder): (Grid, bool),
        reach: Option<Reach>,
        work: u64,
        stop: &'a dyn Fn() -> bool,
    ) -> Self {
        let base = State::new(scene, &plans, judge);
        let trial = base.clone();
        let cost = base.total(judge);
        let work_end = trial.work + work;
        let mut near = vec![Vec::new(); plans.len()];
        for joint in scene.joints() {
            near[joint.ends.0].push(joint.ends.1);
            near[joint.ends.1].push(joint.ends.0);
        }
        let quiet = vec![0; plans.len()];
        let corridors = scene.network.corridors().iter().enumerate();
        let behind = |(k, c): (usize, &Corridor)| (1..c.members.len()).map(|from| scene.behind(k, from)).collect();
        let tails: Vec<_> = corridors.map(behind).collect();
        let quiet_blocks = vec![quiet.clone(); tails.len()];
        Climb {
            scene,
            judge,
            base,
            trial,
            plans,
            cost,
            grid,
            reorder,
            stored: scene.network.intersections().iter().map(stored).collect(),
            reach,
            stop,
            work_end,
            near,
            quiet,
            quiet_blocks,
            tails,
        }
    }

    /// Roads evaluated so far.
    pub(super) fn work(&self) -> u64 {
        self.trial.work
    }

    fn spent(&self) -> bool {
        self.trial.work >= self.work_end || (self.stop)()
    }

    /// Climbs with moves of the given sizes (in steps of the resolution), large to small, and again from the first until a
    /// whole descent gains nothing.
    pub(super) fn run(&mut self, sizes: &[u32]) {
        // The bound on rounds is the work's; each improving round gains at least LEAST_GAIN.
        while !self.spent() {
            let before = self.cost;
            for &size in sizes {
                while self.pass(size) && !self.spent() {}
            }
            self.rebase();
            if self.cost > before * (1.0 - 1e-4) {
                break;
            }
        }
    }

    /// Leaves the local optimum by moving everything behind one link (or one intersection alone) a good part of the cycle,
    /// climbs from there and comes back if that led nowhere better; link after link, until the work is used up or a whole
    /// round of kicks has helped nowhere.
    pub(super) fn kicks(&mut self, sizes: &[u32]) {
        let mut vain = 0;
        let mut k = 0;
        let blocks: Vec<Vec<usize>> = self.blocks();
        let turns = [(1, 2), (1, 4), (3, 4), (1, 8), (7, 8)];
        let round = blocks.len() * turns.len();
        while !self.spent() && vain < round && round > 0 {
            let (part, of) = turns[k / blocks.len() % turns.len()];
            let block = &blocks[k % blocks.len()];
            k += 1;
            let saved =
                (self.base.clone(), self.plans.clone(), self.cost, self.quiet.clone(), self.quiet_blocks.clone());
            let resolution = i64::from(self.grid.common().count().max(1));
            let cycle = i64::from(self.plans[block[0]].cycle.length().count());
            self.force(block, cycle * part / of / resolution * resolution);
            for &size in sizes {
                while self.pass(size) && !self.spent() {}
            }
            if self.cost < saved.2 * (1.0 - LEAST_GAIN) {
                vain = 0;
            } else {
                vain += 1;
                let work = self.trial.work;
                (self.base, self.plans, self.cost, self.quiet, self.quiet_blocks) = saved;
                self.trial.clone_from(&self.base);
                self.trial.work = work;
            }
        }
        self.rebase();
    }

    /// What lies behind each link, and single members.
    fn blocks(&self) -> Vec<Vec<usize>> {
        let mut blocks = Vec::new();
        let mut alone = vec![true; self.plans.len()];
        for (corridor, tails) in self.scene.network.corridors().iter().zip(&self.tails) {
            blocks.extend(tails.iter().cloned());
            // where corridors cross, once
            let members = corridor.members.iter().map(|m| m.intersection.0);
            blocks.extend(members.filter(|&m| std::mem::take(&mut alone[m])).map(|m| vec![m]));
        }
        blocks.retain(|block| block.iter().all(|&i| self.stored[i].is_empty()));
        blocks
    }

    /// Moves a block whatever it costs.
    fn force(&mut self, who: &[usize], by: i64) {
        for &i in who {
            self.plans[i] = shifted(&self.plans[i], by);
            self.trial.set_plan(self.scene, i, &self.plans[i]);
        }
        self.cost = self.trial.refresh(self.scene, self.judge);
        let touched = self.trial.take_touched();
        self.base.copy_from(&self.trial, self.scene, &touched, who);
        self.trial.put_touched(touched);
        self.wake(who);
    }

    /// Evaluates everything anew, so that what incremental evaluation left out does not add up.
    fn rebase(&mut self) {
        self.base = State::new(self.scene, &self.plans, self.judge);
        let work = self.trial.work + self.scene.roads.len() as u64;
        self.trial = self.base.clone();
        self.trial.work = work;
        self.cost = self.base.total(self.judge);
    }

    /// One pass of all moves of a size; whether one was kept.
    fn pass(&mut self, size: u32) -> bool {
        let of = |step: Tenths| i64::from(size) * i64::from(step.count());
        let together = of(self.grid.common());
        let n = self.plans.len();
        let mut kept = false;
        for i in 0..n {
            if self.quiet[i] & size != 0 {
                continue;
            }
            let mut helped = false;
            let by = of(self.grid.own(i));
            for signed in [by, -by] {
                if self.spent() {
                    return kept;
                }
                helped |= self.shift_all(&[i], signed);
            }
            if size <= 4 {
                helped |= self.exchanges(i, by);
            }
            if size == 1 {
                helped |= self.reorders(i);
            }
            if !helped {
                self.quiet[i] |= size;
            }
            kept |= helped;
        }
        for (number, corridor) in self.scene.network.corridors().iter().enumerate() {
            let members: Vec<usize> = corridor.members.iter().map(|m| m.intersection.0).collect();
            for from in 1..members.len() {
                let begin = members[from];
                if self.quiet_blocks[number][begin] & size != 0 {
                    continue;
                }
                let mut helped = false;
                // All behind a link changes that link's difference; a pair or three moves within its neighbours.
                let pairs = [2, 3].map(|length| members.get(from..from + length).unwrap_or_default().to_vec());
                for block in [self.tails[number][from - 1].clone()].into_iter().chain(pairs) {
                    if block.len() < 2 {
                        continue;
                    }
                    for signed in [together, -together] {
                        if self.spent() {
                            return kept;
                        }
                        helped |= self.shift_all(&block, signed);
                    }
                }
                if !helped {
                    self.quiet_blocks[number][begin] |= size;
                }
                kept |= helped;
            }
        }
        kept
    }

    fn shift_all(&mut self, who: &[usize], by: i64) -> bool {
        let moved: Vec<(usize, Plan)> = who.iter().map(|&i| (i, shifted(&self.plans[i], by))).collect();
        self.attempt(&moved)
    }

    /// Green from one stage to another at one intersection, the reference green's start kept or its end.
    fn exchanges(&mut self, i: usize, by: i64) -> bool {
        let at = &self.scene.network.intersections()[i];
        let tenths = Tenths::new(u32::try_from(by).unwrap_or(0));
        let mut kept = false;
        for to in 0..self.plans[i].splits.len() {
            for from in 0..self.plans[i].splits.len() {
                if to == from || self.spent() {
                    continue;
                }
                let plan = &self.plans[i];
                let (Some(giver), Some(taker)) =
                    (at.stages.get(plan.splits[from].stage.0), at.stages.get(plan.splits[to].stage.0))
                else {
                    continue;
                };
                if plan.splits[from].green < giver.min_green + tenths
                    || plan.splits[to].green + tenths > taker.max_green
                {
                    continue;
                }
                let mut moved = plan.clone();
                moved.splits[from].green = moved.splits[from].green - tenths;
                moved.splits[to].green += tenths;
                let later = if taker.phases.contains(&at.reference_phase) {
                    -by
                } else if giver.phases.contains(&at.reference_phase) {
                    by
                } else {
                    0
                };
                let mut variants = vec![(i, moved.clone())];
                if later != 0 {
                    variants.push((i, shifted(&moved, later)));
                }
                for variant in variants {
                    if self.attempt(std::slice::from_ref(&variant)) {
                        kept = true;
                        break;
                    }
                }
            }
        }
        kept
    }

    /// Another order of the stages of one intersection, the reference green's start kept or the cycle's; of a cabinet that picks
    /// among stored plans another plan of the same cycle.
    fn reorders(&mut self, i: usize) -> bool {
        let at = &self.scene.network.intersections()[i];
        if self.reach.is_some() {
            return false;
        }
        let mut variants: Vec<Plan> =
            self.stored[i].iter().filter(|p| p.cycle == self.plans[i].cycle).cloned().collect();
        if variants.is_empty() && self.reorder {
            for order in at.orders() {
                let plan = &self.plans[i];
                if let Some(turned) = plan.in_order(&order).filter(|_| !plan.order().eq(order.iter().copied())) {
                    let begin =
                        plan.cycle_start(at).since_zero().later() + -turned.cycle_start(at).since_zero().later();
                    variants.push(shifted(&turned, begin.count()));
                    variants.push(turned);
                }
            }
        }
        let mut kept = false;
        for variant in variants {
            if self.spent() {
                break;
            }
            if variant != self.plans[i] {
                kept |= self.attempt(&[(i, variant)]);
            }
        }
        kept
    }

    /// Tries plans for some intersections; keeps them if the whole gets better.
    fn attempt(&mut self, moved: &[(usize, Plan)]) -> bool {
        if moved.iter().any(|(i, plan)| !self.within_reach(*i, plan)) {
            return false;
        }
        let who: Vec<usize> = moved.iter().map(|(i, _)| *i).collect();
        for (i, plan) in moved {
            self.trial.set_plan(self.scene, *i, plan);
        }
        let cost = self.trial.refresh(self.scene, self.judge);
        let better = cost < self.cost * (1.0 - LEAST_GAIN);
        let touched = self.trial.take_touched();
        if better {
            self.base.copy_from(&self.trial, self.scene, &touched, &who);
            for (i, plan) in moved {
                self.plans[*i] = plan.clone();
            }
            self.cost = cost;
            self.wake(&who);
        } else {
            self.trial.copy_from(&self.base, self.scene, &touched, &who);
        }
        self.trial.put_touched(touched);
        better
    }

    /// Moves near the rim of what has moved are worth trying again.
    fn wake(&mut self, moved: &[usize]) {
        let mut awake: Vec<usize> = moved
            .iter()
            .copied()
            .filter(|&i| moved.len() == 1 || self.near[i].iter().any(|j| !moved.contains(j)))
            .collect();
        for _ in 0..HOPS {
            for k in 0..awake.len() {
                for &j in &self.near[awake[k]] {
                    if !awake.contains(&j) {
                        awake.push(j);
                    }
                }
            }
        }
        for i in awake {
            self.quiet[i] = 0;
            self.quiet_blocks.iter_mut().for_each(|quiet| quiet[i] = 0);
        }
    }

    fn within_reach(&self, i: usize, plan: &Plan) -> bool {
        if !self.stored[i].is_empty() && !self.stored[i].contains(plan) {
            return false;
        }
        let Some(reach) = &self.reach else { return true };
        let from = &reach.from[i];
        let limit = u64::from(reach.tenths.count());
        let moved = plan.offset.since_zero().later() + -from.offset.since_zero().later();
        plan.cycle.shorter_way(moved).magnitude() <= limit
            && plan.splits.iter().all(|a| u64::from(a.green.count().abs_diff(from.green_of(a.stage).count())) <= limit)
    }
}

fn shifted(plan: &Plan, by: i64) -> Plan {
    plan.at_offset(plan.offset.since_zero().later() + Shift::new(by))
}
