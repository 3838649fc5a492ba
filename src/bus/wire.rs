//! A connection to a line: made with the library's client on any transport, every reply checked before the library sees it
//! (`strict`), what goes wrong told as a [`FieldFault`] and in words.

use super::frame::{Framing, Mismatch, carried};
use super::strict::Strict;
use super::tls::{self, TlsClient};
use crate::corridor::Line as Way;
use crate::corridor::profile::RegisterTable;
use crate::field::{Answer, FieldFault, Op};
use std::borrow::Cow;
use std::io;
use tokio::net::TcpStream;
use tokio_modbus::client::{Client, Context, rtu, tcp};
use tokio_modbus::prelude::SlaveContext;
use tokio_modbus::{Error, Request as Pdu, Response, Slave};

/// A connection that may be asked again as long as every answer was a clean one.
pub(super) struct Wire(Context);

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) fault: FieldFault,
    /// For people.
    pub(super) why: String,
}

impl Wire {
    /// Connects. Without an end of its own: the caller's patience ends it.
    pub(super) async fn connect(endpoint: &Way, security: Option<&TlsClient>) -> Result<Wire, Trouble> {
        let nobody = Slave(0);
        let plain = |address: &std::net::SocketAddr| {
            let address = *address;
            async move {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true).map(|()| stream)
            }
        };
        let made = match endpoint {
            Way::Tcp { address } => {
                plain(address).await.map(|s| tcp::attach_slave(Strict::new(s, Framing::Mbap), nobody))
            }
            Way::RtuOverTcp { address } => {
                plain(address).await.map(|s| rtu::attach_slave(Strict::new(s, Framing::Rtu), nobody))
            }
            Way::Tls { address } => match security {
                None => Err(io::Error::other("no certificates were given for TLS")),
                Some(security) => match plain(address).await {
                    Err(error) => Err(error),
                    Ok(stream) => {
                        let secured = security.secure(address.ip(), stream).await;
                        secured.map(|s| tcp::attach_slave(Strict::new(s, Framing::Mbap), nobody))
                    }
                },
            },
            Way::Serial { device, baud, parity } => open(device, *baud, *parity),
        };
        made.map(Wire).map_err(|error| trouble(&error))
    }

    /// One exchange; gives the connection back only when it may be used again.
    pub(super) async fn ask(mut self, unit: u8, op: &Op) -> Result<(Answer, Wire), Trouble> {
        if !carried(op) {
            // A profile that asks for what the protocol can not carry is answered as a device would.
            return Ok((Err(FieldFault::Exception(3)), self));
        }
        self.0.set_slave(Slave(unit));
        let pdu = match op {
            Op::Read { table: RegisterTable::Holding, address, count } => Pdu::ReadHoldingRegisters(*address, *count),
            Op::Read { table: RegisterTable::Input, address, count } => Pdu::ReadInputRegisters(*address, *count),
            Op::Write { address, words } => Pdu::WriteMultipleRegisters(*address, Cow::Borrowed(words)),
        };
        match self.0.call(pdu).await {
            Ok(Ok(Response::ReadHoldingRegisters(words) | Response::ReadInputRegisters(words))) => {
                Ok((Ok(words), self))
            }
            Ok(Ok(Response::WriteMultipleRegisters(..))) => Ok((Ok(Vec::new()), self)),
            Ok(Err(exception)) => Ok((Err(FieldFault::Exception(exception.into())), self)),
            Ok(Ok(other)) => Err(garbled(&format!("{other:?}"))),
            Err(Error::Protocol(error)) => Err(garbled(&error.to_string())),
            Err(Error::Transport(error)) => Err(trouble(&error)),
        }
    }
}

fn garbled(why: &str) -> Trouble {
    Trouble { fault: FieldFault::Garbled, why: format!("what came back is no answer: {why}") }
}

fn trouble(error: &io::Error) -> Trouble {
    if let Some(mismatch) = error.get_ref().and_then(|e| e.downcast_ref::<Mismatch>()) {
        return garbled(&mismatch.to_string());
    }
    if let Some(why) = tls::explain(error) {
        return Trouble { fault: FieldFault::Untrusted, why };
    }
    Trouble { fault: FieldFault::Closed, why: format!("no connection: {error}") }
}

#[cfg(feature = "serial")]
fn open(device: &str, baud: u32, parity: crate::corridor::Parity) -> io::Result<Context> {
    use crate::corridor::Parity;
    use tokio_serial::{SerialPortBuilderExt, StopBits};
    // 8 data bits, and as many stop bits as make 11 with the parity (Modbus over serial line V1.02, 2.5.1)
    let (parity, stop) = match parity {
        Parity::None => (tokio_serial::Parity::None, StopBits::Two),
        Parity::Even => (tokio_serial::Parity::Even, StopBits::One),
        Parity::Odd => (tokio_serial::Parity::Odd, StopBits::One),
    };
    let port = tokio_serial::new(device, baud).parity(parity).stop_bits(stop).open_native_async()?;
    Ok(rtu::attach_slave(Strict::new(port, Framing::Rtu), Slave(0)))
}

#[cfg(not(feature = "serial"))]
fn open(_: &str, _: u32, _: crate::corridor::Parity) -> io::Result<Context> {
    Err(io::Error::other("this program was built without serial ports (feature `serial`)"))
}
