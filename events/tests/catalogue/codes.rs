//! The code lists on disk. A list grows and loses codes by versions; a word that was ever in it stays
//! the word it was, because somewhere a fact holds it.

use events::codes::{Contract, IncomeSource, ListedCode, Listing, all};
use events::{Answer, CodeList};

use super::*;

/// The folder of the lists in the catalogue's.
pub(super) const FOLDER: &str = "codes";

/// Is there a list of this name?
pub(super) fn is_list(name: &str) -> bool {
    LISTS.contains_key(name)
}

/// The codes of each list, by its name.
static LISTS: LazyLock<BTreeMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let codes = |list: &Listing| list.codes.iter().map(|entry| entry.code).collect();
    all().iter().map(|list| (list.name, codes(list))).collect()
});

/// `schema` with every code list written out as the words it holds.
pub(super) fn spelled_out(schema: &Value) -> Value {
    match schema {
        Value::Object(map) => {
            let mut map: serde_json::Map<String, Value> = map
                .iter()
                .map(|(key, inner)| (key.clone(), spelled_out(inner)))
                .collect();
            if let Some(name) = map.get("x-code-list").and_then(Value::as_str) {
                let codes = LISTS
                    .get(name)
                    .unwrap_or_else(|| panic!("there is no code list {name}"));
                map.insert("enum".to_owned(), json!(codes));
            }
            map.into()
        }
        Value::Array(items) => items.iter().map(spelled_out).collect(),
        plain => plain.clone(),
    }
}

/// What became of a list since it was committed.
#[derive(Debug, PartialEq)]
enum Change {
    /// Nothing.
    Same,
    /// Its labels or its order.
    Reworded,
    /// Codes came or went, in a later version.
    Grown,
}

/// A committed list against today's.
fn change(committed: &Value, today: &Listing) -> Result<Change, String> {
    let name = today.name;
    let version = committed["version"].as_u64().unwrap_or_default();
    let old = committed["codes"].as_array().cloned().unwrap_or_default();
    if committed["name"] != name || version == 0 {
        return Err(format!("{name}: the file is of another list, or of none"));
    }
    let mut grown = false;
    for before in &old {
        let now = today.codes.iter().find(|now| before["code"] == now.code);
        let Some(now) = now else {
            return Err(format!(
                "{name}.{}: a code never disappears",
                before["code"]
            ));
        };
        if before["since"] != now.since {
            return Err(format!("{name}.{}: it came with another version", now.code));
        }
        if before["until"] != json!(now.until) {
            let leaves_later = now.until.is_some_and(|until| u64::from(until) > version);
            if !before["until"].is_null() || !leaves_later {
                return Err(format!(
                    "{name}.{}: a code leaves once, in a later version",
                    now.code
                ));
            }
            grown = true;
        }
    }
    for now in &today.codes {
        if old.iter().all(|before| before["code"] != now.code) {
            if u64::from(now.since) <= version {
                return Err(format!(
                    "{name}.{}: a code comes in a later version",
                    now.code
                ));
            }
            grown = true;
        }
    }
    Ok(match (grown, *committed == json!(today)) {
        (true, _) => Change::Grown,
        (false, false) if version != u64::from(today.version) => {
            return Err(format!("{name}: another version, and no other codes"));
        }
        (false, false) => Change::Reworded,
        (false, true) => Change::Same,
    })
}

fn committed(path: &Path) -> Option<Value> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(fault) if fault.kind() == ErrorKind::NotFound => return None,
        Err(fault) => panic!("{} cannot be read: {fault}", path.display()),
    };
    let list = serde_json::from_str(&text);
    Some(list.unwrap_or_else(|fault| panic!("{} is no JSON: {fault}", path.display())))
}

fn file_of(list: &Listing) -> String {
    format!("{}.json", list.name)
}

/// Writes the lists that `folder` lacks, that grew or were reworded, and says which. One that lost or
/// changed a code stays as it was committed.
pub(super) fn write(folder: &Path, lists: &[Listing]) -> Vec<String> {
    fs::create_dir_all(folder)
        .unwrap_or_else(|fault| panic!("{} cannot be made: {fault}", folder.display()));
    let mut written = Vec::new();
    for list in lists {
        let name = file_of(list);
        let path = folder.join(&name);
        match committed(&path).map(|before| change(&before, list)) {
            Some(Ok(Change::Same) | Err(_)) => continue,
            None | Some(Ok(Change::Grown | Change::Reworded)) => {}
        }
        let text = serde_json::to_string_pretty(list)
            .unwrap_or_else(|fault| panic!("{name} cannot be made: {fault}"));
        fs::write(&path, text + "\n")
            .unwrap_or_else(|fault| panic!("{name} cannot be written: {fault}"));
        written.push(name);
    }
    written
}

