//! Mutants of the shipped definitions: nothing panics or hangs, what is known to be wrong is refused, and the line is the right
//! one. `cargo test --test definition_mutants -- --nocapture figures` prints how often.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

use greenwave::corridor::{Problem, Rule, load};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A small generator with a seed (splitmix64), so that a failing mutant can be made again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ z >> 31) % n as u64) as usize
    }

    fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

fn shipped() -> Vec<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corridors");
    ["three.toml", "dongchang-road.toml", "examples/full.toml", "examples/ring-barrier.toml"]
        .map(|name| std::fs::read_to_string(folder.join(name)).unwrap().lines().map(str::to_owned).collect())
        .to_vec()
}

/// What `load` says of a mutant; every problem must point at a line that is there and quote it.
fn check(bytes: &[u8]) -> Vec<Problem> {
    let Err(problems) = load(&[("mutant.toml".to_owned(), bytes.to_vec())]) else { return Vec::new() };
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.split('\n').map(|line| line.trim_end_matches('\r')).collect();
    assert!(!problems.is_empty());
    for problem in &problems {
        assert_eq!(lines.get(problem.line - 1), Some(&problem.source.as_str()), "{problem}");
        assert!(problem.column <= problem.source.chars().count() + 1, "{problem}");
        assert!(!problem.render().is_empty());
    }
    problems
}

fn refused(lines: &[String], what: &str) -> Vec<Problem> {
    let problems = check(lines.join("\n").as_bytes());
    assert!(!problems.is_empty(), "accepted: {what}");
    problems
}

/// The value of a `key = value` line without its comment.
fn value(line: &str) -> Option<(&str, &str)> {
    let (key, rest) = line.split_once(" = ")?;
    let value = rest.split(" #").next()?.trim();
    (!key.starts_with('#')).then_some((key, value))
}

#[test]
fn a_number_that_is_none_is_told_on_its_line() {
    let mut dice = Dice(1);
    for lines in shipped() {
        let numbers: Vec<usize> = (0..lines.len())
            .filter(|&i| {
                value(&lines[i])
                    .is_some_and(|(_, v)| v.parse::<f64>().is_ok() || v.starts_with("[0") || v.starts_with("[1"))
            })
            .collect();
        for _ in 0..200 {
            let at = *dice.of(&numbers);
            let bad = *dice.of(&[
                "nan",
                "-inf",
                "inf",
                "-7.5e9",
                "1e300",
                "\"12\"",
                "true",
                "{ a = 1 }",
                "[nan]",
                "07:00:00",
                "99999999999999999999",
            ]);
            let mut mutant = lines.clone();
            let (key, old) = value(&lines[at]).unwrap();
            mutant[at] = format!("{key} = {bad}");
            let problems = refused(&mutant, &mutant[at]);
            assert!(problems.iter().any(|p| p.line == at + 1), "{key} = {bad} (was {old}): {}", problems[0]);
        }
    }
}

/// Where the numbers of a line's value stand that are neither in a text nor in a comment.
fn numbers_in(line: &str) -> Vec<std::ops::Range<usize>> {
    let Some((key, _)) = value(line) else { return Vec::new() };
    let mut numbers: Vec<std::ops::Range<usize>> = Vec::new();
    let mut quoted = false;
    for (at, byte) in line.bytes().enumerate().skip(key.len()) {
        match byte {
            b'"' => quoted = !quoted,
            b'#' if !quoted => break,
            b'0'..=b'9' | b'.' if !quoted => match numbers.last_mut() {
                Some(last) if last.end == at => last.end = at + 1,
                _ => numbers.push(at..at + 1),
            },
            _ => {}
        }
    }
    // the 2 of `P2 = "2"` is part of a name
    numbers.retain(|n| !line.as_bytes()[n.start - 1].is_ascii_alphanumeric());
    numbers
}

