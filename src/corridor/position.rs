//! Places on the Earth.
//!
//! Knows: latitude, longitude, distances. Must not know: streets.

use serde::Serialize;

/// A place on the Earth (WGS-84), degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Position {
    /// North of the equator.
    pub latitude: f64,
    /// East of Greenwich.
    pub longitude: f64,
}

impl Position {
    /// Metres to another place along the surface, on a sphere of the Earth's mean radius (6,371,009 m): within half a percent.
    pub fn metres_to(&self, other: &Position) -> f64 {
        let (a, b) = (self.latitude.to_radians(), other.latitude.to_radians());
        let (north, east) = (b - a, (other.longitude - self.longitude).to_radians());
        let h = (north / 2.0).sin().powi(2) + a.cos() * b.cos() * (east / 2.0).sin().powi(2);
        2.0 * 6_371_009.0 * h.sqrt().min(1.0).asin()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metres_between_places() {
        let at = |latitude, longitude| Position { latitude, longitude };
        // A degree along a meridian is 111.2 km anywhere, along a parallel that times its cosine.
        assert!((at(36.0, 117.0).metres_to(&at(37.0, 117.0)) - 111_195.0).abs() < 5.0);
        assert!((at(60.0, 117.0).metres_to(&at(60.0, 117.001)) - 55.6).abs() < 0.1);
        // Over the date line the short way.
        assert!((at(0.0, 179.9995).metres_to(&at(0.0, -179.9995)) - 111.2).abs() < 0.1);
        assert_eq!(at(36.0, 117.0).metres_to(&at(36.0, 117.0)), 0.0);
    }
}
