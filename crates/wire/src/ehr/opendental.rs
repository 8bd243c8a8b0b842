//! Open Dental.

use super::clock::Clock;
use super::identifier::Identifier;
use super::priority::{Kept, Priorities, Word};
use super::{Ehr, Field};

pub(super) static OPENDENTAL: Ehr = Ehr {
    system: "opendental",
    signature_header: "x-opendental-signature",
    id: Field {
        name: "LabCaseNum",
        form: Identifier::CaseNumber,
    },
    clinic: Field {
        name: "ClinicNum",
        form: Identifier::ClinicNumber,
    },
    time: Field {
        name: "DateTimeScheduled",
        form: Clock::Wall { separator: b' ' },
    },
    priority: Field {
        name: "Priority",
        form: Priorities {
            kept: Kept::Word,
            calm: Word::calm("Normal").numbered(0),
            rush: Word::rush("ASAP").numbered(1),
            others: &[
                Word::calm("Routine"),
                Word::calm("Standard"),
                Word::calm("Low"),
                Word::rush("High"),
                Word::rush("Urgent"),
                Word::rush("Rush"),
                Word::rush("Emergency"),
                Word::rush("STAT"),
            ],
        },
    },
    patient_name: "PatName",
    notes: "Note",
    package_count: "PackageCount",
    contact_name: "ContactName",
    contact_phone: "ContactPhone",
    window_start: "WindowStart",
    window_end: "WindowEnd",
};
