//! Asking the core on behalf of a person: who confirms, and what the core answers.

use super::acts::{Act, Asked, State};
use super::asked::{Second, to_type};
use super::desk::Room;
use super::problem::Problem;
use crate::control::{Event, Intervention, Order};
use crate::people::{Identity, Refused, Secret};
use crate::units::Tenths;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

/// How often, and how many times, it is looked whether the core has answered: it does with its next step.
const LOOK: Duration = Duration::from_millis(25);
const LOOKS: u32 = 120;

/// What confirms an order.
pub(super) struct Confirmation {
    pub(super) typed: Option<String>,
    pub(super) second: Option<Second>,
}

/// Asks the core, and gives what became of it.
pub(super) async fn ask(
    room: &Arc<Room>,
    (by, from): (&Identity, IpAddr),
    (asked, what, lasts): (Asked, Intervention, Tenths),
    confirmation: Confirmation,
) -> Result<Act, Problem> {
    let words = to_type(&room.network(), &what);
    let second = confirmed(room, (by, from), &words, confirmation).await?;
    let now = room.street_time();
    let (id, event) = room.acts().enter(asked, what, (by.name.clone(), second), (now, now + lasts));
    room.order(event)?;
    let act = settled(room, id, |act| act.state != State::Asked).await?;
    match act.state {
        State::Refused => Err(Problem::conflict().with("the core refuses it").all(act.problems)),
        _ => Ok(act),
    }
}

/// Ends what stands.
pub(super) async fn end(room: &Arc<Room>, by: &Identity, id: u64) -> Result<Act, Problem> {
    let state = room.acts().get(id).map(|act| act.state).ok_or(Problem::not_found())?;
    if !matches!(state, State::Standing | State::Asked) {
        return Err(Problem::conflict().with("it is over already"));
    }
    room.acts().ended_by(id, &by.name);
    room.order(Event::Order(Order::End { id }))?;
    settled(room, id, |act| !matches!(act.state, State::Standing | State::Asked)).await
}

/// Waits for the core's word on an act; without it, the act as it is.
async fn settled(room: &Arc<Room>, id: u64, so: impl Fn(&Act) -> bool) -> Result<Act, Problem> {
    for _ in 0..LOOKS {
        if room.acts().get(id).is_some_and(&so) {
            break;
        }
        sleep(LOOK).await;
    }
    room.acts().get(id).cloned().ok_or(Problem::not_found())
}

/// Whether an order that needs it is confirmed: by a word typed by hand, or by a second person of the same role or a higher one,
/// who is named then.
pub(super) async fn confirmed(
    room: &Arc<Room>,
    (by, from): (&Identity, IpAddr),
    words: &[String],
    Confirmation { typed, second }: Confirmation,
) -> Result<Option<String>, Problem> {
    if let Some(second) = second {
        return Ok(Some(vouched(room, (by, from), second).await?));
    }
    if words.is_empty() || typed.is_some_and(|typed| words.contains(&typed)) {
        return Ok(None);
    }
    Err(Problem::confirm()
        .with(format!("type {} by hand (`confirm`), or let a second person confirm", words.join(" or "))))
}

/// The second person's name.
async fn vouched(room: &Arc<Room>, (by, from): (&Identity, IpAddr), second: Second) -> Result<String, Problem> {
    let attempt = room.people().begin(&second.name, from, room.clock.utc());
    let attempt = attempt.map_err(|refused| match refused {
        Refused::Locked { .. } => Problem::locked(),
        Refused::Wrong => Problem::refused(),
    })?;
    let password = Secret::new(second.password);
    let checked = spawn_blocking(move || attempt.check(&password)).await.map_err(|_| Problem::not_now())?;
    let identity = room.people().finish(&checked).map_err(|_| Problem::refused())?;
    if identity.name == by.name {
        return Err(Problem::confirm().with("the second person must be another"));
    }
    if identity.role < by.role {
        return Err(Problem::confirm().with(format!("the second person must be {} at least", by.role)));
    }
    Ok(identity.name)
}
