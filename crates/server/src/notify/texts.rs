//! Our own words for every kind of notice: a subject and a text.

use pontic_core::notice::{Language, NoticeKind};

/// Subject and text, to be filled in.
pub const fn usual(kind: NoticeKind, language: Language) -> (&'static str, &'static str) {
    match language {
        Language::English => english(kind),
        Language::German => german(kind),
    }
}

/// Subject of several notices in one message, to be filled in with `count` and `lab`.
pub const fn together(language: Language) -> &'static str {
    match language {
        Language::English => "{{ count }} messages from {{ lab }}",
        Language::German => "{{ count }} Nachrichten von {{ lab }}",
    }
}

/// Subject and text of a test.
pub const fn test(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::English => (
            "Test message",
            "This is a test. Whoever reads it will be reached by notices, too.",
        ),
        Language::German => (
            "Testnachricht",
            "Dies ist ein Test. Wer das liest, wird auch von Nachrichten erreicht.",
        ),
    }
}

const fn english(kind: NoticeKind) -> (&'static str, &'static str) {
    match kind {
        NoticeKind::Arrival => (
            "{% if minutes > 0 %}Your driver arrives at {{ time }}{% else %}Your driver is here{% endif %}",
            "{% if minutes > 0 %}The driver of {{ lab }} will be at {{ clinic }} in about {{ minutes }} minute{% if minutes != 1 %}s{% endif %}, at {{ time }}.{% else %}The driver of {{ lab }} is at {{ clinic }} now.{% endif %}{% if link %} {{ link }}{% endif %}",
        ),
        NoticeKind::OnTheWay => (
            "Your driver is on the way",
            "The driver of {{ lab }} is on the way and will be at {{ clinic }}{% if eta %} at about {{ eta }}{% elif from and to %} between {{ from }} and {{ to }}{% else %} today{% endif %}.{% if link %} {{ link }}{% endif %}",
        ),
        NoticeKind::DeliveryScheduled => (
            "Delivery on {{ date }}",
            "{{ lab }} will deliver {{ packages }} package{% if packages != 1 %}s{% endif %} to {{ clinic }} on {{ date }}.",
        ),
        NoticeKind::DeliveryChanged => (
            "Delivery on {{ date }} {% if cancelled %}cancelled{% else %}changed{% endif %}",
            "{% if cancelled %}The delivery from {{ lab }} to {{ clinic }} on {{ date }} is cancelled.{% else %}The delivery from {{ lab }} to {{ clinic }} is on {{ date }} and has {{ packages }} package{% if packages != 1 %}s{% endif %} now.{% endif %}",
        ),
        NoticeKind::DeliveryCompleted => (
            "Delivery completed",
            "The delivery from {{ lab }} to {{ clinic }} was handed over on {{ date }}{% if time %} at {{ time }}{% endif %}.",
        ),
        NoticeKind::DeliveryFailed => (
            "Delivery on {{ date }} was not possible",
            "{{ lab }} could not hand over the delivery to {{ clinic }} on {{ date }}. It will come again.",
        ),
        NoticeKind::PickupConfirmed => (
            "Pickup confirmed: {{ date }}",
            "{{ lab }} will pick up {{ packages }} package{% if packages != 1 %}s{% endif %} at {{ clinic }} on {{ date }} between {{ from }} and {{ to }}. Confirmation number: {{ confirmation }}.",
        ),
        NoticeKind::PickupMoved => (
            "Pickup changed: {{ date }}",
            "The pickup at {{ clinic }} with the number {{ confirmation }} is on {{ date }} between {{ from }} and {{ to }} now: {{ packages }} package{% if packages != 1 %}s{% endif %}. {{ lab }}",
        ),
        NoticeKind::PickupCancelled => (
            "Pickup cancelled: {{ date }}",
            "The pickup at {{ clinic }} on {{ date }} between {{ from }} and {{ to }} is cancelled. Confirmation number: {{ confirmation }}. {{ lab }}",
        ),
        NoticeKind::PickupMissed => (
            "Pickup missed: {{ date }}",
            "{{ lab }} could not pick up anything at {{ clinic }} on {{ date }} between {{ from }} and {{ to }}. Confirmation number: {{ confirmation }}. Please ask for another time.",
        ),
        NoticeKind::Rush => (
            "RUSH: {{ lab }}",
            "RUSH at {{ lab }}: {{ about }} ({{ date }}, {{ time }}).",
        ),
        NoticeKind::DriverSilent => (
            "Driver {{ driver }} is silent",
            "{{ lab }} hears nothing of driver {{ driver }}. Likely cause: {{ cause }}. {{ about }}",
        ),
        NoticeKind::Alert => (
            "Alert at {{ lab }}: {{ code }}",
            "{{ lab }}: {{ code }} ({{ date }}, {{ time }}). {{ about }}",
        ),
    }
}

