//! Parsers of single values: numbers in their plausible ranges, times, words, ids.
//!
//! Knows: what each kind of value looks like and which range is plausible.
//! Must not know: which key or table a value belongs to.

use super::model::{Arm, Movement, Movements};
use super::operation::ClockZero;
use super::probe::Shape;
use super::reader::Fault;
use super::rule::Rule;
use crate::units::{Date, Metres, MetresPerSecond, Tenths, VehiclesPerHour};
use std::net::SocketAddr;
use toml::de::DeValue;

/// A plausible range of a number, ends included, with its unit for people.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    low: f64,
    high: f64,
    unit: &'static str,
    slip: &'static str,
}

const fn range(low: f64, high: f64, unit: &'static str, slip: &'static str) -> Range {
    Range { low, high, unit, slip }
}

/// Least green of vehicles.
pub(super) const MIN_GREEN: Range = range(3.0, 120.0, "s", "");
/// Longest green, and a green of the local plan.
pub(super) const GREEN: Range = range(3.0, 300.0, "s", "");
/// Yellow.
pub(super) const YELLOW: Range = range(3.0, 6.0, "s", "");
/// All red.
pub(super) const ALL_RED: Range = range(0.0, 6.0, "s", "");
/// An exception in the intergreen matrix.
pub(super) const INTERGREEN: Range = range(3.0, 20.0, "s", "");
/// Walk.
pub(super) const WALK: Range = range(4.0, 60.0, "s", "");
/// Pedestrian clearance.
pub(super) const CLEARANCE: Range = range(3.0, 90.0, "s", "");
/// Cycle lengths.
pub(super) const CYCLE: Range = range(30.0, 300.0, "s", "");
/// The heartbeat's timeout.
pub(super) const HEARTBEAT: Range = range(5.0, 600.0, "s", "");
/// Stop line to stop line.
pub(super) const SPACING: Range = range(20.0, 5_000.0, "m", " Are these kilometres?");
/// Distance from the corridor's start.
pub(super) const CHAINAGE: Range = range(0.0, 200_000.0, "m", "");
/// Road before a stop line.
pub(super) const ENTRY: Range = range(20.0, 5_000.0, "m", " Are these kilometres?");
/// A pocket; 0 is a lane that runs the whole link.
pub(super) const POCKET: Range = range(0.0, 1_000.0, "m", "");
/// An advance loop before its stop line.
pub(super) const ADVANCE: Range = range(5.0, 1_000.0, "m", "");
/// A design speed.
pub(super) const SPEED: Range = range(5.0, 120.0, "km/h", " Are these m/s?");
/// Saturation flow of one lane.
pub(super) const SATURATION: Range = range(300.0, 2_500.0, "veh/h", " It is per lane and hour.");
/// Pedestrians at one crossing.
pub(super) const PEDESTRIANS: Range = range(0.0, 20_000.0, "an hour", "");
/// Local time less UTC.
pub(super) const UTC_OFFSET: Range = range(-12.0, 14.0, "h", " It is in hours.");
/// A waiting area beyond the stop line.
pub(super) const WAITING: Range = range(5.0, 40.0, "m", "");
/// Lanes and stages, counted from 1.
pub(super) const NUMBER: Range = range(1.0, 16.0, "", "");
/// An exit loop beyond the intersection.
pub(super) const EXIT: Range = range(5.0, 500.0, "m", "");
/// A bicycles' lane.
pub(super) const BIKE_LANE: Range = range(1.0, 8.0, "m", "");
/// Bicycles and e-bikes of one approach.
pub(super) const BIKES: Range = range(0.0, 10_000.0, "an hour", "");
/// A part of the whole.
pub(super) const SHARE: Range = range(0.0, 1.0, "", " It is a part of 1, not percent.");
/// A late start or early cut.
pub(super) const WITHIN_GREEN: Range = range(0.1, 60.0, "s", "");
/// The gap after which a green ends.
pub(super) const PASSAGE: Range = range(0.5, 10.0, "s", "");
/// What a direction is worth.
pub(super) const WEIGHT: Range = range(0.1, 10.0, "", "");
/// Degrees north of the equator.
pub(super) const LATITUDE: Range = range(-75.0, 75.0, "degrees", " Are latitude and longitude swapped?");
/// Degrees east of Greenwich.
pub(super) const LONGITUDE: Range = range(-180.0, 180.0, "degrees", "");
/// Modbus unit ids.
pub(super) const UNIT: Range = range(1.0, 247.0, "", "");
/// Detector channels; 0 is no loop.
pub(super) const CHANNEL: Range = range(0.0, 32.0, "", "");
/// Numbers of stored plans.
pub(super) const PLAN_NUMBER: Range = range(1.0, 65_535.0, "", "");
/// An offset of a stored plan.
pub(super) const OFFSET: Range = range(0.0, 300.0, "s", "");
/// Bits a second of a serial line.
const BAUD: Range = range(1_200.0, 115_200.0, "bit/s", "");
/// The words of clock zeros.
pub(super) const CLOCK_ZEROS: &[(&str, ClockZero)] =
    &[("epoch", ClockZero::UnixEpoch), ("local-midnight", ClockZero::LocalMidnight)];
