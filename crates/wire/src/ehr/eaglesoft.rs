//! Eaglesoft.

use super::clock::Clock;
use super::identifier::Identifier;
use super::priority::{Kept, Priorities, Word};
use super::{Ehr, Field};

pub(super) static EAGLESOFT: Ehr = Ehr {
    system: "eaglesoft",
    signature_header: "x-eaglesoft-signature",
    id: Field {
        name: "caseId",
        form: Identifier::Id,
    },
    clinic: Field {
        name: "practiceId",
        form: Identifier::Id,
    },
    time: Field {
        name: "scheduledPickup",
        form: Clock::Wall { separator: b'T' },
    },
    priority: Field {
        name: "urgency",
        form: Priorities {
            kept: Kept::Word,
            calm: Word::calm("routine"),
            rush: Word::rush("urgent"),
            others: &[
                Word::calm("normal"),
                Word::calm("standard"),
                Word::calm("low"),
                Word::rush("high"),
                Word::rush("rush"),
                Word::rush("asap"),
                Word::rush("emergency"),
                Word::rush("stat"),
            ],
        },
    },
    patient_name: "patientInfo.name",
    notes: "comments",
    package_count: "packageCount",
    contact_name: "contactName",
    contact_phone: "contactPhone",
    window_start: "windowStart",
    window_end: "windowEnd",
};