const fn german(kind: NoticeKind) -> (&'static str, &'static str) {
    match kind {
        NoticeKind::Arrival => (
            "{% if minutes > 0 %}Ihr Fahrer kommt um {{ time }}{% else %}Ihr Fahrer ist da{% endif %}",
            "{% if minutes > 0 %}Der Fahrer von {{ lab }} ist in etwa {{ minutes }} Minute{% if minutes != 1 %}n{% endif %} bei {{ clinic }}, um {{ time }}.{% else %}Der Fahrer von {{ lab }} ist jetzt bei {{ clinic }}.{% endif %}{% if link %} {{ link }}{% endif %}",
        ),
        NoticeKind::OnTheWay => (
            "Ihr Fahrer ist unterwegs",
            "Der Fahrer von {{ lab }} ist unterwegs und kommt {% if eta %}gegen {{ eta }} {% elif from and to %}zwischen {{ from }} und {{ to }} {% else %}heute {% endif %}zu {{ clinic }}.{% if link %} {{ link }}{% endif %}",
        ),
        NoticeKind::DeliveryScheduled => (
            "Lieferung am {{ date }}",
            "{{ lab }} liefert am {{ date }} {{ packages }} Paket{% if packages != 1 %}e{% endif %} an {{ clinic }}.",
        ),
        NoticeKind::DeliveryChanged => (
            "Lieferung am {{ date }} {% if cancelled %}abgesagt{% else %}geändert{% endif %}",
            "{% if cancelled %}Die Lieferung von {{ lab }} an {{ clinic }} am {{ date }} ist abgesagt.{% else %}Die Lieferung von {{ lab }} an {{ clinic }} ist jetzt am {{ date }} und hat {{ packages }} Paket{% if packages != 1 %}e{% endif %}.{% endif %}",
        ),
        NoticeKind::DeliveryCompleted => (
            "Lieferung übergeben",
            "Die Lieferung von {{ lab }} an {{ clinic }} wurde am {{ date }}{% if time %} um {{ time }}{% endif %} übergeben.",
        ),
        NoticeKind::DeliveryFailed => (
            "Lieferung am {{ date }} war nicht möglich",
            "{{ lab }} konnte die Lieferung an {{ clinic }} am {{ date }} nicht übergeben. Sie kommt noch einmal.",
        ),
        NoticeKind::PickupConfirmed => (
            "Abholung bestätigt: {{ date }}",
            "{{ lab }} holt am {{ date }} zwischen {{ from }} und {{ to }} {{ packages }} Paket{% if packages != 1 %}e{% endif %} bei {{ clinic }} ab. Bestätigungsnummer: {{ confirmation }}.",
        ),
        NoticeKind::PickupMoved => (
            "Abholung geändert: {{ date }}",
            "Die Abholung bei {{ clinic }} mit der Nummer {{ confirmation }} ist jetzt am {{ date }} zwischen {{ from }} und {{ to }}: {{ packages }} Paket{% if packages != 1 %}e{% endif %}. {{ lab }}",
        ),
        NoticeKind::PickupCancelled => (
            "Abholung abgesagt: {{ date }}",
            "Die Abholung bei {{ clinic }} am {{ date }} zwischen {{ from }} und {{ to }} ist abgesagt. Bestätigungsnummer: {{ confirmation }}. {{ lab }}",
        ),
        NoticeKind::PickupMissed => (
            "Abholung verpasst: {{ date }}",
            "{{ lab }} konnte am {{ date }} zwischen {{ from }} und {{ to }} bei {{ clinic }} nichts abholen. Bestätigungsnummer: {{ confirmation }}. Bitte nennen Sie eine andere Zeit.",
        ),
        NoticeKind::Rush => (
            "EILIG: {{ lab }}",
            "EILIG bei {{ lab }}: {{ about }} ({{ date }}, {{ time }}).",
        ),
        NoticeKind::DriverSilent => (
            "Fahrer {{ driver }} meldet sich nicht",
            "{{ lab }} hört nichts von Fahrer {{ driver }}. Vermutlich: {{ cause }}. {{ about }}",
        ),
        NoticeKind::Alert => (
            "Warnung bei {{ lab }}: {{ code }}",
            "{{ lab }}: {{ code }} ({{ date }}, {{ time }}). {{ about }}",
        ),
    }
}
