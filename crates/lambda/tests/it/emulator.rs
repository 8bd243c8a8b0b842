//! The way of an event through an emulator of AWS: bus, rule, queue, function.

use serde_json::{Value, json};

use crate::harness::{Emulator, Function, Server, eventually, fresh, in_two_days, recorded};

#[test]
fn an_event_of_the_bus_reaches_the_door_by_way_of_rule_and_queue() {
    let (aws, name) = (Emulator::new(), fresh("pontic"));
    let queue = aws.call(
        "sqs",
        "AmazonSQS.CreateQueue",
        &json!({ "QueueName": name }),
    );
    let queue = queue["QueueUrl"].as_str().expect("a queue").to_owned();
    aws.call(
        "events",
        "AWSEvents.CreateEventBus",
        &json!({ "Name": name }),
    );
    let template = crate::template::template();
    let pattern = template["Resources"]["Rule"]["Properties"]["EventPattern"].to_string();
    let rule = json!({ "Name": name, "EventBusName": name, "EventPattern": pattern });
    aws.call("events", "AWSEvents.PutRule", &rule);
    let arn = format!("arn:aws:sqs:us-east-1:123456789012:{name}");
    let targets =
        json!({ "Rule": name, "EventBusName": name, "Targets": [{ "Id": "queue", "Arn": arn }] });
    aws.call("events", "AWSEvents.PutTargets", &targets);

    let case = json!({
        "caseId": "K1", "clinicId": "C1", "labId": "LAB001", "requestedDeliveryDate": in_two_days(),
    });
    let entry = |kind: &str| json!({ "EventBusName": name, "Source": "cases.production", "DetailType": kind, "Detail": case.to_string() });
    let entries = json!({ "Entries": [entry("CaseReadyToShip"), entry("CaseAdmired")] });
    let put = aws.call("events", "AWSEvents.PutEvents", &entries);
    assert_eq!(put["FailedEntryCount"], 0, "{put}");
    let messages = eventually(|| {
        let take = json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10 });
        let answer = aws.call("sqs", "AmazonSQS.ReceiveMessage", &take);
        let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
        (!messages.is_empty()).then_some(messages)
    });
    assert_eq!(
        messages.len(),
        1,
        "the rule lets through what is understood"
    );

    let mut batch = recorded("queue");
    batch["Records"][0]["messageId"] = messages[0]["MessageId"].clone();
    batch["Records"][0]["body"] = messages[0]["Body"].clone();
    let server = Server::new();
    let token = server.source_token("LAB001", &["cases.production"]);
    let function = Function::beside(&server, &[("PONTIC_LAMBDA__QUEUE_TOKEN", &token)]);
    assert_eq!(function.invoke(&batch), json!({ "batchItemFailures": [] }));
    let events: Vec<Value> = server.list("/v1/events?type=CaseReadyToShip&direction=in");
    let sent: Value =
        serde_json::from_str(messages[0]["Body"].as_str().expect("a body")).expect("JSON");
    assert_eq!((events.len(), &events[0]["id"]), (1, &sent["id"]));
}
