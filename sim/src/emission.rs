//! Fuel and CO2 of vehicles, from the speed and the acceleration of every step.
//!
//! Knows: how much an engine burns at a speed and an acceleration. Must not know: lamps, lanes, why anybody stops. Nothing
//! that drives reads it, and a street that does not ask for it ([`crate::traffic::Traffic::meter_fuel`]) pays nothing.
//!
//! The model is one of "Reducing Detailed Vehicle Energy Dynamics to Physics-Like Models" (Khoudari, Almatrudi, Ramadan,
//! Carpio, Yao, Butts, Bayen, Lee, Seibold 2023, arXiv:2310.06297): polynomials of speed and acceleration fitted to
//! Autonomie's vehicles, coefficients as released (CIRCLES energy models, version 3.1, 2023-03-10, "simplified"), on a level
//! road. It is made for modern engines: idling costs 0.47 l/h. The fits to HBEFA 3 that SUMO uses by default were not taken:
//! they let a standing Euro 4 car burn 4 l/h (3,014 g/h), which would make a gain out of every second of red.
//!
//! ```text
//!   fuel of a trip = idling x (exit - wish)  +  sum over the steps in which it moves of (rate - idling) x step
//! ```
//! so that who stands costs no work. Waiting outside for room to enter idles too.

use serde::Serialize;

use crate::cars::Cars;
use crate::measure::Trip;
use crate::traffic::STEP_S;

/// Petrol, kg/l (EN 228: 0.720 to 0.775).
pub const PETROL_KG_L: f64 = 0.745;
/// Diesel, kg/l (EN 590: 0.820 to 0.845).
pub const DIESEL_KG_L: f64 = 0.832;
/// Litres of a US gallon, exactly.
const GALLON_L: f64 = 3.785_411_784;
/// CO2 of petrol burnt, kg/l (US EPA: 8,887 g a gallon).
pub const PETROL_CO2_KG_L: f64 = 8.887 / GALLON_L;
/// CO2 of diesel burnt, kg/l (US EPA: 10,180 g a gallon).
pub const DIESEL_CO2_KG_L: f64 = 10.180 / GALLON_L;

/// An engine's fuel rate on a level road: `cruise(v) + pull(v) a + boost(v) a+^2`, not under its floor. The names are those of the
/// source; g, m, s.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Engine {
    /// Standing, g/s.
    pub idle: f32,
    c: [f32; 4],
    p: [f32; 3],
    q: [f32; 2],
    floor: Floor,
}

/// What an engine burns at least.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Floor {
    /// So much up to a speed; above it nothing while slowing down harder than `a0 + a1 v + a3 v^2`.
    Cut { beta0: f32, vc: f32, a: [f32; 3] },
    /// `h0 + h1 v`.
    Line { h0: f32, h1: f32 },
}

impl Engine {
    /// A petrol car: the source's "Compact Sedan", 1,543 kg.
    pub const CAR: Engine = Engine {
        idle: 0.0972,
        c: [0.15918, 0.013463, 0.0, 3.1889e-5],
        p: [0.047828, 0.086975, 6.825e-8],
        q: [0.0025557, 0.019099],
        floor: Floor::Cut { beta0: 0.0972, vc: 5.04, a: [-0.26981, -0.0023996, -0.00029215] },
    };

    /// A diesel lorry: the source's "Class4PND", a pickup and delivery truck of 5,943 kg; low for a laden lorry or a bus.
    pub const HEAVY: Engine = Engine {
        idle: 0.1923,
        c: [0.24292, 0.03827, 0.0, 0.00018703],
        p: [0.65006, 0.33381, 0.0025519],
        q: [0.36738, 0.042944],
        floor: Floor::Line { h0: 0.0, h1: 0.031719 },
    };

    /// Fuel at speed `v`, m/s, and acceleration `a`, m/s2: g/s.
    pub fn rate_g_s(&self, v: f32, a: f32) -> f32 {
        if v < 0.1 && a.abs() < 0.01 {
            return self.idle;
        }
        let ([c0, c1, c2, c3], [p0, p1, p2], [q0, q1]) = (self.c, self.p, self.q);
        let (pull, boost) = (p0 + v * (p1 + v * p2), q0 + q1 * v);
        // Braking harder than where the polynomial of `a` is least burns no more.
        let plus = a.max(-pull / (2.0 * boost));
        let fitted = c0 + v * (c1 + v * (c2 + v * c3)) + pull * a + boost * plus * plus;
        match self.floor {
            Floor::Line { h0, h1 } => fitted.max(h0 + h1 * v),
            Floor::Cut { beta0, vc, .. } if v <= vc => fitted.max(beta0),
            Floor::Cut { a: [a0, a1, a3], .. } if a <= a0 + v * (a1 + v * a3) => 0.0,
            Floor::Cut { .. } => fitted.max(0.0),
        }
    }

    /// The engine of a car or of a heavy vehicle.
    pub(crate) fn of(heavy: bool) -> &'static Engine {
        if heavy { &Engine::HEAVY } else { &Engine::CAR }
    }
}

/// Adds to every trip what its vehicle burnt in the step just driven, beyond idling.
pub(crate) fn burn<'a>(lanes: impl Iterator<Item = &'a Cars>, trips: &mut [Trip]) {
    const DT: f32 = STEP_S as f32;
    for cars in lanes {
        for c in cars[..cars.len() - cars.standing()].iter().filter(|c| c.moved > 0.0) {
            let trip = &mut trips[c.trip as usize];
            let engine = Engine::of(trip.heavy);
            trip.burnt_g += DT * (engine.rate_g_s(c.moved / DT, c.acc) - engine.idle);
        }
    }
}

/// Fuel burnt, g.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Burnt {
    petrol_g: f64,
    diesel_g: f64,
}

impl Burnt {
    /// A vehicle that has wished to enter `seconds` ago, and has burnt so much beyond idling.
    pub(crate) fn add(&mut self, heavy: bool, seconds: f64, beyond_idling_g: f32) {
        let grams = f64::from(Engine::of(heavy).idle) * seconds + f64::from(beyond_idling_g);
        *(if heavy { &mut self.diesel_g } else { &mut self.petrol_g }) += grams;
    }

    /// Both together.
    pub(crate) fn and(self, more: Burnt) -> Burnt {
        Burnt { petrol_g: self.petrol_g + more.petrol_g, diesel_g: self.diesel_g + more.diesel_g }
    }

    pub(crate) fn measure(&self) -> FuelMeasure {
        let (petrol_l, diesel_l) = (self.petrol_g / 1000.0 / PETROL_KG_L, self.diesel_g / 1000.0 / DIESEL_KG_L);
        let co2_kg = petrol_l * PETROL_CO2_KG_L + diesel_l * DIESEL_CO2_KG_L;
        FuelMeasure { petrol_l, diesel_l, fuel_l: petrol_l + diesel_l, co2_kg }
    }
}

/// Fuel of all vehicles that wished to enter in the window, from their wish to their exit or the end of the run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FuelMeasure {
    /// Of cars, l.
    pub petrol_l: f64,
    /// Of heavy vehicles, l.
    pub diesel_l: f64,
    /// Both, l.
    pub fuel_l: f64,
    /// CO2 from the exhaust, kg.
    pub co2_kg: f64,
}
