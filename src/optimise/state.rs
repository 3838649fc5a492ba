//! The evaluation model at work: timings in, queues, delays and stops of every road out, whole or only where it changed.
//!
//! Knows: a [`Scene`] and the timing of every intersection. Must not know: who asks, or what is worth what beyond the
//! [`Judge`]. This is the inner loop of everything; it allocates only when made.
//!
//! ```text
//! upstream departures -> travel and disperse -> arrivals -> queue at each lane group -> departures -> downstream
//! ```

use super::early;
use super::filtering::{self, First, Own};
use super::lanes::LaneGroup;
use super::measured;
use super::profile::{add_later, disperse};
use super::scene::{Feed, RoadKind, Scene};
use super::settings::Objective;
use super::stopline::{Beat, StopLine, Suffered};
use crate::corridor::{Intersection, PhaseIndex, Serves};
use crate::plan::Plan;
use crate::units::{Circle, Shift, Tenths};

/// Longest cycle the model steps through, in steps of about a second; longer cycles get longer steps.
const MOST_STEPS: usize = 512;
/// Departures that differ by less than this many vehicles a cycle count as unchanged.
const UNCHANGED_VEH: f64 = 0.002;

/// Turns suffering into cost.
#[derive(Debug, Clone)]
pub(super) struct Judge {
    pub(super) objective: Objective,
    /// Mean delay each road may not exceed, s a vehicle, and the price of each vehicle second above.
    pub(super) limits: Option<(Vec<f64>, f64)>,
}

/// All of a network's queues under given timings.
#[derive(Debug, Clone)]
pub(super) struct State {
    beats: Vec<Beat>,
    /// Start of each intersection's reference green on the clock's circle, steps.
    references: Vec<f64>,
    /// Effective green of each lane group on the clock's circle: start and length, steps.
    greens: Vec<(f64, f64)>,
    /// What each lane group can discharge while it is green, veh/s.
    rates: Vec<f64>,
    /// Departures of each lane group, vehicles a step; `stride` entries each.
    departures: Vec<f64>,
    stride: usize,
    samples: usize,
    /// What each sample counts for, where that is settled.
    pub(super) settled: Option<Vec<f64>>,
    pub(super) suffered: Vec<Suffered>,
    /// Cost of each road, penalties included.
    cost: Vec<f64>,
    /// Pedestrians' wait at each intersection: pedestrian seconds an hour, pedestrians an hour.
    pub(super) walkers: Vec<(f64, f64)>,
    /// Intersections whose timing changed since the last refresh.
    changed: Vec<bool>,
    /// Roads evaluated since the last `take_touched`.
    touched: Vec<usize>,
    /// Roads evaluated ever: the unit of work.
    pub(super) work: u64,
    arrivals: Vec<f64>,
    capacity: Vec<f64>,
    scratch: Vec<f64>,
    dirty: Vec<bool>,
}

impl State {
    /// The state of a scene under plans (one an intersection), evaluated.
    pub(super) fn new(scene: &Scene, plans: &[Plan], judge: &Judge) -> State {
        let longest = plans.iter().map(|p| steps_of(p.cycle.length())).max().unwrap_or(1);
        // Room to try somewhat longer cycles without allocating.
        let stride = (longest + longest / 2).min(MOST_STEPS).max(longest);
        let roads = scene.roads.len();
        let mut state = State {
            beats: vec![Beat { cycle: Tenths::from_seconds(1), steps: 1, step_s: 1.0 }; plans.len()],
            references: vec![0.0; plans.len()],
            greens: vec![(0.0, 0.0); scene.groups.len()],
            rates: scene.groups.iter().map(|g| g.saturation).collect(),
            departures: vec![0.0; scene.groups.len() * stride],
            stride,
            samples: scene.samples,
            settled: None,
            suffered: vec![Suffered::default(); scene.groups.len()],
            cost: vec![0.0; roads],
            walkers: vec![(0.0, 0.0); plans.len()],
            changed: vec![true; plans.len()],
            touched: Vec::with_capacity(roads),
            work: 0,
            arrivals: vec![0.0; stride],
            capacity: vec![0.0; stride],
            scratch: vec![0.0; stride],
            dirty: vec![true; roads],
        };
        for (i, plan) in plans.iter().enumerate() {
            state.set_plan(scene, i, plan);
        }
        state.refresh(scene, judge);
        state.touched.clear();
        state
    }

