//! Every mapping case: in, out, in again, and the number given on the telephone.

use jiff::tz::TimeZone;
use pontic_core::fault::Fault;
use pontic_core::pickup::confirmation_num;
use pontic_wire::ehr::{self, ClinicMap, Ehr, PriorityMap, Record, Settings, WindowLimits};
use pontic_wire::json::{self, Json, Limits};
use serde_json::Value;

use crate::vectors::{VECTORS, body_of, cases};

/// The configuration of a case: its own members over the default ones.
struct Config {
    lab_id: String,
    zone: TimeZone,
    clinic_map: ClinicMap,
    priorities: PriorityMap,
    window: WindowLimits,
}

impl Config {
    fn of(case: &Value) -> Self {
        let member = |name: &str| {
            case["config"]
                .get(name)
                .unwrap_or(&VECTORS["defaultConfig"][name])
        };
        let number = |name: &str| u32::try_from(member(name).as_u64().unwrap()).unwrap();
        Self {
            lab_id: member("labId").as_str().unwrap().to_owned(),
            zone: TimeZone::get(member("timeZone").as_str().unwrap()).unwrap(),
            clinic_map: serde_json::from_value(member("clinicMap").clone()).unwrap(),
            priorities: PriorityMap::new(),
            window: WindowLimits {
                now: VECTORS["now"].as_str().unwrap().parse().unwrap(),
                max_past_hours: number("maxPastHours"),
                max_future_days: number("maxFutureDays"),
            },
        }
    }

    fn settings(&self) -> Settings<'_> {
        Settings {
            lab_id: &self.lab_id,
            zone: &self.zone,
            clinic_map: &self.clinic_map,
            priorities: &self.priorities,
            window: Some(self.window),
        }
    }
}

fn map(ehr: &'static Ehr, body: &[u8], config: &Config) -> Result<Record, Vec<Fault>> {
    let json = json::parse(body, Limits::WEBHOOK).map_err(|fault| vec![fault])?;
    ehr.read(&json).finish(&config.settings())
}

#[test]
fn every_case_maps_as_it_should() {
    for case in cases("cases") {
        let name = &case["name"];
        let ehr = ehr::by_system(case["system"].as_str().unwrap()).unwrap();
        let body = body_of(case);
        let config = Config::of(case);
        match (map(ehr, &body, &config), case["expect"].get("ok")) {
            (Ok(record), Some(expected)) => check_record(ehr, case, &record, expected, &config),
            (Err(faults), None) => {
                let first = [faults[0].field.as_ref(), faults[0].reason.as_str()];
                assert_eq!(
                    serde_json::to_value(first).unwrap(),
                    case["expect"]["error"],
                    "{name}"
                );
            }
            (result, _) => panic!("{name}: {result:?}"),
        }
    }
}

fn check_record(
    ehr: &'static Ehr,
    case: &Value,
    record: &Record,
    expected: &Value,
    config: &Config,
) {
    let name = &case["name"];
    assert_eq!(&serde_json::to_value(record).unwrap(), expected, "{name}");

    // What the log keeps of it is enough to map it again.
    let body = body_of(case);
    let json = json::parse(&body, Limits::WEBHOOK).unwrap();
    let (_, local) = ehr.read(&json).sent().unwrap();
    let kept = ehr::Draft::of_record(ehr, record, local);
    assert_eq!(&kept.finish(&config.settings()).unwrap(), record, "{name}");

    let outgoing = ehr.write(record, &config.zone);
    let text = serde_json::to_string(&outgoing).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&text).unwrap(),
        case["inverse"],
        "{name}"
    );

    let mut again = expected.clone();
    if again["metadata"]["timeAdjusted"] == "gap" {
        again["metadata"]
            .as_object_mut()
            .unwrap()
            .remove("timeAdjusted");
    }
    let returned = map(ehr, text.as_bytes(), config).unwrap();
    assert_eq!(serde_json::to_value(returned).unwrap(), again, "{name}");

    let number = confirmation_num(
        &record.lab_id,
        &record.metadata.source,
        &record.clinic_id,
        &record.metadata.external_id,
    );
    assert_eq!(number, case["confirmationNum"], "{name}");

    let printed = serde_json::to_vec(record).unwrap();
    let read = json::parse(&printed, Limits::default()).map(|json| Record::read(&json).unwrap());
    assert_eq!(read.as_ref(), Ok(record), "{name}");
}