/// The step of time a controller runs.
pub(super) const STEP: Range = range(0.1, 1.0, "s", "");
/// A register's address, its place in a block, or what stands in it.
pub(super) const REGISTER: Range = range(0.0, 65_535.0, "", "");
/// How many registers.
pub(super) const REGISTERS: Range = range(1.0, 65_535.0, "", "");
/// Most registers of one read.
pub(super) const MOST_READ: Range = range(1.0, 125.0, "registers", "");
/// Most registers of one write.
pub(super) const MOST_WRITTEN: Range = range(1.0, 123.0, "registers", "");
/// Shortest cycle of a controller on its way to an offset, of the plan's.
pub(super) const SHORTEST: Range = range(50.0, 100.0, "%", "");
/// Longest cycle of a controller on its way to an offset, of the plan's.
pub(super) const LONGEST: Range = range(100.0, 200.0, "%", "");
/// Staging areas.
pub(super) const SLOTS: Range = range(1.0, 16.0, "", "");
/// Channels a controller may have.
pub(super) const CHANNELS: Range = range(1.0, 32.0, "", "");

impl Range {
    fn check(self, value: f64) -> Result<f64, Fault> {
        let Range { low, high, unit, slip } = self;
        let gap = if unit.is_empty() { "" } else { " " };
        if !value.is_finite() {
            return Err(Fault::new(
                Rule::NotFinite,
                format!("is {value}"),
                format!("Give a number of {low} to {high}{gap}{unit}."),
            ));
        }
        if (low..=high).contains(&value) {
            return Ok(value);
        }
        let message = format!("is {value}{gap}{unit}, outside {low} to {high}{gap}{unit}");
        let fault = Fault::new(Rule::Range, message, format!("Give {low} to {high}{gap}{unit}.{slip}"));
        Err(fault.shaped(Shape::Range(low, high)))
    }
}

/// A number in a range.
pub(super) fn number(range: Range) -> impl Fn(&DeValue<'_>) -> Result<f64, Fault> {
    move |value| {
        let number = match value {
            DeValue::Integer(i) => i64::from_str_radix(i.as_str(), i.radix()).map_or(f64::INFINITY, |n| n as f64),
            DeValue::Float(x) => x.as_str().parse().unwrap_or(f64::NAN),
            other => return Err(Fault::of_type(other, "a number")),
        };
        range.check(number)
    }
}

/// A whole number in a range.
pub(super) fn whole(range: Range) -> impl Fn(&DeValue<'_>) -> Result<u16, Fault> {
    move |value| {
        let DeValue::Integer(_) = value else { return Err(Fault::of_type(value, "a whole number")) };
        Ok(number(range)(value)? as u16)
    }
}

