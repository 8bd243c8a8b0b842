//! The files of `deploy/aws` held against the program: what they set exists, what they allow is needed, and nothing is left to a
//! whole batch that concerns one message.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use pontic_lambda::measure::{DIMENSIONS, METRICS, NAMESPACE};
use pontic_lambda::settings::{Secrets, decide};
use serde_json::{Value, json};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../deploy/aws")
        .join(name)
}

fn text(name: &str) -> String {
    let path = path(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The template.
pub fn template() -> Value {
    yaml_serde::from_str(&text("template.yaml")).expect("YAML")
}

/// Resources of that type.
fn of_type(template: &Value, kind: &str) -> Vec<(String, Value)> {
    let resources = template["Resources"].as_object().expect("resources");
    let found = resources
        .iter()
        .filter(|(_, resource)| resource["Type"] == kind);
    found
        .map(|(name, resource)| (name.clone(), resource["Properties"].clone()))
        .collect()
}

/// All statements that allow something to a function.
fn statements(function: &Value) -> Vec<Value> {
    let policies = function["Policies"]
        .as_array()
        .expect("policies of its own");
    let each = policies
        .iter()
        .flat_map(|policy| match &policy["Statement"] {
            Value::Array(statements) => statements.clone(),
            _ => panic!("{policy} is no policy of its own"),
        });
    each.collect()
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values.clone(),
        one => vec![one.clone()],
    }
}

#[test]
fn every_variable_that_is_set_exists_and_they_fit_together() {
    let template = template();
    let set = template["Globals"]["Function"]["Environment"]["Variables"].as_object();
    let variables = set.expect("variables").iter().map(|(name, value)| {
        let parameter = value.get("Ref").and_then(Value::as_str);
        let value = match parameter {
            Some("DatabaseUrl") => "postgres://@db.lab:5432/pontic?sslmode=require",
            Some(_) => "arn:aws:secretsmanager:eu-central-1:123456789012:secret:pontic-a1b2c3",
            None => value.as_str().expect("text, or a parameter"),
        };
        (name.clone(), value.to_owned())
    });
    let variables: Vec<_> = variables.collect();
    assert!(variables.len() >= 6);
    // What the parameter's own description says of the secret.
    let described = template["Parameters"]["SettingsSecretArn"]["Description"].as_str();
    let described = described.expect("described");
    let members = [
        ("PONTIC_DATA_KEY", "a5".repeat(32)),
        ("PONTIC_LAMBDA__QUEUE_TOKEN", "pnt_queue".into()),
        ("DENTRIX_WEBHOOK_SECRET", "a-secret".into()),
    ];
    for (name, _) in &members {
        assert!(described.contains(name), "{name}");
    }
    let members: serde_json::Map<String, Value> = members
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let secrets = Secrets {
        settings: Some(Value::Object(members).to_string()),
        database: Some(json!({ "username": "pontic", "password": "x" }).to_string()),
    };
    let (settings, config) = decide(&variables, &secrets).expect("sound");
    assert!(settings.queue_token.is_some() && settings.database_secret.is_some());
    assert!(config.database.is_some() && config.data_key.is_some());
    // A misspelt one would be told.
    let mut misspelt = variables;
    misspelt.push(("PONTIC_LAMBDA__SECRETT".into(), "x".into()));
    assert!(decide(&misspelt, &secrets).is_err());
}

#[test]
fn functions_run_the_program_in_the_time_that_its_triggers_give() {
    let template = template();
    let usual = &template["Globals"]["Function"];
    assert_eq!(
        (&usual["Handler"], &usual["Runtime"]),
        (&json!("bootstrap"), &json!("provided.al2023"))
    );
    assert_eq!(usual["CodeUri"], "../../target/package/");
    let functions = of_type(&template, "AWS::Serverless::Function");
    assert_eq!(functions.len(), 2);
    for (name, function) in &functions {
        for member in ["Handler", "Runtime", "CodeUri", "Environment"] {
            assert_eq!(function[member], Value::Null, "{name} has its own {member}");
        }
    }
    let timeout = usual["Timeout"].as_u64().expect("seconds");
    assert!(timeout < 30, "an HTTP API waits no longer");
    for (_, queue) in of_type(&template, "AWS::SQS::Queue") {
        assert_eq!(queue["SqsManagedSseEnabled"], true);
        if queue.get("RedrivePolicy").is_some() {
            assert!(queue["VisibilityTimeout"].as_u64().expect("seconds") >= 6 * timeout);
        }
    }
}

#[test]
fn one_bad_message_fails_alone() {
    let template = template();
    let functions = of_type(&template, "AWS::Serverless::Function");
    let mut sources = 0;
    for (_, function) in &functions {
        for event in function["Events"].as_object().expect("triggers").values() {
            if event["Type"] == "SQS" {
                sources += 1;
                let types = &event["Properties"]["FunctionResponseTypes"];
                assert_eq!(*types, json!(["ReportBatchItemFailures"]));
            }
        }
    }
    assert_eq!(sources, 1);
}

#[test]
fn the_paths_that_are_opened_are_routes_of_ours() {
    let template = template();
    let (document, mut opened) = (pontic_server::http::openapi(), BTreeSet::new());
    for (_, function) in of_type(&template, "AWS::Serverless::Function") {
        for (name, event) in function["Events"].as_object().expect("triggers") {
            if event["Type"] != "HttpApi" {
                continue;
            }
            let path = event["Properties"]["Path"].as_str().expect("a path");
            let item = document.paths.paths.get(path);
            let item = item.unwrap_or_else(|| panic!("{name}: {path} is no route"));
            let is_there = match event["Properties"]["Method"].as_str() {
                Some("GET") => item.get.is_some(),
                Some("POST") => item.post.is_some(),
                other => panic!("{name}: {other:?}"),
            };
            assert!(is_there, "{name}");
            opened.insert(path.to_owned());
        }
    }
    for needed in [
        "/v1/events",
        "/webhooks/ehr/{system}",
        "/webhooks/ehr/{system}/{endpoint}",
    ] {
        assert!(opened.contains(needed), "{needed}");
    }
}

#[test]
fn nobody_may_do_more_than_is_needed() {
    let template = template();
    let secrets = BTreeSet::from(["SettingsSecretArn", "DatabaseSecretArn"]);
    let needed = |action: &str, resource: &Value| match action {
        "secretsmanager:GetSecretValue" => resource["Ref"]
            .as_str()
            .is_some_and(|name| secrets.contains(name)),
        "sqs:ReceiveMessage"
        | "sqs:DeleteMessage"
        | "sqs:GetQueueAttributes"
        | "sqs:ChangeMessageVisibility" => *resource == json!({ "Fn::GetAtt": ["Queue", "Arn"] }),
        _ => false,
    };
    for (name, function) in of_type(&template, "AWS::Serverless::Function") {
        for statement in statements(&function) {
            assert_eq!(statement["Effect"], "Allow");
            for action in list(&statement["Action"]) {
                let action = action.as_str().expect("an action").to_owned();
                assert!(!action.contains('*'), "{name}: {action}");
                for resource in list(&statement["Resource"]) {
                    assert!(needed(&action, &resource), "{name}: {action} on {resource}");
                }
            }
        }
    }
    let policies = of_type(&template, "AWS::IAM::ManagedPolicy");
    let [(_, server)] = policies.as_slice() else {
        panic!("one of them");
    };
    let statement = &server["PolicyDocument"]["Statement"][0];
    assert_eq!(statement["Action"], "events:PutEvents");
    let bus = statement["Resource"]["Fn::Sub"].as_str().expect("an ARN");
    assert!(bus.ends_with(":event-bus/${EventBusName}"), "{bus}");
    let queues = of_type(&template, "AWS::SQS::QueuePolicy");
    let statement = &queues[0].1["PolicyDocument"]["Statement"][0];
    assert_eq!(
        statement["Principal"],
        json!({ "Service": "events.amazonaws.com" })
    );
    assert_eq!(
        statement["Condition"]["ArnEquals"]["aws:SourceArn"],
        json!({ "Fn::GetAtt": ["Rule", "Arn"] })
    );
}

#[test]
fn the_rule_lets_through_what_the_door_understands() {
    let template = template();
    let types = &template["Resources"]["Rule"]["Properties"]["EventPattern"]["detail-type"];
    let types = types.as_array().expect("a list");
    assert_eq!(types.len(), 7);
    for name in types {
        let name = name.as_str().expect("a type");
        assert!(pontic_wire::event::is_known(name).is_some(), "{name}");
    }
}

#[test]
fn alarms_and_dashboard_show_what_the_function_tells() {
    let template = template();
    let told: BTreeSet<&str> = METRICS.iter().map(|(name, _)| *name).collect();
    for (name, alarm) in of_type(&template, "AWS::CloudWatch::Alarm") {
        if alarm["Namespace"] == NAMESPACE {
            let metric = alarm["MetricName"].as_str().expect("a metric");
            assert!(told.contains(metric), "{name}");
            let dimensions = alarm["Dimensions"].as_array().expect("dimensions");
            let names: Vec<&Value> = dimensions.iter().map(|one| &one["Name"]).collect();
            assert_eq!(names, DIMENSIONS, "{name}");
        }
    }
    let dashboard: Value = serde_json::from_str(&text("dashboard.json")).expect("JSON");
    let mut shown = BTreeSet::new();
    for widget in dashboard["widgets"].as_array().expect("widgets") {
        for metric in widget["properties"]["metrics"].as_array().expect("metrics") {
            if metric[0] == NAMESPACE {
                assert_eq!(
                    (&metric[2], &metric[4]),
                    (&json!(DIMENSIONS[0]), &json!(DIMENSIONS[1]))
                );
                shown.insert(metric[1].as_str().expect("a name").to_owned());
            }
        }
    }
    let shown: BTreeSet<&str> = shown.iter().map(String::as_str).collect();
    assert_eq!(shown, told, "nothing is told that nobody sees");
}

#[test]
fn cloudformation_would_read_it() {
    let linter = std::env::var("TEST_CFN_LINT").expect(
        "TEST_CFN_LINT names no cfn-lint; `cargo xtask test` brings one, and so does `cargo xtask servers -- COMMAND`",
    );
    let said = Command::new(linter)
        .args(["--format", "parseable", "--regions", "eu-central-1", "--"])
        .arg(path("template.yaml"))
        .output()
        .expect("it starts");
    let told = String::from_utf8_lossy(&said.stdout);
    assert!(
        said.status.success(),
        "{told}{}",
        String::from_utf8_lossy(&said.stderr)
    );
}
