//! What holds for every body, not only for the cases.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use pontic_wire::ehr::{self, ClinicMap, Ehr, PriorityMap, Record, Settings, WindowLimits};
use pontic_wire::json::{self, Limits};
use pontic_wire::signature::{Secret, explain, verify};
use proptest::prelude::*;
use serde_json::{Map, Value};

const ZONES: [&str; 5] = [
    "America/New_York",
    "UTC",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/St_Johns",
];

/// A valid body and where its clinic is.
#[derive(Debug, Clone)]
struct Sent {
    system: &'static str,
    zone: TimeZone,
    members: Vec<(String, Value)>,
}

impl Sent {
    fn ehr(&self) -> &'static Ehr {
        ehr::by_system(self.system).unwrap()
    }

    fn read(&self) -> Record {
        let body =
            serde_json::to_string(&Value::Object(self.members.iter().cloned().collect())).unwrap();
        self.read_text(&body)
    }

    fn read_text(&self, body: &str) -> Record {
        let clinic_map = ClinicMap::from([("0".to_owned(), "CLI-0".to_owned())]);
        let settings = Settings {
            lab_id: "LAB001",
            zone: &self.zone,
            clinic_map: &clinic_map,
            priorities: &PriorityMap::new(),
            window: None,
        };
        let json = json::parse(body.as_bytes(), Limits::default()).unwrap();
        self.ehr()
            .read(&json)
            .finish(&settings)
            .unwrap_or_else(|faults| panic!("{body}: {faults:?}"))
    }

    fn write(&self, record: &Record) -> String {
        serde_json::to_string(&self.ehr().write(record, &self.zone)).unwrap()
    }
}

/// Seconds between 2001 and 2098, half of them near a change of New York's clocks.
fn instants() -> impl Strategy<Value = Timestamp> {
    let anywhere = 978_307_200_000_i64..4_039_286_400_000;
    let changes = prop_oneof![Just(1_741_503_600_000_i64), Just(1_762_063_200_000)];
    let near =
        (changes, -7_200_000_i64..7_200_000).prop_map(|(change, distance)| change + distance);
    prop_oneof![anywhere, near].prop_map(|ms| Timestamp::from_millisecond(ms).unwrap())
}

fn times(system: &'static str, zone: &TimeZone) -> impl Strategy<Value = String> + use<> {
    let zone = zone.clone();
    let styles = if system == "dentrix" { 0..3_u8 } else { 0..6 };
    (instants(), styles).prop_map(move |(instant, style)| {
        let local = instant.to_zoned(zone.clone());
        match style {
            0 => instant.to_string(),
            1 => local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            2 => local
                .strftime("%Y-%m-%d %H:%M:%S.123456789012%:z")
                .to_string(),
            3 => local.strftime("%Y-%m-%dt%H:%M:%S").to_string(),
            4 => local.strftime("%Y-%m-%d %H:%M:%S.5").to_string(),
            // Times that no clock showed, too.
            _ => format!("2025-03-09 02:{:02}:00", local.minute()),
        }
    })
}

fn ids(system: &'static str) -> BoxedStrategy<Value> {
    if system == "opendental" {
        prop_oneof![
            (1..=i64::MAX).prop_map(Value::from),
            (1..=i64::MAX).prop_map(|id| id.to_string().into())
        ]
        .boxed()
    } else {
        prop_oneof![
            "[A-Za-z0-9][A-Za-z0-9._-]{0,63}".prop_map(Value::from),
            (0..=u64::MAX).prop_map(Value::from)
        ]
        .boxed()
    }
}

fn priorities(system: &'static str) -> BoxedStrategy<Value> {
    let words = |words: &'static [&str]| {
        (prop::sample::select(words), any::<bool>()).prop_map(|(word, upper)| {
            Value::from(if upper {
                word.to_uppercase()
            } else {
                word.to_owned()
            })
        })
    };
    match system {
        "dentrix" => prop_oneof![
            (0..=2).prop_map(Value::from),
            words(&["0", "normal", "high", "emergency"])
        ]
        .boxed(),
        "opendental" => prop_oneof![
            (0..=1).prop_map(Value::from),
            words(&["1", "low", "stat", "ASAP"])
        ]
        .boxed(),
        _ => words(&["routine", "high", "Emergency", "low"]).boxed(),
    }
}

fn texts() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(Value::from(" ")),
        "[ \\PC]{0,40}".prop_map(Value::from)
    ]
}

fn sent() -> impl Strategy<Value = Sent> {
    let place = (
        prop::sample::select(vec!["dentrix", "opendental", "eaglesoft"]),
        prop::sample::select(&ZONES[..]),
    );
    place.prop_flat_map(|(system, zone)| {
        let zone = TimeZone::get(zone).unwrap();
        let clinics = if system == "opendental" {
            (0..9).prop_map(Value::from).boxed()
        } else {
            ids(system)
        };
        let packages = prop_oneof![Just(Value::Null), (1..=99).prop_map(Value::from)];
        let optional = (
            priorities(system),
            texts(),
            texts(),
            packages,
            texts(),
            texts(),
        );
        (
            ids(system),
            clinics,
            times(system, &zone),
            prop::option::of(optional),
        )
            .prop_map(move |(id, clinic, time, optional)| Sent {
                system,
                zone: zone.clone(),
                members: members(system, &[id, clinic, time.into()], optional),
            })
    })
}

/// Texts made of what JSON is made of.
const JSON_LIKE: &str = r#"[\[{"a:1,.eE+\-\\u}\] ]{0,60}"#;

