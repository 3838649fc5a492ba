//! greenwave
fn main() {}
