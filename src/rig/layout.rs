//! A controller model's registers, from the core's description of them to the plant's.
//!
//! Knows: both descriptions. Must not know: what is read or written. Nothing is decided here: every place and form is handed
//! over as it stands, and the cabinet reads and writes by it with code of its own.

use crate::corridor::profile::RegisterTable;
use greenwave_sim::cabinet::Registers;

/// The plant's word for a table.
pub(super) fn registers(table: RegisterTable) -> Registers {
    match table {
        RegisterTable::Holding => Registers::Holding,
        RegisterTable::Input => Registers::Input,
    }
}
