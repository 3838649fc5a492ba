//! Who gives way to whom, read from a definition: walkers on the arms, permissive pairs, right turns without a green, bicycles.
//!
//! Knows: movements and the arms they use, widths of lanes. Must not know: how the plant's drivers decide.

use crate::corridor::{Approach, Arm, Half, Intersection, Movement, Network, PhaseIndex, RightTurn, Serves};
use greenwave_sim::street::{BikeLane, Control, Crossing, GiveWay, WaitingArea};
use std::collections::BTreeMap;

/// Width of a lane on a crossing, m (GB 50647: 3.0 to 3.5 m at intersections).
const LANE_M: f32 = 3.25;
/// Share of bicycles that turn left at an approach; definitions do not say (assumed).
const BIKES_LEFT: f32 = 0.15;

/// A crossing of an arm, or half of one, and the phase that serves it.
struct Place {
    crossing: usize,
    walk: PhaseIndex,
    half: Option<Half>,
}

/// Crossings and bicycle lanes of a network with the places a turn can find them by.
pub(super) struct Ways {
    pub(super) crossings: Vec<Crossing>,
    pub(super) bike_lanes: Vec<BikeLane>,
    at: BTreeMap<(usize, Arm), Vec<Place>>,
    bikes: BTreeMap<(usize, Arm), usize>,
}

/// What the translator has already numbered: the first lamp of each intersection, approach links, lanes that leave by an arm.
pub(super) struct Numbers<'a> {
    pub(super) lamps: &'a [usize],
    pub(super) approaches: &'a BTreeMap<(usize, Arm), usize>,
    pub(super) leaving: &'a dyn Fn(usize, Arm) -> usize,
    pub(super) leads_to: &'a dyn Fn(usize, Arm) -> usize,
}

impl Ways {
    pub(super) fn new(network: &Network, numbers: &Numbers<'_>) -> Ways {
        let mut ways =
            Ways { crossings: Vec::new(), bike_lanes: Vec::new(), at: BTreeMap::new(), bikes: BTreeMap::new() };
        for (index, at) in network.intersections().iter().enumerate() {
            for (phase, group) in at.phases.iter().zip(numbers.lamps[index]..) {
                let Serves::Pedestrians { across, per_hour, half, .. } = phase.serves else { continue };
                let entering = at.approach(across).map_or(0, |a| a.lanes.len());
                let leaving = (numbers.leaving)(index, across);
                let (lanes, part) = match half {
                    None => (entering + leaving, ""),
                    Some(Half::Near) => (entering, ".near"),
                    Some(Half::Far) => (leaving, ".far"),
                };
                let walk = PhaseIndex(group - numbers.lamps[index]);
                let place = Place { crossing: ways.crossings.len(), walk, half };
                ways.at.entry((index, across)).or_default().push(place);
                ways.crossings.push(Crossing {
                    name: format!("{}.{across}{part}.crossing", at.id),
                    node: index,
                    group,
                    pedestrians_per_h: per_hour as f32,
                    length_m: LANE_M * lanes.max(1) as f32,
                });
            }
            ways.add_bikes(index, at, numbers);
        }
        ways
    }

    /// Where any approach has a lane for bicycles, every approach gets one for the second stage of its neighbour's left turns.
    fn add_bikes(&mut self, index: usize, at: &Intersection, numbers: &Numbers<'_>) {
        if at.approaches.iter().all(|a| a.bike_lane.is_none()) {
            return;
        }
        let first = self.bike_lanes.len();
        let lanes: Vec<_> = at.approaches.iter().filter_map(|a| Some((a, green(at, a)?))).collect();
        for (k, (approach, phase)) in lanes.iter().enumerate() {
            let hook_from = approach.from.exit(Movement::Right);
            let hook = lanes.iter().position(|(a, _)| a.from == hook_from).map(|h| first + h);
            let own = approach.bike_lane;
            self.bikes.insert((index, approach.from), first + k);
            self.bike_lanes.push(BikeLane {
                link: numbers.approaches[&(index, approach.from)],
                group: numbers.lamps[index] + phase.0,
                width_m: own.map_or(2.0, |b| b.width.get() as f32),
                per_h: own.map_or(0.0, |b| b.bikes_per_h as f32),
                e_bike_share: own.map_or(0.0, |b| b.e_bike_share as f32),
                left_share: if hook.is_some() { BIKES_LEFT } else { 0.0 },
                hook,
            });
        }
    }

    /// The bicycle lane beside an approach.
    pub(super) fn bike_lane(&self, index: usize, from: Arm) -> Option<usize> {
        self.bikes.get(&(index, from)).copied()
    }

