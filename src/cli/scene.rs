//! What was filmed in a replay, put into the report's plain data.

use crate::corridor::{Corridor, Network};
use crate::replay::{Arm, Shared, Study};
use crate::report::{Drive, Light, Place, Queue, Scene, Side};
use crate::rig::{Approach, DayName, Film, Scenario, Shows};
use crate::units::clock;
use anyhow::Result;

/// The scenes of a study's arms on one corridor in one day's run, in the order of the arms.
pub(super) fn scenes(
    shared: &Shared,
    scenario: &Scenario,
    study: &Study,
    pair: (DayName, u64),
    (corridor, window): (&Corridor, (u32, u32)),
) -> Result<Vec<Scene>> {
    let films = study.films(shared, scenario, &study.arms, pair, (corridor, window))?;
    let caption = |arm: &Arm| {
        let ((day, seed), (from, to)) = (pair, window);
        format!("{arm} · {day}, seed {seed} · {} to {}", clock(from), clock(to))
    };
    let all = study.arms.iter().zip(films);
    Ok(all.map(|(arm, film)| scene(&shared.network, corridor, film, caption(arm))).collect())
}

fn scene(network: &Network, corridor: &Corridor, film: Film, caption: String) -> Scene {
    let place = |(member, sides): (&crate::corridor::Member, &[Approach; 2])| {
        let at = network.intersection(member.intersection);
        Place {
            id: at.id.clone(),
            name: at.name.clone(),
            chainage_m: member.chainage.get(),
            sides: sides.each_ref().map(side),
        }
    };
    Scene {
        name: corridor.name.clone(),
        caption,
        from_s: film.from_s,
        to_s: film.to_s,
        places: corridor.members.iter().zip(&film.members).map(place).collect(),
        drives: film
            .tracks
            .into_iter()
            .map(|t| Drive { direction: t.direction, vehicle: t.vehicle, points: t.points })
            .collect(),
    }
}

fn side(approach: &Approach) -> Side {
    let light = |shows: Shows| match shows {
        Shows::Red => Light::Red,
        Shows::Yellow => Light::Yellow,
        Shows::Green => Light::Green,
        Shows::Nothing => Light::Dark,
    };
    let queue = |s: &crate::rig::Standing| Queue { at_s: s.at_s, front_m: s.front_m, back_m: s.back_m };
    Side {
        lights: approach.lamps.iter().map(|&(at, shows)| (at, light(shows))).collect(),
        queue: approach.queue.iter().map(queue).collect(),
    }
}
