//! Dentrix.

use super::clock::Clock;
use super::identifier::Identifier;
use super::priority::{Kept, Priorities, Word};
use super::{Ehr, Field};

pub(super) static DENTRIX: Ehr = Ehr {
    system: "dentrix",
    signature_header: "x-dentrix-signature",
    id: Field {
        name: "externalId",
        form: Identifier::Id,
    },
    clinic: Field {
        name: "practiceId",
        form: Identifier::Id,
    },
    time: Field {
        name: "preferredPickupTime",
        form: Clock::Utc,
    },
    priority: Field {
        name: "priority",
        form: Priorities {
            kept: Kept::Number,
            calm: Word::calm("normal").numbered(0),
            rush: Word::rush("high").numbered(1),
            others: &[Word::rush("emergency").numbered(2)],
        },
    },
    patient_name: "patientName",
    notes: "notes",
    package_count: "packageCount",
    contact_name: "contactName",
    contact_phone: "contactPhone",
    window_start: "windowStart",
    window_end: "windowEnd",
};
