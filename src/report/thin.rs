//! Ways of vehicles by as few points as tell them, and where on them a vehicle stands.
//!
//! Knows: lines of points. Must not know: which way, colours.

use super::frame::put;

/// A way is drawn by as few points as leave it within so many pixels.
const WITHIN_PX: f64 = 0.7;
/// A vehicle that covers less than this in a second stands, m (5 km/h).
const STANDS_M: f64 = 5.0 / 3.6;
/// Shorter stops are not drawn as stops, s.
const LEAST_STOP_S: f64 = 3.0;

/// Stretches in which a vehicle stands, as first and last point.
pub(super) fn standing(points: &[(f64, f64)]) -> Vec<(usize, usize)> {
    let mut stops = Vec::new();
    let mut from = None;
    for k in 1..=points.len() {
        let stands = k < points.len() && (points[k].1 - points[k - 1].1).abs() < STANDS_M;
        match (stands, from) {
            (true, None) => from = Some(k - 1),
            (false, Some(start)) => {
                if points[k - 1].0 - points[start].0 >= LEAST_STOP_S {
                    stops.push((start, k - 1));
                }
                from = None;
            }
            _ => {}
        }
    }
    stops
}

/// Appends a way: its first point, then steps from point to point in tenths of a pixel that do not add up to an error.
pub(super) fn path(out: &mut String, points: &[(f64, f64)]) {
    let tenths = |v: f64| (v * 10.0).round() as i64;
    let whole = |t: i64| {
        let text = format!("{:.1}", t as f64 / 10.0);
        text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
    };
    let Some(&first) = points.first() else { return };
    let mut pen = (tenths(first.0), tenths(first.1));
    put(out, format_args!("M{} {}l", whole(pen.0), whole(pen.1)));
    for (k, &(x, y)) in points.iter().enumerate().skip(1) {
        let next = (tenths(x), tenths(y));
        let gap = if k == 1 { "" } else { " " };
        put(out, format_args!("{gap}{} {}", whole(next.0 - pen.0), whole(next.1 - pen.1)));
        pen = next;
    }
}

/// The same line by fewer points, nowhere farther off than [`WITHIN_PX`] (Ramer, Douglas and Peucker).
pub(super) fn fewer(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut keep = vec![false; points.len()];
    let mut open = vec![(0, points.len().saturating_sub(1))];
    while let Some((a, b)) = open.pop() {
        if points.is_empty() {
            break;
        }
        (keep[a], keep[b]) = (true, true);
        let far = (a + 1..b).map(|k| (k, off(points[k], points[a], points[b]))).max_by(|x, y| x.1.total_cmp(&y.1));
        if let Some((k, _)) = far.filter(|f| f.1 > WITHIN_PX) {
            open.extend([(a, k), (k, b)]);
        }
    }
    points.iter().zip(&keep).filter(|(_, kept)| **kept).map(|(p, _)| *p).collect()
}

/// How far a point lies off the line through two others.
fn off(p: (f64, f64), a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = dx.hypot(dy);
    if length == 0.0 { (p.0 - a.0).hypot(p.1 - a.1) } else { ((p.0 - a.0) * dy - (p.1 - a.1) * dx).abs() / length }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_points_tell_the_same_way() {
        let stop = |k: i32| (f64::from(k), if k < 10 { f64::from(k) * 12.0 } else { 108.0 });
        let way: Vec<_> = (0..30).map(stop).collect();
        let short = fewer(&way);
        assert_eq!(short, [(0.0, 0.0), (9.0, 108.0), (29.0, 108.0)]);
        assert_eq!(standing(&way), [(9, 29)]);
        assert!(fewer(&[]).is_empty() && standing(&[]).is_empty());
        let mut text = String::new();
        path(&mut text, &[(0.04, 1.0), (0.08, 3.5), (10.0, 3.5)]);
        assert_eq!(text, "M0 1l0.1 2.5 9.9 0");
    }
}
