//! Who read what, and the rights of a person, through the pages.

use events::codes::Role;
use events::{PartnerId, PersonId, PilotId};
use policy::Scope;
use reqwest::StatusCode;
use serde_json::json;

use super::Visitor;
use super::staff::Staff;
use crate::house::House;
use crate::story::{
    self, CODE, HOUSEHOLD, NAME, PARTNER, PERSONS, PILOT, SEALED, input, record, tell,
};

const OWN: Scope = Scope::Pilot(PilotId(PILOT));

/// A pilot with its story, and somebody who has a role in it.
async fn told(name: &'static str, role: Role) -> (House, Visitor) {
    told_in(House::open().await, name, role).await
}

/// A house whose master keys are in files: there the old one can be destroyed.
async fn with_key_files() -> (House, tempfile::TempDir) {
    let database = cluster::testing::database().await;
    crate::house::migrate(&database).await;
    let folder = tempfile::tempdir().expect("a directory");
    let keys = folder.path().join("keys");
    let (masters, secret) = vault::KeyFiles::open_or_create(&keys).expect("keys");
    let beside = crate::house::vault_database(&database).await;
    let vault = vault::Vault::over(beside, masters, secret).await;
    let vault = vault.expect("a vault");
    let app = app::App::serving(crate::house::pools(&database).await, vault);
    (House::over(database, app).await, folder)
}

async fn told_in(house: House, name: &'static str, role: Role) -> (House, Visitor) {
    let token = house.token(Role::Coordinator, None).await;
    tell(&house, &token).await;
    let rules = json!({
        "approveExpensesAbove": "1000", "confirmAdmission": false, "confirmExit": false,
        "askCitizenship": false, "unseenAfterDays": 30,
        "retention": { "afterExitMonths": 24, "afterRefusalMonths": 6 },
    });
    let input = input(story::command(900), PILOT, "2024-11-02", rules);
    let payload = record(&house, &token, "setRules", input).await;
    assert_eq!(payload["__typename"], "Recorded", "{payload}");
    let mut staff = Staff::hire(&house, name).await;
    let partner = (role == Role::PartnerOperator).then_some(PartnerId(PARTNER));
    staff.grant(&house, OWN, role, partner).await;
    let visitor = match role.sees_personal_data() {
        true => staff.enrol(&house).await,
        false => staff.enter(&house).await,
    };
    (house, visitor)
}

#[tokio::test]
async fn a_data_protection_officer_copies_restricts_and_forgets() {
    let (house, _keys) = with_key_files().await;
    let (house, mut dpo) = told_in(house, "dpo", Role::DataProtectionOfficer).await;
    let person = PERSONS[0].to_string();
    let list = dpo.get("/persons").await;
    list.is(200, "Diritti delle persone").says(&person);
    list.says("conservazione finita il");
    for sealed in SEALED {
        assert!(!list.text.contains(sealed), "{sealed}");
    }
    assert_eq!(list.path, format!("/persons/{CODE}"));
    let of = |action: &str| format!("/persons/{CODE}/{action}");
    let her = [("person", &*person)];
    let shown = dpo.post(&of("one"), &her).await;
    shown.is(200, "Persona").says("Scarica il testo");
    assert!(!shown.text.contains(NAME));

    let mut fields = her.to_vec();
    fields.extend([("purpose", "her_request"), ("format", "text")]);
    let copy = dpo.post_only(&of("export"), &fields).await;
    assert_eq!(copy.status, StatusCode::OK);
    assert!(copy.text.contains(NAME), "{}", copy.text);
    let file = copy.headers["content-disposition"].to_str().unwrap();
    assert!(file.starts_with("attachment; filename=\"export-"), "{file}");
    assert!(!file.contains(&person));
    fields[1].1 = "care";
    let shown = dpo.post(&of("export"), &fields).await;
    shown.is(403, "Non consentito");

    let mut restrict = her.to_vec();
    restrict.push(("restriction", "legal_claim"));
    let shown = dpo.post(&of("restrict"), &restrict).await;
    shown.is(200, "Persona").says("Rimuovi la limitazione");
    let mut forget = her.to_vec();
    forget.push(("erasure", "her_request"));
    let mut sure = forget.clone();
    sure.push(("sure", "on"));
    let shown = dpo.post(&of("forget/confirm"), &sure).await;
    shown.is(422, "Persona").says("va rimossa prima");
    dpo.post(&of("lift"), &her).await.is(200, "Persona");
    let shown = dpo.post(&of("forget"), &forget).await;
    shown.is(200, "Dimenticare una persona");
    let shown = dpo.post(&of("forget/confirm"), &forget).await;
    shown.is(422, "Dimenticare una persona");
    let shown = dpo.post(&of("forget/confirm"), &sure).await;
    shown.is(200, "Dimenticata").says(&person);
    assert!(!shown.text.contains("notice warn"), "{}", shown.text);
    fields[1].1 = "her_request";
    let shown = dpo.post(&of("export"), &fields).await;
    shown.is(422, "Persona").says("già stata dimenticata");

    // It is all in the log, and on her own page.
    let path = format!("/access/{CODE}");
    let shown = dpo.get(&path).await;
    shown.is(200, "Registro accessi");
    for words in [
        "Copia dei dati estratta",
        "Limitazione",
        "Persona dimenticata",
    ] {
        shown.says(words);
    }
    let about = format!("{path}/person");
    let shown = dpo.post(&about, &[("about", &person)]).await;
    shown.is(200, "Chi ha letto i miei dati");
    shown.says("Copia dei dati estratta").says("Richiesta");
    house.close().await;
}

