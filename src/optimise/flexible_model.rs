//! The programme behind [`flexible`](super::flexible): its variables and rows, and the nodes of the search.
//!
//! Knows: the problem in shares of the cycle. Must not know: how the search goes through nodes.
//!
//! Variables: the frequency (1 at the greatest cycle), how far the bands' centres lie apart at each signal, widths, and
//! outbound travel times where the directions' limits differ. Where they are the same, both directions may as well have
//! the same speeds: the mean of two choices keeps every limit, and only the sum of travel times counts.

use super::bandwidth::{Aim, BandPattern};
use super::flexible::{Choice, FlexibleAim, FlexibleProblem, NoFlexibleAnswer};
use super::lp::{End, Program, State, Terms};

/// The frequency's variable.
const FREQUENCY: usize = 0;

/// What does not change from node to node.
pub(super) struct Model {
    program: Program,
    reference_s: f64,
    signals: Vec<Signal>,
    links: Vec<Link>,
    /// Everything is measured from this signal's targets.
    anchor: usize,
    /// No answer of more than so many of the objective needs less than this part of it as a sum of widths at every signal.
    sum_of_value: f64,
}

struct Signal {
    /// Both greens together.
    peak: f64,
    /// Centres of the inbound less the outbound green, in whole cycles more or less; in order.
    targets: Vec<f64>,
    /// Rows that hold widths down to the left of the first target and to the right of the last.
    rows: [Vec<usize>; 2],
}

struct Link {
    /// Travel times both ways at frequency 1, least and most, less clearances.
    both: [f64; 2],
    slowness: [Terms; 2],
}

/// A node: a run of targets for each signal, and the programme's state.
pub(super) struct Node {
    runs: Vec<[usize; 2]>,
    pub(super) state: State,
}

/// A node that waits, without what can be computed again.
pub(super) struct Waiting {
    runs: Vec<[usize; 2]>,
    basis: Vec<usize>,
}

impl Model {
    pub(super) fn new(problem: &FlexibleProblem, aim: &FlexibleAim) -> Result<(Self, Node), NoFlexibleAnswer> {
        let n = problem.signals.len();
        let [least_cycle, reference_s] = problem.cycle_s;
        let in_order = |[low, high]: [f64; 2]| 0.0 < low && low <= high && high.is_finite();
        if n == 0
            || problem.links.len() + 1 != n
            || problem.signals.iter().any(Vec::is_empty)
            || !in_order(problem.cycle_s)
            || !problem.links.iter().all(|l| l.length_m > 0.0 && l.speeds_m_s.iter().all(|s| in_order(*s)))
        {
            return Err(NoFlexibleAnswer::Malformed);
        }
        let greens = greens(problem)?;
        let twins = problem.links.iter().all(|l| l.speeds_m_s[0] == l.speeds_m_s[1]);
        let fastest = reference_s / least_cycle;
        let (variables, first_travel, first_width) = variables(problem, aim, &greens, fastest, twins)?;
        let (mut program, mut state) = Program::new(&variables);

        let directions = if twins { 1 } else { 2 };
        let mut links = Vec::new();
        for (j, link) in problem.links.iter().enumerate() {
            let length = link.length_m / reference_s;
            let clearance = (link.clearance_s[0] + link.clearance_s[1]) / reference_s;
            // Travel times both ways from how the distance between the bands changes.
            let both: Terms = vec![(1 + j, 1.0), (2 + j, -1.0), (FREQUENCY, clearance)];
            let slowness = if twins {
                let half = scaled(&both, 0.5 / length);
                [half.clone(), half]
            } else {
                let out = vec![(first_travel + j, 1.0 / length)];
                let mut inbound = scaled(&both, 1.0 / length);
                inbound.push((first_travel + j, -1.0 / length));
                [out, inbound]
            };
            for (terms, [slow, fast]) in slowness.iter().zip(link.speeds_m_s).take(directions) {
                let scale = if twins { 2.0 * length } else { length };
                program.row(&mut state, plus(&scaled(terms, scale), &[(FREQUENCY, -scale / slow)]), 0.0);
                program.row(&mut state, plus(&scaled(terms, -scale), &[(FREQUENCY, scale / fast)]), 0.0);
            }
            let limits = [1, 0].map(|at| link.speeds_m_s.iter().map(|s| length / s[at]).sum::<f64>() - clearance);
            links.push(Link { both: limits, slowness });
        }
        if let Some(change) = problem.slowness_change_s_m {
            for (j, pair) in links.windows(2).enumerate() {
                let scale = problem.links[j].length_m.min(problem.links[j + 1].length_m) / reference_s;
                for d in 0..directions {
                    let step = plus(&scaled(&pair[1].slowness[d], scale), &scaled(&pair[0].slowness[d], -scale));
                    for sign in [1.0, -1.0] {
                        let row = plus(&scaled(&step, sign), &[(FREQUENCY, -change * scale)]);
                        program.row(&mut state, row, 0.0);
                    }
                }
            }
        }
        let sum_of_value = aim_rows(aim, reference_s, first_width, &mut program, &mut state);
        let mut model = Model { program, reference_s, signals: Vec::new(), links, anchor: 0, sum_of_value };
        let runs = model.place(problem, aim, &greens, fastest, first_width, &mut state);
        Ok((model, Node { runs, state }))
    }

