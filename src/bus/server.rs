//! The Modbus TCP server in front of a device: what an emulated cabinet answers with.
//!
//! The library's server ends at the first failed accept and lets through requests whose replies it can not encode; so it is
//! supervised, and counts and address ranges are checked before the device sees them.

use super::SharedDevice;
use crate::corridor::profile::RegisterTable;
use std::future::{Ready, ready};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_modbus::server::Service;
use tokio_modbus::server::tcp::Server;
use tokio_modbus::{ExceptionCode, Request, Response, SlaveRequest};

/// Most registers of one read (Modbus V1.1b3).
const MOST_READ: u16 = 125;
/// Most registers of one write.
const MOST_WRITTEN: usize = 123;
/// Rest after a failed accept, so that a lack of descriptors is not a busy loop.
const REST: Duration = Duration::from_millis(50);

/// A running server; stops when dropped.
pub struct TcpServer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl TcpServer {
    /// Binds and serves a device; port 0 takes a free one.
    ///
    /// # Errors
    /// When the address can not be bound.
    pub async fn serve(address: SocketAddr, device: SharedDevice) -> io::Result<TcpServer> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            let server = Server::new(listener);
            let accept = |stream: TcpStream, _| {
                let device = device.clone();
                async move {
                    // A peer that is gone already is no reason to stop serving the others.
                    Ok(stream.set_nodelay(true).is_ok().then(|| (Unit(device), stream)))
                }
            };
            // `serve` returns only with an error of accept: rest and go on.
            while server.serve(&accept, |_| ()).await.is_err() {
                tokio::time::sleep(REST).await;
            }
        });
        Ok(TcpServer { address, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for TcpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Unit(SharedDevice);

impl Unit {
    fn answer(&self, request: SlaveRequest<'_>) -> Result<Response, ExceptionCode> {
        let unit = request.slave;
        match request.request {
            Request::ReadHoldingRegisters(address, count) => {
                if count == 0 || count > MOST_READ {
                    return Err(ExceptionCode::IllegalDataValue);
                }
                in_range(address, usize::from(count))?;
                self.0
                    .read(unit, RegisterTable::Holding, address, count)
                    .map(Response::ReadHoldingRegisters)
                    .map_err(ExceptionCode::new)
            }
            Request::ReadInputRegisters(address, count) => {
                if count == 0 || count > MOST_READ {
                    return Err(ExceptionCode::IllegalDataValue);
                }
                in_range(address, usize::from(count))?;
                let read = self.0.read(unit, RegisterTable::Input, address, count);
                read.map(Response::ReadInputRegisters).map_err(ExceptionCode::new)
            }
            Request::WriteMultipleRegisters(address, words) => {
                if words.is_empty() || words.len() > MOST_WRITTEN {
                    return Err(ExceptionCode::IllegalDataValue);
                }
                in_range(address, words.len())?;
                let written = Response::WriteMultipleRegisters(address, words.len() as u16);
                self.0.write(unit, address, &words).map(|()| written).map_err(ExceptionCode::new)
            }
            _ => Err(ExceptionCode::IllegalFunction),
        }
    }
}

fn in_range(address: u16, count: usize) -> Result<(), ExceptionCode> {
    if usize::from(address) + count > 0x1_0000 { Err(ExceptionCode::IllegalDataAddress) } else { Ok(()) }
}

impl Service for Unit {
    type Request = SlaveRequest<'static>;
    type Response = Response;
    type Exception = ExceptionCode;
    type Future = Ready<Result<Response, ExceptionCode>>;

    fn call(&self, request: Self::Request) -> Self::Future {
        ready(self.answer(request))
    }
}
