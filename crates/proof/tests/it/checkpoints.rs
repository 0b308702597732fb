//! Checkpoints, cosignatures, and the proof of one fact.

use chrono::DateTime;
use proof::{
    checkpoint::{self, Checkpoint, Error},
    merkle::{self, EMPTY_ROOT, Frontier, Hash, inclusion_nodes},
    note::{self, Note, Signature, SignerKey, VerifierKey},
    tlog_proof::{self, Proof},
};

use crate::records::record;

// The example of c2sp.org/tlog-checkpoint and c2sp.org/tlog-cosignature.
const TEXT: &str = "example.com/behind-the-sofa\n\
                    20852163\n\
                    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
const SIGNATURE: &str = "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=";
const COSIGNATURE: &str = "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==";

fn signer(name: &str, seed: u8) -> SignerKey {
    SignerKey::from_seed(name, [seed; 32]).unwrap()
}

#[test]
fn the_documented_example() {
    let checkpoint = Checkpoint::parse(TEXT).unwrap();
    assert_eq!(checkpoint.origin, "example.com/behind-the-sofa");
    assert_eq!(checkpoint.size, 20_852_163);
    assert_eq!(
        checkpoint.root.to_base64(),
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    );
    assert_eq!(checkpoint.to_string(), TEXT);
    let text = format!("{TEXT}\n{SIGNATURE}\n{COSIGNATURE}\n");
    let note: Note = text.parse().unwrap();
    assert_eq!(note.to_string(), text);
    assert_eq!(Checkpoint::of(&note), Ok(checkpoint));
    // A cosignature is 4 bytes of id, 8 of time, 64 of signature. This one is of 1679315147.
    let cosignature = &note.signatures()[1];
    assert_eq!(cosignature.bytes.len(), 8 + 64);
    assert_eq!(cosignature.bytes[..8], 1_679_315_147_u64.to_be_bytes());
}

#[test]
fn extension_lines_are_kept() {
    let text = format!("{TEXT}one\ntwo lines\n");
    let checkpoint = Checkpoint::parse(&text).unwrap();
    assert_eq!(checkpoint.extensions, ["one", "two lines"]);
    assert_eq!(checkpoint.to_string(), text);
}

#[test]
fn what_is_no_checkpoint() {
    for bad in [
        "",
        "a\n",
        "a\n1\n",
        "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
        "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n+1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n9223372036854775808\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",
        "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n",
        "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n",
    ] {
        assert!(Checkpoint::parse(bad).is_err(), "{bad:?}");
    }
    let broken = Checkpoint {
        origin: "a\nb".to_owned(),
        size: 0,
        root: EMPTY_ROOT,
        extensions: Vec::new(),
    };
    assert!(broken.sign(&signer("a", 1)).is_err());
}

#[test]
fn signed_and_witnessed() {
    let log = signer("log.example", 1);
    let witness = signer("witness.example/w1", 2);
    let absent = signer("witness.example/w2", 3);
    let at = DateTime::from_timestamp_secs(1_800_000_000).unwrap();
    let checkpoint = Checkpoint::parse(TEXT).unwrap();
    let mut note = checkpoint.sign(&log).unwrap();
    note.add(note.cosign(&witness, at).unwrap());
    let note: Note = note.to_string().parse().unwrap();
    let witnesses = [witness.cosigner(), absent.cosigner()];
    let verified = checkpoint::verify(&note, &[log.verifier()], &witnesses).unwrap();
    assert_eq!(verified.checkpoint, checkpoint);
    assert_eq!(verified.signed_by, [log.verifier()]);
    assert_eq!(verified.witnessed.len(), 1);
    assert_eq!(verified.witnessed[0].witness.name(), "witness.example/w1");
    assert_eq!(verified.witnessed[0].at, at);
    // A witness is no log, and a log no witness.
    assert!(matches!(
        checkpoint::verify(&note, &[signer("log.example", 9).verifier()], &witnesses),
        Err(Error::Note(note::Error::NoKnownKey { .. }))
    ));
    // Another time, another text, a timestamp cut short: each is a wrong signature.
    let good = &note.signatures()[1];
    for bit in [0, 63, 64, 100, 8 * 72 - 1] {
        let mut bad: Signature = good.clone();
        bad.bytes[bit / 8] ^= 1 << (bit % 8);
        let mut note = note.clone();
        note.add(bad);
        assert!(matches!(
            checkpoint::verify(&note, &[log.verifier()], &witnesses),
            Err(Error::Note(note::Error::WrongSignature { .. }))
        ));
    }
    let early = DateTime::from_timestamp_secs(-1).unwrap();
    assert_eq!(note.cosign(&witness, early), Err(note::Error::Time));
}

