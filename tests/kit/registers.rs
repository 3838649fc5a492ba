//! A device that is nothing but registers: holding registers that keep what is written, input registers that hold 1000 + their
//! address.

use greenwave::bus::Device;
use greenwave::corridor::profile::RegisterTable;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

pub(crate) struct Registers {
    words: Mutex<Vec<u16>>,
    writes: AtomicUsize,
}

impl Registers {
    pub(crate) fn new() -> Arc<Registers> {
        Arc::new(Registers { words: Mutex::new(vec![0; 1000]), writes: AtomicUsize::new(0) })
    }

    pub(crate) fn get(&self, address: usize) -> u16 {
        self.words.lock().unwrap()[address]
    }

    pub(crate) fn writes(&self) -> usize {
        self.writes.load(Ordering::SeqCst)
    }
}

impl Device for Registers {
    fn read(&self, _: u8, table: RegisterTable, address: u16, count: u16) -> Result<Vec<u16>, u8> {
        let (from, to) = (usize::from(address), usize::from(address) + usize::from(count));
        match table {
            RegisterTable::Holding => self.words.lock().unwrap().get(from..to).map(<[u16]>::to_vec).ok_or(2),
            RegisterTable::Input => (from..to).map(|a| u16::try_from(1000 + a).map_err(|_| 2)).collect(),
        }
    }

    fn write(&self, _: u8, address: u16, words: &[u16]) -> Result<(), u8> {
        let from = usize::from(address);
        let mut all = self.words.lock().unwrap();
        let place = all.get_mut(from..from + words.len()).ok_or(2_u8)?;
        place.copy_from_slice(words);
        self.writes.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}
