//! Dates of the Gregorian calendar, without any time zone.
//!
//! Knows: years, months, days, weekdays. Must not know: local time; `calendar` turns moments into dates.

use serde::Serialize;
use std::fmt;

/// A day of the calendar, from 0001-01-01 to 9999-12-31. Ordered by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: i64 = 719_468;
/// Days of 400 years.
const ERA: i64 = 146_097;

impl Date {
    /// A date; `None` where there is no such day.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Date> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 => 28 + u8::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        ((1..=9999).contains(&year) && (1..=days).contains(&day)).then_some(Date { year, month, day })
    }

    /// The date so many days after 1970-01-01; the first or last there is, beyond the ends.
    pub fn from_days(days: i64) -> Date {
        // Years begin in March here, so that the leap day is the last of its year (Hinnant, chrono-compatible dates).
        let days = days.clamp(-719_162, 2_932_896) + EPOCH;
        let era = days.div_euclid(ERA);
        let of_era = days - era * ERA;
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        Date { year: year as u16, month: month as u8, day: day as u8 }
    }

    /// Days after 1970-01-01.
    pub fn days(self) -> i64 {
        let (month, day) = (i64::from(self.month), i64::from(self.day));
        let year = i64::from(self.year) - i64::from(month <= 2);
        let era = year.div_euclid(400);
        let of_era = year - era * 400;
        let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
        era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH
    }

    /// The day of the week, from 0 = Monday to 6 = Sunday.
    pub fn weekday(self) -> usize {
        // 1970-01-01 was a Thursday.
        let days = self.days() + 3;
        (days - 7 * days.div_euclid(7)) as usize
    }

    /// The year.
    pub fn year(self) -> u16 {
        self.year
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl Serialize for Date {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_one_to_one() {
        let mut day = Date::new(1899, 12, 31).unwrap();
        for next in day.days() + 1..=Date::new(2200, 1, 1).unwrap().days() {
            let then = Date::from_days(next);
            assert!(then > day && then.days() == next, "{then}");
            assert_eq!(Date::new(then.year, then.month, then.day), Some(then));
            assert_eq!(then.weekday(), if day.weekday() == 6 { 0 } else { day.weekday() + 1 });
            day = then;
        }
        assert_eq!(day.to_string(), "2200-01-01");
    }

    #[test]
    fn known_days() {
        let date = |y, m, d| Date::new(y, m, d).unwrap();
        assert_eq!((date(1970, 1, 1).days(), date(2000, 3, 1).days()), (0, 11_017));
        // The National Day 2026 is a Thursday, the make-up workday after it a Saturday.
        assert_eq!((date(2026, 10, 1).weekday(), date(2026, 10, 10).weekday()), (3, 5));
        for (y, m, d) in
            [(2026, 2, 29), (2100, 2, 29), (2026, 4, 31), (2026, 13, 1), (2026, 0, 1), (2026, 1, 0), (0, 1, 1)]
        {
            assert_eq!(Date::new(y, m, d), None);
        }
        assert!(Date::new(2000, 2, 29).is_some() && Date::new(2028, 2, 29).is_some());
        assert_eq!(
            (Date::from_days(i64::MIN).to_string(), Date::from_days(i64::MAX).to_string()),
            ("0001-01-01".into(), "9999-12-31".into())
        );
    }
}
