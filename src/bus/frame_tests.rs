//! Published frames, and what is no frame.

use super::*;

fn bytes(hex: &str) -> Vec<u8> {
    hex.split(' ').map(|b| u8::from_str_radix(b, 16).unwrap()).collect()
}

fn read(table: RegisterTable, address: u16, count: u16) -> Op {
    Op::Read { table, address, count }
}

fn head(transaction: u16, unit: u8) -> Head {
    Head { transaction, unit }
}

/// A request, its reply, and what both say.
fn agrees(framing: Framing, head: Head, op: &Op, asked: &str, answered: &str, said: &Reply) {
    let (asked, answered) = (bytes(asked), bytes(answered));
    assert_eq!(framing.wrap(head, &request_pdu(op)), asked);
    assert_eq!(framing.request(&asked), Taken::Frame(asked.len(), head, Inquiry::Op(op.clone())));
    assert_eq!(framing.wrap(head, &reply_pdu(op, said)), answered);
    assert_eq!(framing.reply(head, op, &answered), Ok(Some(said.clone())));
    for n in 0..asked.len() {
        assert_eq!(framing.request(&asked[..n]), Taken::More, "{n}");
    }
    for n in 0..answered.len() {
        assert_eq!(framing.reply(head, op, &answered[..n]), Ok(None), "{n}");
    }
    let surplus = [&answered[..], &[0]].concat();
    assert_eq!(framing.reply(head, op, &surplus), Err(Mismatch::Surplus));
}

#[test]
fn the_examples_of_the_application_protocol() {
    // Application Protocol V1.1b3: 6.3, 6.4 and 6.12
    let examples = [
        (
            read(RegisterTable::Holding, 107, 3),
            "03 00 6B 00 03",
            "03 06 02 2B 00 00 00 64",
            Reply::Words(vec![555, 0, 100]),
        ),
        (read(RegisterTable::Input, 8, 1), "04 00 08 00 01", "04 02 00 0A", Reply::Words(vec![10])),
        (
            Op::Write { address: 1, words: vec![10, 258] },
            "10 00 01 00 02 04 00 0A 01 02",
            "10 00 01 00 02",
            Reply::Words(Vec::new()),
        ),
        (read(RegisterTable::Holding, 107, 3), "03 00 6B 00 03", "83 02", Reply::Exception(2)),
    ];
    for (op, asked, answered, said) in examples {
        assert_eq!(request_pdu(&op), bytes(asked));
        assert_eq!(reply_pdu(&op, &said), bytes(answered));
    }
}

#[test]
fn the_example_of_the_messaging_guide() {
    // Messaging on TCP/IP Implementation Guide V1.0b, 4.4.2.1: read register 5 of unit 255
    let op = read(RegisterTable::Holding, 4, 1);
    let (asked, answered) = ("15 01 00 00 00 06 FF 03 00 04 00 01", "15 01 00 00 00 05 FF 03 02 00 05");
    agrees(Framing::Mbap, head(0x1501, 255), &op, asked, answered, &Reply::Words(vec![5]));
    let no = "15 01 00 00 00 03 FF 83 02";
    agrees(Framing::Mbap, head(0x1501, 255), &op, asked, no, &Reply::Exception(2));
}

#[test]
fn the_well_known_frames_of_the_serial_line() {
    assert_eq!(crc16(b"123456789"), 0x4B37, "the check value of CRC-16/MODBUS");
    let rtu = |op: &Op, asked, answered, said| agrees(Framing::Rtu, head(0, 17), op, asked, answered, &said);
    rtu(
        &read(RegisterTable::Holding, 107, 3),
        "11 03 00 6B 00 03 76 87",
        "11 03 06 AE 41 56 52 43 40 49 AD",
        Reply::Words(vec![0xAE41, 0x5652, 0x4340]),
    );
    let input = read(RegisterTable::Input, 8, 1);
    rtu(&input, "11 04 00 08 00 01 B2 98", "11 04 02 00 0A F8 F4", Reply::Words(vec![10]));
    rtu(
        &Op::Write { address: 1, words: vec![10, 258] },
        "11 10 00 01 00 02 04 00 0A 01 02 C6 F0",
        "11 10 00 01 00 02 12 98",
        Reply::Words(Vec::new()),
    );
}

