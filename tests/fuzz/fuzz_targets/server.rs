//! Any bytes as a request: `cd tests/fuzz && cargo fuzz run --fuzz-dir . -s none server`.
#![no_main]

#[path = "../../kit/frames.rs"]
#[allow(dead_code)]
mod frames;

use greenwave::bus::frame::Framing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    frames::server(Framing::Mbap, bytes);
    frames::server(Framing::Rtu, bytes);
});