#[tokio::test]
async fn an_auditor_sees_who_read_and_nothing_of_what() {
    let (house, mut auditor) = told("revisore", Role::Auditor).await;
    let person = PersonId(PERSONS[0]);
    let purpose = events::codes::ReadPurpose::HerRequest;
    let actor = "operator:test";
    let export = house.app.export_person(actor, purpose, person).await;
    export.expect("a copy");
    let path = format!("/access/{CODE}");
    let shown = auditor.get(&path).await;
    shown.is(200, "Registro accessi").says(actor);
    for sealed in SEALED {
        assert!(!shown.text.contains(sealed), "{sealed}");
    }
    let id = person.to_string();
    let fields = [("person", &*id), ("actor", actor)];
    auditor.post(&path, &fields).await.says(actor);
    let fields = [("actor", "operator:other")];
    let shown = auditor.post(&path, &fields).await;
    shown.is(200, "Registro accessi").says("Nessuna voce");
    auditor.get("/persons").await.is(403, "Non consentito");
    // Another pilot is not there, whether there is one or not.
    for other in ["nowhere", "00000000-0000-0000-0000-000000000100"] {
        let shown = auditor.get(&format!("/access/{other}")).await;
        shown.is(404, "Pagina non trovata");
    }
    house.close().await;
}

#[tokio::test]
async fn an_emergency_is_opened_for_a_while_and_reviewed_by_another() {
    let (house, mut operator) = told("operatrice", Role::PartnerOperator).await;
    let path = format!("/break-glass/{CODE}");
    operator.get("/break-glass").await.is(200, "Emergenza");
    let household = HOUSEHOLD.to_string();
    let nobodys = PILOT.to_string();
    let opened = |household: &str, known: &str| {
        [
            ("household", household.to_owned()),
            ("reason", "danger_to_life".to_owned()),
            ("known", known.to_owned()),
        ]
    };
    for (fields, about) in [
        (opened("x", "on"), "#household"),
        (opened(&nobodys, "on"), "#household"),
        (opened(&household, ""), "#known"),
    ] {
        let fields: Vec<_> = fields.iter().map(|(a, b)| (*a, &**b)).collect();
        let shown = operator.post(&path, &fields).await;
        shown
            .is(422, "Emergenza")
            .says(&format!("href=\"{about}\""));
    }
    let fields = opened(&household, "on");
    let fields: Vec<_> = fields.iter().map(|(a, b)| (*a, &**b)).collect();
    let shown = operator.post(&path, &fields).await;
    shown.is(200, "Emergenza").says("Aperto fino a");
    operator.get(&path).await.says(&household);

    let mut dpo = Staff::hire(&house, "dpo").await;
    let role = Role::DataProtectionOfficer;
    dpo.grant(&house, OWN, role, None).await;
    let mut dpo = dpo.enrol(&house).await;
    let log = format!("/access/{CODE}");
    let shown = dpo.get(&log).await;
    shown.says("da verificare").says("Pericolo per la vita");
    let position = shown.hidden("position").expect("a position").to_owned();
    let review = format!("{log}/review");
    let fields = [("position", &*position), ("finding", "justified")];
    let shown = dpo.post(&review, &fields).await;
    shown.is(200, "Registro accessi").says("Giustificato");
    assert!(!shown.text.contains("da verificare"));
    operator.get(&log).await.is(403, "Non consentito");
    house.close().await;
}
