//! A small linear programme, solved from its dual, so that a bound that is tightened costs a few steps and no new start.
//!
//! Knows: numbers. Must not know: what they mean.
//!
//! Maximise `c x` with rows `a x <= b` and every `x` between two bounds. A basis is as many rows, bounds included, as
//! there are variables: those that hold with equality at the vertex. Bases kept here are always optimal for the rows they
//! consist of (the multipliers are not negative); each step exchanges one row for the most violated one, and the vertex
//! that violates none is the optimum. Changing a right-hand side leaves a basis what it is. From any multipliers a bound
//! follows that holds in exact arithmetic for whatever rounding they suffered ([`Program::bound`]).

/// A row or bound that is violated less than this is kept.
const FEASIBLE: f64 = 1e-9;
/// What is smaller than this is no pivot.
const PIVOT: f64 = 1e-9;

/// A linear expression: variable and factor, each variable once.
pub(super) type Terms = Vec<(usize, f64)>;

/// The programme: what does not change while right-hand sides do.
#[derive(Debug, Clone)]
pub(super) struct Program {
    gain: Vec<f64>,
    /// Rows, the variables' upper and lower bounds first.
    rows: Vec<Terms>,
}

/// A state of the search: right-hand sides and a basis for them. Cheap to copy.
#[derive(Debug, Clone)]
pub(super) struct State {
    /// Right-hand side of each row.
    pub(super) most: Vec<f64>,
    basis: Vec<usize>,
    /// The inverse of the basis, by rows: `inverse[k]` turns an expression into its part on basis row `k`.
    inverse: Vec<f64>,
    /// The rows' multipliers.
    multipliers: Vec<f64>,
    /// The vertex.
    pub(super) x: Vec<f64>,
    steps: usize,
}

/// How a solve ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The vertex is the optimum.
    Optimal,
    /// No vertex keeps all rows.
    Infeasible,
    /// The bound on steps was met; the vertex is only an upper estimate.
    Unfinished,
}

impl Program {
    /// A programme of bounded variables: gain, least and most of each.
    pub(super) fn new(variables: &[(f64, f64, f64)]) -> (Self, State) {
        let n = variables.len();
        let gain: Vec<f64> = variables.iter().map(|v| v.0).collect();
        let mut rows = Vec::with_capacity(2 * n);
        let mut most = Vec::with_capacity(2 * n);
        for sign in [1.0, -1.0] {
            for (j, v) in variables.iter().enumerate() {
                rows.push(vec![(j, sign)]);
                most.push(if sign > 0.0 { v.2 } else { -v.1 });
            }
        }
        let mut inverse = vec![0.0; n * n];
        let mut basis = Vec::with_capacity(n);
        for (j, &gain) in gain.iter().enumerate() {
            let up = gain >= 0.0;
            basis.push(if up { j } else { n + j });
            inverse[j * n + j] = if up { 1.0 } else { -1.0 };
        }
        let multipliers = gain.iter().map(|g| g.abs()).collect();
        (Program { gain, rows }, State { most, basis, inverse, multipliers, x: vec![0.0; n], steps: 0 })
    }

    /// Adds a row; its index is for [`State::most`].
    pub(super) fn row(&mut self, state: &mut State, terms: Terms, most: f64) -> usize {
        self.rows.push(terms);
        state.most.push(most);
        self.rows.len() - 1
    }

    /// Goes on from the state's basis to the optimum.
    pub(super) fn solve(&self, state: &mut State) -> End {
        let n = self.gain.len();
        let limit = state.steps + 50 * (n + 10);
        self.place(state);
        let mut enters = vec![0.0; n];
        let mut stalled = 0;
        while state.steps < limit {
            // The most violated row, or when nothing moves for long the first one, which cannot cycle.
            let mut worst: Option<(usize, f64)> = None;
            for (r, terms) in self.rows.iter().enumerate() {
                let over = value(terms, &state.x) - state.most[r];
                if over > FEASIBLE && worst.is_none_or(|(_, most)| over > most) {
                    worst = Some((r, over));
                    if stalled > 2 * n {
                        break;
                    }
                }
            }
            let Some((row, _)) = worst else { return End::Optimal };
            // The row as a combination of those in the basis.
            enters.fill(0.0);
            for &(j, a) in &self.rows[row] {
                for (k, enter) in enters.iter_mut().enumerate() {
                    *enter += a * state.inverse[k * n + j];
                }
            }
            let mut leave: Option<(usize, f64)> = None;
            for k in 0..n {
                if enters[k] > PIVOT {
                    let ratio = state.multipliers[k].max(0.0) / enters[k];
                    let better = leave.is_none_or(|(best, least)| {
                        ratio < least - 1e-12 || (ratio < least + 1e-12 && enters[k] > enters[best])
                    });
                    if better {
                        leave = Some((k, ratio));
                    }
                }
            }
            let Some((out, ratio)) = leave else { return End::Infeasible };
            stalled = if ratio > 1e-12 { 0 } else { stalled + 1 };
            state.exchange(out, row, &enters);
            state.steps += 1;
            if state.steps.is_multiple_of(64) && !self.refresh(state) {
                return End::Unfinished;
            }
            self.place(state);
        }
        End::Unfinished
    }

