//! Distances, speeds, flows and ratios: finite, and of the sign their name promises.

use super::time::Tenths;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A number that is not the quantity it was meant to be: NaN, infinite, or of the wrong sign.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{value} is not a {quantity}")]
pub struct NotAQuantity {
    /// What was offered.
    pub value: f64,
    /// What was asked for.
    pub quantity: &'static str,
}

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, $what:literal, $unit:literal, $ok:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(try_from = "f64", into = "f64")]
        pub struct $name(f64);

        impl $name {
            /// Parses the number; refuses NaN, infinities and the wrong sign.
            pub fn new(value: f64) -> Result<Self, NotAQuantity> {
                let ok: fn(f64) -> bool = $ok;
                if value.is_finite() && ok(value) { Ok($name(value)) } else { Err(NotAQuantity { value, quantity: $what }) }
            }

            #[doc = concat!("The number, in ", $unit, ".")]
            pub const fn get(self) -> f64 {
                self.0
            }
        }

        impl TryFrom<f64> for $name {
            type Error = NotAQuantity;
            fn try_from(value: f64) -> Result<Self, NotAQuantity> {
                $name::new(value)
            }
        }

        impl From<$name> for f64 {
            fn from(quantity: $name) -> f64 {
                quantity.0
            }
        }
    };
}

quantity!(
    /// A length along the road, not negative.
    Metres, "length in metres (0 or more)", "metres", |v| v >= 0.0
);
quantity!(
    /// A speed, above zero.
    MetresPerSecond, "speed in m/s (above 0)", "metres per second", |v| v > 0.0
);
quantity!(
    /// A flow of vehicles, not negative.
    VehiclesPerHour, "flow in veh/h (0 or more)", "vehicles per hour", |v| v >= 0.0
);
quantity!(
    /// A pure ratio, not negative: a share, a degree of saturation, a flow ratio.
    Ratio, "ratio (0 or more)", "parts of one", |v| v >= 0.0
);

impl MetresPerSecond {
    /// Parses a speed given in km/h.
    pub fn from_km_h(km_h: f64) -> Result<Self, NotAQuantity> {
        MetresPerSecond::new(km_h / 3.6)
    }

    /// The speed in km/h, for people.
    pub fn km_h(self) -> f64 {
        self.0 * 3.6
    }

    /// The time to drive a distance at this speed, to the nearest tenth of a second.
    pub fn time_over(self, distance: Metres) -> Tenths {
        Tenths::parse_seconds(self.seconds_over(distance)).unwrap_or(Tenths::new(u32::MAX))
    }

    /// The time to drive a distance at this speed, in seconds.
    pub fn seconds_over(self, distance: Metres) -> f64 {
        distance.0 / self.0
    }
}

impl VehiclesPerHour {
    /// No flow.
    pub const ZERO: VehiclesPerHour = VehiclesPerHour(0.0);

    /// Vehicles per second.
    pub fn per_second(self) -> f64 {
        self.0 / 3600.0
    }
}

impl fmt::Display for VehiclesPerHour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} veh/h", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_nan_gets_in() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0] {
            assert!(Metres::new(bad).is_err());
            assert!(MetresPerSecond::new(bad).is_err());
            assert!(VehiclesPerHour::new(bad).is_err());
        }
        assert!(MetresPerSecond::new(0.0).is_err());
        assert!(Metres::new(0.0).is_ok());
    }

    #[test]
    fn ideal_offset_is_distance_over_speed() {
        let speed = MetresPerSecond::from_km_h(50.0).unwrap();
        assert_eq!(speed.time_over(Metres::new(500.0).unwrap()), Tenths::new(360));
    }
}
