//! Notes and keys: the documented examples of others, and what must not be accepted.

use proof::note::{Algorithm, Error, MAX_SIGNATURES, Note, Signature, SignerKey, VerifierKey};
use proptest::prelude::*;

// The example of golang.org/x/mod/sumdb/note.
const SIGNER: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const VERIFIER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n";
const SIGNED: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\
    \n\
    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
// The second signature of the same example.
const ENOCH: &str = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=";

fn signer(name: &str, seed: u8) -> SignerKey {
    SignerKey::from_seed(name, [seed; 32]).unwrap()
}

fn verifier(text: &str) -> VerifierKey {
    text.parse().unwrap()
}

#[test]
fn the_documented_example() {
    let key: SignerKey = SIGNER.parse().unwrap();
    assert_eq!(*key.reveal(), SIGNER);
    assert_eq!(key.verifier().to_string(), VERIFIER);
    assert_eq!(verifier(VERIFIER), key.verifier());
    assert_eq!(key.verifier().id(), 0xc74f_20a3);
    let note = Note::sign(TEXT, &key).unwrap();
    assert_eq!(note.to_string(), SIGNED);
    let read: Note = SIGNED.parse().unwrap();
    assert_eq!(read, note);
    let known = [verifier(VERIFIER)];
    let signed = read.verify(&known).unwrap();
    assert_eq!(signed.len(), 1);
    assert_eq!(signed[0].key.name(), "PeterNeumann");
    assert_eq!(signed[0].at, None);
}

#[test]
fn unknown_signatures_are_kept_and_passed_over() {
    let text = format!("{SIGNED}{ENOCH}\n");
    let note: Note = text.parse().unwrap();
    assert_eq!(note.to_string(), text);
    assert_eq!(note.signatures()[1].signer(), "EnochRoot+af0cfe78");
    assert_eq!(note.verify(&[verifier(VERIFIER)]).unwrap().len(), 1);
    // The same name with another key is another key.
    let other = [signer("PeterNeumann", 7).verifier()];
    let names = ["PeterNeumann+c74f20a3", "EnochRoot+af0cfe78"].map(str::to_owned);
    assert_eq!(
        note.verify(&other),
        Err(Error::NoKnownKey {
            names: names.to_vec()
        })
    );
    assert!(matches!(note.verify(&[]), Err(Error::NoKnownKey { .. })));
}

#[test]
fn a_wrong_signature_of_a_known_key_spoils_the_note() {
    let key: SignerKey = SIGNER.parse().unwrap();
    let second = signer("second.example", 2);
    let mut note = Note::sign(&TEXT.replace("know", "knew"), &key).unwrap();
    note.add(SIGNED.parse::<Note>().unwrap().signatures()[0].clone());
    assert_eq!(note.signatures().len(), 1, "a key signs once");
    note.add(Note::sign(note.text(), &second).unwrap().signatures()[0].clone());
    assert_eq!(note.verify(&[second.verifier()]).unwrap().len(), 1);
    assert_eq!(
        note.verify(&[second.verifier(), key.verifier()]),
        Err(Error::WrongSignature {
            name: "PeterNeumann".to_owned()
        })
    );
}

#[test]
fn sixteen_signatures_are_accepted_and_too_many_are_not() {
    let note = |count: usize| {
        let signature = Signature {
            name: "a".to_owned(),
            id: 1,
            bytes: vec![0],
        };
        format!("{TEXT}\n{}", format!("{signature}\n").repeat(count))
    };
    assert_eq!(note(16).parse::<Note>().unwrap().signatures().len(), 16);
    note(MAX_SIGNATURES).parse::<Note>().unwrap();
    assert!(matches!(
        note(MAX_SIGNATURES + 1).parse::<Note>(),
        Err(Error::Malformed { .. })
    ));
}

#[test]
fn what_is_no_note() {
    let dash = "— a AAAAAQA=\n";
    for good in [
        format!("text\n\n{dash}"),
        // The last empty line counts; the text may have others.
        format!("a\n\nb\n\n\n{dash}"),
        format!("\n\n{dash}"),
    ] {
        assert_eq!(good.parse::<Note>().unwrap().to_string(), good);
    }
    for bad in [
        String::new(),
        "text\n".to_owned(),
        "text\n\n".to_owned(),
        format!("text\n{dash}"),
        format!("text\n\n{}", dash.trim_end()),
        format!("text\n\n{dash}\n"),
        format!("text\r\n\n{dash}"),
        format!("te\txt\n\n{dash}"),
        "text\n\n- a AAAAAQA=\n".to_owned(),
        "text\n\n—  AAAAAQA=\n".to_owned(),
        "text\n\n— a+b AAAAAQA=\n".to_owned(),
        "text\n\n— a\u{a0}b AAAAAQA=\n".to_owned(),
        "text\n\n— a AAAAAQA\n".to_owned(),
        "text\n\n— a AAAAAQB=\n".to_owned(),
        "text\n\n— a AAAAAQ==\n".to_owned(),
        "text\n\n— a AAAAAQA= \n".to_owned(),
        "text\n\n— a\n".to_owned(),
    ] {
        assert!(bad.parse::<Note>().is_err(), "{bad:?}");
    }
    assert!(Note::parse(b"te\xffxt\n\n\xe2\x80\x94 a AAAAAQA=\n").is_err());
    assert_eq!(Note::sign("text", &signer("a", 1)), Err(Error::Text));
    assert_eq!(Note::sign("te\txt\n", &signer("a", 1)), Err(Error::Text));
}

#[test]
fn what_is_no_key() {
    for bad in [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a3+",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        SIGNER,
    ] {
        assert!(bad.parse::<VerifierKey>().is_err(), "{bad:?}");
    }
    for bad in [
        "",
        VERIFIER,
        &SIGNER.replace("a3", "a4"),
        &SIGNER[..SIGNER.len() - 4],
    ] {
        assert!(bad.parse::<SignerKey>().is_err(), "{bad:?}");
    }
    for bad in ["", "a b", "a+b", "a\nb", "a\u{2003}b", "a\u{1}b"] {
        assert!(SignerKey::from_seed(bad, [1; 32]).is_err(), "{bad:?}");
    }
    let secret = format!("{:?}", SIGNER.parse::<SignerKey>().unwrap());
    assert_eq!(secret, "SignerKey(PeterNeumann+c74f20a3, secret)");
    let upper = VERIFIER.replace("c74f20a3", "C74F20A3");
    assert_eq!(verifier(&upper).to_string(), VERIFIER);
}

#[test]
fn a_cosigner_is_another_key() {
    let key = signer("witness.example/w1", 3);
    assert_eq!(key.cosigner().algorithm(), Algorithm::CosignatureV1);
    assert_ne!(key.cosigner().id(), key.verifier().id());
    assert_eq!(verifier(&key.cosigner().to_string()), key.cosigner());
}

proptest! {
    #[test]
    fn no_other_text_is_signed(at in 0usize..SIGNED.len(), with in 1u8..=255) {
        let mut bytes = SIGNED.as_bytes().to_vec();
        bytes[at] ^= with;
        let accepted = Note::parse(&bytes)
            .is_ok_and(|note| note.verify(&[verifier(VERIFIER)]).is_ok());
        prop_assert!(!accepted);
    }

    #[test]
    fn parsing_never_panics(bytes: Vec<u8>, text in "(.|\n|— |\\+)*") {
        let _ = Note::parse(&bytes);
        if let Ok(note) = text.parse::<Note>() {
            prop_assert_eq!(note.to_string(), text.clone());
        }
        let _ = text.parse::<VerifierKey>();
        let _ = text.parse::<SignerKey>();
    }
}