    /// Gives an intersection another plan; takes effect at the next [`State::refresh`]. Its cycle must fit the state's room.
    pub(super) fn set_plan(&mut self, scene: &Scene, i: usize, plan: &Plan) {
        let at = &scene.network.intersections()[i];
        let cycle = plan.cycle;
        let steps = steps_of(cycle.length()).min(self.stride);
        let step_s = cycle.seconds() / steps as f64;
        self.beats[i] = Beat { cycle: cycle.length(), steps, step_s };
        self.changed[i] = true;
        self.references[i] = plan.offset.since_zero().seconds() / step_s;
        let mut followed = None;
        for &road in &scene.roads_at[i] {
            let plan = match scene.model.early_return {
                None => plan,
                Some(early) => {
                    let sample = scene.roads[road].sample;
                    let of_sample = scene.roads_at[i].iter().filter(|&&r| scene.roads[r].sample == sample);
                    let groups = of_sample.flat_map(|&r| &scene.groups[scene.roads[r].groups.clone()]);
                    &*followed.insert(early::followed(at, plan, groups, &scene.model, early))
                }
            };
            let begin = plan.cycle_start(at).since_zero().later();
            for group in scene.roads[road].groups.clone() {
                let phase = scene.groups[group].phase;
                self.greens[group] = match phase.map(|p| (p, plan.green_in_cycle(at, p))) {
                    None => (0.0, steps as f64),
                    Some((_, None)) => (0.0, 0.0),
                    Some((_, Some((_, length)))) if length == cycle.length() => (0.0, steps as f64),
                    Some((p, Some((start, length)))) => {
                        let (lost, kept) = losses(scene, at, p);
                        let from = cycle.wrap(begin + start.later() + Shift::new(lost));
                        let long = i64::from(length.count()) + kept - lost;
                        let long = long.clamp(0, i64::from(cycle.length().count())) as f64 / 10.0;
                        (from.seconds() / step_s, long / step_s)
                    }
                };
            }
        }
        self.filter(scene, i);
        self.walkers[i] = walkers(at, plan);
    }

    /// What the greens of an intersection are worth to those who give way in them.
    fn filter(&mut self, scene: &Scene, i: usize) {
        let Some(circle) = Circle::new(self.beats[i].cycle.seconds()) else { return };
        let step_s = self.beats[i].step_s;
        let green = |(start, length): (f64, f64)| (start * step_s, length * step_s);
        for filtering in &scene.filtering[i] {
            let group = &scene.groups[filtering.own];
            let lanes = if filtering.share < 1.0 { 1.0 } else { group.lanes as f64 };
            let own = Own {
                green: green(self.greens[filtering.own]),
                saturation: group.saturation,
                share: filtering.share,
                lanes,
            };
            let first = filtering.first.iter().map(|&(g, in_the_way)| {
                let LaneGroup { flow, saturation, .. } = scene.groups[g];
                First { green: green(self.greens[g]), flow, saturation, in_the_way }
            });
            self.rates[filtering.own] = filtering::rate(own, &first.collect::<Vec<_>>(), circle);
        }
    }

    /// Brings every queue up to date with the timings and returns the cost of all roads.
    pub(super) fn refresh(&mut self, scene: &Scene, judge: &Judge) -> f64 {
        for i in 0..self.changed.len() {
            if self.changed[i] {
                scene.roads_at[i].iter().for_each(|&r| self.dirty[r] = true);
                self.changed[i] = false;
            }
        }
        for position in 0..scene.order.len() {
            let road = scene.order[position];
            if self.dirty[road] {
                self.dirty[road] = false;
                if self.evaluate(scene, road, judge) {
                    scene.roads[road].feeds.iter().for_each(|&r| self.dirty[r] = true);
                }
            }
        }
        // A road cut from its ring may have been marked by a later one; it takes that one's mean, which has not changed.
        self.dirty.fill(false);
        self.total(judge)
    }

    /// Cost of all roads, and of pedestrians.
    pub(super) fn total(&self, judge: &Judge) -> f64 {
        let waiting: f64 = self.walkers.iter().map(|w| w.0).sum();
        let streets = match self.samples {
            1 => self.cost.iter().sum::<f64>(),
            _ => judge.objective.tail.judge(&mut self.by_sample()),
        };
        streets + judge.objective.pedestrian_weight * waiting
    }

    /// What the roads of each sample cost.
    pub(super) fn by_sample(&self) -> Vec<f64> {
        self.cost.chunks(self.cost.len() / self.samples).map(|roads| roads.iter().sum()).collect()
    }

