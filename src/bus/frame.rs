//! Modbus frames, strictly: MBAP as on TCP (Messaging on TCP/IP Implementation Guide V1.0b) and RTU with its CRC-16 (Serial
//! Line V1.02), for FC03, FC04 and FC16 (Application Protocol V1.1b3). Pure: bytes in, what they mean out.
//!
//! Both directions are read by what they must be: a reply is held against its request in every byte, and one byte more or less
//! is no reply. That a whole frame is not there yet is said apart from what can never become one.

use crate::corridor::profile::RegisterTable;
use crate::field::Op;

/// Most registers of one read (Application Protocol V1.1b3, 6.3).
pub const MOST_READ: u16 = 125;
/// Most registers of one write (6.12).
pub const MOST_WRITTEN: u16 = 123;
/// Longest frame of either framing: an MBAP header before the longest PDU.
pub const MOST_BYTES: usize = 7 + 253;

/// The device does not have the function.
pub(super) const ILLEGAL_FUNCTION: u8 = 1;
const ILLEGAL_ADDRESS: u8 = 2;
const ILLEGAL_VALUE: u8 = 3;

const READ_HOLDING: u8 = 3;
const READ_INPUT: u8 = 4;
const WRITE_MULTIPLE: u8 = 16;
const EXCEPTION: u8 = 0x80;

/// How a PDU is wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Transaction, protocol 0, length, unit.
    Mbap,
    /// Unit before, CRC-16 behind.
    Rtu,
}

/// Which request, of whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The transaction; always 0 in RTU, which has none.
    pub transaction: u16,
    /// The unit asked.
    pub unit: u8,
}

/// What a request's PDU asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inquiry {
    /// Something a device may be asked.
    Op(Op),
    /// Something to be refused, with the function and the exception.
    Refuse(u8, u8),
}

/// What stands at the beginning of received bytes, as a server sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// Not a whole frame yet.
    More,
    /// A frame of so many bytes.
    Frame(usize, Head, Inquiry),
    /// Never a frame; where the next one begins nobody can tell.
    Hostile(Mismatch),
}

/// A reply that belongs to its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The words that were asked for, nothing for a write.
    Words(Vec<u16>),
    /// The device said no, with this exception code.
    Exception(u8),
}

/// What is wrong with bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The protocol identifier is not 0.
    #[error("another protocol")]
    Protocol,
    /// The header's length is not that of the reply, or of any frame.
    #[error("wrong length")]
    Length,
    /// Another request's reply.
    #[error("wrong transaction id")]
    Transaction,
    /// Another unit's.
    #[error("wrong unit")]
    Unit,
    /// Another function's.
    #[error("wrong function")]
    Function,
    /// Not as many registers as were asked for.
    #[error("wrong count")]
    Count,
    /// The echo of another address.
    #[error("wrong address")]
    Address,
    /// The check does not hold.
    #[error("wrong check")]
    Check,
    /// An exception without a code.
    #[error("exception 0")]
    Code,
    /// Bytes behind the reply, or before the request.
    #[error("bytes nobody asked for")]
    Surplus,
}

/// CRC-16 of the serial line: polynomial 0xA001 (reflected), from 0xFFFF; sent low byte first.
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |c, _| if c & 1 == 1 { c >> 1 ^ 0xA001 } else { c >> 1 })
    })
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

fn words(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).map(|b| u16::from_be_bytes([b[0], b[1]])).collect()
}

fn read_function(table: RegisterTable) -> u8 {
    match table {
        RegisterTable::Holding => READ_HOLDING,
        RegisterTable::Input => READ_INPUT,
    }
}

fn function(op: &Op) -> u8 {
    match op {
        Op::Read { table, .. } => read_function(*table),
        Op::Write { .. } => WRITE_MULTIPLE,
    }
}

/// Whether the protocol can carry it: counts within the limits, and no register beyond the last.
pub fn carried(op: &Op) -> bool {
    let (address, count, most) = match op {
        Op::Read { address, count, .. } => (*address, usize::from(*count), MOST_READ),
        Op::Write { address, words } => (*address, words.len(), MOST_WRITTEN),
    };
    (1..=usize::from(most)).contains(&count) && usize::from(address) + count <= 0x1_0000
}

