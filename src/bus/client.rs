//! Cabinets asked directly: one connection a cabinet, any doubt drops it. For replays and tools; the live service's bus is
//! [`LiveBus`](super::LiveBus).

use super::wire::Wire;
use super::{Bus, Stuck};
use crate::corridor::Line as Way;
use crate::field::{Answer, FieldFault, Op, Request};
use futures_util::future::join_all;
use std::net::SocketAddr;
use std::time::Duration;

/// One cabinet's line.
struct Line {
    endpoint: Way,
    unit: u8,
    wire: Option<Wire>,
}

/// What happens when a cabinet does not answer in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// Silence is an answer.
    Silence(Duration),
    /// The run ends: in a replay time stands still while answers are out, so a late one is a fault of the machine and must
    /// never become an event (contract 14).
    Guard(Duration),
}

/// Cabinets over Modbus TCP.
pub struct TcpBus {
    lines: Vec<Line>,
    patience: Patience,
}

impl TcpBus {
    /// A bus on which a cabinet that does not answer within `timeout` is silent.
    pub fn new(cabinets: impl IntoIterator<Item = (SocketAddr, u8)>, timeout: Duration) -> Self {
        Self::with(cabinets, Patience::Silence(timeout))
    }

    /// A bus on which a cabinet that does not answer within `guard` ends the run.
    pub fn guarded(cabinets: impl IntoIterator<Item = (SocketAddr, u8)>, guard: Duration) -> Self {
        Self::with(cabinets, Patience::Guard(guard))
    }

    fn with(cabinets: impl IntoIterator<Item = (SocketAddr, u8)>, patience: Patience) -> Self {
        let line = |(address, unit)| Line { endpoint: Way::Tcp { address }, unit, wire: None };
        TcpBus { lines: cabinets.into_iter().map(line).collect(), patience }
    }
}

impl Bus for TcpBus {
    async fn exchange(&mut self, requests: &[Request]) -> Result<Vec<Answer>, Stuck> {
        let patience = self.patience;
        let asked = self.lines.iter_mut().enumerate().map(|(cabinet, line)| {
            let mine = requests.iter().enumerate().filter(move |(_, r)| r.cabinet().0 == cabinet);
            async move {
                let mut answers = Vec::new();
                // One silence is waited for and no more: the others' next second must not wait for this cabinet.
                let mut silent = false;
                for (place, request) in mine {
                    let answer =
                        if silent { Err(FieldFault::Silence) } else { line.ask(request.op(), patience).await? };
                    silent = answer == Err(FieldFault::Silence) && matches!(patience, Patience::Silence(_));
                    answers.push((place, answer));
                }
                Ok::<_, Stuck>(answers)
            }
        });
        let mut answers = vec![Err(FieldFault::Silence); requests.len()];
        for line in join_all(asked).await {
            for (place, answer) in line? {
                answers[place] = answer;
            }
        }
        Ok(answers)
    }
}

impl Line {
    async fn ask(&mut self, op: &Op, patience: Patience) -> Result<Answer, Stuck> {
        let (Patience::Silence(limit) | Patience::Guard(limit)) = patience;
        // The connection leaves the line for the time of the call: if the call is cancelled or fails, it is gone.
        let wire = self.wire.take();
        let called = tokio::time::timeout(limit, async {
            let wire = match wire {
                Some(wire) => wire,
                None => Wire::connect(&self.endpoint, None).await?,
            };
            wire.ask(self.unit, op).await
        });
        match (called.await, patience) {
            (Ok(Ok((answer, wire))), _) => {
                self.wire = Some(wire);
                Ok(answer)
            }
            (Ok(Err(trouble)), _) => Ok(Err(trouble.fault)),
            (Err(_), Patience::Silence(_)) => Ok(Err(FieldFault::Silence)),
            (Err(_), Patience::Guard(_)) => Err(Stuck(format!("{} did not answer within {limit:?}", self.endpoint))),
        }
    }
}