#[test]
fn members_are_written_in_the_order_of_the_cases() {
    let keys = |text: &str| -> Vec<String> {
        let Ok(Json::Object(members)) = json::parse(text.as_bytes(), Limits::default()) else {
            return vec![];
        };
        members
            .into_iter()
            .map(|(key, _)| key.into_owned())
            .collect()
    };
    // `Value` sorts its keys, so the order is taken from the text of the file.
    let file = json::parse(include_bytes!("../../testdata/ehr.json"), Limits::default()).unwrap();
    let Some(Json::List(cases)) = file.get("cases") else {
        panic!("no cases")
    };
    for case in cases {
        let (Some(inverse), Some(expected)) = (case.get("inverse"), case.get("expect")) else {
            continue;
        };
        let Some(Json::Text(system)) = case.get("system") else {
            panic!("no system")
        };
        let record = Record::read(expected.get("ok").unwrap()).unwrap();
        let outgoing = ehr::by_system(system)
            .unwrap()
            .write(&record, &TimeZone::UTC);
        let (outgoing, inverse) = [&outgoing, inverse]
            .map(|json| serde_json::to_string(json).unwrap())
            .into();
        assert_eq!(keys(&outgoing), keys(&inverse), "{inverse}");
    }
}

fn faults_of(system: &str, body: &str, window: Option<WindowLimits>) -> Vec<String> {
    let clinic_map = ClinicMap::new();
    let settings = Settings {
        lab_id: "LAB001",
        zone: &TimeZone::UTC,
        clinic_map: &clinic_map,
        priorities: &PriorityMap::new(),
        window,
    };
    let json = json::parse(body.as_bytes(), Limits::default()).unwrap();
    let faults = ehr::by_system(system)
        .unwrap()
        .read(&json)
        .finish(&settings)
        .unwrap_err();
    faults
        .iter()
        .map(|fault| format!("{} {}", fault.field, fault.reason))
        .collect()
}

#[test]
fn all_faults_at_once_in_the_order_of_the_contract() {
    let body = r#"{"ContactPhone":1,"ContactName":[],"PackageCount":100,"Note":"\u0000","PatName":"\u0007",
        "Priority":"soon","DateTimeScheduled":"2025-06-30 19:59:60","ClinicNum":0,"LabCaseNum":0}"#;
    let expected = [
        "LabCaseNum out_of_range",
        "ClinicNum unmapped_clinic",
        "DateTimeScheduled invalid_datetime",
        "Priority unknown_value",
        "PatName invalid_char",
        "Note invalid_char",
        "PackageCount out_of_range",
        "ContactName invalid_type",
        "ContactPhone invalid_type",
    ];
    assert_eq!(faults_of("opendental", body, None), expected);

    let window = Some(WindowLimits::around(
        "2025-01-15T12:00:00Z".parse().unwrap(),
    ));
    let body = r#"{"caseId":"ES-1","practiceId":"C","scheduledPickup":"2030-01-01T00:00:00","patientInfo":[]}"#;
    assert_eq!(
        faults_of("eaglesoft", body, window),
        ["patientInfo invalid_type", "scheduledPickup too_far"]
    );

    assert_eq!(faults_of("dentrix", "[]", window), ["$ invalid_type"]);
    let none = [
        "externalId required",
        "practiceId required",
        "preferredPickupTime required",
    ];
    assert_eq!(faults_of("dentrix", "{}", window), none);
}

#[test]
fn row_numbers_have_64_bits() {
    let fault = |id: &str| {
        let body = format!(
            r#"{{"LabCaseNum":{id},"ClinicNum":3,"DateTimeScheduled":"2025-01-20 09:00:00"}}"#
        );
        faults_of("opendental", &body, None)
    };
    for id in [
        "0",
        "-1",
        "9223372036854775808",
        "100000000000000000000",
        "\"-1\"",
        "\"9223372036854775808\"",
    ] {
        assert_eq!(fault(id), ["LabCaseNum out_of_range"], "{id}");
    }
    for id in [
        "226.0",
        "2.26e2",
        "1e20",
        "1e400",
        "\"0226\"",
        "\"+1\"",
        "\"1 2\"",
        "\"LC-226\"",
    ] {
        assert_eq!(fault(id), ["LabCaseNum not_integer"], "{id}");
    }
    for id in ["true", "[]", "{}"] {
        assert_eq!(fault(id), ["LabCaseNum invalid_type"], "{id}");
    }
    for id in ["null", "\"\"", "\" \""] {
        assert_eq!(fault(id), ["LabCaseNum required"], "{id}");
    }
}

