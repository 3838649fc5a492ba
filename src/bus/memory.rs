//! The bus without a line: devices asked directly. The same answers as over TCP, byte for byte, which a test holds.

use super::{Bus, SharedDevice, Stuck};
use crate::field::{Answer, FieldFault, Op, Request};

/// Devices by cabinet index, each with its unit id.
pub struct MemoryBus {
    devices: Vec<(SharedDevice, u8)>,
}

impl MemoryBus {
    /// A bus to these devices; the position is the cabinet's index.
    pub fn new(devices: Vec<(SharedDevice, u8)>) -> Self {
        MemoryBus { devices }
    }

    fn ask(&self, request: &Request) -> Answer {
        let (device, unit) = self.devices.get(request.cabinet().0).ok_or(FieldFault::Silence)?;
        match request.op() {
            Op::Read { table, address, count } => {
                device.read(*unit, *table, *address, *count).map_err(FieldFault::Exception)
            }
            Op::Write { address, words } => {
                device.write(*unit, *address, words).map(|()| Vec::new()).map_err(FieldFault::Exception)
            }
        }
    }
}

impl Bus for MemoryBus {
    async fn exchange(&mut self, requests: &[Request]) -> Result<Vec<Answer>, Stuck> {
        Ok(requests.iter().map(|r| self.ask(r)).collect())
    }
}