    /// To whom `movement` from lane `lane` of `approach` gives way under `phase`.
    pub(super) fn yields(
        &self,
        (index, at): (usize, &Intersection),
        numbers: &Numbers<'_>,
        (approach, lane): (&Approach, usize),
        movement: Movement,
        phase: PhaseIndex,
    ) -> Vec<GiveWay> {
        let control = control(approach, movement);
        let exit = approach.from.exit(movement);
        let mut ways = Vec::new();
        if movement == Movement::Through {
            return ways;
        }
        let uncontrolled = control != Control::Signal;
        let leaving = (numbers.leaving)(index, exit);
        // From the kerb: right turns take the lane beside it, the others the lanes from the median.
        let before = approach.lanes[..lane].iter().filter(|l| l.movements.has(Movement::Left)).count();
        let path = match movement {
            Movement::Right => 0.5,
            _ => (leaving as f32 - 0.5 - before as f32).max(0.5),
        };
        for &Place { crossing, walk, half } in self.at.get(&(index, exit)).into_iter().flatten() {
            if half != Some(Half::Near) && (uncontrolled || !at.conflict(phase, walk)) {
                ways.push(GiveWay::Exit { crossing, at_m: LANE_M * path });
            }
        }
        for &Place { crossing, half, .. } in self.at.get(&(index, approach.from)).into_iter().flatten() {
            if uncontrolled && half != Some(Half::Far) {
                let beside = if half.is_some() { 0 } else { (numbers.leaving)(index, approach.from) };
                ways.push(GiveWay::Own { crossing, at_m: LANE_M * (beside as f32 + lane as f32 + 0.5) });
            }
        }
        for other in at.approaches.iter().filter(|a| a.from != approach.from) {
            for theirs in other.movements().iter() {
                let Some(q) = at.phase_for(other.from, theirs) else { continue };
                let merges = other.from.exit(theirs) == exit;
                let permissive =
                    at.permissive.contains(&(phase, q)) && meets(approach.from, movement, other.from, theirs);
                if (uncontrolled && merges) || permissive {
                    ways.push(GiveWay::Vehicles {
                        link: numbers.approaches[&(index, other.from)],
                        to_link: (numbers.leads_to)(index, other.from.exit(theirs)),
                    });
                }
                if permissive && theirs == Movement::Through && !merges {
                    ways.extend(self.bike_lane(index, other.from).map(|lane| GiveWay::Bikes { lane }));
                }
            }
        }
        if movement == Movement::Right {
            ways.extend(self.bike_lane(index, approach.from).map(|lane| GiveWay::Bikes { lane }));
        }
        ways
    }
}

/// Whether the ways of two movements of different approaches meet.
fn meets(from: Arm, movement: Movement, other: Arm, theirs: Movement) -> bool {
    let crosses = |m: Movement| m != Movement::Right;
    let opposite = other == from.opposite();
    from.exit(movement) == other.exit(theirs)
        || (crosses(movement) && crosses(theirs) && !(opposite && theirs != Movement::Through))
}

/// How a movement is controlled.
pub(super) fn control(approach: &Approach, movement: Movement) -> Control {
    match approach.right_turn {
        _ if movement != Movement::Right => Control::Signal,
        RightTurn::Signal => Control::Signal,
        RightTurn::OnRed => Control::OnRed,
        RightTurn::Channelised => Control::Free,
    }
}

/// The phase of an approach's traffic straight on, or any of its phases.
pub(super) fn green(at: &Intersection, approach: &Approach) -> Option<PhaseIndex> {
    let through = at.phase_for(approach.from, Movement::Through);
    through.or_else(|| approach.movements().iter().find_map(|m| at.phase_for(approach.from, m)))
}

/// The waiting area of a lane in the plant's words.
pub(super) fn waiting(area: Option<crate::corridor::WaitingArea>, first_lamp: usize) -> Option<WaitingArea> {
    area.map(|w| WaitingArea { length_m: w.length.get() as f32, group: first_lamp + w.opens_with.0 })
}

#[cfg(test)]
mod tests {
    use crate::corridor::load;
    use crate::rig::translate::{Translated, street};
    use greenwave_sim::street::{Control, GiveWay, Movement, Turn};

    fn translated(file: &str, text: &str) -> Translated {
        let network = load(&[(file.to_owned(), text.as_bytes().to_vec())]).unwrap();
        street(&network).unwrap()
    }

    fn turns(of: &Translated) -> Vec<Turn> {
        of.street.links().iter().flat_map(|l| &l.lanes).flat_map(|l| l.turns.clone()).collect()
    }

    #[test]
    fn everything_a_definition_says_of_priority_reaches_the_plant() {
        let full = translated("full.toml", include_str!("../../corridors/examples/full.toml"));
        let turns = turns(&full);
        let some = |p: &dyn Fn(&GiveWay) -> bool| turns.iter().any(|t| t.yields.iter().any(p));
        assert!(some(&|y| matches!(y, GiveWay::Exit { .. })) && some(&|y| matches!(y, GiveWay::Own { .. })));
        assert!(some(&|y| matches!(y, GiveWay::Vehicles { .. })) && some(&|y| matches!(y, GiveWay::Bikes { .. })));
        assert!(turns.iter().filter(|t| t.movement == Movement::Through).all(|t| t.yields.is_empty()));
        assert!(turns.iter().any(|t| t.control == Control::OnRed));
        assert!(full.street.links().iter().flat_map(|l| &l.lanes).any(|l| l.waiting.is_some()));
        assert!(full.street.bike_lanes().iter().any(|b| b.per_h > 0.0 && b.hook.is_some()));
        let (loops, all) = (full.street.loops().len(), full.street.loops().len() + full.street.bike_sites().len());
        let channels: Vec<usize> = full.channels.iter().flatten().flatten().copied().collect();
        assert!(channels.iter().all(|&c| c < all) && channels.iter().any(|&c| c >= loops), "bicycles are counted");
    }

    #[test]
    fn protected_lefts_stay_as_they_are_and_right_turns_beside_walkers_do_not() {
        let street = translated("dongchang-road.toml", include_str!("../../corridors/dongchang-road.toml"));
        let of = |m| turns(&street).into_iter().filter(move |t| t.movement == m);
        assert!(of(Movement::Left).all(|t| t.yields.is_empty()));
        assert!(of(Movement::Right).any(|t| matches!(t.yields[..], [GiveWay::Exit { .. }])));
    }
}
