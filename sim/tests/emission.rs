//! Fuel and CO2: the rates by hand, and what cruising, standing and a stop cost a vehicle on the street.

#[path = "../examples/kit/mod.rs"]
mod kit;

use std::sync::Arc;

use greenwave_sim::arrivals::{Arrivals, Departure};
use greenwave_sim::driver::Driver;
use greenwave_sim::emission::{DIESEL_CO2_KG_L, DIESEL_KG_L, Engine, FuelMeasure, PETROL_CO2_KG_L, PETROL_KG_L};
use greenwave_sim::measure::Window;
use greenwave_sim::signal::Lamp;
use greenwave_sim::traffic::Traffic;

const WINDOW: Window = Window { start_s: 0.0, from_s: 0.0, to_s: 3600.0 };
/// Heating value of petrol, kJ/g (that of the source).
const PETROL_KJ_G: f64 = 42.36;

/// Worked by hand from the released coefficients.
#[test]
fn rates_are_those_of_the_source() {
    for (engine, v, a, by_hand) in [
        (Engine::CAR, 0.0, 0.0, 0.0972),
        (Engine::CAR, 10.0, 0.0, 0.32570),
        (Engine::CAR, 13.889, 0.0, 0.43161),
        (Engine::CAR, 10.0, 1.0, 1.43683),
        (Engine::CAR, 10.0, -0.2, 0.14993),
        // fuel cut above 5.04 m/s, idling rate at least below
        (Engine::CAR, 10.0, -2.0, 0.0),
        (Engine::CAR, 3.0, -2.0, 0.0972),
        (Engine::HEAVY, 0.0, 0.0, 0.1923),
        (Engine::HEAVY, 10.0, 1.0, 5.85282),
        (Engine::HEAVY, 10.0, -3.0, 0.31719),
    ] {
        let rate = engine.rate_g_s(v, a);
        assert!((rate - by_hand).abs() < 2e-4, "{engine:?} at {v} m/s, {a} m/s2: {rate}, by hand {by_hand}");
    }
    assert!((PETROL_CO2_KG_L - 2.348).abs() < 1e-3 && (DIESEL_CO2_KG_L - 2.689).abs() < 1e-3);
}

/// One vehicle through one signal that turns green at `green_s`, 1,100 m in all.
fn trip(driver: Driver, green_s: f64) -> FuelMeasure {
    let departures = vec![Departure { at_s: 0.0, route: vec![0, 1], driver }];
    let mut traffic = Traffic::new(Arc::new(kit::single(1, 600.0)), departures, 1, WINDOW);
    traffic.meter_fuel();
    while !traffic.idle() {
        let lamp = if traffic.now_s() < green_s { Lamp::Red } else { Lamp::Green };
        traffic.step(&[lamp]);
    }
    traffic.finish().fuel.expect("it was asked for")
}

#[test]
fn cruising_burns_the_cruising_rate() {
    for (driver, engine) in [(Driver::CAR, Engine::CAR), (Driver { speed_factor: 1.0, ..Driver::HEAVY }, Engine::HEAVY)]
    {
        let fuel = trip(driver, 0.0);
        let (litres, density, co2) = match driver.heavy {
            false => (fuel.petrol_l, PETROL_KG_L, PETROL_CO2_KG_L),
            true => (fuel.diesel_l, DIESEL_KG_L, DIESEL_CO2_KG_L),
        };
        let grams = f64::from(engine.rate_g_s(kit::LIMIT, 0.0) * 1100.0 / kit::LIMIT);
        let wanted = grams / 1000.0 / density;
        println!("cruising at 50 km/h: {:.2} l/100 km", litres / 0.011);
        assert!((litres / wanted - 1.0).abs() < 0.01, "{litres} l, by hand {wanted}");
        assert!((fuel.fuel_l - litres).abs() < 1e-12 && (fuel.co2_kg - litres * co2).abs() < 1e-9);
    }
}

#[test]
fn standing_burns_the_idling_rate() {
    let (soon, late) = (trip(Driver::CAR, 100.0), trip(Driver::CAR, 400.0));
    let grams = (late.petrol_l - soon.petrol_l) * 1000.0 * PETROL_KG_L;
    println!("standing: {:.3} l/h", 12.0 * (late.petrol_l - soon.petrol_l));
    assert!((grams - 300.0 * 0.0972).abs() < 0.01, "{grams} g in 300 s");
}

/// A stop without its standing costs the kinetic energy that the brakes took, at an engine's efficiency, less what is not
/// needed while braking: a petrol engine that pulls makes work of a quarter to two fifths of its fuel.
#[test]
fn a_stop_costs_its_kinetic_energy() {
    let stopped = trip(Driver::CAR, 100.0).petrol_l;
    let standing_s = 100.0 - 600.0 / f64::from(kit::LIMIT);
    let grams = (stopped - trip(Driver::CAR, 0.0).petrol_l) * 1000.0 * PETROL_KG_L - 0.0972 * standing_s;
    let energy_kj = 0.5 * 1.543 * f64::from(kit::LIMIT).powi(2);
    let efficiency = energy_kj / (grams * PETROL_KJ_G);
    println!("a stop from 50 km/h: {:.1} ml of petrol, efficiency {efficiency:.2}", grams / PETROL_KG_L);
    assert!((0.25..0.40).contains(&efficiency), "{efficiency}");
}

#[test]
fn metering_changes_nothing_that_drives() {
    let street = Arc::new(kit::dongchang());
    let run = |fuel: bool| {
        let departures = Arrivals::draw(&street, &kit::demand(0.9, 0.3), 3, 0.0, 1080.0);
        let mut traffic =
            Traffic::new(street.clone(), departures, 3, Window { start_s: 0.0, from_s: 300.0, to_s: 1080.0 });
        if fuel {
            traffic.meter_fuel();
        }
        let plan = kit::FixedTime::standard();
        let mut lamps = vec![Lamp::Red; street.groups()];
        while traffic.now_s() < 1500.0 {
            plan.lamps(traffic.now_s(), &mut lamps);
            traffic.step(&lamps);
        }
        traffic.finish()
    };
    let (without, mut with) = (run(false), run(true));
    assert!(without.fuel.is_none());
    let fuel = with.fuel.take().expect("it was asked for");
    println!("{fuel:?} for {} vehicles", with.all.wished);
    assert!(fuel.petrol_l > 0.0 && fuel.diesel_l > 0.0);
    assert_eq!(with, without);
}