#[test]
fn a_reply_is_held_against_its_request_in_every_field() {
    let op = read(RegisterTable::Holding, 10, 2);
    let good = bytes("12 34 00 00 00 07 05 03 04 00 01 00 02");
    let put = |at: usize, byte: u8| {
        let mut bad = good.clone();
        bad[at] = byte;
        Framing::Mbap.reply(head(0x1234, 5), &op, &bad)
    };
    assert_eq!(put(9, 9), Ok(Some(Reply::Words(vec![0x0901, 2]))), "a value may be anything");
    assert_eq!(put(0, 9), Err(Mismatch::Transaction));
    assert_eq!(put(1, 9), Err(Mismatch::Transaction));
    assert_eq!(put(3, 1), Err(Mismatch::Protocol));
    assert_eq!(put(5, 9), Err(Mismatch::Length));
    assert_eq!(put(4, 1), Err(Mismatch::Length));
    assert_eq!(put(6, 4), Err(Mismatch::Unit));
    assert_eq!(put(7, 4), Err(Mismatch::Function));
    assert_eq!(put(8, 6), Err(Mismatch::Count));
    // three registers for two, all lengths right
    let three = bytes("12 34 00 00 00 09 05 03 06 00 01 00 02 00 03");
    assert_eq!(Framing::Mbap.reply(head(0x1234, 5), &op, &three), Err(Mismatch::Length));
    let none = bytes("12 34 00 00 00 03 05 83 00");
    assert_eq!(Framing::Mbap.reply(head(0x1234, 5), &op, &none), Err(Mismatch::Code));

    let write = Op::Write { address: 400, words: vec![7; 3] };
    let echo = |pdu: &str| Framing::Rtu.reply(head(0, 5), &write, &Framing::Rtu.wrap(head(0, 5), &bytes(pdu)));
    assert_eq!(echo("10 01 90 00 03"), Ok(Some(Reply::Words(Vec::new()))));
    assert_eq!(echo("10 01 91 00 03"), Err(Mismatch::Address));
    assert_eq!(echo("10 01 90 00 04"), Err(Mismatch::Count));
    let mut torn = Framing::Rtu.wrap(head(0, 5), &bytes("10 01 90 00 03"));
    torn[4] ^= 1;
    assert_eq!(Framing::Rtu.reply(head(0, 5), &write, &torn), Err(Mismatch::Check));
}

#[test]
fn what_is_no_request_is_refused_or_cut() {
    let mbap = |pdu: &str| {
        let pdu = bytes(pdu);
        match Framing::Mbap.request(&Framing::Mbap.wrap(head(1, 1), &pdu)) {
            Taken::Frame(_, _, inquiry) => inquiry,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(mbap("06 00 01 00 02"), Inquiry::Refuse(6, 1));
    assert_eq!(mbap("83 00 01 00 02"), Inquiry::Refuse(0x83, 1));
    for bad in ["03", "03 00 01", "03 00 01 00 00", "03 00 01 00 7E", "03 00 01 00 01 00", "10 00 01 00 00 00"] {
        assert!(matches!(mbap(bad), Inquiry::Refuse(_, 3)), "{bad}");
    }
    for bad in ["10 00 01 00 01 02 00", "10 00 01 00 01 04 00 00", "10 00 01 00 01 02 00 00 00"] {
        assert_eq!(mbap(bad), Inquiry::Refuse(16, 3), "{bad}");
    }
    assert_eq!(mbap("03 FF FF 00 02"), Inquiry::Refuse(3, 2));
    assert_eq!(mbap("03 FF FF 00 01"), Inquiry::Op(read(RegisterTable::Holding, 65_535, 1)));
    assert_eq!(mbap("10 FF FF 00 02 04 00 00 00 00"), Inquiry::Refuse(16, 2));

    let hostile = |hex: &str| Framing::Mbap.request(&bytes(hex));
    assert_eq!(hostile("47 45 54 20"), Taken::Hostile(Mismatch::Protocol), "GET, before it says how long it is");
    assert_eq!(hostile("00 01 00 00 FF FF"), Taken::Hostile(Mismatch::Length));
    assert_eq!(hostile("00 01 00 00 00 01"), Taken::Hostile(Mismatch::Length));
    assert_eq!(hostile("00 01 00 00 00 FE"), Taken::More);

    let rtu = |hex: &str| Framing::Rtu.request(&bytes(hex));
    assert_eq!(rtu("11 03 00 6B 00 03 76 88"), Taken::Hostile(Mismatch::Check));
    assert_eq!(rtu("11 06 00 01 00 03 9A 9B"), Taken::Frame(8, head(0, 17), Inquiry::Refuse(6, 1)));
    assert_eq!(Framing::Rtu.request(&[0xFF; 300]), Taken::Hostile(Mismatch::Length));
}
