//! Events of EventBridge by way of a queue: what is accepted leaves it; what is not is named alone, and kept once if it cannot be used.

use serde_json::{Value, json};

use crate::harness::{Function, Proxy, Server, fresh, in_two_days, recorded};

/// An envelope as EventBridge writes it.
fn envelope(id: &str, case: &str) -> Value {
    let record = &recorded("queue")["Records"][0];
    let mut envelope: Value =
        serde_json::from_str(record["body"].as_str().expect("a body")).expect("JSON");
    envelope["id"] = id.into();
    envelope["detail"] = json!({
        "caseId": case, "clinicId": "C1", "labId": "LAB001", "requestedDeliveryDate": in_two_days(),
    });
    envelope
}

/// A batch of these bodies, the first with the id `m0`.
fn batch(bodies: &[String]) -> Value {
    let record = &recorded("queue")["Records"][0];
    let records = bodies.iter().enumerate().map(|(place, body)| {
        let mut record = record.clone();
        record["messageId"] = format!("m{place}").into();
        record["body"] = body.clone().into();
        record
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}

fn failed(answer: &Value) -> Vec<&str> {
    let failures = answer["batchItemFailures"].as_array().expect("a list");
    let ids = failures
        .iter()
        .map(|one| one["itemIdentifier"].as_str().expect("an id"));
    ids.collect()
}

fn beside(server: &Server) -> Function {
    let token = server.source_token("LAB001", &["cases.production"]);
    Function::beside(server, &[("PONTIC_LAMBDA__QUEUE_TOKEN", &token)])
}

#[test]
fn of_ten_messages_nine_are_accepted_and_the_bad_one_is_kept() {
    let server = Server::new();
    let function = beside(&server);
    let mut bodies: Vec<String> = (0..10)
        .map(|_| envelope(&fresh("E"), &fresh("K")).to_string())
        .collect();
    bodies[4] = "{ \"source\": \"cases.production\", ".to_owned();
    let answer = function.invoke(&batch(&bodies));
    let only_it = json!({ "batchItemFailures": [{ "itemIdentifier": "m4" }] });
    assert_eq!(answer, only_it);
    assert_eq!(
        server
            .list("/v1/events?type=CaseReadyToShip&limit=50")
            .len(),
        9
    );
    let kept = server.list("/v1/quarantine");
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (&kept[0]["source"], &kept[0]["labId"]),
        (&json!("queue"), &json!("LAB001"))
    );
    // Delivered twice, as a queue may: accepted once, and kept once.
    let answer = function.invoke(&batch(&bodies));
    assert_eq!(answer, only_it);
    assert_eq!(server.list("/v1/quarantine").len(), 1);
    assert_eq!(
        server
            .list("/v1/events?type=CaseReadyToShip&limit=50")
            .len(),
        9
    );
}

#[test]
fn what_cannot_be_used_is_kept_with_its_faults_and_can_be_mended() {
    let server = Server::new();
    let function = beside(&server);
    let mut incomplete = envelope(&fresh("E"), "K1");
    incomplete["detail"] = json!({ "caseId": "K1" });
    let mut unknown = envelope(&fresh("E"), "K2");
    unknown["detail-type"] = "CaseAdmired".into();
    let bodies = [
        incomplete.to_string(),
        unknown.to_string(),
        "7".into(),
        String::new(),
    ];
    let all = ["m0", "m1", "m2", "m3"];
    for _ in 0..2 {
        let answer = function.invoke(&batch(&bodies));
        assert_eq!(failed(&answer), all);
    }
    let kept = server.list("/v1/quarantine");
    assert_eq!(kept.len(), bodies.len(), "once, however often it comes");
    let codes: Vec<&str> = kept.iter().filter_map(|one| one["code"].as_str()).collect();
    assert!(codes.contains(&"unknown_event_type"), "{kept:?}");
    assert!(codes.contains(&"validation_failed"), "{kept:?}");
    let line = function.measured(2).pop().expect("measured");
    assert_eq!(
        (&line["Kept"], &line["Failed"], &line["Trigger"]),
        (&json!(4), &json!(0), &json!("queue"))
    );
}

#[test]
fn what_may_not_come_in_stays_in_the_queue() {
    let server = Server::new();
    let function = beside(&server);
    let mut foreign = envelope(&fresh("E"), "K1");
    foreign["source"] = "crm.portal".into();
    let good = envelope(&fresh("E"), "K2");
    let answer = function.invoke(&batch(&[foreign.to_string(), good.to_string()]));
    assert_eq!(
        failed(&answer),
        ["m0"],
        "the operator's rule and the token's sources disagree"
    );
    assert!(server.list("/v1/quarantine").is_empty());

    let stranger = Function::beside(&server, &[("PONTIC_LAMBDA__QUEUE_TOKEN", "pnt_nobody")]);
    let answer = stranger.invoke(&batch(&[good.to_string(), "7".into()]));
    assert_eq!(failed(&answer), ["m0", "m1"]);
    let nobody = Function::beside(&server, &[]);
    let error = nobody
        .try_invoke(&batch(&[good.to_string()]))
        .expect_err("no token");
    assert!(
        error["errorMessage"]
            .as_str()
            .is_some_and(|text| text.contains("queueToken"))
    );
}

#[test]
fn while_the_database_is_gone_all_of_it_stays_in_the_queue() {
    let server = Server::new();
    let proxy = Proxy::in_front_of(server.url());
    let token = server.source_token("LAB001", &["cases.production"]);
    let function = Function::beside(
        &server,
        &[
            ("PONTIC_LAMBDA__QUEUE_TOKEN", &token),
            ("PONTIC_DATABASE__URL", proxy.url()),
        ],
    );
    let bodies = [
        envelope(&fresh("E"), "K1").to_string(),
        "not json".to_owned(),
        envelope(&fresh("E"), "K2").to_string(),
    ];
    // It has a connection by now.
    assert_eq!(failed(&function.invoke(&batch(&[]))), [""; 0]);
    proxy.cut();
    let answer = function.invoke(&batch(&bodies));
    assert_eq!(failed(&answer), ["m0", "m1", "m2"]);
    proxy.mend();
    let answer = function.invoke(&batch(&bodies));
    assert_eq!(failed(&answer), ["m1"]);
    assert_eq!(server.list("/v1/events?type=CaseReadyToShip").len(), 2);
    assert_eq!(server.list("/v1/quarantine").len(), 1);
}

#[test]
fn of_one_group_nothing_overtakes_what_has_to_come_again() {
    let server = Server::new();
    let function = beside(&server);
    let mut foreign = envelope(&fresh("E"), "K1");
    foreign["source"] = "crm.portal".into();
    let after = envelope(&fresh("E"), "K1");
    let other = envelope(&fresh("E"), "K2");
    let bodies = [foreign.to_string(), after.to_string(), other.to_string()];
    let mut batch = batch(&bodies);
    for (place, group) in [(0, "a"), (1, "a"), (2, "b")] {
        batch["Records"][place]["attributes"]["MessageGroupId"] = group.into();
    }
    let answer = function.invoke(&batch);
    assert_eq!(failed(&answer), ["m0", "m1"]);
    assert_eq!(server.list("/v1/events?type=CaseReadyToShip").len(), 1);
}

#[test]
fn what_cannot_be_used_holds_up_nothing_of_its_group() {
    let server = Server::new();
    let function = beside(&server);
    let bodies = [
        "not json".to_owned(),
        envelope(&fresh("E"), "K1").to_string(),
    ];
    let mut batch = batch(&bodies);
    for place in [0, 1] {
        batch["Records"][place]["attributes"]["MessageGroupId"] = "a".into();
    }
    assert_eq!(failed(&function.invoke(&batch)), ["m0"]);
    assert_eq!(server.list("/v1/events?type=CaseReadyToShip").len(), 1);
}

#[test]
fn our_own_news_is_let_go() {
    let server = Server::new();
    let function = beside(&server);
    let mut ours = envelope(&fresh("E"), "K1");
    ours["resources"] = json!([format!("pontic:{}:0199", server.epoch()), "lab/LAB001"]);
    let mut of_another = envelope(&fresh("E"), "K2");
    of_another["resources"] = json!(["pontic:another:0199", "lab/LAB001"]);
    let answer = function.invoke(&batch(&[ours.to_string(), of_another.to_string()]));
    assert_eq!(failed(&answer), [""; 0]);
    assert_eq!(server.list("/v1/events?type=CaseReadyToShip").len(), 1);
    assert!(server.list("/v1/quarantine").is_empty());
}