    /// Lists each signal's targets within reach and lays its rows.
    fn place(
        &mut self,
        problem: &FlexibleProblem,
        aim: &FlexibleAim,
        greens: &[[f64; 2]],
        fastest: f64,
        first_width: usize,
        state: &mut State,
    ) -> Vec<[usize; 2]> {
        let n = greens.len();
        let free = |i: usize| greens[i].iter().any(|&g| g >= 1.0);
        self.anchor = (0..n).find(|&i| !free(i)).unwrap_or(0);
        let centres = |i: usize| {
            let mut centres: Vec<f64> = problem.signals[i].iter().map(BandPattern::centres_apart_s).collect();
            centres.iter_mut().for_each(|c| *c -= c.floor());
            centres.sort_by(f64::total_cmp);
            centres.dedup_by(|a, b| (*a - *b).abs() < 1e-12);
            centres
        };
        let own = centres(self.anchor);
        let mut reach = vec![[0.0; 2]; n];
        reach[self.anchor] = [own[0] - 0.5, own[own.len() - 1] + 0.5];
        for j in self.anchor..n - 1 {
            let [low, high] = span(self.links[j].both, fastest);
            reach[j + 1] = [reach[j][0] - high, reach[j][1] - low];
        }
        for j in (0..self.anchor).rev() {
            let [low, high] = span(self.links[j].both, fastest);
            reach[j] = [reach[j + 1][0] + low, reach[j + 1][1] + high];
        }
        let mut runs = Vec::with_capacity(n);
        for i in 0..n {
            // The distance between the bands' centres is a variable of its own, bounded by its reach.
            let count = state.x.len();
            state.most[1 + i] = reach[i][1];
            state.most[count + 1 + i] = -reach[i][0];
            let mut targets = Vec::new();
            if i == self.anchor {
                targets = own.clone();
            } else {
                let (from, to) = ((reach[i][0] - 1.5).floor() as i64, (reach[i][1] + 1.5).ceil() as i64);
                let centres = centres(i);
                targets.extend((from..=to).flat_map(|whole| centres.iter().map(move |c| c + whole as f64)));
                targets.retain(|t| (reach[i][0] - 0.5..=reach[i][1] + 0.5).contains(t));
            }
            let mut rows = [Vec::new(), Vec::new()];
            if !free(i) {
                let links = n - 1;
                let pairs: Vec<[usize; 2]> = match aim {
                    FlexibleAim::Through(_) => vec![[0, 1]],
                    FlexibleAim::Links(_) => {
                        let here = i.saturating_sub(1)..(i + 1).min(links);
                        here.clone().flat_map(|out| here.clone().map(move |b| [out, links + b])).collect()
                    }
                };
                for (side, sign) in [(0, -2.0), (1, 2.0)] {
                    for [out, inbound] in &pairs {
                        let terms = vec![(first_width + out, 1.0), (first_width + inbound, 1.0), (1 + i, sign)];
                        rows[side].push(self.program.row(state, terms, 0.0));
                    }
                }
            }
            runs.push([0, targets.len().saturating_sub(1)]);
            self.signals.push(Signal { peak: greens[i][0] + greens[i][1], targets, rows });
        }
        runs
    }