#[test]
fn a_number_in_a_list_or_table_that_is_none_is_told_on_its_line() {
    let mut dice = Dice(6);
    for lines in shipped() {
        let places: Vec<(usize, std::ops::Range<usize>)> = (0..lines.len())
            .filter(|&i| lines[i].contains(['[', '{']))
            .flat_map(|i| numbers_in(&lines[i]).into_iter().map(move |place| (i, place)))
            .collect();
        for _ in 0..200 {
            let (at, place) = dice.of(&places).clone();
            let bad = *dice.of(&["nan", "-inf", "-7.5e9", "1e300", "\"12\"", "true", "[]", "99999999999999999999"]);
            let mut mutant = lines.clone();
            mutant[at].replace_range(place, bad);
            let problems = refused(&mutant, &mutant[at]);
            assert!(problems.iter().any(|p| p.line == at + 1), "{}: {}", mutant[at], problems[0]);
        }
    }
}

#[test]
fn what_would_hurt_on_the_street_is_refused_by_its_rule() {
    let read = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corridors/examples").join(name);
        std::fs::read_to_string(path).unwrap()
    };
    let (full, rings) = (read("full.toml"), read("ring-barrier.toml"));
    for (text, from, to, rule) in [
        // a slip lane's right turn gets a lamp, or loses it
        (&full, "right_turn = \"channelised\"", "right_turn = \"signal\"", Rule::MovementUnserved),
        (&full, "right_turn = \"on-red\"", "right_turn = \"channelised\"", Rule::RightTurn),
        // vehicles wait in the middle of the intersection while others cross
        (&full, "opens_with = \"ST\"", "opens_with = \"WT\"", Rule::WaitingArea),
        (&full, "local_rest = 1", "local_rest = 1\nsequences = [[1, 3, 2, 4]]", Rule::WaitingArea),
        // greens that are not there
        (&full, "late_start_s = { ET = 3 }", "late_start_s = { WT = 3 }", Rule::WithinGreen),
        (&full, "early_cut_s = { PN = 5, PS = 5 }", "early_cut_s = { PN = 5, WL = 5 }", Rule::WithinGreen),
        (&full, "early_cut_s = { PN = 5, PS = 5 }", "early_cut_s = { PN = 5, PS = 59.9, ET = 60 }", Rule::CycleMinima),
        // both halves at once, half a crossing, who walks in front of whom
        (&full, "half = \"near\"", "half = \"far\"", Rule::CrossingNowhere),
        (
            &full,
            "phases = [\"WL\", \"EL\", \"PWf\", \"PEf\"]",
            "phases = [\"WL\", \"EL\", \"PWn\", \"PEf\"]",
            Rule::StageConflict,
        ),
        (&full, "WL = [\"PWf\"]", "WL = [\"PN\"]", Rule::GivesWay),
        (&full, "EA = [\"WT\", \"PS\"]", "EA = [\"PS\"]", Rule::ConflictMissing),
        (&full, "EA = [\"WT\", \"PS\"]", "EA = [\"WT\", \"PS\"]\nWT = [\"EA\"]", Rule::GivesWay),
        (&full, "sequences = [[1, 3, 2]]", "sequences = [[1, 3]]", Rule::Sequence),
        (&full, "exit_channels = [20, 21]", "exit_channels = [20, 21, 22]", Rule::AdvancePlace),
        (&full, "stop_line_channels = [9, 10, 11]", "stop_line_channels = [0, 10, 11]", Rule::LocalCalls),
        // barriers that part nobody, rings that collide
        (&rings, "[[\"1\", \"2\"], [\"5\", \"6\"]]", "[[\"1\", \"6\"], [\"5\", \"2\"]]", Rule::RingConflict),
        (&rings, "[[\"3\", \"4\"], [\"7\", \"8\"]]", "[[\"3\", \"4\", \"3\"], [\"7\", \"8\"]]", Rule::RingShape),
        (&rings, "P8 = \"8\"", "P8 = \"4\"", Rule::RingConflict),
        (&rings, ", 8 = 40", "", Rule::RingShape),
        (&rings, "local_recalls = [2]", "local_recalls = [5]", Rule::Reference),
    ] {
        assert!(text.contains(from), "{from}");
        let problems = check(text.replacen(from, to, 1).as_bytes());
        assert!(problems.iter().any(|p| p.rule == rule), "{to}: {problems:?}");
    }
}