/// Bits a second.
pub(super) fn baud(value: &DeValue<'_>) -> Result<u32, Fault> {
    let DeValue::Integer(_) = value else { return Err(Fault::of_type(value, "a whole number")) };
    Ok(number(BAUD)(value)? as u32)
}

/// A length of time in whole tenths of a second.
pub(super) fn seconds(range: Range) -> impl Fn(&DeValue<'_>) -> Result<Tenths, Fault> {
    move |value| {
        let seconds = number(range)(value)?;
        let tenths = Tenths::parse_seconds(seconds)
            .ok_or_else(|| Fault::new(Rule::Range, format!("is {seconds} s"), "Give a length of time."))?;
        if (tenths.seconds() - seconds).abs() > 1e-9 {
            let message = format!("is {seconds} s, which is no whole number of tenths");
            return Err(Fault::new(Rule::Tenths, message, format!("Write {}.", tenths.seconds())));
        }
        Ok(tenths)
    }
}

/// Metres.
pub(super) fn metres(range: Range) -> impl Fn(&DeValue<'_>) -> Result<Metres, Fault> {
    move |value| {
        Metres::new(number(range)(value)?).map_err(|e| Fault::new(Rule::Range, format!("is off: {e}"), "Give metres."))
    }
}

/// A speed in km/h.
pub(super) fn speed(value: &DeValue<'_>) -> Result<MetresPerSecond, Fault> {
    MetresPerSecond::from_km_h(number(SPEED)(value)?)
        .map_err(|e| Fault::new(Rule::Range, format!("is off: {e}"), "Give a speed in km/h."))
}

/// A saturation flow of one lane.
pub(super) fn saturation(value: &DeValue<'_>) -> Result<VehiclesPerHour, Fault> {
    VehiclesPerHour::new(number(SATURATION)(value)?)
        .map_err(|e| Fault::new(Rule::Range, format!("is off: {e}"), "Give vehicles an hour."))
}

/// Any text that is not blank.
pub(super) fn text(value: &DeValue<'_>) -> Result<String, Fault> {
    match value {
        DeValue::String(text) if text.trim().is_empty() => Err(Fault::new(Rule::Empty, "is empty", "Write a text.")),
        DeValue::String(text) => Ok(text.to_string()),
        other => Err(Fault::of_type(other, "a text")),
    }
}

/// Checks the form of an id.
pub(super) fn id_form(id: &str) -> Result<(), Fault> {
    let fine = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if (1..=32).contains(&id.len()) && id.chars().all(fine) {
        return Ok(());
    }
    let message = format!("is \"{}\", which is no id", id.escape_debug());
    let fault = Fault::new(Rule::IdForm, message, "Use 1 to 32 letters, digits, - or _.");
    Err(fault.shaped(Shape::Pattern("^[A-Za-z0-9_-]{1,32}$")))
}

/// An id.
pub(super) fn id(value: &DeValue<'_>) -> Result<String, Fault> {
    let DeValue::String(id) = value else { return Err(Fault::of_type(value, "a text")) };
    id_form(id)?;
    Ok(id.to_string())
}

/// Ids in a list.
pub(super) fn ids(value: &DeValue<'_>) -> Result<Vec<String>, Fault> {
    list(value, id)
}

/// Stage numbers in a list that is not empty.
pub(super) fn numbers(value: &DeValue<'_>) -> Result<Vec<u16>, Fault> {
    let numbers = list(value, whole(NUMBER))?;
    if numbers.is_empty() {
        return Err(Fault::new(Rule::Empty, "is empty", "Give at least one entry."));
    }
    Ok(numbers)
}

fn list<T>(value: &DeValue<'_>, parse: impl Fn(&DeValue<'_>) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
    let Some(items) = value.as_array() else { return Err(Fault::of_type(value, "a list")) };
    items.iter().map(|item| parse(item.get_ref())).collect()
}

