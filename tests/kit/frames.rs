//! What must hold of any bytes a peer sends: nothing panics, and what is taken for a reply is the reply. The reply is read a
//! second time here, by the table of the protocol and not by the reader that is tested.

use greenwave::bus::frame::{Framing, Head, Inquiry, MOST_READ, MOST_WRITTEN, Reply, Taken, carried, request_pdu};
use greenwave::corridor::profile::RegisterTable;
use greenwave::field::Op;

/// A CRC-16 by its polynomial, bit by bit, from the definition.
fn crc(bytes: &[u8]) -> u16 {
    let mut crc = 0xFFFF_u16;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            let odd = crc & 1 == 1;
            crc >>= 1;
            if odd {
                crc ^= 0xA001;
            }
        }
    }
    crc
}

/// Whether these bytes are the reply to this request, by the tables of the specifications.
fn is_reply(framing: Framing, head: Head, op: &Op, bytes: &[u8], said: &Reply) -> bool {
    let pdu = match framing {
        Framing::Mbap => {
            let header = [
                (head.transaction >> 8) as u8,
                head.transaction as u8,
                0,
                0,
                ((bytes.len() - 6) >> 8) as u8,
                (bytes.len() - 6) as u8,
                head.unit,
            ];
            if bytes[..7] != header {
                return false;
            }
            &bytes[7..]
        }
        Framing::Rtu => {
            let (body, check) = bytes.split_at(bytes.len() - 2);
            if body[0] != head.unit || check != crc(body).to_le_bytes() {
                return false;
            }
            &body[1..]
        }
    };
    let function = request_pdu(op)[0];
    match (said, op) {
        (Reply::Exception(code), _) => pdu == [function | 0x80, *code] && *code != 0,
        (Reply::Words(words), Op::Read { count, .. }) => {
            let values: Vec<u8> = words.iter().flat_map(|w| w.to_be_bytes()).collect();
            words.len() == usize::from(*count)
                && pdu[0] == function
                && usize::from(pdu[1]) == values.len()
                && pdu[2..] == values
        }
        (Reply::Words(none), Op::Write { .. }) => none.is_empty() && pdu == &request_pdu(op)[..5],
    }
}

/// Holds the client's reader to its promise; gives whether it took the bytes.
pub(crate) fn client(framing: Framing, head: Head, op: &Op, bytes: &[u8]) -> bool {
    match framing.reply(head, op, bytes) {
        Ok(Some(said)) => {
            assert!(is_reply(framing, head, op, bytes, &said), "{framing:?} {head:?} {op:?} {bytes:?}: {said:?}");
            true
        }
        Ok(None) => {
            assert!(bytes.len() < 260, "waits for more than any frame has");
            false
        }
        Err(_) => false,
    }
}

/// Holds the server's reader to its promise; gives whether it found something to ask a device.
pub(crate) fn server(framing: Framing, bytes: &[u8]) -> bool {
    match framing.request(bytes) {
        Taken::Frame(length, head, Inquiry::Op(op)) => {
            assert!(carried(&op), "{op:?}");
            assert_eq!(framing.wrap(head, &request_pdu(&op)), &bytes[..length], "says what it said");
            true
        }
        Taken::Frame(length, _, Inquiry::Refuse(..)) => {
            assert!((1..=bytes.len()).contains(&length));
            false
        }
        Taken::More => {
            assert!(bytes.len() <= 264, "waits for more than any frame has");
            false
        }
        Taken::Hostile(_) => false,
    }
}

/// A request out of a few bytes of choice.
pub(crate) fn request(choice: [u8; 8]) -> (Framing, Head, Op) {
    let [kind, unit, t1, t2, a1, a2, count, word] = choice;
    let framing = if kind & 1 == 0 { Framing::Mbap } else { Framing::Rtu };
    let transaction = if framing == Framing::Mbap { u16::from_be_bytes([t1, t2]) } else { 0 };
    let address = u16::from_be_bytes([a1, a2]).min(65_535 - 125);
    let op = match kind >> 1 & 3 {
        0 | 1 => {
            let table = if kind >> 1 & 3 == 0 { RegisterTable::Holding } else { RegisterTable::Input };
            Op::Read { table, address, count: 1 + u16::from(count) % MOST_READ }
        }
        _ => Op::Write { address, words: vec![u16::from(word); 1 + usize::from(count) % usize::from(MOST_WRITTEN)] },
    };
    (framing, Head { transaction, unit }, op)
}
