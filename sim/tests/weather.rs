//! Rain: saturation flow and free speed fall by the shares that the model states.

#[path = "../examples/kit/mod.rs"]
mod kit;

use std::sync::Arc;

use greenwave_sim::arrivals::Departure;
use greenwave_sim::driver::Driver;
use greenwave_sim::measure::Window;
use greenwave_sim::signal::Lamp;
use greenwave_sim::traffic::Traffic;
use greenwave_sim::weather::Weather;

#[test]
fn saturation_flow_falls_by_the_stated_share() {
    let (dry, lost) = kit::truth::saturation(&kit::truth::discharge(26));
    for weather in Weather::ALL {
        let (flow, late) = kit::truth::saturation(&kit::truth::standing_of(weather.with(Driver::CAR), 26).1);
        println!(
            "{weather:?}: saturation flow {flow:.0} veh/h, {:.3} of the dry, start-up lost time {late:.2} s",
            flow / dry
        );
        assert!((flow / dry - weather.flow()).abs() < 0.01, "{weather:?}: {flow} of {dry}");
        assert!((late - lost).abs() < 0.1, "{weather:?}: {late} s lost, in the dry {lost} s");
    }
    assert_eq!(Weather::Dry.with(Driver::HEAVY), Driver::HEAVY);
}

#[test]
fn free_speed_falls_by_the_stated_share() {
    let trip = |weather: Weather| {
        let departures = vec![Departure { at_s: 0.0, route: vec![0, 1], driver: weather.with(Driver::CAR) }];
        let window = Window { start_s: 0.0, from_s: 0.0, to_s: 3600.0 };
        let mut traffic = Traffic::new(Arc::new(kit::single(1, 600.0)), departures, 1, window);
        while !traffic.idle() {
            traffic.step(&[Lamp::Green]);
        }
        traffic.finish().all.mean_travel_s.expect("it came out")
    };
    let dry = trip(Weather::Dry);
    for weather in Weather::ALL {
        let share = dry / trip(weather);
        println!("{weather:?}: free speed {share:.3} of the dry");
        assert!((share - f64::from(weather.speed())).abs() < 0.005, "{weather:?}: {share}");
    }
}