/// True or false.
pub(super) fn flag(value: &DeValue<'_>) -> Result<bool, Fault> {
    match value {
        DeValue::Boolean(flag) => Ok(*flag),
        other => Err(Fault::of_type(other, "a truth value (true or false)")),
    }
}

/// One of the words of `known`, which stand for values.
pub(super) fn word<T: Copy>(known: &'static [(&'static str, T)]) -> impl Fn(&DeValue<'_>) -> Result<T, Fault> {
    move |value| {
        let wanted = || known.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(" or ");
        let DeValue::String(word) = value else { return Err(Fault::of_type(value, &format!("a text ({})", wanted()))) };
        let found = known.iter().find(|(name, _)| *name == word.as_ref());
        let words = || Shape::Words(known.iter().map(|(name, _)| *name).collect());
        found.map(|(_, value)| *value).ok_or_else(|| word_fault(word, &wanted()).shaped(words()))
    }
}

/// A compass arm by its letter.
pub(super) fn arm(value: &DeValue<'_>) -> Result<Arm, Fault> {
    let DeValue::String(word) = value else { return Err(Fault::of_type(value, "a text (N, E, S or W)")) };
    arm_of(word).ok_or_else(|| word_fault(word, "N, E, S or W").shaped(Shape::Words(vec!["N", "E", "S", "W"])))
}

/// The arm of a letter.
pub(super) fn arm_of(word: &str) -> Option<Arm> {
    Arm::ALL.into_iter().find(|arm| word.chars().eq([arm.letter()]))
}

/// Movements by their letters, each once: `TR`.
pub(super) fn movements(value: &DeValue<'_>) -> Result<Movements, Fault> {
    let wanted = "letters of U, L, T, R, each once";
    let DeValue::String(word) = value else { return Err(Fault::of_type(value, &format!("a text ({wanted})"))) };
    let mut movements = Movements::default();
    for letter in word.chars() {
        let movement = Movement::ALL.into_iter().find(|m| m.letter() == letter);
        match movement {
            Some(movement) if !movements.has(movement) => movements = movements.with(movement),
            _ => return Err(word_fault(word, wanted).shaped(Shape::Pattern("^[ULTR]{1,4}$"))),
        }
    }
    if movements.is_empty() { Err(word_fault(word, wanted)) } else { Ok(movements) }
}

fn word_fault(word: &str, wanted: &str) -> Fault {
    Fault::new(Rule::Word, format!("is \"{}\"", word.escape_debug()), format!("Write {wanted}."))
}

