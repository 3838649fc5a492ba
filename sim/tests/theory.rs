//! Control delay against closed forms.

#[path = "../examples/kit/mod.rs"]
mod kit;

use greenwave_sim::traffic::STEP_S;
use kit::platoon;
use kit::truth::{self, CYCLE_S, GREEN_S};
use kit::waves;

#[test]
fn uniform_delay_is_websters_first_term() {
    let capacity = truth::capacity(false, GREEN_S);
    println!("capacity realised, default cars: {capacity:.0} veh/h");
    for flow in [150.0, 300.0, 450.0, 600.0] {
        let met = truth::even_delay(flow);
        let (control, theory) = (met.delay_s - met.without_signal_s, truth::d1(met.flow, capacity));
        println!("uniform {flow} veh/h: {:.2} s, of it control {control:.2} s, d1 {theory:.2} s", met.delay_s);
        assert!((control - theory).abs() < STEP_S, "{control} against {theory}");
        assert!((met.delay_s / theory - 1.0).abs() < 0.05, "{} against {theory}", met.delay_s);
    }
}

#[test]
fn random_arrivals_come_near_hcm() {
    let capacity = truth::capacity(true, GREEN_S);
    println!("capacity realised, random arrivals: {capacity:.0} veh/h");
    for x in [0.3, 0.5, 0.7, 0.8, 0.9, 0.94] {
        let met = truth::random_delay(x * capacity, 30);
        let (real, measured) = (met.flow / capacity, met.delay_s);
        let theory = truth::d1(met.flow, capacity) + truth::d2(met.flow, capacity);
        println!("x {real:.2}: {measured:.1} s, HCM d1+d2 {theory:.1} s, ratio {:.3}", measured / theory);
        assert!((measured / theory - 1.0).abs() < 0.08, "{measured} against {theory}");
    }
}

#[test]
fn a_standing_queue_clears_as_its_wave() {
    let (saturation, lost) = truth::saturation(&truth::discharge(26));
    for cars in [5, 10, 20, 30] {
        let ((length, passed), wave) = (truth::standing(cars), truth::standing_wave(cars, saturation, lost));
        println!("{cars} cars: {length:.1} m against {:.1}, {:.2} s against {:.2}", wave.0, passed[cars - 1], wave.1);
        assert!((length / wave.0 - 1.0).abs() < 0.04, "{length} against {}", wave.0);
        assert!((passed[cars - 1] - wave.1).abs() < STEP_S, "{} against {}", passed[cars - 1], wave.1);
    }
}

/// While arrivals go on: how many are delayed, how far they reach, when the queue has cleared, and every single passage.
#[test]
fn queues_grow_and_clear_as_kinematic_waves() {
    let (saturation, lost) = truth::saturation(&truth::discharge(26));
    for (flow, red) in waves::CASES {
        let (met, wave) = waves::queue(flow, red, saturation, lost);
        println!("{flow} veh/h, {red} s of red: {met:?}, by waves {wave:?}");
        assert!((met.vehicles / wave.vehicles - 1.0).abs() < 0.01, "{} against {}", met.vehicles, wave.vehicles);
        assert!((met.reach_m / wave.reach_m - 1.0).abs() < 0.01, "{} against {}", met.reach_m, wave.reach_m);
        assert!((met.cleared_s - wave.cleared_s).abs() < STEP_S, "{} against {}", met.cleared_s, wave.cleared_s);
        assert!(met.off_s < 3.0 * STEP_S, "{}", met.off_s);
    }
}

/// TRANSYT's dispersion factor is 0.25 on streets without friction, 0.35 with some, 0.50 with much; here it follows from how
/// much desired speeds vary.
#[test]
fn platoons_disperse_as_transyt_has_it() {
    for (speed_sd, light, heavy) in [(0.08, 0.18, 0.35), (0.20, 0.28, 0.55)] {
        for fit in platoon::fits(&platoon::profiles(speed_sd, 0.0, 3.0)) {
            println!("{speed_sd}: {fit:?}");
            assert!((light..heavy).contains(&fit.alpha), "{fit:?}");
            assert!(fit.r2 > 0.85, "{fit:?}");
        }
    }
}

/// What a plan maker must know: effective green less displayed green, averaged over greens so that whole vehicles do not
/// matter.
#[test]
fn the_yellow_gives_back_what_the_start_loses() {
    for random in [false, true] {
        let greens: Vec<f64> = (0..24).map(|i| 30.0 + 0.5 * f64::from(i)).collect();
        let extra = |g: &f64| truth::capacity(random, *g) * CYCLE_S / 1900.0 - g;
        let mean = greens.iter().map(extra).sum::<f64>() / greens.len() as f64;
        println!("random arrivals {random}: effective green less green {mean:.2} s at 1900 veh/h");
        assert!(mean.abs() < 1.0, "{mean}");
    }
}
