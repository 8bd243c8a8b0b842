//! The rows that events change, and the one shape in which a store keeps them all.

use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::delivery::{Case, Delivery};
use crate::directory::{Clinic, Driver, Endpoint, Lab};
use crate::id::LabId;
use crate::invoice::Invoice;
use crate::phi::{Phi, Private};
use crate::pickup::{Pickup, Series};
use crate::route::{Route, Stop};
use crate::rules::RuleBook;
use crate::state::words;
use crate::subscription::Subscription;
use crate::template::Template;

words! {
    /// A kind of record; each has its own table.
    Kind {
        /// A lab.
        Lab = "lab",
        /// A clinic.
        Clinic = "clinic",
        /// A driver.
        Driver = "driver",
        /// An endpoint of a practice system.
        Endpoint = "endpoint",
        /// A case; its parent is its delivery.
        Case = "case",
        /// A delivery; its parent is its stop.
        Delivery = "delivery",
        /// A pickup; its parent is its series.
        Pickup = "pickup",
        /// A series of pickups.
        Series = "series",
        /// An invoice.
        Invoice = "invoice",
        /// A route; its parent is its driver.
        Route = "route",
        /// A stop; its parent is its route.
        Stop = "stop",
        /// The rules in force.
        RuleBook = "rules",
        /// Somebody who is told by webhook.
        Subscription = "subscription",
        /// How a kind of notices is worded.
        Template = "template",
    }
}

/// A record as a store keeps it: what is looked up and filtered by in columns, the rest as JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Which table.
    pub kind: Kind,
    /// The lab it belongs to (a lab's own id for a lab).
    pub lab_id: LabId,
    /// Its id, unique within kind and lab.
    pub id: String,
    /// The clinic it is for.
    pub clinic_id: Option<String>,
    /// Its day.
    pub date: Option<Date>,
    /// Its status, in the contract's words.
    pub status: Option<&'static str>,
    /// The record that it is a part of, or belongs to.
    pub parent: Option<String>,
    /// A second unique key, unique within the kind.
    pub identity: Option<[u8; 16]>,
    /// Whether further work may join it: at most one open delivery per lab, clinic and date. Of a case: whether it was delivered and
    /// is on no invoice.
    pub open: bool,
    /// Counts its changes, from 1.
    pub version: u64,
    /// Everything but patient data: a JSON object.
    pub body: String,
    /// Patient data, to be sealed; absent when there is none.
    pub private: Option<Phi<Private>>,
}

/// Why a kept row could not be read: its JSON is not what this version writes.
#[derive(Debug)]
pub struct Unreadable {
    /// Of which kind.
    pub kind: Kind,
    /// What serde says; it names fields and positions, never values.
    pub source: serde_json::Error,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a {} row cannot be read (line {}, column {})",
            self.kind,
            self.source.line(),
            self.source.column()
        )
    }
}

impl std::error::Error for Unreadable {}

/// A type whose values are records.
pub trait Entity: Clone + PartialEq + Serialize + DeserializeOwned {
    /// Its kind.
    const KIND: Kind;
    /// The lab it belongs to.
    fn lab_id(&self) -> &LabId;
    /// Its id.
    fn id(&self) -> &str;
    /// Its version, to be counted up.
    fn version_mut(&mut self) -> &mut u64;
    /// Its patient data.
    fn private(&self) -> Option<&Phi<Private>> {
        None
    }
    /// Gives it its patient data back.
    fn set_private(&mut self, _private: Phi<Private>) {}
    /// Its second key, unique within the kind.
    fn identity(&self) -> Option<[u8; 16]> {
        None
    }
    /// Fills the columns by which it is looked up.
    fn index(&self, _row: &mut Row) {}
    /// As one of all kinds.
    fn into_record(self) -> Record;
    /// From one of all kinds.
    fn from_record(record: &Record) -> Option<&Self>;
}

macro_rules! records {
    ($($name:ident $(private $private:tt)? $(identity $digest:tt)? => |$lab:ident| $lab_expr:expr, |$this:ident, $row:ident| $index:expr;)*) => {
        /// A record of any kind. Shared, because a batch of events hands the same ones around.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Record { $(
            #[doc = concat!("A ", stringify!($name), ".")]
            $name(Arc<$name>),
        )* }

        $(impl Entity for $name {
            const KIND: Kind = Kind::$name;
            fn lab_id(&self) -> &LabId { let $lab = self; $lab_expr }
            fn id(&self) -> &str { self.id.as_str() }
            fn version_mut(&mut self) -> &mut u64 { &mut self.version }
            $(
                fn private(&self) -> Option<&Phi<Private>> { Some(&self.$private) }
                fn set_private(&mut self, private: Phi<Private>) { self.$private = private; }
            )?
            $(fn identity(&self) -> Option<[u8; 16]> { Some(Pickup::$digest(self).digest()) })?
            fn index(&self, $row: &mut Row) { let $this = self; $index }
            fn into_record(self) -> Record { Record::$name(Arc::new(self)) }
            fn from_record(record: &Record) -> Option<&Self> {
                match record { Record::$name(value) => Some(value), _ => None }
            }
        })*

        impl Record {
            /// Its kind.
            pub fn kind(&self) -> Kind {
                match self { $(Self::$name(_) => Kind::$name),* }
            }

            /// Its id.
            pub fn id(&self) -> &str {
                match self { $(Self::$name(value) => value.id.as_str()),* }
            }

            /// The lab it belongs to.
            pub fn lab_id(&self) -> &LabId {
                match self { $(Self::$name(value) => Entity::lab_id(value.as_ref())),* }
            }

            /// Its second key.
            pub fn identity(&self) -> Option<[u8; 16]> {
                match self { $(Self::$name(value) => Entity::identity(value.as_ref())),* }
            }

            /// Its version.
            pub fn version(&self) -> u64 {
                match self { $(Self::$name(value) => value.version),* }
            }

            /// As a store keeps it.
            pub fn row(&self) -> Row {
                match self { $(Self::$name(value) => row(value.as_ref(), value.version)),* }
            }

            /// The columns by which it is filtered, without second key and body.
            pub fn columns(&self) -> Row {
                match self { $(Self::$name(value) => columns(value.as_ref(), value.version)),* }
            }

            /// From what a store kept.
            pub fn from_row(kind: Kind, body: &str, private: Option<Phi<Private>>) -> Result<Self, Unreadable> {
                match kind { $(Kind::$name => read::<$name>(body, private)),* }
            }
        }
    };
}

