//! What somebody at the local console changed of people holds here a few seconds later; sessions that are over are let go.

use super::desk::Room;
use std::sync::Arc;
use std::time::Duration;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(5);

/// Looks for ever.
pub(super) async fn follow(room: Arc<Room>) {
    // One connection, opened again where it fails.
    let mut reader = None;
    loop {
        tokio::time::sleep(LOOK).await;
        let shared = room.clone();
        let kept = reader.take();
        let looked = tokio::task::spawn_blocking(move || {
            let reader = kept.or_else(|| shared.store.reader().ok())?;
            let mut people = shared.people();
            let read = people.refresh(&reader);
            people.sweep(shared.clock.utc());
            let writes = people.take_writes();
            drop(people);
            if !writes.is_empty() {
                shared.store.commit(writes, Box::new(drop));
            }
            read.is_ok().then_some(reader)
        });
        reader = looked.await.ok().flatten();
    }
}
