//! Signatures and photos: uploaded, checked, kept with their digest, attached.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::{Answer, Client, case, date_in, fresh, shared};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n the rest of a picture";

fn upload(client: &Client, lab: &str, bytes: &[u8]) -> Answer {
    let mut body = b"--frontier\r\ncontent-disposition: form-data; name=\"labId\"\r\n\r\n".to_vec();
    body.extend_from_slice(lab.as_bytes());
    body.extend_from_slice(b"\r\n--frontier\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\ncontent-type: application/octet-stream\r\n\r\n");
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--frontier--\r\n");
    client.send(
        "POST",
        "/v1/proofs",
        &[("content-type", "multipart/form-data; boundary=frontier")],
        &body,
    )
}

#[test]
fn what_the_bytes_are_decides() {
    let (server, lab) = (shared(), fresh("L"));
    let driver = server.role("driver", &lab);
    let svg: &[u8] = b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0L9 9\"/></svg>";
    for (bytes, media_type) in [
        (b"\xff\xd8\xff\xe0 jpeg".as_slice(), "image/jpeg"),
        (PNG, "image/png"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
        (svg, "image/svg+xml"),
    ] {
        let made = upload(&driver, &lab, bytes).expect(201);
        let digest = pontic_core::id::hex(&Sha256::digest(bytes));
        assert_eq!(
            (&made["mediaType"], &made["sha256"], &made["size"]),
            (&json!(media_type), &json!(digest), &json!(bytes.len()))
        );
        let id = made["id"].as_str().expect("an id");
        let kept = server
            .role("dispatcher", &lab)
            .get(&format!("/v1/proofs/{id}"));
        assert_eq!(
            (
                kept.status,
                kept.header("content-type"),
                kept.header("x-content-sha256")
            ),
            (200, media_type, digest.as_str())
        );
        assert_eq!(
            (
                kept.header("content-disposition"),
                kept.header("x-content-type-options")
            ),
            ("attachment", "nosniff")
        );
    }
}

#[test]
fn what_is_no_picture_or_could_run_is_refused() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    for bytes in [
        b"<svg><script>alert(1)</script></svg>".as_slice(),
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<svg><path\nonclick='alert(1)'/></svg>",
        b"<svg><path\tonclick='alert(1)'/></svg>",
        b"<svg><path d='M0 0'/onload='alert(1)'></svg>",
        b"<svg><path d=\"M0\"onload=\"alert(1)\"/></svg>",
        b"<svg><a xlink:href='https://elsewhere.example'/></svg>",
        b"<svg><use href = '#x'/></svg>",
        b"<svg:svg xmlns:svg='http://www.w3.org/2000/svg'><svg:script>alert(1)</svg:script></svg:svg>",
        b"<svg xmlns:s='http://www.w3.org/2000/svg'><s:script>alert(1)</s:script></svg>",
        b"<svg><set attributeName='onload' to='alert(1)'/></svg>",
        b"<!DOCTYPE svg [<!ENTITY x 'y'>]><svg>&x;</svg>",
        b"GIF89a",
        b"%PDF-1.7",
        b"",
    ] {
        let answer = upload(&admin, &lab, bytes);
        assert!(answer.status == 415 || answer.status == 400, "{} {:?}", answer.status, String::from_utf8_lossy(bytes));
    }
}

#[test]
fn over_8_mib_is_too_large() {
    let (server, lab) = (shared(), fresh("L"));
    let picture = |size: usize| [PNG, &vec![0; size - PNG.len()]].concat();
    assert_eq!(upload(&server.admin(), &lab, &picture(7 << 20)).status, 201);
    upload(&server.admin(), &lab, &picture((8 << 20) + 1)).refused(413, "too_large");
}

#[test]
fn a_proof_belongs_to_its_lab() {
    let (server, lab, other) = (shared(), fresh("L"), fresh("L"));
    let id = upload(&server.role("dispatcher", &lab), "", PNG).expect(201)["id"].clone();
    let path = format!("/v1/proofs/{}", id.as_str().expect("an id"));
    assert_eq!(server.role("dispatcher", &lab).get(&path).status, 200);
    assert_eq!(server.role("dispatcher", &other).get(&path).status, 404);
    assert_eq!(
        upload(&server.role("dispatcher", &other), &lab, PNG).status,
        404
    );
    let nobodys = upload(&server.admin(), "", PNG);
    assert_eq!(
        (nobodys.status, nobodys.faults()),
        (400, vec![("labId".to_owned(), "required".to_owned())])
    );
}

#[test]
fn a_drivers_proof_reaches_the_invoice() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    let delivery = admin
        .event("CaseReadyToShip", &case(&lab, "C1", "K1", &date_in(0)))
        .result()["deliveryId"]
        .clone();
    let invoice = json!({ "invoiceId": "I1", "labId": lab, "clinicId": "C1", "caseIds": ["K1"] });
    admin.event("InvoiceIssued", &invoice).result();
    let plan = json!({ "labId": lab, "driverId": "D-1", "date": date_in(0), "stops": [{ "clinicId": "C1", "deliveryIds": [delivery] }] });
    let route = admin.post("/v1/routes", &plan).expect(201);
    let driver = server.role("driver", &lab);
    let (id, stop) = (
        route["id"].as_str().expect("an id"),
        route["stops"][0]["id"].as_str().expect("an id"),
    );
    driver
        .post(&format!("/v1/routes/{id}/start"), &json!({}))
        .expect(200);
    let unknown = driver.post(
        &format!("/v1/stops/{stop}/complete"),
        &json!({ "proofOfDelivery": { "signatureId": "nothing", "photoIds": ["neither"] } }),
    );
    let fields: Vec<(String, String)> = unknown.faults();
    let fault = |field: &str| (format!("proofOfDelivery.{field}"), "not_found".to_owned());
    assert_eq!(
        (unknown.status, fields),
        (400, vec![fault("signatureId"), fault("photoIds[0]")])
    );
    let proof: Value = upload(&driver, "", PNG).expect(201)["id"].clone();
    driver
        .post(
            &format!("/v1/stops/{stop}/complete"),
            &json!({ "proofOfDelivery": { "signatureId": proof } }),
        )
        .expect(200);
    let invoice = admin
        .get(&format!("/v1/invoices/I1?labId={lab}"))
        .expect(200);
    assert_eq!(
        (
            &invoice["status"],
            &invoice["cases"][0]["proofOfDelivery"]["signatureId"]
        ),
        (&json!("delivered"), &proof)
    );
}