    /// Takes out the targets that no answer better than `least` can use; false where a signal is left with none.
    pub(super) fn narrow(&self, node: &mut Node, least: f64) -> bool {
        let n = self.signals.len();
        let needed = (least * self.sum_of_value).max(0.0);
        let [low_f, high_f] = [1.0, node.state.most[FREQUENCY]];
        let mut reach = vec![[f64::NEG_INFINITY, f64::INFINITY]; n];
        let travel = |j: usize| span_between(self.links[j].both, low_f, high_f);
        // To and fro along the street: what one signal's targets leave the next.
        for pass in 0..3 {
            let order: Vec<usize> = if pass == 1 { (0..n).rev().collect() } else { (0..n).collect() };
            for (step, &i) in order.iter().enumerate() {
                if step > 0 {
                    let before = order[step - 1];
                    let [low, high] = travel(i.min(before));
                    let [from, to] = reach[before];
                    let moved = if before < i { [from - high, to - low] } else { [from + low, to + high] };
                    reach[i] = [reach[i][0].max(moved[0]), reach[i][1].min(moved[1])];
                }
                let signal = &self.signals[i];
                if signal.rows[0].is_empty() {
                    continue;
                }
                let far = (signal.peak - needed) / 2.0 + 1e-9;
                let [mut first, mut last] = node.runs[i];
                while first <= last && signal.targets[first] + far < reach[i][0] {
                    first += 1;
                }
                while last > first && signal.targets[last] - far > reach[i][1] {
                    last -= 1;
                }
                if first > last || signal.targets[first] - far > reach[i][1] {
                    return false;
                }
                node.runs[i] = [first, last];
                reach[i] = [reach[i][0].max(signal.targets[first] - far), reach[i][1].min(signal.targets[last] + far)];
                if reach[i][0] > reach[i][1] + 1e-9 {
                    return false;
                }
            }
        }
        true
    }

    pub(super) fn solve(&self, node: &mut Node) -> End {
        for (signal, run) in self.signals.iter().zip(&node.runs) {
            for (rows, (end, factor)) in signal.rows.iter().zip(run.iter().zip([-2.0, 2.0])) {
                for &row in rows {
                    node.state.most[row] = signal.peak + factor * signal.targets[*end];
                }
            }
        }
        self.program.solve(&mut node.state)
    }

    /// Speeds within the limits whatever they do to the bands, and the longest cycle; `None` where there are none.
    pub(super) fn any(&self, root: &Node) -> Option<Choice> {
        let mut state = root.state.clone();
        for row in self.signals.iter().flat_map(|s| s.rows.iter().flatten()) {
            state.most[*row] = f64::from(u32::MAX);
        }
        let found = self.program.solve(&mut state) == End::Optimal;
        found.then(|| Choice { cycle_s: self.reference_s, ..self.choice(&state.x) })
    }

    pub(super) fn bound(&self, node: &Node) -> f64 {
        self.program.bound(&node.state)
    }

    /// Takes a waiting node up again; `like` is any node.
    pub(super) fn wake(&self, waiting: Waiting, like: &Node) -> Option<Node> {
        let state = self.program.at(&like.state, &waiting.basis)?;
        Some(Node { runs: waiting.runs, state })
    }

    /// Splits a node where its answer lies deepest under a hull: it goes on as the part on the answer's side, the other
    /// waits. `None` where the answer lies under no hull.
    pub(super) fn split(&self, node: &mut Node) -> Option<Waiting> {
        let mut deepest: Option<(f64, usize, usize, bool)> = None;
        for (i, (signal, &[first, last])) in self.signals.iter().zip(&node.runs).enumerate() {
            if first == last || signal.rows[0].is_empty() {
                continue;
            }
            let apart = node.state.x[1 + i];
            let after = first + signal.targets[first..=last].partition_point(|&t| t <= apart);
            if after == first || after > last {
                continue;
            }
            let (left, right) = (apart - signal.targets[after - 1], signal.targets[after] - apart);
            // What the widths ask for beside what the nearest target permits.
            let asked = signal.rows[1]
                .iter()
                .map(|&r| self.program.left_side(r, &node.state) - 2.0 * apart)
                .fold(f64::NEG_INFINITY, f64::max);
            let under = asked - (signal.peak - 2.0 * left.min(right));
            if under > 1e-9 && deepest.is_none_or(|d| under > d.0) {
                deepest = Some((under, i, after, left <= right));
            }
        }
        let (_, i, after, left_first) = deepest?;
        let mut waiting = Waiting { runs: node.runs.clone(), basis: node.state.basis().to_vec() };
        let (left, right) =
            if left_first { (&mut node.runs, &mut waiting.runs) } else { (&mut waiting.runs, &mut node.runs) };
        left[i][1] = after - 1;
        right[i][0] = after;
        Some(waiting)
    }

    /// The cycle and speeds at a vertex.
    pub(super) fn choice(&self, x: &[f64]) -> Choice {
        let frequency = x[FREQUENCY];
        let slowness = |terms: &Terms| terms.iter().map(|&(j, a)| a * x[j]).sum::<f64>() / frequency;
        Choice {
            cycle_s: self.reference_s / frequency,
            slowness_s_m: self.links.iter().map(|l| [0, 1].map(|d| slowness(&l.slowness[d]))).collect(),
        }
    }
}