#[test]
fn the_bounds_of_the_window_are_included() {
    let limits = Some(WindowLimits::around(
        "2025-01-15T12:00:00Z".parse().unwrap(),
    ));
    let faults = |time: &str| {
        let body = format!(
            r#"{{"externalId":1,"practiceId":1,"preferredPickupTime":"{time}","priority":9}}"#
        );
        faults_of("dentrix", &body, limits)
    };
    assert_eq!(faults("2025-01-14T12:00:00Z"), ["priority out_of_range"]);
    assert_eq!(faults("2026-01-16T12:00:00Z"), ["priority out_of_range"]);
    assert_eq!(
        faults("2025-01-14T11:59:59.999Z"),
        ["priority out_of_range", "preferredPickupTime in_past"]
    );
    assert_eq!(
        faults("2026-01-16T12:00:00.001Z"),
        ["priority out_of_range", "preferredPickupTime too_far"]
    );
}

#[test]
fn a_pickup_born_elsewhere_is_written_with_its_window() {
    let record = json::parse(
        br#"{"pickupId":"PK-7","clinicId":"CLI-1","labId":"LAB001","windowStart":"2025-07-01T12:00:00Z",
            "windowEnd":"2025-07-01T16:00:00Z","isRush":true}"#,
        Limits::default(),
    );
    let record = record.map(|json| Record::read(&json).unwrap()).unwrap();
    let zone = TimeZone::get("America/New_York").unwrap();
    let written = |system| {
        serde_json::to_string(&ehr::by_system(system).unwrap().write(&record, &zone)).unwrap()
    };
    assert_eq!(
        written("opendental"),
        r#"{"LabCaseNum":"PK-7","ClinicNum":"CLI-1","DateTimeScheduled":"2025-07-01 10:00:00","Priority":"ASAP","PackageCount":1,"WindowStart":"2025-07-01 08:00:00","WindowEnd":"2025-07-01 12:00:00"}"#
    );
    assert_eq!(
        written("dentrix"),
        r#"{"externalId":"PK-7","practiceId":"CLI-1","preferredPickupTime":"2025-07-01T14:00:00Z","priority":1,"packageCount":1,"windowStart":"2025-07-01T12:00:00Z","windowEnd":"2025-07-01T16:00:00Z"}"#
    );
}

#[test]
fn an_acknowledgement_and_a_log_name_nobody() {
    let body = br#"{"caseId":"ES-1","practiceId":"C","scheduledPickup":"2025-07-01T09:00:00",
        "patientInfo":{"name":"Jane Doe"},"comments":"Jane waits","contactName":"Dr. Jane","contactPhone":"555-Jane"}"#;
    let clinic_map = ClinicMap::from([("C".to_owned(), "CLI-1".to_owned())]);
    let settings = Settings {
        lab_id: "LAB001",
        zone: &TimeZone::UTC,
        clinic_map: &clinic_map,
        priorities: &PriorityMap::new(),
        window: None,
    };
    let eaglesoft = ehr::by_system("eaglesoft").unwrap();
    let draft = eaglesoft.read(&json::parse(body, Limits::default()).unwrap());
    assert_eq!(draft.clinic(&clinic_map).as_deref(), Some("CLI-1"));
    let record = draft.finish(&settings).unwrap();
    let answer =
        serde_json::to_string(&eaglesoft.acknowledge(&record, &TimeZone::UTC, "requested"))
            .unwrap();
    let expected = r#"{"caseId":"ES-1","practiceId":"C","scheduledPickup":"2025-07-01T09:00:00","status":"requested"}"#;
    assert_eq!(answer, expected);
    assert!(!format!("{record:?}").contains("Jane"));
}

#[test]
fn a_record_is_read_strictly() {
    let json = json::parse(
        br#"{"clinicId":"?","labId":"LAB001","windowStart":"2025-07-01T12:00:00Z","windowEnd":"2025-07-01T12:00:00Z",
            "packageCount":0,"metadata":{"timeAdjusted":"leap"}}"#,
        Limits::default(),
    )
    .unwrap();
    let faults: Vec<_> = Record::read(&json)
        .unwrap_err()
        .iter()
        .map(|fault| format!("{} {}", fault.field, fault.reason))
        .collect();
    let expected = [
        "pickupId required",
        "clinicId invalid_char",
        "windowEnd out_of_range",
        "packageCount out_of_range",
        "metadata.timeAdjusted unknown_value",
    ];
    assert_eq!(faults, expected);
}
