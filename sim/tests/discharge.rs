//! Queue discharge and free driving: the default car against the figures it was calibrated to.

#[path = "../examples/kit/mod.rs"]
mod kit;

use std::sync::Arc;

use greenwave_sim::arrivals::Departure;
use greenwave_sim::driver::Driver;
use greenwave_sim::measure::Window;
use greenwave_sim::signal::Lamp;
use greenwave_sim::traffic::{STEP_S, Traffic};

const WINDOW: Window = Window { start_s: 0.0, from_s: 0.0, to_s: 3600.0 };

#[test]
fn a_queue_discharges_at_saturation_flow_after_the_start_up_lost_time() {
    let passed = kit::truth::discharge(26);
    let headways: Vec<f64> = passed.windows(2).map(|w| w[1] - w[0]).collect();
    let (flow, lost) = kit::truth::saturation(&passed);
    println!("first {:.2} s; headways {headways:.2?}", passed[0]);
    println!("saturation flow {flow:.0} veh/h, start-up lost time {lost:.2} s");
    assert!((flow / 1900.0 - 1.0).abs() < 0.03, "{flow}");
    assert!((lost - 2.0).abs() < 0.4, "{lost}");
}

#[test]
fn a_free_trip_takes_distance_over_speed() {
    let street = Arc::new(kit::single(1, 600.0));
    for at_s in [0.0, 0.3, 7.71] {
        let departures = vec![Departure { at_s, route: vec![0, 1], driver: Driver::CAR }];
        let mut traffic = Traffic::new(street.clone(), departures, 1, WINDOW);
        while !traffic.idle() {
            traffic.step(&[Lamp::Green]);
        }
        let m = traffic.finish();
        let took = m.all.mean_travel_s.expect("it came out");
        let ideal = 1100.0 / f64::from(kit::LIMIT);
        println!("free trip {took:.2} s, ideal {ideal:.2} s");
        assert!((took - ideal).abs() < STEP_S, "{took} against {ideal}");
        assert_eq!(m.all.stops, 0);
    }
}

#[test]
fn nobody_passes_red_and_everybody_decides_at_yellow() {
    let street = Arc::new(kit::single(2, 400.0));
    for yellow_at in 0..24 {
        let departures: Vec<_> =
            (0..20).map(|i| Departure { at_s: 2.0 * f64::from(i), route: vec![0, 1], driver: Driver::CAR }).collect();
        let mut traffic = Traffic::new(street.clone(), departures, 1, WINDOW);
        traffic.record_links(&[1]);
        let onset = 30.0 + 0.5 * f64::from(yellow_at);
        while traffic.now_s() < 120.0 {
            let t = traffic.now_s();
            let lamp = if t < onset {
                Lamp::Green
            } else if t < onset + 3.0 {
                Lamp::Yellow
            } else {
                Lamp::Red
            };
            traffic.step(&[lamp]);
        }
        let late = traffic.take_samples().iter().filter(|s| s.at_s > onset + 3.5 && s.position_m < 6.0).count();
        assert_eq!(late, 0, "somebody entered on red after yellow at {onset}");
        assert_eq!(traffic.tally().guarded, 0);
    }
}

/// Saturation flow of varied drivers a lane, on three lanes at once, over vehicles 5 to 20 of each queue.
#[test]
fn varied_drivers_discharge_a_little_more_slowly() {
    use greenwave_sim::arrivals::{Arrivals, Demand, EntryFlow};
    let street = Arc::new(kit::single(3, 600.0));
    for heavy_share in [0.0, 0.06] {
        let (mut sum, mut n) = (0.0, 0.0);
        for seed in 1..=12 {
            let entries = vec![EntryFlow { link: 0, vehicles: vec![150.0] }];
            let demand = Demand { start_s: 0.0, bin_s: 300.0, entries, shares: vec![], heavy_share };
            let departures = Arrivals::draw(&street, &demand, seed, 0.0, 300.0);
            let mut traffic = Traffic::new(street.clone(), departures, seed, WINDOW);
            while traffic.now_s() < 400.0 {
                traffic.step(&[Lamp::Red]);
            }
            traffic.record_links(&[1]);
            let mut first = std::collections::BTreeMap::new();
            for _ in 0..160 {
                traffic.step(&[Lamp::Green]);
                for s in traffic.take_samples() {
                    let back = f64::from(s.position_m / s.speed_m_s.max(0.5));
                    first.entry(s.vehicle).or_insert((s.lane, s.at_s - back));
                }
            }
            for lane in 0..3 {
                let mut at: Vec<f64> = first.values().filter(|f| f.0 == lane).map(|f| f.1).collect();
                at.sort_by(f64::total_cmp);
                sum += at[19] - at[3];
                n += 16.0;
            }
        }
        let flow = 3600.0 * n / sum;
        println!("varied drivers, {:.0} % heavy: saturation flow {flow:.0} veh/h a lane", 100.0 * heavy_share);
        assert!((1600.0..1950.0).contains(&flow), "{flow}");
    }
}