/// The through greens of each signal, the same for all its patterns.
fn greens(problem: &FlexibleProblem) -> Result<Vec<[f64; 2]>, NoFlexibleAnswer> {
    let green = |p: &BandPattern| p.green_s.map(|g| g.clamp(0.0, 1.0));
    let equal = |patterns: &Vec<BandPattern>| {
        let first = green(&patterns[0]);
        let same = patterns.iter().all(|p| (0..2).all(|d| (green(p)[d] - first[d]).abs() < 1e-9));
        if same { Ok(first) } else { Err(NoFlexibleAnswer::UnequalGreens) }
    };
    problem.signals.iter().map(equal).collect()
}

type Variables = (Vec<(f64, f64, f64)>, usize, usize);

/// Gain and bounds of each variable, where travel times begin and where widths begin.
fn variables(
    problem: &FlexibleProblem,
    aim: &FlexibleAim,
    greens: &[[f64; 2]],
    fastest: f64,
    twins: bool,
) -> Result<Variables, NoFlexibleAnswer> {
    let mut variables = vec![(0.0, 1.0, fastest)];
    // Their reach is set when it is known.
    variables.extend(greens.iter().map(|_| (0.0, 0.0, 0.0)));
    let first_travel = variables.len();
    if !twins {
        let reference_s = problem.cycle_s[1];
        variables.extend(problem.links.iter().map(|l| {
            let [slow, fast] = l.speeds_m_s[0].map(|v| l.length_m / v / reference_s);
            (0.0, fast, slow * fastest)
        }));
    }
    let first_width = variables.len();
    match aim {
        FlexibleAim::Through(aim) => {
            let gain = match aim {
                Aim::Sum { weights, .. } => *weights,
                Aim::Ratio { k } | Aim::Proportional { k } => [1.0, *k],
            };
            let narrowest = |d: usize| greens.iter().map(|g| g[d]).fold(1.0, f64::min);
            variables.extend([0, 1].map(|d| (gain[d], 0.0, narrowest(d))));
        }
        FlexibleAim::Links(weights) => {
            let links = problem.links.len();
            if weights.len() != links || links == 0 {
                return Err(NoFlexibleAnswer::Malformed);
            }
            for d in 0..2 {
                let most = |l: usize| greens[l][d].min(greens[l + 1][d]);
                variables.extend(weights.iter().enumerate().map(|(l, w)| (w[d] / links as f64, 0.0, most(l))));
            }
        }
    }
    Ok((variables, first_travel, first_width))
}

/// Rows of the aim itself. What it returns times a value is the least sum of widths that is worth so much.
fn aim_rows(aim: &FlexibleAim, reference_s: f64, first_width: usize, program: &mut Program, state: &mut State) -> f64 {
    let [b, bb] = [first_width, first_width + 1];
    match aim {
        FlexibleAim::Through(Aim::Sum { weights, least_s }) => {
            for (d, least) in least_s.iter().enumerate().filter(|(_, least)| **least > 0.0) {
                program.row(state, vec![(FREQUENCY, least / reference_s), (first_width + d, -1.0)], 0.0);
            }
            1.0 / weights[0].max(weights[1]).max(f64::MIN_POSITIVE)
        }
        FlexibleAim::Through(Aim::Ratio { k } | Aim::Proportional { k }) => {
            if *k <= 1.0 {
                program.row(state, vec![(b, *k), (bb, -1.0)], 0.0);
            }
            if *k >= 1.0 {
                program.row(state, vec![(bb, 1.0), (b, -*k)], 0.0);
            }
            1.0 / k.max(1.0)
        }
        FlexibleAim::Links(_) => 0.0,
    }
}

fn scaled(terms: &[(usize, f64)], by: f64) -> Terms {
    terms.iter().map(|&(j, a)| (j, a * by)).collect()
}

/// The sum of two expressions, each variable once.
fn plus(one: &[(usize, f64)], other: &[(usize, f64)]) -> Terms {
    let mut sum: Terms = one.to_vec();
    for &(j, a) in other {
        match sum.iter_mut().find(|t| t.0 == j) {
            Some(term) => term.1 += a,
            None => sum.push((j, a)),
        }
    }
    sum
}

fn span(both: [f64; 2], fastest: f64) -> [f64; 2] {
    span_between(both, 1.0, fastest)
}

/// Least and most of travel times at any frequency between two.
fn span_between(both: [f64; 2], low: f64, high: f64) -> [f64; 2] {
    [(both[0] * low).min(both[0] * high), (both[1] * low).max(both[1] * high)]
}
