//! Any bytes as the answer to any request: `cd tests/fuzz && cargo fuzz run --fuzz-dir . -s none client`.
#![no_main]

#[path = "../../kit/frames.rs"]
#[allow(dead_code)]
mod frames;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some((choice, bytes)) = data.split_first_chunk::<8>() {
        let (framing, head, op) = frames::request(*choice);
        frames::client(framing, head, &op, bytes);
    }
});