    /// From now on samples count for what they do as things stand, in this state and its copies.
    pub(super) fn settle_weights(&mut self, judge: &Judge) {
        self.settled = (self.samples > 1).then(|| judge.objective.tail.weights(&self.by_sample()));
    }

    /// Evaluates one road; whether its departures changed.
    pub(super) fn evaluate(&mut self, scene: &Scene, r: usize, judge: &Judge) -> bool {
        self.work += 1;
        self.touched.push(r);
        let road = &scene.roads[r];
        let beat = self.beats[road.at];
        let n = beat.steps;
        let long = self.span(scene, r);
        let feeding = !road.feeds.is_empty();
        let mut arrivals = std::mem::take(&mut self.arrivals);
        if road.feed.is_some() {
            self.arrive(scene, r, &mut arrivals[..long]);
        }
        let coming: f64 = arrivals[..long].iter().sum();
        let mut moved = 0.0;
        for g in road.groups.clone() {
            let line = self.stop_line(scene, g, beat);
            let departures = &mut self.scratch[..long];
            self.suffered[g] = if road.feed.is_some() {
                let share = if road.flow > 0.0 { line.group.flow / road.flow } else { 0.0 };
                line.platoons(&arrivals[..long], coming, share, &mut self.capacity[..long], departures)
            } else {
                line.even(feeding.then_some(&mut *departures))
            };
            fold(departures, n);
            let departures = &self.scratch[..n];
            if feeding {
                let old = &mut self.departures[g * self.stride..g * self.stride + n];
                moved += old.iter().zip(departures).map(|(a, b)| (a - b).abs()).sum::<f64>();
                old.copy_from_slice(departures);
            }
        }
        self.arrivals = arrivals;
        self.cost[r] = judge.road(scene, r, &self.suffered);
        moved > UNCHANGED_VEH
    }

    /// Steps of the arrivals at a road: those of its cycle, or of its neighbour's where that is a whole number of it.
    fn span(&self, scene: &Scene, r: usize) -> usize {
        let road = &scene.roads[r];
        let own = self.beats[road.at];
        let longer = |upstream: Beat| {
            own.meets(upstream) && upstream.steps > own.steps && upstream.steps.is_multiple_of(own.steps)
        };
        road.feed.as_ref().map(|f| self.beats[f.from]).filter(|b| longer(*b)).map_or(own.steps, |b| b.steps)
    }

