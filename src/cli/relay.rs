//! Writers that never hold the control loop up: a console nobody reads and a disk that hangs are no reason to let go of a street.
//!
//! What is written goes into a bounded queue and is carried out by a thread of its own. Where the queue is full it is dropped and
//! counted, and the count is written as soon as there is room again.

use super::tell;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

/// Writes that may wait.
const ROOM: usize = 10_000;
/// At the end what waits is waited for so long.
const PATIENCE: Duration = Duration::from_secs(2);

/// The near end: a writer that takes everything at once.
pub(super) struct Relay {
    queue: Option<SyncSender<Vec<u8>>>,
    done: Receiver<()>,
    dropped: u64,
}

impl Relay {
    /// Carries what is written to `out`, which `name` stands for where it can not be written.
    pub(super) fn new(name: &'static str, mut out: impl Write + Send + 'static) -> Relay {
        let (queue, waiting) = sync_channel::<Vec<u8>>(ROOM);
        let (finished, done) = sync_channel(1);
        std::thread::spawn(move || {
            let mut well = true;
            for bytes in waiting {
                let written = out.write_all(&bytes).and_then(|()| out.flush());
                // Told once, and once more when it is well again.
                match (&written, well) {
                    (Err(error), true) => tell(&format!("greenwave serve: {name} can not be written: {error}")),
                    (Ok(()), false) => tell(&format!("greenwave serve: {name} can be written again")),
                    _ => {}
                }
                well = written.is_ok();
            }
            let _ = finished.try_send(());
        });
        Relay { queue: Some(queue), done, dropped: 0 }
    }

    fn send(&mut self, bytes: Vec<u8>) -> bool {
        match self.queue.as_ref().map(|queue| queue.try_send(bytes)) {
            Some(Err(TrySendError::Full(_) | TrySendError::Disconnected(_))) | None => false,
            Some(Ok(())) => true,
        }
    }
}

impl Write for Relay {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.dropped > 0 {
            let note = format!("(greenwave serve: {} lines could not be written here)\n", self.dropped);
            if self.send(note.into_bytes()) {
                self.dropped = 0;
            }
        }
        if self.dropped > 0 || !self.send(bytes.to_vec()) {
            self.dropped += bytes.iter().filter(|&&b| b == b'\n').count().max(1) as u64;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.queue = None;
        let _ = self.done.recv_timeout(PATIENCE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_written_arrives_in_order_before_the_end() {
        let kept = Kept::default();
        let mut relay = Relay::new("it", kept.clone());
        for k in 0..100 {
            writeln!(relay, "{k}").unwrap();
        }
        drop(relay);
        let expected: String = (0..100).map(|k| format!("{k}\n")).collect();
        assert_eq!(*kept.0.lock().unwrap(), expected.as_bytes());
    }

    #[test]
    fn a_writer_that_hangs_holds_nobody_up_and_the_loss_is_told() {
        let kept = Kept::default();
        let mut relay = Relay::new("it", kept.clone());
        let held = kept.0.lock().unwrap();
        for k in 0..2 * ROOM {
            writeln!(relay, "{k}").unwrap();
        }
        drop(held);
        // One line has left the queue at the latest when the writer is let go; then the loss can be told.
        loop {
            relay.write_all(b"still here\n").unwrap();
            if relay.dropped == 0 {
                break;
            }
            std::thread::yield_now();
        }
        drop(relay);
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains(" lines could not be written here)"), "{}", text.len());
        assert!(text.ends_with("still here\n"));
    }
}
