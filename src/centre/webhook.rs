//! Alarms to somebody else's program: a POST of JSON each, tried a few times and then let go.

use super::desk::Room;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

/// An answer that takes longer is none.
const WITHIN: Duration = Duration::from_secs(10);
/// Tries, and the rest after the first that failed; it doubles.
const TRIES: u32 = 4;
const REST: Duration = Duration::from_secs(2);

/// Sends every alarm that begins, changes or ends, for ever.
pub(super) async fn send(room: Arc<Room>, url: String) {
    let mut feed = room.feed.subscribe();
    loop {
        match feed.recv().await {
            Ok(message) if message.kind == "alarm" => {
                let alarms: Vec<Value> = serde_json::from_str(&message.data).unwrap_or_default();
                for alarm in alarms {
                    post(&url, alarm).await;
                }
            }
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

async fn post(url: &str, alarm: Value) {
    let body = alarm.to_string();
    let mut rest = REST;
    for _ in 0..TRIES {
        let (url, body) = (url.to_owned(), body.clone());
        let sent = spawn_blocking(move || {
            let config = ureq::Agent::config_builder().timeout_global(Some(WITHIN)).build();
            let agent: ureq::Agent = config.into();
            agent.post(&url).header("Content-Type", "application/json").send(body).is_ok()
        });
        if sent.await.unwrap_or(false) {
            return;
        }
        sleep(rest).await;
        rest *= 2;
    }
}
