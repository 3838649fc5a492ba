//! The Modbus TCP client: one connection a cabinet, every reply checked, any doubt drops the connection.
//!
//! The library's client has no timeout and no reconnect, accepts replies of the wrong length, and after a cancelled call
//! reads old replies as new ones (slowtec/tokio-modbus 59, 324). Therefore: calls go through the low-level `Client::call`,
//! count and echo are checked here, and after anything but a clean answer the connection is dropped, never reused.

use super::{Bus, Stuck};
use crate::corridor::profile::RegisterTable;
use crate::field::{Answer, FieldFault, Op, Request};
use futures_util::future::join_all;
use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_modbus::client::{Client, Context, tcp};
use tokio_modbus::{Error, ExceptionCode, Request as Pdu, Response, Slave};

/// One cabinet's line.
struct Line {
    address: SocketAddr,
    unit: u8,
    context: Option<Context>,
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
        let lines = cabinets.into_iter().map(|(address, unit)| Line { address, unit, context: None }).collect();
        TcpBus { lines, patience }
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
        // The context leaves the line for the time of the call: if the call is cancelled or fails, it is gone.
        let context = self.context.take();
        let called = tokio::time::timeout(limit, call(context, self.address, self.unit, op)).await;
        match (called, patience) {
            (Ok((answer, context)), _) => {
                self.context = context;
                Ok(answer)
            }
            (Err(_), Patience::Silence(_)) => Ok(Err(FieldFault::Silence)),
            (Err(_), Patience::Guard(_)) => Err(Stuck(format!("{} did not answer within {limit:?}", self.address))),
        }
    }
}

/// One call; gives the context back only when it may be used again.
async fn call(context: Option<Context>, address: SocketAddr, unit: u8, op: &Op) -> (Answer, Option<Context>) {
    let mut context = match context {
        Some(context) => context,
        None => match connect(address, unit).await {
            Ok(context) => context,
            Err(_) => return (Err(FieldFault::Silence), None),
        },
    };
    let pdu = match op {
        Op::Read { table: RegisterTable::Holding, address, count } => Pdu::ReadHoldingRegisters(*address, *count),
        Op::Read { table: RegisterTable::Input, address, count } => Pdu::ReadInputRegisters(*address, *count),
        Op::Write { address, words } => Pdu::WriteMultipleRegisters(*address, Cow::Borrowed(words)),
    };
    match (context.call(pdu).await, op) {
        (Ok(Ok(Response::ReadHoldingRegisters(words))), Op::Read { table: RegisterTable::Holding, count, .. })
        | (Ok(Ok(Response::ReadInputRegisters(words))), Op::Read { table: RegisterTable::Input, count, .. })
            if words.len() == usize::from(*count) =>
        {
            (Ok(words), Some(context))
        }
        (Ok(Ok(Response::WriteMultipleRegisters(at, n))), Op::Write { address, words })
            if at == *address && usize::from(n) == words.len() =>
        {
            (Ok(Vec::new()), Some(context))
        }
        (Ok(Err(exception)), _) => (Err(FieldFault::Exception(code(exception))), Some(context)),
        (Ok(Ok(_)) | Err(Error::Protocol(_)), _) => (Err(FieldFault::Garbled), None),
        (Err(Error::Transport(_)), _) => (Err(FieldFault::Silence), None),
    }
}

async fn connect(address: SocketAddr, unit: u8) -> std::io::Result<Context> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(tcp::attach_slave(stream, Slave(unit)))
}

fn code(exception: ExceptionCode) -> u8 {
    exception.into()
}