/// The PDU that asks for it; only for what [`carried`] lets pass.
pub fn request_pdu(op: &Op) -> Vec<u8> {
    let mut pdu = vec![function(op)];
    match op {
        Op::Read { address, count, .. } => {
            pdu.extend(address.to_be_bytes());
            pdu.extend(count.to_be_bytes());
        }
        Op::Write { address, words } => {
            pdu.extend(address.to_be_bytes());
            pdu.extend((words.len() as u16).to_be_bytes());
            pdu.push((2 * words.len()) as u8);
            pdu.extend(words.iter().flat_map(|w| w.to_be_bytes()));
        }
    }
    pdu
}

/// The PDU that answers it.
pub fn reply_pdu(op: &Op, reply: &Reply) -> Vec<u8> {
    let mut pdu = vec![function(op)];
    match (op, reply) {
        (_, Reply::Exception(code)) => return refusal_pdu(function(op), *code),
        (Op::Read { .. }, Reply::Words(words)) => {
            pdu.push((2 * words.len()) as u8);
            pdu.extend(words.iter().flat_map(|w| w.to_be_bytes()));
        }
        (Op::Write { address, words }, Reply::Words(_)) => {
            pdu.extend(address.to_be_bytes());
            pdu.extend((words.len() as u16).to_be_bytes());
        }
    }
    pdu
}

/// The PDU of an exception.
pub fn refusal_pdu(function: u8, code: u8) -> Vec<u8> {
    vec![function | EXCEPTION, code]
}

fn inquiry(pdu: &[u8]) -> Inquiry {
    let function = pdu.first().copied().unwrap_or_default();
    let table = match function {
        READ_HOLDING => Some(RegisterTable::Holding),
        READ_INPUT => Some(RegisterTable::Input),
        WRITE_MULTIPLE => None,
        _ => return Inquiry::Refuse(function, ILLEGAL_FUNCTION),
    };
    let (Some(address), Some(count)) = (word(pdu, 1), word(pdu, 3)) else {
        return Inquiry::Refuse(function, ILLEGAL_VALUE);
    };
    let whole = match table {
        Some(_) => pdu.len() == 5 && (1..=MOST_READ).contains(&count),
        None => {
            let bytes = 2 * usize::from(count);
            (1..=MOST_WRITTEN).contains(&count) && pdu.len() == 6 + bytes && usize::from(pdu[5]) == bytes
        }
    };
    if !whole {
        return Inquiry::Refuse(function, ILLEGAL_VALUE);
    }
    let op = match table {
        Some(table) => Op::Read { table, address, count },
        None => Op::Write { address, words: words(&pdu[6..]) },
    };
    if carried(&op) { Inquiry::Op(op) } else { Inquiry::Refuse(function, ILLEGAL_ADDRESS) }
}

impl Framing {
    /// A frame around a PDU.
    pub fn wrap(self, head: Head, pdu: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(7 + pdu.len());
        if self == Framing::Mbap {
            bytes.extend(head.transaction.to_be_bytes());
            bytes.extend([0, 0]);
            bytes.extend((pdu.len() as u16 + 1).to_be_bytes());
        }
        bytes.push(head.unit);
        bytes.extend(pdu);
        if self == Framing::Rtu {
            bytes.extend(crc16(&bytes).to_le_bytes());
        }
        bytes
    }

    /// The first request in what was received.
    pub fn request(self, bytes: &[u8]) -> Taken {
        match self {
            Framing::Mbap => mbap_request(bytes),
            Framing::Rtu => rtu_request(bytes),
        }
    }

    /// The reply to a request, once it is there as a whole.
    ///
    /// # Errors
    /// When what was received can never become the reply.
    pub fn reply(self, head: Head, op: &Op, bytes: &[u8]) -> Result<Option<Reply>, Mismatch> {
        let frame = match self {
            Framing::Mbap => mbap_reply(head, op, bytes)?,
            Framing::Rtu => rtu_reply(head, op, bytes)?,
        };
        frame.map(|pdu| reply(op, pdu)).transpose()
    }
}

fn mbap_request(bytes: &[u8]) -> Taken {
    // What can be known is judged as soon as it is there: nothing waits for a length nobody may have.
    if word(bytes, 2).is_some_and(|protocol| protocol != 0) {
        return Taken::Hostile(Mismatch::Protocol);
    }
    let (Some(transaction), Some(length)) = (word(bytes, 0), word(bytes, 4)) else { return Taken::More };
    let length = usize::from(length);
    if !(2..=MOST_BYTES - 6).contains(&length) {
        return Taken::Hostile(Mismatch::Length);
    }
    match bytes.get(6..6 + length) {
        Some(rest) => Taken::Frame(6 + length, Head { transaction, unit: rest[0] }, inquiry(&rest[1..])),
        None => Taken::More,
    }
}

