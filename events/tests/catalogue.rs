//! The catalogue on disk: one schema and one sample for every shape ever recorded, the codes of every
//! list, and what must hold of them. Schemas and samples are added, never changed, and lists only
//! grow: `INRETE_UPDATE_CATALOGUE=1` writes the schemas that are missing and the lists that are
//! missing or grew, and leaves every other file alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use events::{CATALOGUE, DecodeError, Event, FreeText, Sealed, Shape, labels};
use serde_json::{Value, json};

#[path = "catalogue/access.rs"]
mod access;
#[path = "catalogue/clear_text.rs"]
mod clear_text;
#[path = "catalogue/codes.rs"]
mod codes;

/// The committed folder, with what is missing written first where the switch says so.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalogue");
    #[expect(
        clippy::disallowed_methods,
        reason = "the tests' only switch, read at their edge"
    )]
    let update = std::env::var("INRETE_UPDATE_CATALOGUE").is_ok_and(|value| value == "1");
    if update {
        write_missing(&folder);
        codes::write(&folder.join(codes::FOLDER), &events::codes::all());
        access::write_missing(&folder.join(access::FOLDER));
    }
    folder
});

fn file_name(shape: &Shape, what: &str) -> String {
    format!("{}.{}.{what}.json", shape.kind, shape.number)
}

fn read(shape: &Shape, what: &str) -> Value {
    let path = FOLDER.join(file_name(shape, what));
    let text = fs::read_to_string(&path)
        .unwrap_or_else(|fault| panic!("{} cannot be read: {fault}", path.display()));
    serde_json::from_str(&text)
        .unwrap_or_else(|fault| panic!("{} is no JSON: {fault}", path.display()))
}

/// Writes the schemas that `folder` lacks, and says which.
fn write_missing(folder: &Path) -> Vec<String> {
    let mut written = Vec::new();
    for shape in CATALOGUE {
        let name = file_name(shape, "schema");
        // `create_new` refuses a file that is there: nothing is ever overwritten.
        match File::create_new(folder.join(&name)) {
            Ok(mut file) => {
                let text = serde_json::to_string_pretty(&(shape.schema)())
                    .unwrap_or_else(|fault| panic!("{name} cannot be made: {fault}"));
                writeln!(file, "{text}")
                    .unwrap_or_else(|fault| panic!("{name} cannot be written: {fault}"));
                written.push(name);
            }
            Err(fault) if fault.kind() == ErrorKind::AlreadyExists => {}
            Err(fault) => panic!("{name} cannot be written: {fault}"),
        }
    }
    written
}

/// The highest shape number of a kind: the one its facts are written in today.
fn latest(kind: &str) -> i16 {
    let numbers = CATALOGUE
        .iter()
        .filter(|shape| shape.kind == kind)
        .map(|shape| shape.number);
    numbers.max().unwrap_or_default()
}

/// The schema as committed, with formats (uuid, date) and code lists taken at their word.
fn validator(shape: &Shape) -> jsonschema::Validator {
    jsonschema::options()
        .should_validate_formats(true)
        .build(&codes::spelled_out(&read(shape, "schema")))
        .unwrap_or_else(|fault| panic!("{} is no schema: {fault}", file_name(shape, "schema")))
}

