//! The grid that plans are searched on: whole steps of every cabinet's.

use super::settings::Settings;
use crate::corridor::Network;
use crate::units::Tenths;
use std::borrow::Cow;

/// The settings with a resolution that every cabinet of the network can run: the one asked for where it is a whole number of each
/// one's steps, as it is for whole seconds, and otherwise the least multiple of it that is.
pub(super) fn on_the_grid<'a>(network: &Network, settings: &'a Settings) -> Cow<'a, Settings> {
    let asked = settings.search.resolution.count().max(1);
    let fits = |&resolution: &Tenths| {
        network.intersections().iter().all(|at| resolution.is_multiple_of(at.cabinet.profile.time.step))
    };
    // A step divides a second, so ten times any resolution is a whole number of steps.
    let resolution = (1..=10).map(|k| Tenths::new(asked * k)).find(fits).unwrap_or(Tenths::new(asked * 10));
    if resolution == settings.search.resolution {
        return Cow::Borrowed(settings);
    }
    let mut settings = settings.clone();
    settings.search.resolution = resolution;
    Cow::Owned(settings)
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
        let on = |profile: &str, tenths: u32| on_the_grid(&street(profile), &at(tenths)).search.resolution.count();
        assert_eq!((on("reference", 10), on("reference", 3), on("reference", 1)), (10, 3, 1));
        assert_eq!((on("plc", 10), on("plc", 5), on("plc", 3), on("plc", 1)), (10, 10, 30, 10));
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