/// A time of day as seconds after midnight; 24:00 is the day's end.
pub(super) fn clock_time(value: &DeValue<'_>) -> Result<u32, Fault> {
    let DeValue::String(word) = value else { return Err(Fault::of_type(value, "a text (\"HH:MM\")")) };
    let fault = || {
        let message = format!("is \"{}\", which is no time of day", word.escape_debug());
        let fault = Fault::new(Rule::ClockTime, message, "Write HH:MM from 00:00 to 24:00.");
        fault.shaped(Shape::Pattern("^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"))
    };
    let bytes = word.as_bytes();
    let digits = |from: usize| -> Option<u32> {
        let (tens, ones) = (bytes.get(from)?, bytes.get(from + 1)?);
        (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
    };
    let (Some(hours), Some(minutes), 5, Some(b':')) = (digits(0), digits(3), bytes.len(), bytes.get(2)) else {
        return Err(fault());
    };
    let seconds = hours * 3600 + minutes * 60;
    if minutes < 60 && seconds <= 86_400 { Ok(seconds) } else { Err(fault()) }
}

/// A date, as TOML writes it.
pub(super) fn date(value: &DeValue<'_>) -> Result<Date, Fault> {
    let wanted = "a date (2026-10-01)";
    let DeValue::Datetime(at) = value else { return Err(Fault::of_type(value, wanted)) };
    let (Some(date), None, None) = (at.date, at.time, at.offset) else {
        return Err(Fault::new(Rule::Type, format!("is {at}, not {wanted}"), format!("Write {wanted}.")));
    };
    let fault = || Fault::new(Rule::Date, format!("is {at}"), "Give a day from 2000-01-01 to 2199-12-31.");
    let date = Date::new(date.year, date.month, date.day).ok_or_else(fault)?;
    if (2000..2200).contains(&date.year()) { Ok(date) } else { Err(fault()) }
}

/// A cabinet's address.
pub(super) fn address(value: &DeValue<'_>) -> Result<SocketAddr, Fault> {
    let DeValue::String(word) = value else { return Err(Fault::of_type(value, "a text (\"IP:port\")")) };
    match word.parse::<SocketAddr>() {
        Ok(address) if address.port() != 0 => Ok(address),
        _ => {
            let message = format!("is \"{}\", which is no IP:port", word.escape_debug());
            Err(Fault::new(Rule::CabinetAddress, message, "Write an address such as 10.1.2.3:502."))
        }
    }
}

/// The step of time a controller runs: a whole part of a second.
pub(super) fn step(value: &DeValue<'_>) -> Result<Tenths, Fault> {
    let step = seconds(STEP)(value)?;
    if matches!(step.count(), 1 | 2 | 5 | 10) {
        return Ok(step);
    }
    let message = format!("is {} s, of which a second is no whole number", step.seconds());
    Err(Fault::new(Rule::Range, message, "Give 0.1, 0.2, 0.5 or 1."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed<T>(text: &str, parse: impl Fn(&DeValue<'_>) -> Result<T, Fault>) -> Result<T, Rule> {
        parse(DeValue::parse(text).unwrap().get_ref()).map_err(|fault| fault.rule)
    }

    #[test]
    fn seconds_are_whole_tenths_in_their_range() {
        for (text, expected) in [
            ("3", Ok(Tenths::new(30))),
            ("3.3", Ok(Tenths::new(33))),
            ("0x3", Ok(Tenths::new(30))),
            ("3.33", Err(Rule::Tenths)),
            ("nan", Err(Rule::NotFinite)),
            ("-inf", Err(Rule::NotFinite)),
            ("-3", Err(Rule::Range)),
            ("9_223_372_036_854_775_807_000", Err(Rule::NotFinite)),
            ("1e999", Err(Rule::NotFinite)),
            ("'3'", Err(Rule::Type)),
        ] {
            assert_eq!(parsed(text, seconds(YELLOW)), expected, "{text}");
        }
        for tenths in 30..=1200 {
            let text = format!("{}.{}", tenths / 10, tenths % 10);
            assert_eq!(parsed(&text, seconds(MIN_GREEN)), Ok(Tenths::new(tenths)));
        }
    }

    #[test]
    fn times_of_day_are_hours_and_minutes() {
        for (text, expected) in
            [("'00:00'", Ok(0)), ("'07:15'", Ok(26_100)), ("'24:00'", Ok(86_400)), ("'24:01'", Err(Rule::ClockTime))]
        {
            assert_eq!(parsed(text, clock_time), expected, "{text}");
        }
        for bad in ["'7:15'", "'07:60'", "'0715'", "'07:15:00'", "'+7:15'", "'早上七点'", "''"] {
            assert_eq!(parsed(bad, clock_time), Err(Rule::ClockTime), "{bad}");
        }
        assert_eq!(parsed("07:15:00", clock_time), Err(Rule::Type));
    }

    #[test]
    fn movements_are_letters_once() {
        assert_eq!(parsed("'TR'", movements).map(|m| m.to_string()), Ok("TR".to_owned()));
        for bad in ["''", "'TT'", "'X'", "'tr'"] {
            assert_eq!(parsed(bad, movements).map(|m| m.to_string()), Err(Rule::Word), "{bad}");
        }
    }
}