    /// The vertex of the basis.
    fn place(&self, state: &mut State) {
        let n = self.gain.len();
        for j in 0..n {
            state.x[j] = 0.0;
        }
        for (k, &row) in state.basis.iter().enumerate() {
            let most = state.most[row];
            if most != 0.0 {
                for j in 0..n {
                    // x = inverse^T applied: basis rows A x = b, inverse holds A^-T by rows.
                    state.x[j] += most * state.inverse[k * n + j];
                }
            }
        }
    }

    /// Computes the inverse afresh; false where the basis has become singular.
    fn refresh(&self, state: &mut State) -> bool {
        let n = self.gain.len();
        // Rows of the basis beside the identity, reduced by elimination with the largest pivot.
        let mut left = vec![0.0; n * n];
        for (k, &row) in state.basis.iter().enumerate() {
            for &(j, a) in &self.rows[row] {
                left[k * n + j] = a;
            }
        }
        let mut right = vec![0.0; n * n];
        (0..n).for_each(|k| right[k * n + k] = 1.0);
        for column in 0..n {
            let Some(pivot) =
                (column..n).max_by(|&a, &b| left[a * n + column].abs().total_cmp(&left[b * n + column].abs()))
            else {
                return false;
            };
            if left[pivot * n + column].abs() < 1e-12 {
                return false;
            }
            for j in 0..n {
                left.swap(pivot * n + j, column * n + j);
                right.swap(pivot * n + j, column * n + j);
            }
            let by = 1.0 / left[column * n + column];
            for j in 0..n {
                left[column * n + j] *= by;
                right[column * n + j] *= by;
            }
            for k in (0..n).filter(|&k| k != column) {
                let by = left[k * n + column];
                if by != 0.0 {
                    for j in 0..n {
                        left[k * n + j] -= by * left[column * n + j];
                        right[k * n + j] -= by * right[column * n + j];
                    }
                }
            }
        }
        // right is A^-1 (x = A^-1 b); kept is its transpose.
        for k in 0..n {
            for j in 0..n {
                state.inverse[k * n + j] = right[j * n + k];
            }
        }
        for k in 0..n {
            state.multipliers[k] = (0..n).map(|j| self.gain[j] * state.inverse[k * n + j]).sum();
        }
        true
    }

    /// A state with another's right-hand sides and a basis; `None` where that is singular.
    pub(super) fn at(&self, like: &State, basis: &[usize]) -> Option<State> {
        let mut state = like.clone();
        state.basis.copy_from_slice(basis);
        self.refresh(&mut state).then_some(state)
    }

    /// What a row comes to at the vertex.
    pub(super) fn left_side(&self, row: usize, state: &State) -> f64 {
        value(&self.rows[row], &state.x)
    }

    /// What the vertex gains.
    pub(super) fn gain(&self, state: &State) -> f64 {
        self.gain.iter().zip(&state.x).map(|(g, x)| g * x).sum()
    }

    /// The rows that hold the optimum down, with their multipliers, and what is left of the gain by rounding.
    pub(super) fn multipliers<'a>(&'a self, state: &'a State) -> impl Iterator<Item = (usize, f64)> + 'a {
        state.basis.iter().copied().zip(state.multipliers.iter().map(|m| m.max(0.0)))
    }

    /// An upper bound on the gain, whatever rounding the multipliers suffered: what they do not cover is charged to the
    /// variables' own bounds.
    pub(super) fn bound(&self, state: &State) -> f64 {
        let n = self.gain.len();
        let mut left = self.gain.clone();
        let mut bound = 0.0;
        for (row, multiplier) in self.multipliers(state) {
            bound += multiplier * state.most[row];
            for &(j, a) in &self.rows[row] {
                left[j] -= multiplier * a;
            }
        }
        for (j, gain) in left.iter().enumerate() {
            bound += (gain * state.most[j]).max(-gain * state.most[n + j]);
        }
        bound
    }
}

impl State {
    /// The rows that hold with equality.
    pub(super) fn basis(&self) -> &[usize] {
        &self.basis
    }

    /// Rows exchanged so far.
    pub(super) fn steps(&self) -> usize {
        self.steps
    }

    /// Takes row `row` into the basis at `out`, given what it is made of.
    fn exchange(&mut self, out: usize, row: usize, enters: &[f64]) {
        let n = self.basis.len();
        let by = 1.0 / enters[out];
        let (before, rest) = self.inverse.split_at_mut(out * n);
        let (pivot, after) = rest.split_at_mut(n);
        pivot.iter_mut().for_each(|p| *p *= by);
        let take = self.multipliers[out] * by;
        for (k, line) in before.chunks_exact_mut(n).enumerate() {
            reduce(line, pivot, enters[k]);
        }
        for (k, line) in after.chunks_exact_mut(n).enumerate() {
            reduce(line, pivot, enters[out + 1 + k]);
        }
        for (multiplier, enter) in self.multipliers.iter_mut().zip(enters) {
            *multiplier -= enter * take;
        }
        self.multipliers[out] = take;
        self.basis[out] = row;
    }
}

fn reduce(line: &mut [f64], pivot: &[f64], by: f64) {
    if by != 0.0 {
        for (x, p) in line.iter_mut().zip(pivot) {
            *x -= by * p;
        }
    }
}

fn value(terms: &Terms, x: &[f64]) -> f64 {
    terms.iter().map(|&(j, a)| a * x[j]).sum()
}