    fn stop_line<'a>(&self, scene: &'a Scene, g: usize, beat: Beat) -> StopLine<'a> {
        let (group, green, saturation) = (&scene.groups[g], self.greens[g], self.rates[g]);
        StopLine { model: &scene.model, group, saturation, green, beat }
    }

    /// Arrivals at a road's stop lines, vehicles a step, all lane groups together.
    pub(super) fn arrive(&self, scene: &Scene, r: usize, arrivals: &mut [f64]) {
        let road = &scene.roads[r];
        let beat = self.beats[road.at];
        arrivals.fill(0.0);
        if let Some(feed) = &road.feed {
            self.inflow(scene, feed, beat, arrivals);
        }
        let even = road.even * beat.step_s;
        arrivals.iter_mut().for_each(|a| *a += even);
        if let (Some(feed), Some(correction)) = (&road.feed, &road.correction)
            && [beat.cycle, self.beats[feed.from].cycle] == [correction.cycle; 2]
        {
            measured::correct(arrivals, correction, self.references[feed.from]);
        }
    }

    /// The neighbour's platoons as they arrive, added to `arrivals` (all zero before).
    fn inflow(&self, scene: &Scene, feed: &Feed, beat: Beat, arrivals: &mut [f64]) {
        let upstream = self.beats[feed.from];
        let coupled = beat.meets(upstream);
        let head = (scene.model.dispersion_beta * feed.travel_s / beat.step_s + 0.5).floor().max(0.0);
        let f = 1.0 / (1.0 + scene.model.dispersion_alpha * head);
        // Without dispersion a vehicle needs the whole cruise time.
        let lag = if scene.model.dispersion_alpha > 0.0 { head } else { (feed.travel_s / beat.step_s + 0.5).floor() };
        let mut even = 0.0;
        for feeder in &feed.feeders {
            if feeder.known {
                let at = feeder.group * self.stride;
                let departures = &self.departures[at..at + upstream.steps];
                // Vehicles a step differ when steps do.
                let factor = feeder.share * beat.step_s / upstream.step_s;
                add_later(arrivals, departures, lag as usize, factor, coupled);
            } else {
                even += feeder.share * scene.groups[feeder.group].flow * beat.step_s;
            }
        }
        disperse(arrivals, f);
        arrivals.iter_mut().for_each(|a| *a += even);
    }

    /// Adds the cost of one road's arrivals (as they stand) for every later start of its greens, 0 to `n - 1` steps, relative to
    /// now, times what its sample counts for.
    pub(super) fn cost_by_delay_of_green(&mut self, scene: &Scene, r: usize, judge: &Judge, out: &mut [f64]) {
        let road = &scene.roads[r];
        let beat = self.beats[road.at];
        let (n, long) = (beat.steps, self.span(scene, r));
        let mut arrivals = std::mem::take(&mut self.arrivals);
        self.arrive(scene, r, &mut arrivals[..long]);
        let coming: f64 = arrivals[..long].iter().sum();
        let kept: Vec<Suffered> = self.suffered[road.groups.clone()].to_vec();
        let weight = self.weight(scene, r, judge);
        for value in out.iter_mut().take(n) {
            self.work += 1;
            for g in road.groups.clone() {
                let line = self.stop_line(scene, g, beat);
                let share = if road.flow > 0.0 { line.group.flow / road.flow } else { 0.0 };
                let (capacity, departures) = (&mut self.capacity[..long], &mut self.scratch[..long]);
                self.suffered[g] = line.platoons(&arrivals[..long], coming, share, capacity, departures);
            }
            *value += weight * judge.road(scene, r, &self.suffered);
            // The same green one step later; on the circle the arrivals one step earlier.
            arrivals[..long].rotate_left(1);
        }
        self.arrivals = arrivals;
        self.suffered[road.groups.clone()].copy_from_slice(&kept);
    }

    /// What a road would cost if the traffic that comes came evenly, stepped through the cycle as platoons are so that both
    /// compare, times what its sample counts for.
    pub(super) fn cost_apart(&mut self, scene: &Scene, r: usize, judge: &Judge) -> f64 {
        self.work += 1;
        let road = &scene.roads[r];
        let beat = self.beats[road.at];
        let (n, long) = (beat.steps, self.span(scene, r));
        let mut arrivals = std::mem::take(&mut self.arrivals);
        self.arrive(scene, r, &mut arrivals[..long]);
        let mean = arrivals[..long].iter().sum::<f64>() / long as f64;
        arrivals[..n].fill(mean);
        let coming: f64 = arrivals[..n].iter().sum();
        let kept: Vec<Suffered> = self.suffered[road.groups.clone()].to_vec();
        for g in road.groups.clone() {
            let line = self.stop_line(scene, g, beat);
            let share = if road.flow > 0.0 { line.group.flow / road.flow } else { 0.0 };
            let (capacity, departures) = (&mut self.capacity[..n], &mut self.scratch[..n]);
            self.suffered[g] = line.platoons(&arrivals[..n], coming, share, capacity, departures);
        }
        let cost = judge.road(scene, r, &self.suffered);
        self.arrivals = arrivals;
        self.suffered[road.groups.clone()].copy_from_slice(&kept);
        self.weight(scene, r, judge) * cost
    }

    /// What a road costs, as it was last evaluated, times what its sample counts for.
    pub(super) fn cost_of(&self, scene: &Scene, r: usize, judge: &Judge) -> f64 {
        self.weight(scene, r, judge) * self.cost[r]
    }

    /// What a road's sample counts for as things stand.
    fn weight(&self, scene: &Scene, r: usize, judge: &Judge) -> f64 {
        let sample = scene.roads[r].sample;
        match &self.settled {
            _ if self.samples == 1 => 1.0,
            Some(weights) => weights[sample],
            None => judge.objective.tail.weights(&self.by_sample())[sample],
        }
    }

    /// The roads evaluated since the last call, in the buffer that [`State::put_touched`] takes back.
    pub(super) fn take_touched(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.touched)
    }

    /// Gives the buffer back, emptied.
    pub(super) fn put_touched(&mut self, mut touched: Vec<usize>) {
        touched.clear();
        self.touched = touched;
    }

    /// Takes `other`'s values of these roads and the timings of these intersections: carries a trial over, or undoes it.
    pub(super) fn copy_from(&mut self, other: &State, scene: &Scene, roads: &[usize], intersections: &[usize]) {
        for &r in roads {
            self.cost[r] = other.cost[r];
            for g in scene.roads[r].groups.clone() {
                self.suffered[g] = other.suffered[g];
                if !scene.roads[r].feeds.is_empty() {
                    let range = g * self.stride..g * self.stride + other.beats[scene.roads[r].at].steps;
                    self.departures[range.clone()].copy_from_slice(&other.departures[range]);
                }
            }
        }
        for &i in intersections {
            self.beats[i] = other.beats[i];
            self.references[i] = other.references[i];
            self.walkers[i] = other.walkers[i];
            for &r in &scene.roads_at[i] {
                for g in scene.roads[r].groups.clone() {
                    self.greens[g] = other.greens[g];
                    self.rates[g] = other.rates[g];
                }
            }
        }
    }

    /// Whether the platoons of one of two intersections meet the other's greens at the same places in every cycle.
    pub(super) fn coupled(&self, a: usize, b: usize) -> bool {
        let (a, b) = (self.beats[a], self.beats[b]);
        a.meets(b) && (a.steps.is_multiple_of(b.steps) || b.steps.is_multiple_of(a.steps))
    }

    /// Steps of an intersection's cycle.
    pub(super) fn steps(&self, i: usize) -> usize {
        self.beats[i].steps
    }
}

