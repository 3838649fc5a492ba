//! The time-space diagram of the shipped corridor: its numbers are the plans', its picture is whole.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

use greenwave::corridor::{Direction, Network, load};
use greenwave::plan::Plan;
use greenwave::report::{Axes, Diagram, Pair, Panel};
use greenwave::units::{Shift, Tenths};
use std::path::Path;

fn network(name: &str) -> Network {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corridors").join(name);
    load(&[(name.to_owned(), std::fs::read(path).unwrap())]).unwrap()
}

/// Plans of one cycle whose reference greens start at `offset` of the chainage.
fn plans(network: &Network, greens: &[u32], offset: impl Fn(f64) -> f64) -> Vec<Plan> {
    let greens: Vec<Tenths> = greens.iter().map(|&s| Tenths::from_seconds(s)).collect();
    let members = &network.corridors()[0].members;
    (0..network.intersections().len())
        .map(|i| {
            let chainage = members.iter().find(|m| m.intersection.0 == i).unwrap().chainage.get();
            let at = &network.intersections()[i];
            let stages = if greens.len() == at.stages.len() { greens.clone() } else { at.local_plan.greens.clone() };
            Plan::from_greens(at, &stages, Shift::new((offset(chainage) * 10.0).round() as i64)).unwrap()
        })
        .collect()
}

fn drawn(name: &str, svg: &str) {
    if let Some(folder) = std::env::var_os("GREENWAVE_PICTURES") {
        std::fs::write(Path::new(&folder).join(name), svg).unwrap();
    }
    let count = |needle: &str| svg.matches(needle).count();
    assert_eq!(count("<text"), count("</text>"));
    assert_eq!(count("<g"), count("</g>"));
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n") && !svg.contains("NaN") && !svg.contains("inf"));
}

#[test]
fn offsets_by_travel_time_give_the_whole_green_one_way() {
    let network = network("dongchang-road.toml");
    let plans = plans(&network, &[48, 12, 28, 12], |chainage| chainage / (50.0 / 3.6));
    let diagram = Diagram::new(&network, &network.corridors()[0], &plans, "offsets by travel time").unwrap();
    assert_eq!(diagram.cycle_s, Some(120.0));
    let outbound = diagram.whole(Direction::Outbound).unwrap();
    // offsets are whole tenths, travel times are not
    assert!((outbound.width_s - 48.0).abs() <= 0.2, "{}", outbound.width_s);
    assert!((outbound.speed_km_h - 50.0).abs() < 1e-6);
    assert!(diagram.whole(Direction::Inbound).is_none());
    // parts share their end members only
    let inbound: Vec<_> = diagram.bands.iter().filter(|b| b.direction == Direction::Inbound).collect();
    assert!(!inbound.is_empty() && inbound.windows(2).all(|w| w[0].members.end <= w[1].members.start + 1));
    assert!(inbound.iter().all(|b| b.head_s.windows(2).all(|w| w[0] > w[1])));
    let svg = diagram.svg(Axes::TimeDistance);
    for row in &diagram.rows {
        assert!(svg.contains(&row.name.zh) && svg.contains(&row.name.en));
    }
    drawn("one-way.svg", &svg);
}

#[test]
fn half_cycle_offsets_serve_both_ways() {
    let network = network("dongchang-road.toml");
    // 800 m are half a cycle of 115.2 s at 50 km/h: near multiples of it, greens alternate
    let plans = plans(&network, &[60, 12, 28, 12], |chainage| (chainage / 900.0).round() * 66.0);
    let diagram = Diagram::new(&network, &network.corridors()[0], &plans, "alternate <system>").unwrap();
    assert!(Direction::BOTH.iter().all(|d| diagram.bands.iter().any(|b| b.direction == *d)));
    let svg = diagram.svg(Axes::TimeDistance);
    assert!(svg.contains("alternate &lt;system&gt;"));
    drawn("two-way.svg", &svg);
}

