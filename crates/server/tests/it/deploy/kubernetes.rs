//! The manifests: every member is one that Kubernetes knows, everything named is there, and nothing asks for more than the
//! restricted standard for pods lets it have.

use std::collections::BTreeSet;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::PORT;
use super::files::{list, root, text, yaml};
use crate::harness::{pontic, said, shared};

fn manifest(name: &str) -> Value {
    let mut documents = yaml(&format!("kubernetes/{name}.yaml"));
    assert_eq!(documents.len(), 1, "{name}");
    documents.remove(0)
}

fn pod() -> Value {
    manifest("deployment")["spec"]["template"]["spec"].clone()
}

/// Reads it as Kubernetes does, and looks whether anything was passed over.
fn known<T: DeserializeOwned + Serialize>(value: &Value) -> Result<(), String> {
    let read: T = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
    let again = serde_json::to_value(read).map_err(|error| error.to_string())?;
    if again == *value {
        Ok(())
    } else {
        Err(format!("{value:#}\nis read as\n{again:#}"))
    }
}

#[test]
fn every_member_is_known_to_kubernetes() {
    let kustomization = manifest("kustomization");
    for file in list(&kustomization["resources"]) {
        let value = &yaml(&format!("kubernetes/{file}"))[0];
        let kind = value["kind"].as_str().expect("a kind");
        let done = match kind {
            "Namespace" => known::<Namespace>(value),
            "ServiceAccount" => known::<ServiceAccount>(value),
            "Deployment" => known::<Deployment>(value),
            "PodDisruptionBudget" => known::<PodDisruptionBudget>(value),
            "Service" => known::<Service>(value),
            "Ingress" => known::<Ingress>(value),
            "NetworkPolicy" => known::<NetworkPolicy>(value),
            _ => panic!("{file}: nobody holds a {kind} against anything"),
        };
        done.unwrap_or_else(|says| panic!("{file}: {says}"));
    }
    let mut misspelt = manifest("deployment");
    misspelt["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = json!({});
    assert!(known::<Deployment>(&misspelt).is_err());
}

/// What the restricted standard for pods would refuse of a pod.
fn excess(pod: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let of_pod = &pod["securityContext"];
    let containers = ["containers", "initContainers"];
    let containers = containers.iter().filter_map(|part| pod[part].as_array());
    for container in containers.flatten() {
        let own = &container["securityContext"];
        let either = |member: &str| {
            if own[member].is_null() {
                &of_pod[member]
            } else {
                &own[member]
            }
        };
        let rules = [
            ("runAsNonRoot", either("runAsNonRoot") == true),
            ("runAsUser", either("runAsUser").as_u64() != Some(0)),
            (
                "seccompProfile",
                ["RuntimeDefault", "Localhost"]
                    .iter()
                    .any(|kind| either("seccompProfile")["type"] == *kind),
            ),
            (
                "allowPrivilegeEscalation",
                own["allowPrivilegeEscalation"] == false,
            ),
            (
                "readOnlyRootFilesystem",
                own["readOnlyRootFilesystem"] == true,
            ),
            ("drop", own["capabilities"]["drop"] == json!(["ALL"])),
            ("add", own["capabilities"]["add"].is_null()),
            ("privileged", own["privileged"] != true),
            (
                "resources",
                container["resources"]["limits"]["memory"].is_string(),
            ),
        ];
        let broken = rules.iter().filter(|(_, kept)| !kept);
        faults.extend(broken.map(|(rule, _)| (*rule).to_owned()));
    }
    let host = ["hostNetwork", "hostPID", "hostIPC"];
    faults.extend(
        host.iter()
            .filter(|member| pod[*member] == true)
            .map(|member| (*member).to_owned()),
    );
    let allowed = [
        "configMap",
        "secret",
        "emptyDir",
        "projected",
        "persistentVolumeClaim",
    ];
    for volume in pod["volumes"].as_array().into_iter().flatten() {
        let kinds = volume.as_object().expect("a volume").keys();
        let mut other = kinds.filter(|kind| *kind != "name" && !allowed.contains(&kind.as_str()));
        faults.extend(other.next().cloned());
    }
    faults
}

#[test]
fn the_restricted_standard_lets_the_pods_in() {
    assert_eq!(excess(&pod()), Vec::<String>::new());
    let labels = manifest("namespace")["metadata"]["labels"].clone();
    assert_eq!(labels["pod-security.kubernetes.io/enforce"], "restricted");
    // Each rule is one that can be broken.
    for (rule, path, value) in [
        (
            "runAsNonRoot",
            "/securityContext/runAsNonRoot",
            json!(false),
        ),
        ("runAsUser", "/securityContext/runAsUser", json!(0)),
        (
            "seccompProfile",
            "/securityContext/seccompProfile/type",
            json!("Unconfined"),
        ),
        (
            "allowPrivilegeEscalation",
            "/containers/0/securityContext/allowPrivilegeEscalation",
            json!(true),
        ),
        (
            "readOnlyRootFilesystem",
            "/containers/0/securityContext/readOnlyRootFilesystem",
            json!(false),
        ),
        (
            "drop",
            "/containers/0/securityContext/capabilities/drop",
            json!([]),
        ),
        ("resources", "/containers/0/resources/limits", json!({})),
        (
            "hostPath",
            "/volumes/0",
            json!({ "name": "config", "hostPath": {} }),
        ),
    ] {
        let mut broken = pod();
        *broken.pointer_mut(path).expect("there") = value;
        assert_eq!(excess(&broken), [rule]);
    }
}

#[test]
fn probes_ask_what_the_program_answers() {
    let server = shared();
    let container = &pod()["containers"][0];
    let ports = container["ports"].as_array().expect("ports");
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        let get = &container[probe]["httpGet"];
        let path = get["path"].as_str().expect("a path");
        assert_eq!(server.nobody().get(path).status, 200, "{probe}");
        assert!(
            ports.iter().any(|port| port["name"] == get["port"]),
            "{probe}"
        );
    }
    // A database that is slow to answer is no reason to start the program anew.
    assert_eq!(container["livenessProbe"]["httpGet"]["path"], "/healthz");
    assert_eq!(container["readinessProbe"]["httpGet"]["path"], "/readyz");
    assert_eq!(ports[0]["containerPort"], PORT);
    let service = manifest("service");
    assert_eq!(service["spec"]["ports"][0]["targetPort"], ports[0]["name"]);
    let monitor = &yaml("kubernetes/monitoring/servicemonitor.yaml")[0]["spec"];
    assert_eq!(
        monitor["endpoints"][0]["port"],
        service["spec"]["ports"][0]["name"]
    );
    let path = monitor["endpoints"][0]["path"].as_str().expect("a path");
    assert_eq!(server.admin().get(path).status, 200);
    assert_eq!(list(&container["args"]), ["serve"]);
}