/// The shipped profiles under ids of their own, so that a mutant is not refused for being none of the shipped ones.
fn profiles() -> Vec<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corridors/profiles");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap().replace("\nid = \"", "\nid = \"my-");
    let lines = |name: &str| read(name).lines().map(str::to_owned).collect();
    ["reference.toml", "plc.toml", "plan-select.toml"].map(lines).to_vec()
}

/// The rules that a profile breaks; that it is no network goes without saying.
fn breaks(lines: &[String]) -> Vec<Problem> {
    check(lines.join("\n").as_bytes()).into_iter().filter(|problem| problem.rule != Rule::NoCorridor).collect()
}

#[test]
fn a_profile_whose_registers_collide_or_are_gone_is_told_so() {
    let mut seen = [0; 3];
    for lines in profiles() {
        assert_eq!(breaks(&lines), []);
        for at in 0..lines.len() {
            let Some((key, old)) = value(&lines[at]) else { continue };
            let mut mutant = lines.clone();
            // a value moved out of its block, or misspelt
            if old.starts_with("{ word") {
                let word: u32 = old.split([' ', ',']).nth(3).unwrap().parse().unwrap();
                mutant[at] = lines[at].replacen(&format!("word = {word}"), "word = 60000", 1);
                let problems = breaks(&mutant);
                assert!(problems.iter().any(|p| p.rule == Rule::ItemPlace && p.line == at + 1), "{}", mutant[at]);
                mutant[at] = lines[at].replacen("word", "wort", 1);
                assert!(breaks(&mutant).iter().any(|p| p.rule == Rule::KeyUnknown && p.line == at + 1), "{key}");
                seen[0] += 1;
            }
            // the second of two values on the first
            if let (true, Some((_, next))) = (old.starts_with("{ word"), lines.get(at + 1).and_then(|l| value(l)))
                && next.starts_with("{ word")
            {
                mutant = lines.clone();
                mutant[at + 1] = format!("{} = {old}", value(&lines[at + 1]).unwrap().0);
                let problems = breaks(&mutant);
                let told = |p: &Problem| p.rule == Rule::ItemPlace && (at + 1..=at + 2).contains(&p.line);
                assert!(problems.iter().any(told), "{}", mutant[at + 1]);
                seen[1] += 1;
            }
            // a block beyond the last register
            if key == "at" && header(&lines, at).is_some_and(|(_, header)| header != "[status]") {
                mutant = lines.clone();
                mutant[at] = "at = 65535".to_owned();
                let beyond = breaks(&mutant);
                assert!(beyond.iter().any(|p| p.rule == Rule::BlockSize) || lines[at + 1] == "words = 1", "{at}");
                seen[2] += 1;
            }
        }
    }
    assert!(seen[0] > 90 && seen[1] > 50 && seen[2] > 15, "{seen:?}");
}

#[test]
fn damage_to_a_profile_never_panics() {
    let mut dice = Dice(9);
    for lines in profiles() {
        let numbers: Vec<(usize, std::ops::Range<usize>)> =
            (0..lines.len()).flat_map(|i| numbers_in(&lines[i]).into_iter().map(move |place| (i, place))).collect();
        for _ in 0..400 {
            let mut mutant = lines.clone();
            for _ in 0..1 + dice.below(3) {
                let (at, place) = dice.of(&numbers).clone();
                let odd = *dice.of(&["0", "1", "65535", "65536", "-1", "3.5", "nan", "123", "\"u64\""]);
                if mutant[at] == lines[at] {
                    mutant[at].replace_range(place, odd);
                }
            }
            if dice.below(4) == 0 {
                mutant.remove(dice.below(mutant.len()));
            }
            breaks(&mutant);
        }
    }
}

