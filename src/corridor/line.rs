//! The way to a cabinet as written: an address, or the device of a serial line.

use super::device::{Line, Parity};
use super::problem::{At, Findings};
use super::reader::Table;
use super::rule::Rule;
use super::values;

/// Transports.
const TRANSPORTS: &[(&str, Transport)] = &[
    ("tcp", Transport::Tcp),
    ("rtu-over-tcp", Transport::RtuOverTcp),
    ("tls", Transport::Tls),
    ("serial", Transport::Serial),
];

/// Parities.
const PARITIES: &[(&str, Parity)] = &[("none", Parity::None), ("even", Parity::Even), ("odd", Parity::Odd)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    Tcp,
    RtuOverTcp,
    Tls,
    Serial,
}

/// What holds where nothing is said (Modbus over serial line V1.02, 2.5.1: even parity; 9600 bits a second is the least that
/// every device must know beside 19200).
const BAUD: u32 = 9600;

/// Reads how a cabinet is reached.
pub(super) fn read(findings: &mut Findings, table: &mut Table<'_>) -> Option<At<Line>> {
    let transport = table.may(findings, "transport", values::word(TRANSPORTS)).map(|transport| transport.value);
    let refused = transport.is_none() && table.holds("transport");
    let mut exclude = |table: &mut Table<'_>, key: &'static str, mend: &str| {
        if table.refuses(key) {
            let word = TRANSPORTS.iter().find(|(_, t)| Some(*t) == transport).map_or("tcp", |(word, _)| word);
            let message = format!("{}: {key} stands beside transport = \"{word}\"", table.subject);
            findings.tell(table.place(key), Rule::KeysExclude, message, mend);
        }
    };
    if transport == Some(Transport::Serial) {
        exclude(table, "address", "A serial line has a device; remove the address, or say another transport.");
        let device = table.need(findings, "device", values::text);
        let baud = table.may(findings, "baud", values::baud);
        let parity = table.may(findings, "parity", values::word(PARITIES));
        let said = (baud.is_some() || !table.holds("baud")) && (parity.is_some() || !table.holds("parity"));
        let At { value: device, spot } = device.filter(|_| said)?;
        let baud = baud.map_or(BAUD, |baud| baud.value);
        let parity = parity.map_or(Parity::Even, |parity| parity.value);
        return Some(At { value: Line::Serial { device, baud, parity }, spot });
    }
    if !refused {
        for key in ["device", "baud", "parity"] {
            exclude(table, key, "Remove it, or say transport = \"serial\".");
        }
    }
    let At { value: address, spot } = table.need(findings, "address", values::address).filter(|_| !refused)?;
    let value = match transport {
        Some(Transport::RtuOverTcp) => Line::RtuOverTcp { address },
        Some(Transport::Tls) => Line::Tls { address },
        _ => Line::Tcp { address },
    };
    Some(At { value, spot })
}
