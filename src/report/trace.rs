//! Draws a scene: lamps as they were shown, ways of vehicles with their stops, standing queues.
//!
//! Knows: pixels, SVG. Must not know: where a scene comes from.

use super::escape;
use super::frame::{BAR, FAINT, Frame, GREEN, RED, YELLOW, colour, legend, put, swatch};
use super::scene::{Drive, Light, Place, Queue, Scene, View};
use super::thin::{fewer, path, standing};
use crate::corridor::Direction;
use crate::units::clock;

/// Metres of road shown beyond the first and the last stop line.
const BEYOND_M: f64 = 120.0;
const QUEUE: &str = "#e07b28";
const DARK: &str = "#3a3f46";

pub(super) fn draw(scene: &Scene, view: &View) -> String {
    let lines: Vec<f64> = scene.places.iter().map(|p| p.chainage_m).collect();
    let (first, last) = (lines.first().copied().unwrap_or(0.0), lines.last().copied().unwrap_or(1.0));
    let road = first - BEYOND_M..last + BEYOND_M;
    let frame = Frame::new(view.axes, scene.from_s..scene.to_s, &lines, road, view.long);
    let mut out = String::new();
    frame.open(&mut out, &scene.name.en, 24.0);
    head(&mut out, scene, view);
    axis(&mut out, &frame);
    let mut inside = String::new();
    if view.queues {
        let sides = scene.places.iter().flat_map(|p| view.directions.iter().map(|&d| &p.sides[d as usize]));
        sides.for_each(|side| queues(&mut inside, &frame, &side.queue));
    }
    view.directions.iter().for_each(|&d| drives(&mut inside, &frame, scene, view, d));
    scene.places.iter().for_each(|place| lights(&mut inside, &frame, scene, view, place));
    frame.cut(&mut out, &inside);
    scene.places.iter().for_each(|p| frame.name(&mut out, p.chainage_m, &p.id, &p.name, ""));
    out.push_str("</svg>\n");
    out
}

const fn words(direction: Direction) -> &'static str {
    match direction {
        Direction::Outbound => "上行 outbound",
        Direction::Inbound => "下行 inbound",
    }
}

fn head(out: &mut String, scene: &Scene, view: &View) {
    let (zh, en) = (escape(&scene.name.zh), escape(&scene.name.en));
    put(
        out,
        format_args!(
            "<text x=\"24\" y=\"34\" font-size=\"20\" font-weight=\"600\">{zh} {en}</text>\n<text x=\"24\" y=\"56\" \
             fill=\"{FAINT}\">{}</text>\n",
            escape(&scene.caption)
        ),
    );
    let mut entries = Vec::new();
    for &d in &view.directions {
        let way = format!("<line y1=\"5\" x2=\"18\" y2=\"-5\" stroke=\"{}\" stroke-width=\"1.2\"/>", colour(d));
        let nth = match view.every {
            1 => String::new(),
            2 => ", every 2nd".to_owned(),
            3 => ", every 3rd".to_owned(),
            n => format!(", every {n}th"),
        };
        entries.push((way, format!("{}{nth}", words(d))));
    }
    let stop = colour(view.directions.first().copied().unwrap_or(Direction::Outbound));
    entries.push((format!("<line x2=\"18\" stroke=\"{stop}\" stroke-width=\"2.6\"/>"), "停车 stop".to_owned()));
    if view.queues {
        let queue = format!("<rect y=\"-6\" width=\"18\" height=\"12\" fill=\"{QUEUE}\" fill-opacity=\".35\"/>");
        entries.push((queue, "排队 standing queue".to_owned()));
    }
    for (fill, word) in [(GREEN, "绿 green"), (YELLOW, "黄 yellow"), (RED, "红 red")] {
        entries.push((swatch(fill), word.to_owned()));
    }
    legend(out, (24.0, 80.0), &entries);
}