type Optional = (Value, Value, Value, Value, Value, Value);

fn members(
    system: &str,
    required: &[Value; 3],
    optional: Option<Optional>,
) -> Vec<(String, Value)> {
    let names = match system {
        "dentrix" => [
            "externalId practiceId preferredPickupTime priority patientName",
            "notes packageCount contactName contactPhone",
        ],
        "opendental" => [
            "LabCaseNum ClinicNum DateTimeScheduled Priority PatName",
            "Note PackageCount ContactName ContactPhone",
        ],
        _ => [
            "caseId practiceId scheduledPickup urgency patientInfo",
            "comments packageCount contactName contactPhone",
        ],
    };
    let mut values = required.to_vec();
    if let Some((priority, name, notes, packages, contact, phone)) = optional {
        let name = if system == "eaglesoft" {
            serde_json::json!({ "name": name })
        } else {
            name
        };
        values.extend([priority, name, notes, packages, contact, phone]);
    }
    let names = names.iter().flat_map(|names| names.split(' '));
    names.map(str::to_owned).zip(values).collect()
}

/// A time in a gap is a real one after the first reading.
fn settled(record: &Record) -> Value {
    let mut value = serde_json::to_value(record).unwrap();
    if value["metadata"]["timeAdjusted"] == "gap" {
        value["metadata"]
            .as_object_mut()
            .unwrap()
            .remove("timeAdjusted");
    }
    value
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn r1_what_was_written_reads_as_the_same(sent in sent()) {
        let record = sent.read();
        let again = sent.read_text(&sent.write(&record));
        prop_assert_eq!(serde_json::to_value(&again).unwrap(), settled(&record));
    }

    #[test]
    fn r2_the_written_form_is_settled(sent in sent(), minutes in -90_i64..90) {
        let mut record = sent.read();
        let text = sent.write(&record);
        prop_assert_eq!(sent.write(&sent.read_text(&text)), text);
        // Also for a record that no body of this system has led to.
        record.window_start += minutes.minutes();
        record.window_end += minutes.minutes();
        record.metadata.original_priority = None;
        let text = sent.write(&record);
        prop_assert_eq!(sent.write(&sent.read_text(&text)), text);
    }

    #[test]
    fn r3_different_pickups_are_written_differently(sent in sent(), seconds in 1_i64..4_000) {
        let record = sent.read();
        let written = sent.write(&record);
        let mut changes = vec![record.clone(); 6];
        changes[0].window_start += seconds.seconds();
        changes[0].window_end += seconds.seconds();
        changes[1].notes.push('x');
        changes[2].metadata.patient_name.push('x');
        changes[3].requested_by.name.push('x');
        changes[4].requested_by.phone.push('x');
        changes[5].package_count += 1;
        for changed in changes {
            prop_assert_ne!(sent.write(&changed), written.as_str());
        }
    }

    #[test]
    fn r4_order_blanks_unknown_fields_and_null_change_nothing(sent in sent(), rotation in 0_usize..9) {
        let record = sent.read();
        let mut members = sent.members.clone();
        members.rotate_left(rotation % sent.members.len());
        members.retain(|(_, value)| !value.is_null());
        let members = members.iter().map(|(name, value)| format!("  {:?} :\t{value:#}\r\n", name.as_str()));
        let text = format!("\n{{ \"unknown\": [{{}}, 1e400], {} }}\n", members.collect::<Vec<_>>().join(","));
        prop_assert_eq!(sent.read_text(&text), record);
    }

    #[test]
    fn no_bytes_make_the_door_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in JSON_LIKE) {
        for body in [bytes.as_slice(), text.as_bytes()] {
            let _ = json::parse(body, Limits::default());
            let secrets = [Secret::new("s").unwrap()];
            let headers = [("x-dentrix-signature", body), ("x-pontic-timestamp", bytes.as_slice()), ("webhook-id", body)];
            for count in 0..=headers.len() {
                let headers = headers[..count].iter().copied();
                let _ = verify("x-dentrix-signature", headers.clone(), body, &secrets, Timestamp::MAX);
                let _ = explain("x-dentrix-signature", headers, body, &secrets, Timestamp::MIN);
            }
        }
    }

    #[test]
    fn no_value_makes_the_mapping_panic(sent in sent(), place in 0_usize..9, wild in wild()) {
        let mut members = sent.members.clone();
        let place = place % members.len();
        members[place].1 = wild.clone();
        let object = Value::Object(members.into_iter().collect::<Map<_, _>>());
        let clinic_map = ClinicMap::new();
        let window = Some(WindowLimits { now: Timestamp::MIN, max_past_hours: u32::MAX, max_future_days: u32::MAX });
        let settings = Settings { lab_id: "LAB001", zone: &sent.zone, clinic_map: &clinic_map, priorities: &PriorityMap::new(), window };
        for body in [object, wild] {
            let text = body.to_string();
            let json = json::parse(text.as_bytes(), Limits::default()).unwrap();
            if let Ok(record) = sent.ehr().read(&json).finish(&settings) {
                sent.write(&record);
            }
            let _ = Record::read(&json);
        }
    }
}

/// Values of all kinds, some of them nearly right.
fn wild() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,70}".prop_map(Value::from),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,12})?(Z|[+-][0-9]{2}:[0-9]{2})?"
            .prop_map(Value::from),
        "20[0-9]{2}-0[1-9]-[012][0-9]T[01][0-9]:[0-5][0-9]:(60|[0-5][0-9])([+-]1[0-8]:00)?".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("name|id|x", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}
