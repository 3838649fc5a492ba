//! The grid that plans are searched on: whole steps of every cabinet's.

use super::settings::Settings;
use crate::corridor::Network;
use crate::units::Tenths;

/// The step of greens and offsets of each intersection, and one that is whole for all of them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grid {
    own: Vec<Tenths>,
    common: Tenths,
}

impl Grid {
    /// Each intersection's least multiple of the resolution asked for that is a whole number of its cabinet's steps, and the least
    /// that is one of all cabinets': for whole seconds both are what was asked for.
    pub(super) fn new(network: &Network, settings: &Settings) -> Grid {
        let asked = settings.search.resolution.count().max(1);
        // A step divides a second, so ten times any resolution is a whole number of steps.
        let least = |fits: &dyn Fn(Tenths) -> bool| {
            (1..=10).map(|k| Tenths::new(asked * k)).find(|r| fits(*r)).unwrap_or(Tenths::new(asked * 10))
        };
        let steps: Vec<Tenths> = network.intersections().iter().map(|at| at.cabinet.profile.time.step).collect();
        Grid {
            own: steps.iter().map(|&step| least(&|r| r.is_multiple_of(step))).collect(),
            common: least(&|r| steps.iter().all(|&step| r.is_multiple_of(step))),
        }
    }

    /// The step of one intersection.
    pub(super) fn own(&self, i: usize) -> Tenths {
        self.own[i]
    }

    /// A step that is whole for all, as common cycles and joint moves are.
    pub(super) fn common(&self) -> Tenths {
        self.common
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::load;
    use crate::optimise::{isolated, testing};

    fn street(profile: &str) -> Network {
        let text = include_str!("../../corridors/three.toml").replace("\"reference\"", &format!("\"{profile}\""));
        load(&[("three.toml".to_owned(), text.into_bytes())]).unwrap_or_else(|p| panic!("{p:?}"))
    }

    fn at(tenths: u32) -> Settings {
        let mut settings = Settings::default();
        settings.search.resolution = Tenths::new(tenths);
        settings
    }

    #[test]
    fn a_resolution_is_kept_where_every_cabinet_can_run_it_and_made_coarser_where_not() {
        let on = |profile: &str, tenths: u32| Grid::new(&street(profile), &at(tenths)).common().count();
        assert_eq!((on("reference", 10), on("reference", 3), on("reference", 1)), (10, 3, 1));
        assert_eq!((on("plc", 10), on("plc", 5), on("plc", 3), on("plc", 1)), (10, 10, 30, 10));
    }

    #[test]
    fn each_cabinet_has_its_own_step_and_cycles_are_whole_for_all() {
        let text = include_str!("../../corridors/three.toml").replacen("\"reference\"", "\"plc\"", 1);
        let network = load(&[("three.toml".to_owned(), text.into_bytes())]).unwrap_or_else(|p| panic!("{p:?}"));
        let grid = Grid::new(&network, &at(1));
        assert_eq!([0, 1, 2].map(|i| grid.own(i).count()), [10, 1, 1]);
        assert_eq!(grid.common().count(), 10);
        let flows = testing::flows(&network, 1500.0, 1300.0, 400.0);
        let mut settings = at(1);
        settings.search.work = 20_000;
        let proposal = crate::optimise::propose(&network, &flows, None, &settings).unwrap();
        assert!(proposal.cycle.length().is_multiple_of(Tenths::new(10)));
        let whole = |plan: &crate::plan::Plan, step: u32| {
            let times = plan.greens().into_iter().chain([plan.offset.since_zero()]);
            times.into_iter().all(|time| time.is_multiple_of(Tenths::new(step)))
        };
        assert!(whole(&proposal.plans[0], 10), "{:?}", proposal.plans[0]);
        assert!(proposal.plans[1..].iter().any(|plan| !whole(plan, 10)), "finer where the cabinet is");
    }

    #[test]
    fn plans_are_made_in_whole_steps_of_their_cabinets() {
        let network = street("plc");
        let flows = testing::flows(&network, 1500.0, 1300.0, 400.0);
        for index in network.indices() {
            let plan = isolated(&network, index, &flows, &at(1)).unwrap();
            let step = network.profile(index).time.step;
            assert!(plan.greens().iter().all(|green| green.is_multiple_of(step)), "{plan:?}");
        }
    }
}