fn rtu_request(bytes: &[u8]) -> Taken {
    let head = |bytes: &[u8]| Head { transaction: 0, unit: bytes[0] };
    let length = match bytes.get(1) {
        None => return Taken::More,
        Some(&(READ_HOLDING | READ_INPUT)) => 8,
        Some(&WRITE_MULTIPLE) => match bytes.get(6) {
            None => return Taken::More,
            Some(count) => 9 + usize::from(*count),
        },
        // How long a function is that we do not have only its check tells.
        Some(&function) => {
            return if bytes.len() >= 4 && checked(bytes) {
                Taken::Frame(bytes.len(), head(bytes), Inquiry::Refuse(function, ILLEGAL_FUNCTION))
            } else if bytes.len() > MOST_BYTES {
                Taken::Hostile(Mismatch::Length)
            } else {
                Taken::More
            };
        }
    };
    match bytes.get(..length) {
        None => Taken::More,
        Some(frame) if checked(frame) => Taken::Frame(length, head(frame), inquiry(&frame[1..length - 2])),
        Some(_) => Taken::Hostile(Mismatch::Check),
    }
}

/// Whether the last two bytes are the CRC of those before.
fn checked(frame: &[u8]) -> bool {
    frame.split_last_chunk::<2>().is_some_and(|(bytes, crc)| crc16(bytes) == u16::from_le_bytes(*crc))
}

/// Bytes the PDU of a reply takes, as its function says; `None` for a function that was not asked for.
fn reply_length(op: &Op, says: u8) -> Option<usize> {
    match op {
        _ if says == function(op) | EXCEPTION => Some(2),
        _ if says != function(op) => None,
        Op::Read { count, .. } => Some(2 + 2 * usize::from(*count)),
        Op::Write { .. } => Some(5),
    }
}

fn mbap_reply<'a>(head: Head, op: &Op, bytes: &'a [u8]) -> Result<Option<&'a [u8]>, Mismatch> {
    if word(bytes, 0).is_some_and(|t| t != head.transaction) {
        return Err(Mismatch::Transaction);
    }
    if word(bytes, 2).is_some_and(|protocol| protocol != 0) {
        return Err(Mismatch::Protocol);
    }
    if bytes.get(6).is_some_and(|unit| *unit != head.unit) {
        return Err(Mismatch::Unit);
    }
    let Some(says) = bytes.get(7) else { return Ok(None) };
    let length = reply_length(op, *says).ok_or(Mismatch::Function)?;
    if word(bytes, 4).is_some_and(|l| usize::from(l) != 1 + length) {
        return Err(Mismatch::Length);
    }
    exactly(bytes, 7 + length).map(|frame| frame.map(|frame| &frame[7..]))
}

fn rtu_reply<'a>(head: Head, op: &Op, bytes: &'a [u8]) -> Result<Option<&'a [u8]>, Mismatch> {
    if bytes.first().is_some_and(|unit| *unit != head.unit) {
        return Err(Mismatch::Unit);
    }
    let Some(says) = bytes.get(1) else { return Ok(None) };
    let length = reply_length(op, *says).ok_or(Mismatch::Function)?;
    let frame = exactly(bytes, 3 + length)?;
    if frame.is_some_and(|frame| !checked(frame)) {
        return Err(Mismatch::Check);
    }
    Ok(frame.map(|frame| &frame[1..=length]))
}

/// All of the bytes, when they are as many; none when some are missing.
fn exactly(bytes: &[u8], length: usize) -> Result<Option<&[u8]>, Mismatch> {
    match bytes.len() {
        n if n < length => Ok(None),
        n if n > length => Err(Mismatch::Surplus),
        _ => Ok(Some(bytes)),
    }
}

/// A PDU of the length its function says.
fn reply(op: &Op, pdu: &[u8]) -> Result<Reply, Mismatch> {
    if pdu[0] & EXCEPTION != 0 {
        return if pdu[1] == 0 { Err(Mismatch::Code) } else { Ok(Reply::Exception(pdu[1])) };
    }
    match op {
        Op::Read { count, .. } if u16::from(pdu[1]) != 2 * count => Err(Mismatch::Count),
        Op::Read { .. } => Ok(Reply::Words(words(&pdu[2..]))),
        Op::Write { address, .. } if word(pdu, 1) != Some(*address) => Err(Mismatch::Address),
        Op::Write { words, .. } if word(pdu, 3).map(usize::from) != Some(words.len()) => Err(Mismatch::Count),
        Op::Write { .. } => Ok(Reply::Words(Vec::new())),
    }
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
