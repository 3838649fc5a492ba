//! Bare problems as a researcher hands them over: what is answered, and how a wrong one is refused.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Runs `greenwave optimise` with a text on standard input.
fn optimise(args: &[&str], text: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_greenwave"));
    command.arg("optimise").args(args).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")));
    let mut program = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    program.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    program.wait_with_output().unwrap()
}

fn answers(args: &[&str], text: &str) -> Vec<Value> {
    let output = optimise(args, text);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    told["answers"].as_array().unwrap().clone()
}

fn number(answer: &Value, key: &str) -> f64 {
    answer[key].as_f64().unwrap_or_else(|| panic!("{key} of {answer}"))
}

#[test]
fn the_published_arterial_has_its_published_bands() {
    let told = answers(&["examples/bandwidth.json"], "");
    let [free, ratio, sum, links, left] = told.as_slice() else { panic!("{told:?}") };
    let cycle = number(free, "cycle_s");
    assert!((cycle - 57.93).abs() < 0.01 && (number(free, "b_out_s") / cycle - 0.281_414).abs() < 1e-5, "{free}");
    assert!((number(free, "value") - 2.0 * 0.281_414).abs() < 1e-5, "a range counts in shares of the cycle: {free}");
    assert!((number(ratio, "b_in_s") / 65.0 - 0.2081).abs() < 1e-4, "{ratio}");
    assert!((number(sum, "value") / 65.0 - 0.52).abs() < 1e-6, "{sum}");
    assert!(number(links, "value") >= number(ratio, "value"), "link bands are at least as wide: {links}");
    assert!(number(left, "b_out_s") >= 10.0 - 1e-6 && number(left, "b_in_s") >= 10.0 - 1e-6, "{left}");
    for answer in &told {
        assert_eq!(answer["proof"], json!(true), "{answer}");
        assert!(number(answer, "bound") >= number(answer, "value") && number(answer, "solve_ms") >= 0.0);
        assert_eq!(answer["offsets_s"].as_array().unwrap().len(), answer["patterns"].as_array().unwrap().len());
    }
}

/// One question a line, from standard input, both kinds mixed; ids may be numbers.
#[test]
fn lines_of_both_kinds_are_answered_in_their_order() {
    let band = json!({"id": 7, "cycle": {"s": 80}, "signals": [{"group_s": 40}, {"group_s": 36}],
        "links": [{"length_m": 400, "speed_out_kmh": 36, "speed_in_kmh": 36}], "variants": ["ratio", "sum"]});
    let profile: Vec<f64> = (0..20).map(|t| if t < 8 { 0.4 } else { 0.05 }).collect();
    let delay = json!({"id": "y1", "nodes": 2, "cycle_s": 20, "alpha": 0.35, "beta": 0.8, "stop_penalty_s": 10,
        "links": [{"from": 0, "to": 1, "length_m": 150, "travel_s": 11, "sat_veh_s": 0.5, "green_start_s": 0, "green_s": 9,
        "profile_veh_s": profile}]});
    let told = answers(&["-"], &format!("{band}\n{delay}\n"));
    let ids: Vec<&Value> = told.iter().map(|a| &a["id"]).collect();
    assert_eq!(ids, [&json!(7), &json!(7), &json!("y1")]);
    // 400 m at 10 m/s each way is one cycle there and back: the greens meet whole.
    assert!((number(&told[0], "b_out_s") - 36.0).abs() < 1e-6, "{}", told[0]);
    assert_eq!(told[2]["proof"], json!(true));
    // The indented form says the same.
    let pretty = answers(&["-", "--pretty"], &format!("[{band}, {delay}]"));
    assert_eq!(pretty[2]["theta_s"], told[2]["theta_s"]);
}

#[test]
fn what_cannot_be_had_is_an_answer() {
    let text = json!({"id": "a", "cycle": {"s": 60}, "signals": [{"group_s": 20}, {"group_s": 20}],
        "links": [{"length_m": 150, "speed_out_kmh": 36, "speed_in_kmh": 36}],
        "objective": {"b_min_out_s": 15, "b_min_in_s": 15}, "variants": ["sum"]});
    let told = answers(&["-"], &text.to_string());
    assert_eq!((&told[0]["value"], &told[0]["proof"]), (&Value::Null, &json!(true)));
    assert!(told[0]["reason"].as_str().unwrap().contains("least widths"));
}

#[test]
fn every_fault_of_every_problem_is_told_and_nothing_solved() {
    let text = r#"
        {"id": "one", "cycle": {"s": 90}, "signals": [{"group_s": 120}, {"group_s": 40, "left_out_s": 5}], "links": [],
         "objectiv": {}, "variants": ["sum", "best"]}
        {"id": "two", "cycle": {"min_s": 80, "max_s": 60}, "signals": [{"group_f": 0.4, "patterns": ["lead-lead"]}], "links": [], "variants": ["ratio"]}
        {"id": "three", "nodes": 2, "cycle_s": 10, "alpha": 0.35, "beta": 0.8,
         "links": [{"from": 0, "to": 5, "travel_s": 3, "sat_veh_s": 1, "green_start_s": 0, "green_s": 5, "profile_veh_s": [1, 2]}]}
        {"nodes": "many"}
        {"id": "five", "cycle"#;
    let output = optimise(&["-"], text);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(output.stdout.is_empty());
    for words in [
        r#"-: problem "one": [range] signals[0].group_s: 120 is not above 0 and at most 90. Set it above 0 and at most 90."#,
        r#"problem "one": [missing] signals[1].patterns: is missing. Give a list of: lead-lag, lag-lead, lead-lead, lag-lag."#,
        r#"problem "one": [length] links: 0 links between 2 signals. Give 1"#,
        r#"problem "one": [unknown] objectiv: nobody knows this key here. Take it out or name one of: id, cycle,"#,
        r#"problem "one": [choice] variants[1]: "best" is no choice. Take one of: sum, ratio, multiband."#,
        r#"problem "two": [range] cycle.max_s: 60 is under the least, 80. Set it to 80 at least."#,
        r#"problem "three": [length] links[0].profile_veh_s: 2 numbers where 10 belong. Give 10."#,
        "problem #4: [missing] id: is missing",
        "problem #4: [type] nodes: a text where a whole number of at least 0 belongs",
        "problem #5: [syntax]",
    ] {
        assert!(said.contains(words), "`{words}` is not in\n{said}");
    }
    assert!(said.trim_end().ends_with("nothing was solved"), "{said}");
}

#[test]
fn a_delay_problem_the_solver_refuses_is_a_fault_too() {
    let problem = |to: usize, flow: f64| {
        json!({"id": "n", "nodes": 2, "cycle_s": 10, "alpha": 0.35, "beta": 0.8, "links": [{"from": 0, "to": to, "travel_s": 3,
            "sat_veh_s": 1, "green_start_s": 0, "green_s": 5, "profile_veh_s": vec![flow; 10]}]})
    };
    let output = optimise(&["-"], &format!("{}{}", problem(5, 0.1), problem(1, 0.9)));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("there is no node 5") && said.contains("Lengthen green_s"), "{said}");
}
