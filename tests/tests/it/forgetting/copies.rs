//! Copies from before somebody was forgotten, each with everything that the service still holds.

use std::path::Path;
use std::process::Command;

use super::*;

#[test]
fn copies_from_before_open_nothing_of_her_with_what_is_held_now() {
    let place = Place::new();
    place.run(&["demo", "--load-only"]).ended(DONE);
    let family = family(&place);
    let (hers, _) = export(&place, &family.head, "hers");
    let hers = telling(hers);
    let token = token(&place);

    // Everything that a thief may have had the day before: both databases, and every file but the keys.
    let (log, vault) = (place.beside("log.sql"), place.beside("vault.sql"));
    let served = place.serve();
    dump(&place, "inrete", &log);
    dump(&place, "inrete_vault", &vault);
    assert!(served.interrupt().success());
    let (copied, old_keys) = (place.beside("copied"), place.beside("old-keys"));
    copy(&place.data(), &copied);
    fs::rename(copied.join("keys"), &old_keys).expect("kept apart");

    let forget = ["person", "forget", "--person", &family.head, "--yes"];
    let reason = ["--reason", "her_request", "--with-children", "--json"];
    let forgot = place
        .run(&[&forget[..], &reason].concat())
        .ended(DONE)
        .json();
    let gone = ids(&forgot["persons"]);

    the_log_of_before(&place, &log, &vault, &token, &gone, &hers, &family);
    all_files_of_before(&place, &copied, &old_keys, &hers, &family);
}

/// The log's database put back as it was, with the vault as it is; then with the vault as it was.
fn the_log_of_before(
    place: &Place,
    log: &Path,
    vault: &Path,
    token: &str,
    gone: &BTreeSet<String>,
    hers: &Texts,
    family: &Family,
) {
    let served = place.serve();
    restore(place, log, "before");
    restore(place, vault, "before_vault");
    let (before, vault_now) = (url(place, "before"), url(place, "inrete_vault"));
    let vault_before = url(place, "before_vault");
    let with = |vault| ["--database-url", &before, "--vault-database-url", vault];

    // It knows nothing of her having been forgotten; the vault does.
    let older = place.start(&[&with(&vault_now)[..], &["serve"]].concat());
    let names = names(&older, token);
    assert_eq!(names.len(), family.everybody);
    for (person, name) in names {
        assert_eq!(name.is_null(), gone.contains(&person), "{person}: {name}");
    }
    let told = opened(&older, token, &family.household).to_string();
    assert_eq!(hers.in_bytes(&told), BTreeSet::new(), "{told}");
    assert!(older.interrupt().success());
    let to = place.beside("from-the-log");
    let take = [
        "person",
        "export",
        "--person",
        &family.head,
        "--to",
        text(&to),
    ];
    let taken = place.run(&[&with(&vault_now)[..], &take].concat());
    taken.ended(FAULT).tells("was forgotten");

    // Both from before: her key is there, and what had wrapped it is not.
    place
        .run(&[&with(&vault_before)[..], &take].concat())
        .ended(DONE);
    let stolen = fs::read_to_string(to.join("data.json")).expect("an export");
    assert!(stolen.contains("there is no master key"), "{stolen}");
    assert_eq!(hers.in_bytes(&stolen), BTreeSet::new(), "{stolen}");
    assert!(served.interrupt().success());
}

/// Every file as it was, with the keys as they are; then, to know that it was all there, with the keys
/// as they were.
fn all_files_of_before(
    place: &Place,
    copied: &Path,
    old_keys: &Path,
    hers: &Texts,
    family: &Family,
) {
    let now = place.beside("now");
    fs::rename(place.data(), &now).expect("put aside");
    fs::rename(copied, place.data()).expect("put back");
    copy(&now.join("keys"), &place.data().join("keys"));
    let to = place.beside("from-the-files");
    let take = [
        "person",
        "export",
        "--person",
        &family.head,
        "--to",
        text(&to),
    ];
    place.run(&take).ended(DONE);
    let stolen = fs::read_to_string(to.join("data.json")).expect("an export");
    assert!(stolen.contains("there is no master key"), "{stolen}");
    assert_eq!(hers.in_bytes(&stolen), BTreeSet::new(), "{stolen}");

    fs::remove_dir_all(place.data().join("keys")).expect("removed");
    copy(old_keys, &place.data().join("keys"));
    let to = place.beside("with-the-old-keys");
    let take = [
        "person",
        "export",
        "--person",
        &family.head,
        "--to",
        text(&to),
    ];
    place.run(&take).ended(DONE);
    let opened = fs::read_to_string(to.join("data.json")).expect("an export");
    assert!(
        hers.in_bytes(&opened).len() > 5,
        "the copy was not whole: {opened}"
    );
}

/// Copies a folder as a back-up does: owners, rights and all.
fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").args([from, to]).status();
    assert!(copied.expect("cp").success());
}