fn axis(out: &mut String, frame: &Frame) {
    let window = frame.time.end - frame.time.start;
    let steps = [60u32, 120, 300, 600, 1800];
    let step = steps.into_iter().find(|s| window / f64::from(*s) <= 16.0).unwrap_or(3600);
    let first = (frame.time.start / f64::from(step)).ceil() as u32;
    let last = (frame.time.end / f64::from(step)).floor() as u32;
    for at in (first..=last).map(|k| k * step) {
        frame.tick(out, f64::from(at), &clock(at));
    }
    frame.time_axis(out, "时刻 time of day; bars: what the corridor's through traffic was shown");
}

/// What the heads showed: outbound above (or left of) inbound.
fn lights(out: &mut String, frame: &Frame, scene: &Scene, view: &View, place: &Place) {
    if view.directions.len() > 1 {
        // between the two bars nothing shines through
        let (a, b) = (frame.at(scene.from_s, place.chainage_m), frame.at(scene.to_s, place.chainage_m));
        put(
            out,
            format_args!(
                "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"#fff\" stroke-width=\"2\"/>\n",
                a.0, a.1, b.0, b.1
            ),
        );
    }
    for &d in &view.directions {
        let aside = match (view.directions.len(), d) {
            (1, _) => BAR / 2.0,
            (_, Direction::Outbound) => BAR + 0.5,
            (_, Direction::Inbound) => -0.5,
        };
        let lights = &place.sides[d as usize].lights;
        for (k, &(from, light)) in lights.iter().enumerate() {
            let to = lights.get(k + 1).map_or(scene.to_s, |next| next.0);
            let fill = match light {
                Light::Red => RED,
                Light::Yellow => YELLOW,
                Light::Green => GREEN,
                Light::Dark => DARK,
            };
            frame.bar(out, from..to, place.chainage_m, aside, fill);
        }
    }
}

/// The area between the first and the last standing vehicle, a polygon for every stretch of time in which somebody stood.
fn queues(out: &mut String, frame: &Frame, queue: &[Queue]) {
    for run in queue.chunk_by(|a, b| b.at_s - a.at_s < 1.5) {
        let end = run.last().map(|q| (q.at_s + 1.0, q.front_m, q.back_m));
        let line =
            |points: Vec<(f64, f64)>| fewer(&points.into_iter().map(|(t, m)| frame.at(t, m)).collect::<Vec<_>>());
        let fronts = line(run.iter().map(|q| (q.at_s, q.front_m)).chain(end.map(|e| (e.0, e.1))).collect());
        let backs = line(run.iter().map(|q| (q.at_s, q.back_m)).chain(end.map(|e| (e.0, e.2))).collect());
        let corners = fronts.iter().chain(backs.iter().rev());
        let corners: Vec<String> = corners.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        put(out, format_args!("<polygon points=\"{}\" fill=\"{QUEUE}\" fill-opacity=\".35\"/>\n", corners.join(" ")));
    }
}

/// The ways of one direction, all in one path; and their stops in another, heavier one.
fn drives(out: &mut String, frame: &Frame, scene: &Scene, view: &View, direction: Direction) {
    let (mut ways, mut stops) = (String::new(), String::new());
    let drawn = |d: &&Drive| d.direction == direction && d.vehicle.is_multiple_of(view.every.max(1));
    for drive in scene.drives.iter().filter(drawn) {
        let points: Vec<(f64, f64)> = drive.points.iter().map(|&(t, m)| frame.at(t, m)).collect();
        path(&mut ways, &fewer(&points));
        for stop in standing(&drive.points) {
            path(&mut stops, &[points[stop.0], points[stop.1]]);
        }
    }
    let c = colour(direction);
    put(
        out,
        format_args!(
            "<path d=\"{ways}\" fill=\"none\" stroke=\"{c}\" stroke-opacity=\".75\" stroke-width=\".9\" \
             stroke-linejoin=\"round\"/>\n<path d=\"{stops}\" fill=\"none\" stroke=\"{c}\" stroke-width=\"2.2\"/>\n"
        ),
    );
}
