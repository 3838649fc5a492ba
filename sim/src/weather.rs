//! How rain changes drivers: slower on a free road, gentler, farther apart.
//!
//! Knows: shares by which free speed and saturation flow fall, and the driver's parameters that make them fall so. Must not
//! know: how anybody drives, who has asked for rain.
//!
//! | | rain, mm/h | saturation flow | free speed |
//! |---|---|---|---|
//! | light | up to 2.5 | -2.0 % | -3 % |
//! | rain | 2.5 to 6.4 | -7.2 % | -5 % |
//! | heavy | more | -14.1 % | -7.5 % |
//!
//! Flow: HCM 2010 exhibit 10-15, capacity of freeways by rain up to 0.10 in/h, up to 0.25 in/h, and more. At signals in Durban
//! going straight -4.3, -9.2 and -11.5 % (Oyaro and Ben-Edigbe 2020, Open Transp. J. 14, 214); FHWA gives 2 to 21 % for
//! arterials in all bad weather. Speed: FHWA-HOP-07-073 has -2 to -3.6 % in light rain and -6 to -9 % at 16 mm/h on
//! freeways; between them by judgement. Reaction to green, start-up lost time, gaps at standstill and brakes stay as in the dry.

use serde::Deserialize;

use crate::driver::Driver;

/// The weather of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weather {
    /// No rain.
    #[default]
    Dry,
    /// Rain up to 2.5 mm/h.
    LightRain,
    /// Rain of 2.5 to 6.4 mm/h.
    Rain,
    /// Rain of more than 6.4 mm/h.
    HeavyRain,
}

/// Rain for a part of a day as scenario files have it: `[[rain]]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RainFacts {
    /// How hard it rains.
    pub weather: Weather,
    /// When it begins, hours of the day.
    pub from_h: f64,
    /// When it ends, hours of the day.
    pub to_h: f64,
}

/// Rain for a part of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rain {
    /// How hard it rains.
    pub weather: Weather,
    /// When it begins, s of the day.
    pub from_s: f64,
    /// When it ends, s of the day.
    pub to_s: f64,
}

impl RainFacts {
    /// The keys out of range, and why.
    pub(crate) fn problems(&self) -> Vec<String> {
        let day = |h: f64| (0.0..=24.0).contains(&h);
        let checks = [
            (
                day(self.from_h) && day(self.to_h) && self.from_h < self.to_h,
                "from_h: rain begins before to_h, both within 0 to 24",
            ),
            (self.weather != Weather::Dry, "weather: it is dry anyway; say light-rain, rain or heavy-rain"),
        ];
        checks.into_iter().filter(|c| !c.0).map(|c| c.1.to_owned()).collect()
    }

    /// The rain of a run.
    pub fn rain(&self) -> Rain {
        Rain { weather: self.weather, from_s: 3600.0 * self.from_h, to_s: 3600.0 * self.to_h }
    }
}

impl Rain {
    /// Whether both fall at the same time.
    pub fn meets(&self, other: &Rain) -> bool {
        self.from_s < other.to_s && other.from_s < self.to_s
    }
}

impl Weather {
    /// Every weather.
    pub const ALL: [Weather; 4] = [Weather::Dry, Weather::LightRain, Weather::Rain, Weather::HeavyRain];

    /// Saturation flow as a share of that in the dry.
    pub fn flow(self) -> f64 {
        match self {
            Weather::Dry => 1.0,
            Weather::LightRain => 1.0 - 0.0201,
            Weather::Rain => 1.0 - 0.0724,
            Weather::HeavyRain => 1.0 - 0.1413,
        }
    }

    /// Free speed as a share of that in the dry.
    pub fn speed(self) -> f32 {
        match self {
            Weather::Dry => 1.0,
            Weather::LightRain => 0.97,
            Weather::Rain => 0.95,
            Weather::HeavyRain => 0.925,
        }
    }

    /// Time gap and largest acceleration as multiples of those in the dry: what gives [`Weather::flow`] at [`Weather::speed`]
    /// and keeps the start-up lost time; calibrated, see `tests/weather.rs`.
    fn car_following(self) -> (f32, f32) {
        match self {
            Weather::Dry => (1.0, 1.0),
            Weather::LightRain => (1.01, 0.97),
            Weather::Rain => (1.09, 0.90),
            Weather::HeavyRain => (1.206, 0.80),
        }
    }

    /// What desired speed, time gap and largest acceleration are multiplied by when this weather follows another.
    pub(crate) fn after(self, before: Weather) -> (f32, f32, f32) {
        let ((headway, acceleration), (was, had)) = (self.car_following(), before.car_following());
        (self.speed() / before.speed(), headway / was, acceleration / had)
    }

    /// The same driver in this weather.
    #[must_use]
    pub fn with(self, driver: Driver) -> Driver {
        let (headway, acceleration) = self.car_following();
        Driver {
            speed_factor: driver.speed_factor * self.speed(),
            headway_s: driver.headway_s * headway,
            acceleration_m_s2: driver.acceleration_m_s2 * acceleration,
            ..driver
        }
    }
}
