//! Signatures and photos.

use super::sample::{at, lab};
use crate::batch::Proof;
use crate::{Store, StoreError};

pub fn proofs_are_kept(store: &dyn Store) {
    let proof = Proof {
        id: "F1".into(),
        lab_id: lab("LAB1"),
        media_type: "image/png".into(),
        sha256: "00".repeat(32),
        size: 300_000,
        at: at(0),
    };
    let bytes = vec![7; 300_000];
    store.put_proof(&proof, &bytes).expect("kept");
    assert!(matches!(
        store.put_proof(&proof, &bytes),
        Err(StoreError::Conflict)
    ));

    assert_eq!(
        store.proof(None, "F1").expect("read"),
        Some((proof.clone(), bytes.clone()))
    );
    assert_eq!(
        store.proof(Some(&lab("LAB1")), "F1").expect("read"),
        Some((proof, bytes))
    );
    assert_eq!(store.proof(Some(&lab("LAB2")), "F1").expect("read"), None);
    assert_eq!(
        store
            .known_proofs(&lab("LAB1"), &["F0", "F1"])
            .expect("read"),
        [false, true]
    );
    assert_eq!(
        store.known_proofs(&lab("LAB2"), &["F1"]).expect("read"),
        [false]
    );
}
