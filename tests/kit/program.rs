//! A program of ours as a test runs it.

use std::process::Child;

/// A program that does not outlive the test.
pub(crate) struct Program(pub(crate) Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