fn proven(count: u64, position: u64, log: &SignerKey) -> (Proof, Vec<VerifierKey>) {
    let records: Vec<_> = (1..=count).map(record).collect();
    let leaves: Vec<Hash> = records.iter().map(|record| record.leaf()).collect();
    let mut frontier = Frontier::default();
    leaves.iter().for_each(|leaf| frontier.push(*leaf));
    let checkpoint = Checkpoint {
        origin: log.name().to_owned(),
        size: count,
        root: frontier.root(),
        extensions: Vec::new(),
    };
    let inclusion = inclusion_nodes(position - 1, count)
        .unwrap()
        .build(|id| {
            let leaves = id.leaves();
            Ok::<_, merkle::Error>(merkle::fold(
                &records[leaves.start as usize..leaves.end as usize]
                    .iter()
                    .map(|record| record.leaf())
                    .collect::<Vec<_>>(),
            ))
        })
        .unwrap();
    let proof = Proof {
        extra: Some(records[position as usize - 1].bytes()),
        index: position - 1,
        inclusion,
        note: checkpoint.sign(log).unwrap(),
    };
    (proof, vec![log.verifier()])
}

#[test]
fn the_proof_of_a_fact() {
    let log = signer("log.example", 1);
    for position in [1, 2, 77, 100] {
        let (proof, keys) = proven(100, position, &log);
        let text = proof.to_string();
        let read = Proof::parse(text.as_bytes()).unwrap();
        assert_eq!(read, proof);
        let proven = read.verify(&keys, &[]).unwrap();
        assert_eq!(proven.record, record(position));
        assert_eq!(proven.checkpoint.checkpoint.size, 100);
    }
    let (proof, keys) = proven(1, 1, &log);
    assert!(proof.inclusion.is_empty());
    let text = proof.to_string();
    assert_eq!(Proof::parse(text.as_bytes()).unwrap(), proof);
    proof.verify(&keys, &[]).unwrap();
}

#[test]
fn a_proof_with_any_byte_changed_proves_nothing() {
    let (proof, keys) = proven(6, 3, &signer("log.example", 1));
    let text = proof.to_string();
    for at in 0..text.len() {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] ^= [0x01, 0x20, 0x80][at % 3];
        let proven = Proof::parse(&bytes).is_ok_and(|proof| proof.verify(&keys, &[]).is_ok());
        assert!(!proven, "byte {at}");
    }
}

#[test]
fn why_a_proof_proves_nothing() {
    let (proof, keys) = proven(100, 42, &signer("log.example", 1));
    let why = |change: fn(&mut Proof)| {
        let mut proof = proof.clone();
        change(&mut proof);
        proof.verify(&keys, &[]).unwrap_err()
    };
    assert_eq!(why(|proof| proof.extra = None), tlog_proof::Error::NoRecord);
    let position = 42;
    let inclusion = |why| tlog_proof::Error::Inclusion { position, why };
    assert_eq!(
        why(|proof| proof.extra = Some(record(41).bytes())),
        inclusion(merkle::Error::Root)
    );
    assert_eq!(
        why(|proof| proof.inclusion.truncate(2)),
        inclusion(merkle::Error::TooShort)
    );
    assert_eq!(
        why(|proof| proof.inclusion.push(EMPTY_ROOT)),
        inclusion(merkle::Error::TooLong)
    );
    assert_eq!(
        why(|proof| proof.index = 100),
        tlog_proof::Error::Inclusion {
            position: 101,
            why: merkle::Error::IndexOutside {
                index: 100,
                size: 100
            }
        }
    );
    assert!(matches!(
        proof.verify(&[], &[]),
        Err(tlog_proof::Error::Checkpoint(_))
    ));
    for bad in [
        "",
        "c2sp.org/tlog-proof@v1\nindex 0\n",
        "c2sp.org/tlog-proof@v1\n\na\n",
        "c2sp.org/tlog-proof@v1\nindex 00\n\na\n",
        "c2sp.org/tlog-proof@v2\nindex 0\n\na\n",
        "c2sp.org/tlog-proof@v1\nextra !\nindex 0\n\na\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\na\n",
    ] {
        assert!(Proof::parse(bad.as_bytes()).is_err(), "{bad:?}");
    }
}
