//! What a link costs for every later shift of one of its ends, with the departures of both held fixed.
//!
//! Knows: a state of the scene. Must not know: how offsets are chosen.
//!
//! Ends may run different cycles where one is a multiple of the other: the row of each end is as long as its own cycle, and
//! repeats on the longer one.

use super::scene::Scene;
use super::state::{Judge, State};

/// Longest circle that rows of several cycles are unrolled to, in steps.
const LONGEST: usize = 4096;

/// Cost of the roads into `to` that come from `from`, for every later start of `to`'s greens, in steps of its own cycle.
pub(super) fn row(scene: &Scene, judge: &Judge, state: &mut State, from: usize, to: usize, out: &mut Vec<f64>) {
    out.clear();
    out.resize(state.steps(to), 0.0);
    for &road in scene.roads_at[to].iter().filter(|&&r| scene.comes_from(r, from)) {
        state.cost_by_delay_of_green(scene, road, judge, out);
    }
}

/// The price of a link both ways for every later shift of its far end, on the longer of both ends' circles; `None` where their
/// cycles do not fit into each other.
pub(super) fn of(scene: &Scene, judge: &Judge, state: &mut State, (near, far): (usize, usize)) -> Option<Vec<f64>> {
    if !state.coupled(near, far) {
        return None;
    }
    let (mut into_far, mut into_near) = (Vec::new(), Vec::new());
    row(scene, judge, state, near, far, &mut into_far);
    row(scene, judge, state, far, near, &mut into_near);
    Some(both(&into_far, &into_near))
}

/// The price of both directions for every later shift of the far end, on the longer of both circles: the far end later
/// means the near end's green earlier.
pub(super) fn both(into_far: &[f64], into_near: &[f64]) -> Vec<f64> {
    let n = into_far.len().max(into_near.len());
    let mut price = unrolled(into_far, n);
    let m = into_near.len();
    for (d, p) in price.iter_mut().enumerate() {
        *p += into_near[(m - d % m) % m];
    }
    price
}

/// The row repeated until it fills a circle that is a whole number of it.
pub(super) fn unrolled(row: &[f64], n: usize) -> Vec<f64> {
    row.iter().copied().cycle().take(n).collect()
}

/// The least circle that all these are whole parts of; `None` where that is out of bounds.
pub(super) fn common_circle(steps: impl Iterator<Item = usize>) -> Option<usize> {
    let mut common = 1;
    for n in steps {
        let (mut a, mut m) = (common, n);
        while m > 0 {
            (a, m) = (m, a % m);
        }
        common = common / a.max(1) * n;
        if common == 0 || common > LONGEST {
            return None;
        }
    }
    Some(common)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_cycle_repeats_on_the_longer() {
        assert_eq!(both(&[1.0, 2.0, 3.0, 4.0], &[10.0, 20.0]), [11.0, 22.0, 13.0, 24.0]);
        assert_eq!(both(&[1.0, 2.0], &[10.0, 20.0, 30.0, 40.0]), [11.0, 42.0, 31.0, 22.0]);
        assert_eq!(both(&[1.0, 2.0, 3.0], &[10.0, 20.0, 30.0]), [11.0, 32.0, 23.0]);
    }

    #[test]
    fn circles_meet_in_their_least_common_multiple() {
        assert_eq!(common_circle([90, 45, 90].into_iter()), Some(90));
        assert_eq!(common_circle([80, 120].into_iter()), Some(240));
        assert_eq!(common_circle([101, 103].into_iter()), None);
        assert_eq!(common_circle(std::iter::empty()), Some(1));
    }
}
