//! The schema of the definition language: it is what the program prints, what is shipped passes it, what is shaped wrongly does not.
//!
//! `GREENWAVE_GOLDEN=write cargo test --test schema` writes `corridors/schema.json` anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may die")]

use greenwave::corridor::{Rule, load, schema};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn root(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// All definition files below a folder, plan books left out.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() && !path.ends_with("plans") {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|e| e == "toml") {
            found.push(path);
        }
    }
    found
}

/// TOML as JSON; `None` where it is no TOML.
fn decoded(path: &Path) -> Option<Value> {
    fn json(value: toml::Value) -> Value {
        match value {
            toml::Value::String(text) => text.into(),
            toml::Value::Integer(n) => n.into(),
            toml::Value::Float(x) => json!(x),
            toml::Value::Boolean(b) => b.into(),
            toml::Value::Datetime(at) => at.to_string().into(),
            toml::Value::Array(items) => items.into_iter().map(json).collect(),
            toml::Value::Table(table) => Value::Object(table.into_iter().map(|(k, v)| (k, json(v))).collect()),
        }
    }
    let text = String::from_utf8(std::fs::read(path).unwrap()).ok()?;
    toml::from_str(&text).ok().map(json)
}

/// The part of JSON Schema that the program writes; anything else in a schema is a failure of the test.
fn valid(whole: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let rules = match schema {
        Value::Bool(true) => return Ok(()),
        Value::Bool(false) => return Err(format!("{value} must not be there")),
        other => other.as_object().unwrap(),
    };
    let number = |rule: &Value| rule.as_f64().unwrap();
    for (key, rule) in rules {
        let fine = match key.as_str() {
            "$schema" | "title" | "description" | "$defs" => true,
            "$ref" => {
                let name = rule.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                valid(whole, &whole["$defs"][name], value)?;
                true
            }
            "type" => match rule.as_str().unwrap() {
                "string" => value.is_string(),
                "integer" => value.is_i64() || value.is_u64(),
                "number" => value.is_number(),
                "boolean" => value.is_boolean(),
                "array" => value.is_array(),
                "object" => value.is_object(),
                other => panic!("type {other}"),
            },
            "enum" => rule.as_array().unwrap().contains(value),
            "minimum" => value.as_f64().is_none_or(|x| x >= number(rule)),
            "maximum" => value.as_f64().is_none_or(|x| x <= number(rule)),
            "minLength" => value.as_str().is_none_or(|text| text.chars().count() as f64 >= number(rule)),
            "minItems" => value.as_array().is_none_or(|items| items.len() as f64 >= number(rule)),
            "pattern" => value.as_str().is_none_or(|text| matches(rule.as_str().unwrap(), text)),
            "format" => {
                assert_eq!(rule, "date");
                let dashes: Vec<usize> = value.as_str().unwrap_or("").match_indices('-').map(|(at, _)| at).collect();
                value.as_str().is_none_or(|text| text.len() == 10 && dashes == [4, 7])
            }
            "items" => value.as_array().is_none_or(|items| items.iter().all(|item| valid(whole, rule, item).is_ok())),
            "required" => rule.as_array().unwrap().iter().all(|k| value.get(k.as_str().unwrap()).is_some()),
            "properties" => {
                let there = rule.as_object().unwrap().iter().filter_map(|(k, rule)| Some((rule, value.get(k)?)));
                there.into_iter().try_for_each(|(rule, value)| valid(whole, rule, value))?;
                true
            }
            "additionalProperties" => {
                let named = rules.get("properties").and_then(Value::as_object);
                let others = value.as_object().into_iter().flatten();
                let others = others.filter(|(k, _)| !named.is_some_and(|named| named.contains_key(*k)));
                others.into_iter().try_for_each(|(k, v)| valid(whole, rule, v).map_err(|e| format!("{k}: {e}")))?;
                true
            }
            "anyOf" => rule.as_array().unwrap().iter().any(|rule| valid(whole, rule, value).is_ok()),
            "oneOf" => rule.as_array().unwrap().iter().filter(|rule| valid(whole, rule, value).is_ok()).count() == 1,
            other => panic!("the schema says {other}"),
        };
        if !fine {
            return Err(format!("{key} {rule}: {value}"));
        }
    }
    Ok(())
}

/// The forms that the language has.
fn matches(pattern: &str, text: &str) -> bool {
    let id = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match pattern {
        "^[A-Za-z0-9_-]{1,32}$" => (1..=32).contains(&text.len()) && text.chars().all(id),
        "^[ULTR]{1,4}$" => (1..=4).contains(&text.len()) && text.chars().all(|c| "ULTR".contains(c)),
        "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$" => {
            let two = |part: &str| (part.len() == 2).then(|| part.parse::<u32>().ok()).flatten();
            let (h, m) = text.split_once(':').and_then(|(h, m)| Some((two(h)?, two(m)?))).unwrap_or((99, 99));
            m < 60 && h * 60 + m <= 1440
        }
        other => panic!("what does {other} match?"),
    }
}