/// A schema without its prose: what is left is what a payload has to be.
fn without_wording(schema: &Value) -> Value {
    match schema {
        Value::Object(map) => map
            .iter()
            // A property may be called `description`; the wording is the one that is a text.
            .filter(|(key, value)| key.as_str() != "description" || !value.is_string())
            .map(|(key, value)| (key.clone(), without_wording(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_wording).collect(),
        plain => plain.clone(),
    }
}

/// What to say of a committed schema that is not the one the code generates.
fn complaint(committed: &Value, generated: &Value) -> Option<&'static str> {
    if committed == generated {
        None
    } else if without_wording(committed) == without_wording(generated) {
        Some("only its wording changed: delete the file and let INRETE_UPDATE_CATALOGUE=1 write it")
    } else {
        Some("a recorded shape never changes: put the file back and give the fact a new shape")
    }
}

#[test]
fn every_shape_is_the_one_that_was_recorded() {
    let wrong: Vec<String> = CATALOGUE
        .iter()
        .filter_map(|shape| {
            let generated = (shape.schema)().to_value();
            let why = complaint(&read(shape, "schema"), &generated)?;
            Some(format!("{}: {why}", file_name(shape, "schema")))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_changed_shape_is_told_from_changed_wording() {
    let shape =
        json!({ "description": "A house.", "properties": { "description": { "type": "null" } } });
    let reworded =
        json!({ "description": "A home.", "properties": { "description": { "type": "null" } } });
    let reshaped = json!({ "description": "A house.", "properties": {} });
    assert_eq!(complaint(&shape, &shape), None);
    assert!(complaint(&shape, &reworded).is_some_and(|why| why.contains("wording")));
    assert!(complaint(&shape, &reshaped).is_some_and(|why| why.contains("new shape")));
}

#[test]
fn the_folder_holds_every_shape_and_nothing_else() {
    let expected: BTreeSet<String> = CATALOGUE
        .iter()
        .flat_map(|shape| ["schema", "sample"].map(|what| file_name(shape, what)))
        .chain([codes::FOLDER, access::FOLDER].map(str::to_owned))
        .collect();
    let found: BTreeSet<String> = fs::read_dir(&*FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let missing: Vec<_> = expected.difference(&found).collect();
    let unknown: Vec<_> = found.difference(&expected).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "missing: {missing:?} (INRETE_UPDATE_CATALOGUE=1 writes schemas, samples are written by hand); \
         unknown to the catalogue: {unknown:?}"
    );
}

#[test]
fn the_switch_writes_what_is_missing_and_nothing_else() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("catalogue-switch");
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    let there = folder.join(file_name(&CATALOGUE[0], "schema"));
    fs::write(&there, "as it was").unwrap();

    assert_eq!(write_missing(&folder).len(), CATALOGUE.len() - 1);
    assert_eq!(fs::read_to_string(&there).unwrap(), "as it was");
    assert!(write_missing(&folder).is_empty());
}

#[test]
fn shapes_are_numbered_from_one_without_gaps() {
    let mut numbers: BTreeMap<&str, Vec<i16>> = BTreeMap::new();
    for shape in CATALOGUE {
        numbers.entry(shape.kind).or_default().push(shape.number);
    }
    for (kind, numbers) in numbers {
        let expected: Vec<i16> = (1..).take(numbers.len()).collect();
        assert_eq!(numbers, expected, "{kind}");
    }
}

#[test]
fn every_sample_fits_its_schema_opens_and_is_written_back_the_same() {
    for shape in CATALOGUE {
        let name = file_name(shape, "sample");
        let sample = read(shape, "sample");
        if let Err(fault) = validator(shape).validate(&sample) {
            panic!("{name} at {}: {fault}", fault.instance_path());
        }
        let event = Event::decode(shape.kind, shape.number, sample.clone())
            .unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert_eq!(event.kind(), shape.kind);
        assert_eq!(event.shape(), latest(shape.kind), "{name}");

        let encoded = event.encode().unwrap();
        assert_eq!(
            (encoded.kind.as_str(), encoded.shape),
            (shape.kind, event.shape())
        );
        // An older shape opens as today's, and is written as today's.
        if shape.number == latest(shape.kind) {
            assert_eq!(encoded.data, sample, "{name}");
        }
        // The same by way of the form in which a fact is carried inside another.
        let carried = serde_json::to_value(&event).unwrap();
        assert_eq!(serde_json::from_value::<Event>(carried).unwrap(), event);
    }
}

#[test]
fn samples_leave_nothing_out() {
    // Whatever is optional is written as null: without a null, and the same after a round trip,
    // a sample has every field.
    for shape in CATALOGUE {
        let sample = read(shape, "sample");
        for place in places(&sample) {
            let value = sample.pointer(&place).unwrap();
            let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
            assert!(!empty, "{}: nothing at {place}", file_name(shape, "sample"));
        }
    }
}

/// JSON pointers to every value in `value`, the outermost included.
fn places(value: &Value) -> Vec<String> {
    fn visit(value: &Value, here: String, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => map
                .iter()
                .for_each(|(key, inner)| visit(inner, format!("{here}/{key}"), found)),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .for_each(|(index, inner)| visit(inner, format!("{here}/{index}"), found)),
            _ => {}
        }
        found.push(here);
    }
    let mut found = Vec::new();
    visit(value, String::new(), &mut found);
    found
}

/// `sample` with the value at `place` changed.
fn changed(sample: &Value, place: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut copy = sample.clone();
    change(
        copy.pointer_mut(place)
            .unwrap_or_else(|| panic!("nothing at {place}")),
    );
    copy
}

/// The payload of a fact inside another fact: its schema is its own, not the outer one's.
fn is_carried(place: &str) -> bool {
    place.contains("/event/data")
}

fn refuses(shape: &Shape, data: Value) -> bool {
    match Event::decode(shape.kind, shape.number, data) {
        Ok(_) => false,
        Err(DecodeError::Malformed {
            kind,
            shape: number,
            ..
        }) => {
            assert_eq!((kind.as_str(), number), (shape.kind, shape.number));
            true
        }
        Err(other) => panic!("{} {}: {other}", shape.kind, shape.number),
    }
}

#[test]
fn an_unknown_key_is_refused_at_any_depth() {
    for shape in CATALOGUE {
        let (sample, validator) = (read(shape, "sample"), validator(shape));
        for place in places(&sample) {
            if !sample.pointer(&place).is_some_and(Value::is_object) {
                continue;
            }
            let stray = changed(&sample, &place, |object| object["unheard_of"] = json!(1));
            assert!(
                is_carried(&place) || !validator.is_valid(&stray),
                "{}: the schema allows an unknown key at `{place}`",
                shape.kind
            );
            assert!(
                refuses(shape, stray),
                "{}: an unknown key at `{place}`",
                shape.kind
            );
        }
    }
}

#[test]
fn a_missing_key_is_refused_if_it_is_required() {
    for shape in CATALOGUE {
        let (sample, validator) = (read(shape, "sample"), validator(shape));
        let schema = read(shape, "schema");
        let required: BTreeSet<&str> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for place in places(&sample) {
            let Some(object) = sample.pointer(&place).and_then(Value::as_object) else {
                continue;
            };
            for key in object.keys() {
                let lacking = changed(&sample, &place, |object| {
                    object.as_object_mut().map(|map| map.remove(key));
                });
                let fits = validator.is_valid(&lacking);
                let refused = refuses(shape, lacking);
                if place.is_empty() {
                    assert_eq!(
                        refused,
                        required.contains(key.as_str()),
                        "{}.{key}",
                        shape.kind
                    );
                }
                if !is_carried(&place) {
                    assert_eq!(refused, !fits, "{} without `{place}/{key}`", shape.kind);
                }
            }
        }
    }
}

/// Texts whose form the schema tells and the program keeps to when it writes them. The decoder asks for
/// no form: a text that has another one must not keep a log from opening.
const AS_WRITTEN: &[(&str, &str)] = &[
    ("ReportPublished", "/artefacts/0/sha256"),
    ("ReportPublished", "/artefacts/1/sha256"),
    ("ReportRestated", "/artefacts/0/sha256"),
    ("ReportRestated", "/artefacts/1/sha256"),
];

#[test]
fn decoder_and_schema_agree_on_what_may_stand_where() {
    let strays = [
        json!("no_such_code"),
        json!(null),
        json!([]),
        json!({}),
        json!(true),
        json!(0.5),
    ];
    for shape in CATALOGUE {
        let (sample, validator) = (read(shape, "sample"), validator(shape));
        for place in places(&sample).iter().filter(|place| !is_carried(place)) {
            for stray in &strays {
                let data = changed(&sample, place, |value| *value = stray.clone());
                let fits = validator.is_valid(&data);
                let refused = refuses(shape, data);
                let as_written =
                    stray.is_string() && AS_WRITTEN.contains(&(shape.kind, place.as_str()));
                assert_eq!(
                    refused,
                    !fits && !as_written,
                    "{}{place} = {stray}",
                    shape.kind
                );
            }
        }
    }
    for (kind, place) in AS_WRITTEN {
        let shape = CATALOGUE.iter().rfind(|shape| shape.kind == *kind).unwrap();
        assert!(
            read(shape, "sample")
                .pointer(place)
                .is_some_and(Value::is_string),
            "{kind}{place}"
        );
    }
}

#[test]
fn a_wrong_code_is_refused() {
    let codes = [
        ("PilotOpened", "/currency"),
        ("PhaseStarted", "/phase"),
        ("PartnerJoined", "/kind"),
        ("ExpenseRecorded", "/line"),
        ("DwellingUnavailable", "/reason"),
        ("ReferralReceived", "/source"),
        ("ReferralReceived", "/source/known"),
        ("AdmissionDecided", "/decision"),
        ("AdmissionDecided", "/reason"),
        ("Admission", "/members/0/prior_living_situation/known"),
        ("Admission", "/members/1/employment"),
        ("HouseholdMemberJoined", "/member/relation/known"),
        ("HouseholdMemberLeft", "/destination/known"),
        ("DwellingChanged", "/reason"),
        ("GoalSet", "/domain"),
        ("Visit", "/kind"),
        ("Visit", "/purpose"),
        ("ServiceProvided", "/service"),
        ("JobPlacement", "/contract/known"),
        ("JobEnded", "/reason/known"),
        ("IncomeRecorded", "/stage"),
        ("IncomeRecorded", "/income/known/sources/0/source"),
        ("Exit", "/reason/known"),
        ("Exit", "/completion/known"),
        ("Exit", "/worker_safety/known"),
        ("FollowUpRecorded", "/month"),
        ("FollowUpRecorded", "/result"),
        ("RecordCorrected", "/reason"),
        ("RecordCorrected", "/replacement/event/kind"),
        ("RecordCorrected", "/replacement/event/data/kind"),
        ("RecordRetracted", "/reason"),
        ("PhaseExtended", "/phase"),
        ("PartnerLeft", "/reason/known"),
        ("AgreementAdopted", "/kind"),
        ("TargetSet", "/direction"),
        ("ReportPublished", "/language"),
        ("ReportPublished", "/audience"),
        ("ReportPublished", "/artefacts/0/format"),
        ("ReportRestated", "/reason"),
        ("ReportRestated", "/artefacts/1/format"),
        ("PilotClosed", "/end"),
        ("FundingPledged", "/purpose"),
        ("BudgetAllocated", "/line"),
        ("ExpenseReversed", "/reason"),
        ("MeetingHeld", "/attendance/0/attendance"),
        ("DecisionClosed", "/outcome"),
        ("WorksStarted", "/kind"),
        ("DwellingWithdrawn", "/reason"),
        ("ReferralAssessed", "/suitability"),
        ("ReferralWithdrawn", "/reason/known"),
        ("ConsentGiven", "/purposes/0"),
        ("ConsentGiven", "/form"),
        ("Admission", "/members/0/citizenship/known"),
        ("HouseholdMemberJoined", "/member/citizenship/known"),
        ("ExtensionGranted", "/reason"),
        ("GoalRevised", "/domain"),
        ("GoalWithdrawn", "/reason/known"),
        ("AssessmentScored", "/stage"),
        ("RiskAssessed", "/stage"),
        ("RiskAssessed", "/level"),
        ("ServiceReferred", "/service"),
        ("ReferralOutcome", "/outcome"),
        ("IncidentReported", "/kind"),
        ("IncidentReported", "/severity"),
        ("ProtectionBreached", "/kind"),
        ("TrainingStarted", "/kind"),
        ("TrainingEnded", "/result/known"),
        ("SchoolingStarted", "/kind"),
        ("Exit", "/dismissal_reason"),
    ];
    for (kind, place) in codes {
        let shape = CATALOGUE
            .iter()
            .rfind(|shape| shape.kind == kind)
            .unwrap_or_else(|| panic!("no {kind} in the catalogue"));
        let wrong = changed(&read(shape, "sample"), place, |code| *code = json!("Other"));
        assert!(refuses(shape, wrong), "{kind}{place}");
    }
}

#[test]
fn what_a_later_version_wrote_is_named_and_not_guessed_at() {
    let sample = read(&CATALOGUE[0], "sample");
    for (kind, number) in [
        ("PilotOpened", 0),
        ("PilotOpened", i16::MAX),
        ("pilotOpened", 1),
        ("", 1),
    ] {
        match Event::decode(kind, number, sample.clone()) {
            Err(DecodeError::UnknownShape { kind: named, shape }) => {
                assert_eq!((named.as_str(), shape), (kind, number));
            }
            other => panic!("{kind} {number}: {other:?}"),
        }
    }
    // Inside a correction it is part of what does not open.
    for (place, value) in [
        ("kind", json!("PilotDreamt")),
        ("shape", json!(i16::MAX)),
        ("shape", json!(0)),
    ] {
        let shape = CATALOGUE
            .iter()
            .rfind(|shape| shape.kind == "RecordCorrected")
            .unwrap();
        let later = changed(&read(shape, "sample"), "/replacement/event", |event| {
            event[place] = value
        });
        assert!(refuses(shape, later), "{place}");
    }
}

/// The facts of a pilot as its people name them, stream by stream.
const HAPPENINGS: &[&str] = &[
    // The pilot.
    "PilotOpened",
    // A pilot's own rules: whether money, admissions and exits need a second person, what is asked,
    // when a household counts as not seen. They change on a day, so they are facts like all else.
    "RulesSet",
    "PhaseStarted",
    "PhaseExtended",
    "PartnerJoined",
    "PartnerLeft",
    "AgreementAdopted",
    "TargetSet",
    "PeriodClosed",
    "ReportPublished",
    "ReportRestated",
    "PilotClosed",
    // Funding.
    "FundingPledged",
    "FundingReceived",
    "BudgetAllocated",
    "ExpenseRecorded",
    "ExpenseApproved",
    "ExpenseReversed",
    // The steering committee.
    "MeetingPlanned",
    "MeetingHeld",
    "DecisionTaken",
    "DecisionClosed",
    // Dwellings.
    "DwellingRegistered",
    "WorksStarted",
    "WorksCompleted",
    "DwellingAvailable",
    "DwellingUnavailable",
    "DwellingWithdrawn",
    // Households.
    "ReferralReceived",
    "ReferralAssessed",
    "AdmissionDecided",
    "ReferralWithdrawn",
    "ConsentGiven",
    "ConsentWithdrawn",
    "Admission",
    "AgreementSigned",
    "HouseholdMemberJoined",
    "HouseholdMemberLeft",
    "DwellingChanged",
    "ExtensionGranted",
    "PlanAgreed",
    "GoalSet",
    "GoalRevised",
    "GoalReviewed",
    "GoalWithdrawn",
    "AssessmentScored",
    "RiskAssessed",
    "Visit",
    "ServiceProvided",
    "ServiceReferred",
    "ReferralOutcome",
    "IncidentReported",
    "ProtectionBreached",
    "JobPlacement",
    "JobEnded",
    "TrainingStarted",
    "TrainingEnded",
    "IncomeRecorded",
    "SchoolingStarted",
    "Exit",
    "FollowUpRecorded",
    "NoteAdded",
    // Any stream.
    // Four eyes: somebody else than who recorded it says that a fact is right.
    "RecordConfirmed",
    "RecordCorrected",
    "RecordRetracted",
];

#[test]
fn every_fact_is_named_as_people_name_it() {
    let named: BTreeSet<&str> = HAPPENINGS.iter().copied().collect();
    assert_eq!(named.len(), HAPPENINGS.len(), "a fact is named twice");
    let there: BTreeSet<&str> = CATALOGUE.iter().map(|shape| shape.kind).collect();
    let missing: Vec<_> = named.difference(&there).collect();
    let unknown: Vec<_> = there.difference(&named).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "no such fact: {missing:?}; nobody calls anything: {unknown:?}"
    );
}

#[test]
fn every_fact_has_an_italian_and_an_english_label() {
    let mut seen = BTreeSet::new();
    for kind in CATALOGUE
        .iter()
        .map(|shape| shape.kind)
        .collect::<BTreeSet<_>>()
    {
        let (it, en) = labels(kind).unwrap_or_else(|| panic!("{kind} has no labels"));
        for label in [it, en] {
            assert!(
                !label.is_empty() && label.trim() == label,
                "{kind}: `{label}`"
            );
            assert!(label.starts_with(char::is_uppercase), "{kind}: `{label}`");
        }
        assert!(
            seen.insert(it) && seen.insert(en),
            "{kind} shares a label with another fact"
        );
    }
    assert_eq!(labels("PilotDreamt"), None);
}