#[test]
fn every_list_is_the_one_that_was_committed() {
    let folder = super::FOLDER.join(FOLDER);
    let found: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let expected: BTreeSet<String> = all().iter().map(file_of).collect();
    assert_eq!(
        found, expected,
        "INRETE_UPDATE_CATALOGUE=1 writes lists that are missing"
    );

    let wrong: Vec<String> = all()
        .iter()
        .filter_map(|list| {
            let before = committed(&folder.join(file_of(list)))?;
            match change(&before, list) {
                Ok(Change::Same) => None,
                Ok(what) => Some(format!(
                    "{}: {what:?}; INRETE_UPDATE_CATALOGUE=1 writes it",
                    list.name
                )),
                Err(why) => Some(why),
            }
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A made-up list of codes with the versions they came and went with.
fn list(version: u16, codes: &[(&'static str, u16, Option<u16>)]) -> Listing {
    let codes = codes.iter().map(|&(code, since, until)| ListedCode {
        code,
        it: "Casa",
        en: "House",
        since,
        until,
    });
    Listing {
        name: "MadeUp",
        version,
        codes: codes.collect(),
    }
}

#[test]
fn a_list_only_grows() {
    let before = json!(list(2, &[("flat", 1, None), ("tent", 1, Some(2))]));
    let told = |version, codes: &[_]| change(&before, &list(version, codes));

    let same = [("flat", 1, None), ("tent", 1, Some(2))];
    assert_eq!(told(2, &same), Ok(Change::Same));
    let another = [("flat", 1, None), ("tent", 1, Some(2)), ("boat", 3, None)];
    assert_eq!(told(3, &another), Ok(Change::Grown));
    assert_eq!(
        told(3, &[("flat", 1, Some(3)), ("tent", 1, Some(2))]),
        Ok(Change::Grown)
    );
    assert_eq!(
        told(2, &[("tent", 1, Some(2)), ("flat", 1, None)]),
        Ok(Change::Reworded)
    );
    let mut relabelled = list(2, &same);
    relabelled.codes[0].it = "Appartamento";
    assert_eq!(change(&before, &relabelled), Ok(Change::Reworded));

    for (version, codes) in [
        // A code disappeared, or its word changed.
        (2, &[("flat", 1, None)][..]),
        (3, &[("flat", 1, None), ("tents", 3, None)]),
        // It came with another version, came back, left in a version that was committed without.
        (3, &[("flat", 3, None), ("tent", 1, Some(2))]),
        (3, &[("flat", 1, None), ("tent", 1, None)]),
        (3, &[("flat", 1, None), ("tent", 1, Some(3))]),
        (2, &[("flat", 1, Some(2)), ("tent", 1, Some(2))]),
        // A code came in a version that was committed without it.
        (
            2,
            &[("flat", 1, None), ("tent", 1, Some(2)), ("boat", 2, None)],
        ),
        // Another version for nothing.
        (3, &same),
        (1, &same),
    ] {
        let today = list(version, codes);
        assert!(change(&before, &today).is_err(), "{version}: {codes:?}");
    }
    let mut renamed = list(2, &same);
    renamed.name = "Another";
    assert!(change(&before, &renamed).is_err());
}

#[test]
fn the_switch_writes_lists_that_grew_and_none_that_shrank() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("codes-switch");
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    let read = || committed(&folder.join("MadeUp.json")).unwrap();
    let first = list(1, &[("flat", 1, None)]);
    assert_eq!(
        write(&folder, std::slice::from_ref(&first)),
        ["MadeUp.json"]
    );
    assert_eq!(read(), json!(first));
    assert!(write(&folder, &[first]).is_empty());

    let second = list(2, &[("flat", 1, None), ("boat", 2, None)]);
    assert_eq!(
        write(&folder, std::slice::from_ref(&second)),
        ["MadeUp.json"]
    );
    assert!(write(&folder, &[list(3, &[("flat", 1, None)])]).is_empty());
    assert_eq!(read(), json!(second));
}

#[test]
fn a_code_that_left_its_list_opens_and_cannot_be_chosen() {
    let gone = "citizenship_income";
    assert_eq!(
        IncomeSource::from_code(gone),
        Ok(IncomeSource::CitizenshipIncome)
    );
    let refused = IncomeSource::choose(gone).unwrap_err();
    assert!(!refused.known.contains(&gone), "{refused}");
    assert!(IncomeSource::offered().all(|entry| entry.code != gone));
    assert!(!IncomeSource::CitizenshipIncome.is_offered());

    for shape in CATALOGUE
        .iter()
        .filter(|shape| shape.kind == "IncomeRecorded")
    {
        let place = "/income/known/sources/0/source";
        let old = changed(&read(shape, "sample"), place, |code| *code = json!(gone));
        assert!(validator(shape).is_valid(&old), "shape {}", shape.number);
        let Ok(Event::IncomeRecorded(fact)) = Event::decode(shape.kind, shape.number, old) else {
            panic!(
                "a source that left its list does not open in shape {}",
                shape.number
            );
        };
        let Answer::Known(income) = &fact.income else {
            panic!("the sample has an income");
        };
        assert_eq!(income.sources[0].source, IncomeSource::CitizenshipIncome);
        let written = Event::from(fact).encode().unwrap().data;
        assert_eq!(written.pointer(place), Some(&json!(gone)));
    }
}

#[test]
fn a_code_that_came_later_can_be_chosen() {
    assert_eq!(Contract::choose("on_call"), Ok(Contract::OnCall));
    assert_eq!(Contract::OnCall.entry().since, 2);
    assert!(Contract::offered().any(|entry| entry.code == "on_call"));
    assert_eq!((Contract::VERSION, IncomeSource::VERSION), (2, 2));
}