/// Valid as a file of the kind it says it is; that says more than `oneOf`.
fn checked(schema: &Value, value: &Value) -> Result<(), String> {
    valid(schema, schema, value).map_err(|whole| {
        let kind = value["kind"].as_str().filter(|kind| schema["$defs"].get(*kind).is_some());
        kind.map_or(whole, |kind| valid(schema, &schema["$defs"][kind], value).unwrap_err())
    })
}

#[test]
fn the_committed_schema_is_the_programs() {
    let path = root("corridors/schema.json");
    let now = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("GREENWAVE_GOLDEN").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == now, "corridors/schema.json is not what `greenwave check --schema` prints; write it anew");
}

#[test]
fn what_is_shipped_is_valid() {
    let schema = schema();
    let shipped: Vec<PathBuf> =
        ["corridors", "tests/networks"].iter().flat_map(|folder| files(&root(folder))).collect();
    assert!(shipped.len() >= 6, "{shipped:?}");
    for path in shipped {
        checked(&schema, &decoded(&path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }
}

#[test]
fn what_the_reader_passes_is_valid_and_what_it_refuses_for_its_shape_is_not() {
    // Rules that say something of one key alone, or of which keys there are.
    let shape = [
        Rule::Kind,
        Rule::KeyMissing,
        Rule::KeyUnknown,
        Rule::KeysExclude,
        Rule::Type,
        Rule::Range,
        Rule::Word,
        Rule::ClockTime,
        Rule::IdForm,
    ];
    let schema = schema();
    let (mut refused, mut passed) = (0, 0);
    for path in files(&root("tests/corridors")) {
        let Some(value) = decoded(&path) else { continue };
        let problems = load(&[("a.toml".to_owned(), std::fs::read(&path).unwrap())]).err().unwrap_or_default();
        // Without a city beside it a file lacks what the schema leaves to the city.
        let of_shape = |rule: Rule| shape.contains(&rule);
        let wrong: Vec<_> =
            problems.iter().filter(|p| of_shape(p.rule) && !p.message.contains("utc_offset_h is miss")).collect();
        let found = checked(&schema, &value);
        // Layouts' names and least lengths of pockets are no keys of a schema.
        let beyond =
            |m: &str| m.contains("its name") || m.contains("too short for") || m.contains("quarters of an hour");
        if wrong.iter().any(|p| !beyond(&p.message)) {
            assert!(found.is_err(), "{} is valid, and yet: {}", path.display(), wrong[0]);
            refused += 1;
        } else if problems.iter().all(|p| !matches!(p.rule, Rule::NotFinite | Rule::Empty | Rule::Date)) {
            found.unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            passed += 1;
        }
    }
    assert!(refused >= 15 && passed >= 60, "{refused} {passed}");
}

#[test]
fn keys_at_odds_are_at_odds_in_the_schema() {
    let schema = schema();
    let of = |name: &str, value: Value| valid(&schema, &schema["$defs"][name], &value).is_ok();
    let link = |more: Value| {
        let mut link = json!({ "between": ["a", "b"] });
        link.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        of("link", link)
    };
    assert!(link(json!({ "distance_m": 300, "speed_km_h": 50 })));
    assert!(link(json!({ "distance_m": 300, "outbound_speed_km_h": 50, "inbound_speed_km_h": 40 })));
    assert!(!link(json!({ "distance_m": 300, "outbound_speed_km_h": 50 })));
    assert!(!link(json!({ "distance_m": 300, "speed_km_h": 50, "inbound_speed_km_h": 40, "outbound_speed_km_h": 50 })));
    assert!(!link(json!({ "distance_m": 300 })) && !link(json!({ "distance_m": 3, "speed_km_h": 50 })));
    let name = json!({ "zh": "节", "en": "day" });
    let special = |dates: Value| {
        let mut special = json!({ "name": name, "day_plan": "rest" });
        special.as_object_mut().unwrap().extend(dates.as_object().unwrap().clone());
        of("special", special)
    };
    assert!(special(json!({ "date": "2026-10-01" })) && special(json!({ "from": "2026-10-01", "to": "2026-10-07" })));
    assert!(!special(json!({ "from": "2026-10-01" })) && !special(json!({ "date": "2026-10-01", "to": "2026-10-07" })));
    assert!(!special(json!({})) && !of("name", json!({ "zh": "节" })) && !of("name", json!({ "zh": "节", "en": "" })));
}