/// Departures of several cycles in one: each step's mean.
fn fold(departures: &mut [f64], n: usize) {
    let cycles = departures.len() / n.max(1);
    if cycles > 1 {
        let (own, further) = departures.split_at_mut(n);
        further.chunks(n).for_each(|later| own.iter_mut().zip(later).for_each(|(o, l)| *o += l));
        own.iter_mut().for_each(|o| *o /= cycles as f64);
    }
}

/// Steps of about a second in a cycle.
pub(super) fn steps_of(cycle: Tenths) -> usize {
    ((cycle.seconds() + 0.5) as usize).clamp(1, MOST_STEPS)
}

/// Tenths by which effective green starts after and ends after displayed green.
fn losses(scene: &Scene, at: &Intersection, phase: PhaseIndex) -> (i64, i64) {
    let tenths = |s: f64| (s * 10.0).round() as i64;
    let yellow = i64::from(at.phases[phase.0].yellow.count());
    (tenths(scene.model.startup_loss_s), yellow - tenths(scene.model.clearance_loss_s))
}

/// Pedestrian seconds waited and pedestrians, an hour: those who come outside the walk wait for it (HCM 2010 eq. 18-71).
fn walkers(at: &Intersection, plan: &Plan) -> (f64, f64) {
    let mut all = (0.0, 0.0);
    for (p, phase) in at.phases.iter().enumerate() {
        if let Serves::Pedestrians { clearance, per_hour, .. } = phase.serves {
            let cycle = plan.cycle.seconds();
            let green = plan.green_in_cycle(at, PhaseIndex(p)).map_or(0.0, |(_, green)| green.seconds());
            let red = if green >= cycle { 0.0 } else { (cycle - green + clearance.seconds()).clamp(0.0, cycle) };
            all.0 += per_hour * red * red / (2.0 * cycle);
            all.1 += per_hour;
        }
    }
    all
}

impl Judge {
    /// A judge without guards.
    pub(super) fn new(objective: &Objective) -> Judge {
        Judge { objective: objective.clone(), limits: None }
    }

    /// What a road's suffering costs.
    pub(super) fn road(&self, scene: &Scene, r: usize, suffered: &[Suffered]) -> f64 {
        let road = &scene.roads[r];
        let objective = &self.objective;
        let (mut delay, mut stops, mut over) = (0.0, 0.0, 0.0);
        for g in road.groups.clone() {
            delay += suffered[g].delay;
            stops += suffered[g].stops;
            let flow = scene.groups[g].flow * 3600.0;
            over += flow * (suffered[g].saturation - objective.saturation_bound).max(0.0);
        }
        let weight = match road.kind {
            RoadKind::Corridor(corridor, direction) => objective.weight(corridor, direction as usize),
            RoadKind::Side => objective.side_weight,
        };
        let mut cost = weight * delay + objective.stop_penalty_s * stops + objective.saturation_penalty_s * over;
        if let Some((limits, price)) = &self.limits {
            cost += price * (delay - limits[r] * road.flow * 3600.0).max(0.0);
        }
        cost
    }
}