#[test]
fn a_required_line_that_is_gone_is_missed() {
    let mut dice = Dice(2);
    let may_go = [
        "stop_line_channels",
        "advance_channels",
        "saturation_veh_h",
        "pedestrians_per_h",
        "entry_m",
        "right_turn",
        "waiting_area",
        "bike_channel",
        "sequences",
        "late_start_s",
        "early_cut_s",
        "on_call",
        "local_passage_s",
        "local_max_green_s",
        "local_rest",
    ];
    for lines in shipped() {
        let required: Vec<usize> = (0..lines.len())
            .filter(|&i| {
                value(&lines[i]).is_some_and(|(k, _)| !may_go.contains(&k) || k == "entry_m" && !lines[i].contains('{'))
            })
            .filter(|&i| !lines[i].starts_with("pedestrians_per_h = {"))
            .collect();
        for _ in 0..150 {
            let mut mutant = lines.clone();
            let gone = mutant.remove(*dice.of(&required));
            refused(&mutant, &format!("without {gone}"));
        }
    }
}

#[test]
fn an_unknown_key_and_a_doubled_id_are_told_on_their_line() {
    let mut dice = Dice(3);
    for lines in shipped() {
        let ids: Vec<usize> = (0..lines.len()).filter(|&i| lines[i].starts_with("id = ")).skip(1).collect();
        for _ in 0..60 {
            let mut mutant = lines.clone();
            let pair = dice.below(ids.len() - 1);
            mutant[ids[pair + 1]] = mutant[ids[pair]].clone();
            let same_kind = lines[ids[pair]].len() == lines[ids[pair + 1]].len();
            let problems = refused(&mutant, &format!("{} twice", mutant[ids[pair]]));
            if same_kind && lines[ids[pair] - 1] == lines[ids[pair + 1] - 1] {
                assert!(problems.iter().any(|p| p.line == ids[pair + 1] + 1), "{}", problems[0]);
            }
            let mut mutant = lines.clone();
            let at = *dice.of(&ids);
            mutant.insert(at, format!("key{} = 1", dice.below(100)));
            let problems = refused(&mutant, "an unknown key");
            assert!(problems.iter().any(|p| p.line == at + 1), "{}", problems[0]);
        }
    }
}

#[test]
fn every_conflict_is_missed_and_every_swap_is_seen() {
    let mut dice = Dice(4);
    for lines in shipped() {
        let rows: Vec<usize> = (0..lines.len())
            .filter(|&i| {
                value(&lines[i]).is_some_and(|(k, v)| {
                    k.len() <= 3
                        && v.starts_with("[\"")
                        && k.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
                })
            })
            .collect();
        for _ in 0..60 {
            let at = *dice.of(&rows);
            let (key, list) = value(&lines[at]).unwrap();
            let ids: Vec<&str> = list.trim_matches(['[', ']']).split(", ").collect();
            let gone = dice.below(ids.len());
            let left: Vec<&str> = ids.iter().enumerate().filter(|(i, _)| *i != gone).map(|(_, id)| *id).collect();
            let mut mutant = lines.clone();
            mutant[at] = format!("{key} = [{}]", left.join(", "));
            refused(&mutant, &format!("{key} without {}", ids[gone]));
        }
        for (first, second) in [("cycle_min_s", "cycle_max_s"), ("from = \"0", "to = \""), ("from = \"1", "to = \"")] {
            for at in 0..lines.len() - 1 {
                if lines[at].starts_with(first) && lines[at + 1].starts_with(second) {
                    let (a, b) = (value(&lines[at]).unwrap(), value(&lines[at + 1]).unwrap());
                    let mut mutant = lines.clone();
                    mutant[at] = format!("{} = {}", a.0, b.1);
                    mutant[at + 1] = format!("{} = {}", b.0, a.1);
                    let problems = refused(&mutant, &format!("{} and {} swapped", a.0, b.0));
                    assert!(problems.iter().any(|p| (at + 1..=at + 2).contains(&p.line)), "{}", problems[0]);
                }
            }
        }
    }
}

