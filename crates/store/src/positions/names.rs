//! Drivers by number and numbers by driver: a file of lines `lab/driver`, of which the number is the place.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::Arc;

use pontic_core::id::{DriverId, LabId};

use super::DriverNo;
use super::row::{broken, io};
use crate::StoreError;

/// A driver's full name.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// The lab.
    pub lab_id: LabId,
    /// The driver.
    pub driver_id: DriverId,
}

/// The drivers that have numbers.
pub struct Names {
    file: File,
    /// Bytes of whole lines.
    length: u64,
    by_number: Vec<Arc<Name>>,
    by_name: HashMap<Arc<Name>, DriverNo>,
}

impl Names {
    /// Reads the file in `dir`; a line that a crash left half written was never used, and is cut off.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(dir.join("names"))
            .map_err(io)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(io)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let mut names = Self {
            file,
            length: whole as u64,
            by_number: Vec::new(),
            by_name: HashMap::new(),
        };
        for line in text[..whole].lines() {
            let (lab, driver) = line
                .split_once('/')
                .ok_or_else(|| broken("a driver's name cannot be read"))?;
            names.add(LabId::known(lab), DriverId::known(driver));
        }
        names.file.set_len(names.length).map_err(io)?;
        Ok(names)
    }

    fn add(&mut self, lab_id: LabId, driver_id: DriverId) -> DriverNo {
        let no = DriverNo(u32::try_from(self.by_number.len()).unwrap_or(u32::MAX));
        let name = Arc::new(Name { lab_id, driver_id });
        self.by_number.push(Arc::clone(&name));
        self.by_name.insert(name, no);
        no
    }

    /// The driver's number.
    pub fn find(&self, lab: &LabId, driver: &DriverId) -> Option<DriverNo> {
        let name = Name {
            lab_id: lab.clone(),
            driver_id: driver.clone(),
        };
        self.by_name.get(&name).copied()
    }

    /// The number's driver.
    pub fn name(&self, no: DriverNo) -> Option<Arc<Name>> {
        self.by_number.get(no.0 as usize).cloned()
    }

    /// All of them, in the order of numbers.
    pub fn all(&self) -> Vec<(DriverNo, Arc<Name>)> {
        let names = self.by_number.iter().cloned();
        (0..).map(DriverNo).zip(names).collect()
    }

    /// A new number, unless there is one by now.
    pub fn draw(&mut self, lab: &LabId, driver: &DriverId) -> Result<DriverNo, StoreError> {
        if let Some(no) = self.find(lab, driver) {
            return Ok(no);
        }
        let line = format!("{lab}/{driver}\n");
        // Where the last write broke off, this one begins.
        self.file.seek(SeekFrom::Start(self.length)).map_err(io)?;
        self.file.write_all(line.as_bytes()).map_err(io)?;
        self.file.sync_data().map_err(io)?;
        self.length += line.len() as u64;
        Ok(self.add(lab.clone(), driver.clone()))
    }
}