#[test]
fn whoever_selects_finds_the_pods_and_what_is_mounted_is_there() {
    let deployment = manifest("deployment");
    let labels = &deployment["spec"]["template"]["metadata"]["labels"];
    for selector in [
        &deployment["spec"]["selector"]["matchLabels"],
        &manifest("service")["spec"]["selector"],
        &manifest("poddisruptionbudget")["spec"]["selector"]["matchLabels"],
        &manifest("networkpolicy")["spec"]["podSelector"]["matchLabels"],
    ] {
        let selector = selector.as_object().expect("labels");
        assert!(!selector.is_empty());
        for (name, value) in selector {
            assert_eq!(labels[name], *value, "{name}");
        }
    }
    let replicas = deployment["spec"]["replicas"].as_u64();
    let out = manifest("poddisruptionbudget")["spec"]["maxUnavailable"].as_u64();
    assert!(replicas >= Some(2) && out < replicas);
    let names = |value: &Value| {
        let items = value.as_array().expect("a list").iter();
        items
            .map(|item| item["name"].as_str().expect("a name").to_owned())
            .collect::<BTreeSet<_>>()
    };
    let pod = pod();
    let container = &pod["containers"][0];
    assert_eq!(names(&pod["volumes"]), names(&container["volumeMounts"]));
    let docs = std::fs::read_to_string(root().join("../docs/deploy.md")).expect("docs/deploy.md");
    for volume in pod["volumes"].as_array().expect("volumes") {
        if let Some(secret) = volume["secret"]["secretName"].as_str() {
            let made = format!("kubectl create secret generic {secret} ");
            assert!(docs.contains(&made), "{secret}");
        }
    }
}

#[test]
fn the_program_takes_the_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = root().join("kubernetes/pontic.toml");
    let file = file.to_str().expect("a path");
    let data = folder.path().join("data");
    let data = data.to_str().expect("a path");
    let output = pontic(&["doctor", "--config", file, "--data", data], b"");
    let told = said(&output);
    assert!(told.contains("the configuration can be used"), "{told}");
    let settings: toml::Table = text("kubernetes/pontic.toml").parse().expect("TOML");
    assert_eq!(settings["listen"].as_str(), Some("0.0.0.0:8080"));
    let pod = pod();
    let mounts = pod["containers"][0]["volumeMounts"].as_array();
    let mounts = mounts.expect("mounts");
    let mounted = |path: &str| {
        mounts.iter().any(|mount| {
            let at = mount["mountPath"].as_str().unwrap_or("?");
            path.starts_with(at)
        })
    };
    for setting in ["data", "keyFile"] {
        assert!(
            mounted(settings[setting].as_str().expect("a path")),
            "{setting}"
        );
    }
    for variable in pod["containers"][0]["env"].as_array().expect("variables") {
        let path = variable["value"].as_str().expect("a path");
        assert!(mounted(path), "{variable}");
    }
    let host = manifest("ingress")["spec"]["rules"][0]["host"].clone();
    let url = format!("https://{}", host.as_str().expect("a name"));
    assert_eq!(settings["publicUrl"].as_str(), Some(url.as_str()));
}