#[test]
fn damage_of_any_kind_never_panics() {
    let mut dice = Dice(5);
    for lines in shipped() {
        let text = lines.join("\n").into_bytes();
        for round in 0..300 {
            let mut mutant = text.clone();
            match round % 5 {
                0 => mutant.truncate(dice.below(text.len())),
                1 => mutant[dice.below(text.len())] = dice.below(256) as u8,
                2 => mutant.insert(dice.below(text.len()), *dice.of(b"[]{}\"'=,.#\n\r\t\0\xff9-")),
                3 => {
                    let (a, b) = (dice.below(text.len()), dice.below(text.len()));
                    mutant.drain(a.min(b)..a.max(b).min(a.min(b) + 200));
                }
                _ => {
                    let (a, b) = (dice.below(lines.len()), dice.below(lines.len()));
                    let mut swapped = lines.clone();
                    swapped.swap(a, b);
                    mutant = swapped.join("\r\n").into_bytes();
                }
            }
            check(&mutant);
        }
    }
    for odd in [
        "",
        "\u{feff}",
        "\n",
        "kind",
        "[[[[",
        "kind = \"corridor\"",
        "a.b.c.d = 1",
        "layout = 3\nkind = \"corridor\"",
        "[layout.\"\\u0000\"]",
    ] {
        assert!(!check(odd.as_bytes()).is_empty(), "{odd:?} is taken for good");
    }
    check(format!("a = {}", "[".repeat(5_000)).as_bytes());
    check(format!("a = {}", "{b = ".repeat(5_000)).as_bytes());
    check(format!("[{}a]", "a.".repeat(3_000)).as_bytes());
}

/// The files of a network, each as lines.
type Files = Vec<(String, Vec<String>)>;

/// Every network that is shipped or tested with: files of every kind.
fn networks() -> Vec<Files> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tomls = |folder: &Path| {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|e| e == "toml"));
        paths.sort();
        paths
    };
    let mut networks: Vec<Vec<PathBuf>> = tomls(&root.join("corridors")).into_iter().map(|path| vec![path]).collect();
    networks.extend([root.join("corridors/jinan"), root.join("tests/networks/cross")].map(|folder| tomls(&folder)));
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect())
    };
    networks.into_iter().map(|paths| paths.into_iter().map(read).collect()).collect()
}

/// The header of the table that a line belongs to, and its line from 0; none at a file's top.
fn header(lines: &[String], at: usize) -> Option<(usize, &str)> {
    (0..at).rev().find(|&i| lines[i].starts_with('[')).map(|i| (i, lines[i].split(" #").next().unwrap().trim()))
}

/// The table's other lines.
fn table(lines: &[String], at: usize) -> &[String] {
    let start = header(lines, at).map_or(0, |(i, _)| i);
    let end = (at..lines.len()).find(|&i| lines[i].starts_with('[')).unwrap_or(lines.len());
    &lines[start..end]
}

/// Whether a key must be there, by the table it stands in.
fn required(lines: &[String], at: usize, key: &str) -> bool {
    let header = header(lines, at).map_or("", |(_, header)| header);
    let has = |key: &str| table(lines, at).iter().any(|line| line.starts_with(&format!("{key} = ")));
    let keys: &[&str] = match header.rsplit(['.', '[']).next().unwrap().trim_end_matches(']') {
        "" => &["kind", "id", "name", "outbound_from"],
        "period" | "school_period" | "term" => &["name", "from", "to"],
        "approach" => &["from", "lanes", "pocket_m", "speed_km_h", "entry_m"],
        "phase" if has("across") => &["id", "across", "walk_s", "clearance_s", "pedestrians_per_h"],
        "phase" => &["id", "from", "movements", "min_green_s", "yellow_s", "all_red_s"],
        "stage" => &["name", "phases", "max_green_s"],
        "intergreen" => &["from", "to", "length_s"],
        "intersection" => &["id", "name", "layout", "cabinet"],
        "member" => &["intersection", "chainage_m"],
        "link" => &["between", "distance_m", "speed_km_h"],
        "day_plan" => &["id", "name"],
        "special" => &["name", "day_plan", "date"],
        "direction_weight" => &["period", "outbound", "inbound"],
        _ if header.starts_with("[layout.") && header.matches('.').count() == 1 => {
            &["cycle_min_s", "cycle_max_s", "reference_phase", "local_green_s"]
        }
        _ => &[],
    };
    keys.contains(&key)
}