records! {
    Lab private private => |lab| &lab.id, |_this, _row| ();
    Clinic private private => |clinic| &clinic.lab_id, |this, row| {
        row.parent = this.merged_into.as_ref().map(ToString::to_string);
    };
    Driver private private => |driver| &driver.lab_id, |this, row| {
        // Nobody says that they are on duty: that is how a driver is.
        row.status = Some(this.presence.as_str()).filter(|_| !this.presence.is_on_duty());
    };
    Endpoint private private => |endpoint| &endpoint.lab_id, |_this, _row| ();
    Case private private => |case| &case.lab_id, |this, row| {
        row.clinic_id = this.clinic_id.as_ref().map(ToString::to_string);
        row.status = Some(this.status.as_str());
        row.parent = this.delivery_id.as_ref().map(ToString::to_string);
        row.open = this.is_unbilled();
    };
    Delivery private private => |delivery| &delivery.lab_id, |this, row| {
        row.clinic_id = Some(this.clinic_id.to_string());
        row.date = Some(this.date);
        row.status = Some(this.status.as_str());
        row.open = this.status.is_open();
    };
    Pickup private private identity identity => |pickup| &pickup.lab_id, |this, row| {
        row.clinic_id = Some(this.clinic_id.to_string());
        row.date = Some(this.date);
        row.status = Some(this.status.as_str());
        row.parent = this.series_id.as_ref().map(ToString::to_string);
        row.open = this.status.is_changeable();
    };
    Series private private => |series| &series.lab_id, |this, row| {
        row.clinic_id = Some(this.clinic_id.to_string());
        row.open = this.ended_from.is_none();
    };
    Invoice => |invoice| &invoice.lab_id, |this, row| {
        row.clinic_id = Some(this.clinic_id.to_string());
        row.status = Some(this.status.as_str());
    };
    Route => |route| &route.lab_id, |this, row| {
        row.date = Some(this.date);
        row.status = Some(this.status.as_str());
        row.parent = Some(this.driver_id.to_string());
    };
    RuleBook => |book| &book.lab_id, |_this, _row| ();
    Stop private private => |stop| &stop.lab_id, |this, row| {
        row.clinic_id = Some(this.clinic_id.to_string());
        row.status = Some(this.status.as_str());
        row.parent = Some(this.route_id.to_string());
    };
    Subscription private private => |subscription| &subscription.lab_id, |this, row| {
        row.open = !this.removed;
    };
    Template => |template| &template.lab_id, |this, row| {
        row.open = !this.removed;
    };
}

fn columns<E: Entity>(value: &E, version: u64) -> Row {
    let mut row = Row {
        kind: E::KIND,
        lab_id: value.lab_id().clone(),
        id: value.id().to_owned(),
        clinic_id: None,
        date: None,
        status: None,
        parent: None,
        identity: None,
        open: false,
        version,
        body: String::new(),
        private: None,
    };
    value.index(&mut row);
    row
}

fn row<E: Entity>(value: &E, version: u64) -> Row {
    let mut row = columns(value, version);
    row.identity = value.identity();
    // Records hold nothing that JSON cannot (no map with keys other than texts, no NaN): it cannot fail.
    row.body = serde_json::to_string(value).unwrap_or_default();
    // Sealing at rest is the one purpose of opening it here.
    row.private = value
        .private()
        .filter(|private| !private.reveal().is_empty())
        .cloned();
    row
}

fn read<E: Entity>(body: &str, private: Option<Phi<Private>>) -> Result<Record, Unreadable> {
    let mut value: E = serde_json::from_str(body).map_err(|source| Unreadable {
        kind: E::KIND,
        source,
    })?;
    value.set_private(private.unwrap_or_default());
    Ok(value.into_record())
}

/// What a change of a record means to those who watch: the body of a live message, and of "what it changed" in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Kind of the record.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// The lab.
    pub lab_id: LabId,
    /// The clinic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clinic_id: Option<String>,
    /// The day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// The status before; absent for a new record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// The status now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The record it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Its version now.
    pub version: u64,
}

impl Change {
    /// Of `before` (absent for a new one) into `after`.
    pub fn between(before: Option<&Record>, after: &Record) -> Self {
        let now = after.columns();
        Self {
            kind: now.kind,
            id: now.id,
            lab_id: now.lab_id,
            clinic_id: now.clinic_id,
            date: now.date,
            was: before
                .and_then(|record| record.columns().status)
                .map(str::to_owned),
            status: now.status.map(str::to_owned),
            parent: now.parent,
            version: now.version,
        }
    }
}