#[test]
fn a_signal_of_half_the_cycle_is_drawn_twice_as_often_and_carries_the_band() {
    let network = network("three.toml");
    let mut plans = plans(&network, &[81, 20, 30, 10], |chainage| chainage / (50.0 / 3.6));
    let tee = &network.intersections()[1];
    let greens = [36, 10, 18].map(Tenths::from_seconds);
    let offset = plans[1].offset.since_zero().later();
    plans[1] = Plan::from_greens(tee, &greens, offset).unwrap();
    assert_eq!(plans[0].cycle.length(), plans[1].cycle.length() + plans[1].cycle.length());
    let diagram = Diagram::new(&network, &network.corridors()[0], &plans, "half the cycle at t2").unwrap();
    assert_eq!(diagram.cycle_s, Some(160.0));
    let band = diagram.whole(Direction::Outbound).unwrap();
    assert!((band.width_s - 36.0).abs() < 0.2 && (band.width_percent - 22.5).abs() < 0.2, "{band:?}");
    assert_eq!(band.cycle_s, 160.0);
    let svg = diagram.svg(Axes::TimeDistance);
    assert!(svg.contains("80 s") && svg.contains("160 s"));
    drawn("half.svg", &svg);
}

#[test]
fn different_cycles_have_no_band() {
    let network = network("three.toml");
    let mut plans = plans(&network, &[32, 10, 24, 10], |_| 0.0);
    let diagram = Diagram::new(&network, &network.corridors()[0], &plans, "local plans").unwrap();
    assert_eq!(diagram.cycle_s, None);
    assert!(diagram.bands.is_empty());
    drawn("different.svg", &diagram.svg(Axes::TimeDistance));
    assert!(Diagram::new(&network, &network.corridors()[0], &[], "").is_none());
    let tee = &network.intersections()[1];
    let greens = [44, 10, 25].map(Tenths::from_seconds);
    plans[1] = Plan::from_greens(tee, &greens, Shift::new(270)).unwrap();
    plans[2] = plans[2].at_offset(Shift::new(650));
    assert_eq!(plans[0].cycle, plans[1].cycle);
    let diagram = Diagram::new(&network, &network.corridors()[0], &plans, "three in step").unwrap();
    drawn("three.svg", &diagram.svg(Axes::TimeDistance));
}

#[test]
fn two_sets_of_plans_stand_side_by_side_to_one_scale() {
    let network = network("dongchang-road.toml");
    let corridor = &network.corridors()[0];
    let panel = |heading: &str, offset: &dyn Fn(f64) -> f64| Panel {
        diagram: Diagram::new(&network, corridor, &plans(&network, &[48, 12, 28, 12], offset), "").unwrap(),
        heading: heading.to_owned(),
        lines: vec!["band <one>".to_owned(), "two".to_owned()],
    };
    let panels = [panel("by travel time", &|c| c / (50.0 / 3.6)), panel("all at once", &|_| 0.0)];
    let pair = Pair { name: corridor.name.clone(), caption: "a pair".to_owned(), panels };
    for (axes, name) in [(Axes::TimeDistance, "pair.svg"), (Axes::DistanceTime, "pair-turned.svg")] {
        let svg = pair.svg(axes);
        drawn(name, &svg);
        for words in ["by travel time", "all at once", "band &lt;one&gt;", "a pair", &corridor.name.zh] {
            assert!(svg.contains(words), "{words}");
        }
        // Both plots are as large as each other, and beside each other.
        let plots: Vec<Vec<f64>> = svg
            .match_indices("<svg x=")
            .map(|(at, _)| svg[at..].split('"').skip(1).step_by(2).take(4).map(|n| n.parse().unwrap()).collect())
            .collect();
        assert_eq!(plots.len(), 2);
        assert_eq!(plots[0][1..], plots[1][1..]);
        assert!(plots[1][0] > plots[0][0] + plots[0][2]);
    }
}
