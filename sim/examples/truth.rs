//! Holds the plant against theory and prints the tables of the model card.
//!
//! `cargo run --release -p greenwave-sim --example truth`
#![expect(clippy::print_stdout, reason = "it prints tables")]

mod kit;

use greenwave_sim::driver::Driver;
use kit::{platoon, truth, waves};

fn main() {
    let (flow, lost) = truth::saturation(&truth::discharge(26));
    println!("## Discharge of default cars\n");
    println!("| what | reached | wanted |\n|---|---|---|");
    println!("| saturation flow, vehicles 5 to 20 | {flow:.0} veh/h | 1,900 +-3 % |");
    println!("| start-up lost time | {lost:.2} s | 2.0 +-0.4 s |");

    let capacity = truth::capacity(false, truth::GREEN_S);
    println!("\n## Even arrivals, capacity {capacity:.0} veh/h\n");
    println!(
        "| veh/h | delay, s | of it without a signal, s | d1, s | difference of control delay, s |\n|---|---|---|---|---|"
    );
    for demand in [150.0, 300.0, 450.0, 600.0] {
        let met = truth::even_delay(demand);
        let (d1, control) = (truth::d1(met.flow, capacity), met.delay_s - met.without_signal_s);
        let (flow, delay, without) = (met.flow, met.delay_s, met.without_signal_s);
        println!("| {flow:.0} | {delay:.2} | {without:.2} | {d1:.2} | {:+.2} |", control - d1);
    }

    let capacity = truth::capacity(true, truth::GREEN_S);
    println!("\n## Random arrivals, an hour from an empty road, 60 seeds, capacity {capacity:.0} veh/h\n");
    println!(
        "| degree of saturation | delay, s | of it without a signal, s | HCM d1 + d2, s | ratio |\n|---|---|---|---|---|"
    );
    for x in [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.94] {
        let met = truth::random_delay(x * capacity, 60);
        let theory = truth::d1(met.flow, capacity) + truth::d2(met.flow, capacity);
        let (x, delay, without) = (met.flow / capacity, met.delay_s, met.without_signal_s);
        println!("| {x:.2} | {delay:.1} | {without:.1} | {theory:.1} | {:.3} |", delay / theory);
    }

    println!("\n## Standing queues against the starting wave\n");
    println!(
        "| cars | length, m | cars at their spacing, m | last passes, s after green | by the wave, s |\n|---|---|---|---|---|"
    );
    for cars in [5, 10, 20, 30] {
        let ((length, passed), wave) = (truth::standing(cars), truth::standing_wave(cars, flow, lost));
        println!("| {cars} | {length:.1} | {:.1} | {:.2} | {:.2} |", wave.0, passed[cars - 1], wave.1);
    }

    println!("\n## Queues under even arrivals against kinematic waves\n");
    println!(
        "| veh/h | red, s | vehicles | by waves | reach, m | by waves, m | cleared after green, s | by waves, s | any passage off by, s | slower than half the limit: reach, m | until, s |\n|---|---|---|---|---|---|---|---|---|---|---|"
    );
    for (demand, red) in waves::CASES {
        let (met, wave) = waves::queue(demand, red, flow, lost);
        let truth::Queue { reach_m, cleared_s } = truth::queue(demand, red);
        println!(
            "| {demand:.0} | {red:.0} | {:.2} | {:.2} | {:.1} | {:.1} | {:.2} | {:.2} | {:.2} | {reach_m:.1} | {cleared_s:.1} |",
            met.vehicles, wave.vehicles, met.reach_m, wave.reach_m, met.cleared_s, wave.cleared_s, met.off_s
        );
    }

    println!("\n## Platoons behind a signal, three lanes, 1,200 veh/h, 40 of 120 s green\n");
    println!(
        "| speeds vary by | friction | metres | travel, s | Robertson F | lag, s | alpha | R2 |\n|---|---|---|---|---|---|---|---|"
    );
    let spread = [0.04, 0.08, 0.12, 0.16, 0.20].map(|sd| (sd, 0.0));
    for (sd, friction) in spread.into_iter().chain([0.1, 0.2, 0.3, 0.35].map(|friction| (0.08, friction))) {
        for fit in platoon::fits(&platoon::profiles(sd, friction, 8.0)) {
            let platoon::Fit { distance_m, travel_s, f, lag_s, alpha, r2 } = fit;
            println!(
                "| {sd} | {friction} | {distance_m:.0} | {travel_s:.1} | {f:.2} | {lag_s} | {alpha:.2} | {r2:.3} |"
            );
        }
    }

    println!("\n## Saturation flow of default cars by their time gap\n");
    println!("| T, s | veh/h |\n|---|---|");
    for gap_s in [0.9, 1.03, 1.2, 1.4, 1.6, 1.8, 2.0] {
        let driver = Driver { headway_s: gap_s, ..Driver::CAR };
        println!("| {gap_s} | {:.1} |", truth::saturation(&truth::standing_of(driver, 26).1).0);
    }
}