/// One change that makes a file wrong, and the lines (from 1) on one of which it must be told; `None` where it does not apply.
fn spoil(dice: &mut Dice, lines: &mut Vec<String>, kind: usize) -> Option<Vec<usize>> {
    let said: Vec<usize> = (0..lines.len()).filter(|&i| value(&lines[i]).is_some()).collect();
    let at = *dice.of(&said);
    let (key, old) = value(&lines[at]).map(|(k, v)| (k.to_owned(), v.to_owned()))?;
    let here = Some(vec![at + 1]);
    match kind {
        // a number that is none, or beyond any range
        0 if old.parse::<f64>().is_ok() => {
            let bad = *dice.of(&[
                "nan",
                "-inf",
                "-7.5e9",
                "1e300",
                "\"12\"",
                "true",
                "[1]",
                "07:00:00",
                "99999999999999999999",
            ]);
            lines[at] = format!("{key} = {bad}");
            here
        }
        // a required key gone, told where its table begins
        1 if required(lines, at, &key) => {
            let begins = header(lines, at).map_or(1, |(i, _)| i + 1);
            lines.remove(at);
            Some(vec![begins])
        }
        // a key the language does not know
        2 => {
            lines.insert(at, format!("key{} = 1", dice.below(100)));
            here
        }
        // a name of nothing
        3 if matches!(
            key.as_str(),
            "layout" | "intersection" | "day_plan" | "saturday" | "sunday" | "reference_phase"
        ) || key == "period" && old.starts_with('"') =>
        {
            lines[at] = format!("{key} = \"nobody{}\"", dice.below(100));
            here
        }
        4 if matches!(key.as_str(), "between" | "phases") => {
            let first = old.split('"').nth(1)?;
            lines[at] = format!("{key} = {}", old.replacen(&format!("\"{first}\""), "\"nobody\"", 1));
            here
        }
        // a word that is none
        5 if matches!(key.as_str(), "outbound_from" | "from" | "across" | "movements" | "kind")
            && old.starts_with('"') =>
        {
            lines[at] = format!("{key} = \"X9\"");
            // the phase of an intergreen is a reference, and told as such; everything else is no word
            here
        }
        // a name without one of its languages, or empty in it
        6 if key == "name" && old.contains("en = ") => {
            let chinese = old.split('"').nth(1)?;
            let bad = [format!("{{ zh = \"{chinese}\" }}"), format!("{{ zh = \" \", en = \"{chinese}\" }}")];
            lines[at] = format!("name = {}", dice.of(&bad));
            here
        }
        // an id that another has, told at the second
        7 if key == "id" => {
            let same = |i: usize| value(&lines[i]).is_some_and(|(k, _)| k == "id");
            let kin = |i: usize| header(lines, i).map(|h| h.1) == header(lines, at).map(|h| h.1);
            let others: Vec<usize> = said.iter().copied().filter(|&i| i != at && same(i) && kin(i)).collect();
            let other = *others.get(dice.below(others.len().max(1)))?;
            // phases are told apart within their layout only
            lines[at.max(other)] = lines[at.min(other)].clone();
            Some(vec![at.max(other) + 1])
        }
        // two ends swapped
        8 if key == "from" || key == "cycle_min_s" => {
            let (second, other) = value(lines.get(at + 1)?).map(|(k, v)| (k.to_owned(), v.to_owned()))?;
            let times = old.contains(':') || old.starts_with("20");
            if !(key == "from" && second == "to" && times || second == "cycle_max_s") {
                return None;
            }
            lines[at] = format!("{key} = {other}");
            lines[at + 1] = format!("{second} = {old}");
            Some(vec![at + 1, at + 2])
        }
        // slips of unit: kilometres for metres, metres a second for km/h, centimetres
        9 if matches!(key.as_str(), "distance_m" | "speed_km_h" | "entry_m") => {
            let x: f64 = old.parse().ok()?;
            let slip = match key.as_str() {
                "speed_km_h" => [x * 10.0, x / 36.0],
                _ => [x / 1000.0, x * 1000.0],
            };
            lines[at] = format!("{key} = {}", dice.of(&slip));
            here
        }
        // a cabinet that another has, told at the second
        10 if key == "cabinet" => {
            let others: Vec<usize> =
                said.iter().copied().filter(|&i| i != at && lines[i].starts_with("cabinet = ")).collect();
            let other = *others.get(dice.below(others.len().max(1)))?;
            lines[at.max(other)] = lines[at.min(other)].clone();
            Some(vec![at.max(other) + 1])
        }
        // a place that another has, or none: the smallest chainage is 0
        11 if key == "chainage_m" && old == "0" => {
            lines[at] = "chainage_m = 7".to_owned();
            here
        }
        _ => None,
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "that nothing hangs is a matter of the machine's clock")]
fn figures() {
    let mut dice = Dice(6);
    let (mut made, mut accepted, mut right, mut slowest) = (0_u32, Vec::new(), 0_u32, Duration::ZERO);
    let mut elsewhere = Vec::new();
    let mut by_kind = [0_u32; 12];
    for files in networks() {
        let whole = |files: &Files| -> Vec<(String, Vec<u8>)> {
            files.iter().map(|(name, lines)| (name.clone(), lines.join("\n").into_bytes())).collect()
        };
        let problems = load(&whole(&files)).err().unwrap_or_default();
        assert!(problems.is_empty(), "{}", problems[0]);
        let mut by_network = [0_u32; 12];
        // every kind of change in turn, as often as the network has places for it
        for turn in 0..12 * 4000 {
            let kind = turn % by_kind.len();
            if by_network[kind] >= 40 {
                continue;
            }
            let mut mutant = files.clone();
            let file = dice.below(files.len());
            let Some(lines) = spoil(&mut dice, &mut mutant[file].1, kind) else { continue };
            if mutant[file].1 == files[file].1 {
                continue;
            }
            made += 1;
            by_kind[kind] += 1;
            by_network[kind] += 1;
            let begun = Instant::now();
            let found = load(&whole(&mutant));
            slowest = slowest.max(begun.elapsed());
            let name = &files[file].0;
            let Err(problems) = found else {
                accepted.push(format!("{name}:{lines:?} kind {kind}: {}", mutant[file].1[lines[0] - 1]));
                continue;
            };
            for problem in &problems {
                let text = &mutant.iter().find(|(name, _)| *name == problem.file).unwrap().1;
                let empty = String::new();
                assert_eq!(text.get(problem.line - 1).unwrap_or(&empty), &problem.source, "a line: {problem}");
            }
            if problems.iter().any(|p| p.file == *name && lines.contains(&p.line)) {
                right += 1;
            } else {
                elsewhere.push(format!("{name}:{lines:?} kind {kind}: {}", problems[0]));
            }
        }
    }
    println!(
        "{made} mutants ({by_kind:?} by kind): 0 crashes, {} accepted, {right} on the right line ({:.2} %), slowest {slowest:?}",
        accepted.len(),
        100.0 * f64::from(right) / f64::from(made)
    );
    elsewhere.iter().for_each(|line| println!("elsewhere: {line}"));
    assert!(made >= 1000 && by_kind.iter().all(|&n| n >= 40), "{made} {by_kind:?}");
    assert!(accepted.is_empty(), "{accepted:#?}");
    assert!(f64::from(right) >= 0.99 * f64::from(made), "{elsewhere:#?}");
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
}
