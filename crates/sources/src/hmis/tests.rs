//! Small exports of people who never were.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use events::codes::{
    Completion, Contract, EmploymentStatus, IncomeSource, IncomeStage, LivingSituation, Relation,
    Safety, Service,
};
use events::{
    Admission, Answer, Event, Exit, Fact, HouseholdMemberJoined, HouseholdMemberLeft, Identity,
    Income, IncomeRecorded, Money, NotSealed, PersonId, Seal, SealedBytes, Stream,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::{Finding, Plan, ReadError, Severity, Source};
use crate::Ids;

/// Ids that show nothing and are the same on every run.
struct Plainly;

impl Ids for Plainly {
    fn id(&self, purpose: &str, parts: &[&str]) -> Uuid {
        let text = format!("{purpose}\u{1f}{}", parts.join("\u{1f}"));
        let hash = |start: u64| {
            text.bytes().fold(start, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            })
        };
        Uuid::from_u64_pair(hash(0xcbf2_9ce4_8422_2325), hash(0x6c62_272e_07bb_0142))
    }
}

/// Seals by hiding nothing, so that contents can be compared.
struct Openly;

impl Seal for Openly {
    fn seal_bytes(&self, person: PersonId, plain: &[u8]) -> Result<SealedBytes, NotSealed> {
        Ok(SealedBytes {
            person,
            key: String::new(),
            nonce: String::new(),
            text: String::from_utf8_lossy(plain).into_owned(),
        })
    }
}

const WRITTEN: &str = "2021-02-01 10:00:00";

/// An export in the making: rows by file, cells by column.
#[derive(Clone, Default)]
struct Export {
    files: BTreeMap<&'static str, Vec<BTreeMap<&'static str, String>>>,
    extra: Vec<(&'static str, &'static str)>,
}

impl Export {
    /// One project of a type, and nobody in it.
    fn of(project_type: &str) -> Self {
        let mut export = Self::default();
        export.row(
            "Export.csv",
            &[
                ("SourceID", "SRC"),
                ("SourceName", "Source"),
                ("CSVVersion", "FY2022"),
            ],
        );
        export.row(
            "Project.csv",
            &[
                ("ProjectID", "P1"),
                ("OrganizationID", "O1"),
                ("ProjectName", "Courtyard"),
                ("OperatingStartDate", "2020-01-01"),
                ("ProjectType", project_type),
                ("HousingType", "1"),
                ("DateCreated", WRITTEN),
            ],
        );
        for file in ["Enrollment.csv", "Client.csv", "Exit.csv"] {
            export.files.entry(file).or_default();
        }
        export
    }

    fn row(&mut self, file: &'static str, cells: &[(&'static str, &str)]) -> &mut Self {
        let row = cells
            .iter()
            .map(|(column, cell)| (*column, (*cell).to_owned()))
            .collect();
        self.files.entry(file).or_default().push(row);
        self
    }

    fn unit(&mut self, id: &str, units: &str, beds: &str, from: &str, until: &str) -> &mut Self {
        self.row(
            "Inventory.csv",
            &[
                ("InventoryID", id),
                ("ProjectID", "P1"),
                ("HouseholdType", "3"),
                ("UnitInventory", units),
                ("BedInventory", beds),
                ("InventoryStartDate", from),
                ("InventoryEndDate", until),
                ("DateCreated", WRITTEN),
            ],
        )
    }

    fn person(&mut self, id: &str, born: &str) -> &mut Self {
        self.row(
            "Client.csv",
            &[
                ("PersonalID", id),
                ("FirstName", "Quillfeather"),
                ("MiddleName", "Odd"),
                ("LastName", "Brambleworth"),
                ("NameSuffix", "II"),
                ("SSN", "123456789"),
                ("DOB", born),
                ("DOBDataQuality", if born.is_empty() { "9" } else { "1" }),
            ],
        )
    }

    /// An enrolment `E<person>` unless told otherwise.
    fn enrol(&mut self, person: &str, household: &str, relation: &str, entry: &str) -> &mut Self {
        let id = format!("E{person}");
        self.row(
            "Enrollment.csv",
            &[
                ("EnrollmentID", &id),
                ("PersonalID", person),
                ("ProjectID", "P1"),
                ("EntryDate", entry),
                ("HouseholdID", household),
                ("RelationshipToHoH", relation),
                ("LivingSituation", "1"),
                ("DateCreated", WRITTEN),
            ],
        )
    }

    fn exit(&mut self, person: &str, on: &str, destination: &str) -> &mut Self {
        let id = format!("E{person}");
        self.row(
            "Exit.csv",
            &[
                ("EnrollmentID", &id),
                ("PersonalID", person),
                ("ExitDate", on),
                ("Destination", destination),
                ("DateCreated", "2021-09-01 08:00:00"),
            ],
        )
    }

    fn income(
        &mut self,
        id: &str,
        person: &str,
        on: &str,
        cells: &[(&'static str, &str)],
    ) -> &mut Self {
        let enrolment = format!("E{person}");
        let mut all = vec![
            ("IncomeBenefitsID", id),
            ("EnrollmentID", &enrolment),
            ("PersonalID", person),
            ("InformationDate", on),
            ("DataCollectionStage", "1"),
            ("DateCreated", WRITTEN),
        ];
        all.extend_from_slice(cells);
        self.row("IncomeBenefits.csv", &all)
    }

    fn employment(
        &mut self,
        id: &str,
        person: &str,
        on: &str,
        cells: &[(&'static str, &str)],
    ) -> &mut Self {
        let enrolment = format!("E{person}");
        let mut all = vec![
            ("EmploymentEducationID", id),
            ("EnrollmentID", &enrolment),
            ("PersonalID", person),
            ("InformationDate", on),
            ("DateCreated", WRITTEN),
        ];
        all.extend_from_slice(cells);
        self.row("EmploymentEducation.csv", &all)
    }

    fn service(
        &mut self,
        id: &str,
        person: &str,
        on: &str,
        cells: &[(&'static str, &str)],
    ) -> &mut Self {
        let enrolment = format!("E{person}");
        let mut all = vec![
            ("ServicesID", id),
            ("EnrollmentID", &enrolment),
            ("PersonalID", person),
            ("DateProvided", on),
            ("DateCreated", WRITTEN),
        ];
        all.extend_from_slice(cells);
        self.row("Services.csv", &all)
    }

    /// Changes cells of the last row of a file.
    fn with(&mut self, file: &'static str, cells: &[(&'static str, &str)]) -> &mut Self {
        let row = self
            .files
            .get_mut(file)
            .and_then(|rows| rows.last_mut())
            .expect("a row");
        row.extend(
            cells
                .iter()
                .map(|(column, cell)| (*column, (*cell).to_owned())),
        );
        self
    }

    fn write(&self, folder: &Path) {
        for (file, rows) in &self.files {
            let mut writer = csv::Writer::from_path(folder.join(file)).expect("file");
            let heading = heading(file);
            writer.write_record(&heading).expect("heading");
            for row in rows {
                assert!(
                    row.keys().all(|column| heading.contains(column)),
                    "{file}: {row:?}"
                );
                let cells = heading
                    .iter()
                    .map(|column| row.get(column).map_or("", String::as_str));
                writer.write_record(cells).expect("row");
            }
            writer.flush().expect("written");
        }
        for (file, text) in &self.extra {
            std::fs::write(folder.join(file), text).expect("written");
        }
    }

    fn read(&self) -> Result<Source, ReadError> {
        let folder = tempfile::tempdir().expect("folder");
        self.write(folder.path());
        Source::read(folder.path())
    }

    fn plan(&self) -> Plan {
        let source = self.read().expect("reads");
        source.plan("P1", &Plainly).expect("the project")
    }
}

fn heading(file: &str) -> Vec<&'static str> {
    let used: &[&str] = match file {
        "Export.csv" => &["SourceID", "SourceName", "CSVVersion", "SourceContactLast"],
        "Project.csv" => &[
            "ProjectID",
            "OrganizationID",
            "ProjectName",
            "OperatingStartDate",
            "ProjectType",
            "HousingType",
            "TrackingMethod",
            "DateCreated",
            "DateDeleted",
        ],
        "Organization.csv" => &["OrganizationID", "OrganizationName"],
        "ProjectCoC.csv" => &["ProjectID", "City", "State"],
        "Inventory.csv" => &[
            "InventoryID",
            "ProjectID",
            "HouseholdType",
            "UnitInventory",
            "BedInventory",
            "InventoryStartDate",
            "InventoryEndDate",
            "DateCreated",
        ],
        "Client.csv" => &[
            "PersonalID",
            "FirstName",
            "MiddleName",
            "LastName",
            "NameSuffix",
            "SSN",
            "DOB",
            "DOBDataQuality",
            "VeteranStatus",
        ],
        "Enrollment.csv" => &[
            "EnrollmentID",
            "PersonalID",
            "ProjectID",
            "EntryDate",
            "HouseholdID",
            "RelationshipToHoH",
            "LivingSituation",
            "DateToStreetESSH",
            "MoveInDate",
            "ReferralSource",
            "DisablingCondition",
            "DateCreated",
            "DateDeleted",
        ],
        "Exit.csv" => &[
            "EnrollmentID",
            "PersonalID",
            "ExitDate",
            "Destination",
            "ProjectCompletionStatus",
            "DestinationSafeClient",
            "DestinationSafeWorker",
            "DateCreated",
            "DateDeleted",
        ],
        "EmploymentEducation.csv" => &[
            "EmploymentEducationID",
            "EnrollmentID",
            "PersonalID",
            "InformationDate",
            "Employed",
            "EmploymentType",
            "NotEmployedReason",
            "DataCollectionStage",
            "DateCreated",
        ],
        "Services.csv" => &[
            "ServicesID",
            "EnrollmentID",
            "PersonalID",
            "DateProvided",
            "RecordType",
            "TypeProvided",
            "FAAmount",
            "DateCreated",
        ],
        "HealthAndDV.csv" => &["EnrollmentID", "DomesticViolenceVictim"],
        _ => &[],
    };
    let mut heading = used.to_vec();
    if file == "IncomeBenefits.csv" {
        heading.extend([
            "IncomeBenefitsID",
            "EnrollmentID",
            "PersonalID",
            "InformationDate",
            "IncomeFromAnySource",
            "TotalMonthlyIncome",
            "SNAP",
            "DataCollectionStage",
            "DateCreated",
        ]);
        for (flag, amount, _) in super::codes::INCOME_SOURCES {
            heading.extend([flag, amount]);
        }
    }
    heading
}

fn events(plan: &Plan) -> Vec<(NaiveDate, Event)> {
    plan.proposals
        .iter()
        .map(|planned| {
            let event = (planned.proposal.draft)(&Openly).expect("seals");
            assert_eq!(event.kind(), planned.kind);
            (planned.proposal.occurred_on, event)
        })
        .collect()
}

fn kinds(plan: &Plan) -> Vec<&'static str> {
    plan.proposals.iter().map(|planned| planned.kind).collect()
}

macro_rules! facts {
    ($plan:expr, $kind:ident) => {
        events(&$plan)
            .into_iter()
            .filter_map(|(on, event)| match event {
                Event::$kind(fact) => Some((on, fact)),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
}

fn admission(plan: &Plan) -> Admission {
    facts!(plan, Admission).remove(0).1
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("date")
}

fn time(text: &str) -> DateTime<Utc> {
    chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S")
        .expect("time")
        .and_utc()
}

fn person(id: &str) -> PersonId {
    PersonId(Plainly.id("hmis person", &["SRC", id]))
}

fn found<'p>(plan: &'p Plan, severity: Severity, file: &str, field: &str) -> Vec<&'p Finding> {
    plan.findings
        .iter()
        .filter(|f| f.severity == severity && f.file == file && f.field == field)
        .collect()
}

/// Plays a plan to the real deciders; what they refuse.
fn refusals(plan: &Plan) -> Vec<String> {
    let mut streams: BTreeMap<Stream, Vec<Fact>> = BTreeMap::new();
    let mut refused = Vec::new();
    for ((on, event), planned) in events(plan).into_iter().zip(&plan.proposals) {
        let command = domain::Command {
            occurred_on: on,
            event,
        };
        let mut view = domain::View::new(plan.pilot);
        loop {
            let missing = view.missing(&command);
            if missing.is_empty() {
                break;
            }
            for stream in missing {
                view.insert(stream, streams.get(&stream).cloned().unwrap_or_default());
            }
        }
        let today = domain::Context {
            today: day("2022-01-01"),
            actor: "import".to_owned(),
        };
        match domain::decide(&view, &command, &today) {
            Err(refusal) => refused.push(format!("{}: {refusal}", planned.kind)),
            Ok(decided) => {
                let fact = Fact {
                    position: i64::try_from(streams.values().map(Vec::len).sum::<usize>()).unwrap()
                        + 1,
                    id: planned.proposal.command,
                    stream: decided.stream,
                    also: decided.also.clone(),
                    occurred_on: decided.occurred_on,
                    recorded_at: DateTime::UNIX_EPOCH,
                    entered_at: planned.proposal.entered_at,
                    actor: "import".to_owned(),
                    command: planned.proposal.command,
                    cause: None,
                    event: decided.event,
                };
                for stream in decided.also.into_iter().chain([decided.stream]) {
                    streams.entry(stream).or_default().push(fact.clone());
                }
            }
        }
    }
    refused
}

fn assert_accepted(plan: &Plan) {
    assert_eq!(refusals(plan), Vec::<String>::new());
}

/// Mother, child, grandmother in transitional housing with two units.
fn family() -> Export {
    let mut export = Export::of("2");
    export.unit("I1", "2", "5", "2020-01-01", "");
    export
        .person("1", "1990-05-10")
        .person("2", "2015-01-31")
        .person("3", "1960-02-02");
    export
        .enrol("1", "H1", "1", "2021-01-10")
        .enrol("2", "H1", "2", "2021-01-10")
        .enrol("3", "H1", "4", "2021-01-10");
    export
}

// ---- Reading -----------------------------------------------------------------------------------

#[test]
fn what_is_no_export_is_said_so() {
    assert!(matches!(
        Source::read(Path::new("/nowhere/at/all")),
        Err(ReadError::NotAFolder { .. })
    ));
    for file in [
        "Export.csv",
        "Project.csv",
        "Enrollment.csv",
        "Client.csv",
        "Exit.csv",
    ] {
        let mut export = family();
        export.files.remove(file);
        assert!(
            matches!(export.read(), Err(ReadError::FileMissing { file: missing }) if missing == file),
            "{file}"
        );
    }
    let mut export = family();
    export.with("Export.csv", &[("CSVVersion", "2024 v1.1")]);
    let error = export.read().err().expect("another version");
    assert!(error.to_string().contains("2024 v1.1"));
    export.with("Export.csv", &[("CSVVersion", "2022")]);
    assert!(export.read().is_ok());
    export.with("Export.csv", &[("SourceID", ""), ("SourceName", "")]);
    assert!(matches!(export.read(), Err(ReadError::NoSource)));
}

#[test]
fn missing_columns_are_named() {
    let mut export = family();
    export.files.remove("Exit.csv");
    export
        .extra
        .push(("Exit.csv", "EnrollmentID,PersonalID,ExitDate\n"));
    match export.read().err().expect("columns are missing") {
        ReadError::MissingColumns {
            file: "Exit.csv",
            columns,
        } => {
            assert!(columns.contains(&"Destination") && !columns.contains(&"ExitDate"));
        }
        other => panic!("{other}"),
    }
}

#[test]
fn byte_order_marks_quotes_line_ends_and_old_encodings_are_read() {
    let mut export = family();
    export.files.remove("Project.csv");
    export.extra.push((
        "Project.csv",
        "\u{feff}ProjectID,OrganizationID,ProjectName,OperatingStartDate,ProjectType,HousingType,TrackingMethod,DateCreated\r\n\
         P1,O1,\"The \"\"Courtyard\"\", north\",2020-01-01,2,1,,2021-02-01 10:00:00\r\n",
    ));
    let folder = tempfile::tempdir().expect("folder");
    export.write(folder.path());
    let clients = std::fs::read(folder.path().join("Client.csv")).expect("file");
    let latin: Vec<u8> = String::from_utf8(clients)
        .expect("text")
        .replacen("Quillfeather", "Zo\u{eb}", 1)
        .chars()
        .map(|c| u8::try_from(u32::from(c)).expect("Latin-1"))
        .collect();
    std::fs::write(folder.path().join("Client.csv"), latin).expect("written");
    let source = Source::read(folder.path()).expect("reads");
    assert_eq!(source.projects()[0].name, "The \"Courtyard\", north");
    let plan = source.plan("P1", &Plainly).expect("plan");
    let identity = &admission(&plan).members[0].identity.bytes.text;
    assert!(identity.contains("Zo\u{eb} Odd"), "{identity}");
    assert_eq!(found(&plan, Severity::Assumed, "Client.csv", "").len(), 1);
}

#[test]
fn files_that_are_missing_or_strange_are_findings_of_the_export() {
    let mut export = family();
    export.extra.push(("Jane Doe.txt", "a note"));
    let findings = export.read().expect("reads").findings();
    let of = |file: &str| findings.iter().find(|finding| finding.file == file);
    assert_eq!(
        of("Services.csv").map(|f| f.severity),
        Some(Severity::Assumed)
    );
    assert_eq!(of("(other files)").map(|f| f.count), Some(1));
    assert!(findings.iter().all(|f| !format!("{f:?}").contains("Jane")));
}

#[test]
fn an_unknown_project_is_none() {
    let source = family().read().expect("reads");
    let unknown = source.plan("P2", &Plainly).err().expect("unknown");
    assert_eq!(unknown.to_string(), "the export has no project `P2`");
}

// ---- The pilot ---------------------------------------------------------------------------------

#[test]
fn a_project_becomes_a_pilot() {
    let mut export = family();
    export.row(
        "Organization.csv",
        &[("OrganizationID", "O1"), ("OrganizationName", "The House")],
    );
    let plan = export.plan();
    assert_accepted(&plan);
    let (on, opened) = facts!(plan, PilotOpened).remove(0);
    assert_eq!(
        (on, opened.title.as_str()),
        (day("2020-01-01"), "Courtyard")
    );
    assert_eq!(opened.place, "The House");
    assert!(opened.code.starts_with("hmis-p1"), "{}", opened.code);
    let hmis = opened.hmis_project.expect("from HMIS");
    assert_eq!(
        (
            hmis.project_id.as_str(),
            hmis.project_type,
            hmis.tracking_method
        ),
        ("P1", 2, None)
    );

    export.row(
        "ProjectCoC.csv",
        &[("ProjectID", "P1"), ("City", "Anytown"), ("State", "OH")],
    );
    export.with("Project.csv", &[("OperatingStartDate", "2021-06-01")]);
    let plan = export.plan();
    let (on, opened) = facts!(plan, PilotOpened).remove(0);
    assert_eq!(
        (on, opened.place.as_str()),
        (day("2020-01-01"), "Anytown, OH")
    );
    assert_eq!(
        found(
            &plan,
            Severity::Assumed,
            "Project.csv",
            "OperatingStartDate"
        )
        .len(),
        1
    );
}

#[test]
fn a_numeric_project_id_is_its_code() {
    let mut export = Export::of("2");
    export.with("Project.csv", &[("ProjectID", "1560")]);
    let plan = export
        .read()
        .expect("reads")
        .plan("1560", &Plainly)
        .expect("plan");
    assert_eq!(facts!(plan, PilotOpened)[0].1.code, "hmis-1560");
}

// ---- Households --------------------------------------------------------------------------------

#[test]
fn who_was_written_down_with_the_head_is_admitted_with_her() {
    let mut export = family();
    export.with("Enrollment.csv", &[("DateCreated", "2021-02-05 09:00:00")]);
    let plan = export.plan();
    assert_accepted(&plan);
    let admission = admission(&plan);
    let members: Vec<_> = admission
        .members
        .iter()
        .map(|m| (m.person, m.relation))
        .collect();
    assert_eq!(
        members,
        [
            (person("1"), Answer::Known(Relation::Head)),
            (person("2"), Answer::Known(Relation::Child)),
        ]
    );
    let joined = plan
        .proposals
        .iter()
        .find(|planned| planned.kind == "HouseholdMemberJoined")
        .expect("the grandmother");
    assert_eq!(joined.proposal.occurred_on, day("2021-01-10"));
    assert_eq!(
        joined.proposal.entered_at,
        Some(time("2021-02-05 09:00:00"))
    );
    assert_eq!(joined.line, 4);
    let (_, referral) = facts!(plan, ReferralReceived).remove(0);
    assert_eq!((referral.adults, referral.children), (1, 1));
    let entered = plan
        .proposals
        .iter()
        .find(|p| p.kind == "Admission")
        .expect("admission");
    assert_eq!(entered.proposal.entered_at, Some(time(WRITTEN)));
}

#[test]
fn identities_are_sealed_and_births_are_coarse() {
    let mut export = family();
    export.person("4", "").enrol("4", "H1", "99", "2021-01-10");
    export
        .person("5", "2021-01-11")
        .enrol("5", "H1", "2", "2021-01-10");
    let plan = export.plan();
    assert_accepted(&plan);
    let members = admission(&plan).members;
    let identity: Identity = serde_json_of(&members[0].identity.bytes.text);
    assert_eq!(identity.given_name, "Quillfeather Odd");
    assert_eq!(identity.family_name, "Brambleworth II");
    assert_eq!(identity.born_on, Some(day("1990-05-10")));
    assert_eq!(
        members[0].birth.known().map(|birth| birth.age_at_entry),
        Some(30)
    );
    assert_eq!(
        members[1].birth.known().map(|birth| birth.age_at_entry),
        Some(5)
    );
    assert_eq!(members[3].birth, Answer::PrefersNotToAnswer);
    assert_eq!(members[3].relation, Answer::NotCollected);
    // Expected, and counted as a child.
    let unborn = members[4]
        .birth
        .known()
        .map(|birth| (birth.month.to_string(), birth.age_at_entry));
    assert_eq!(unborn, Some(("2021-01".to_owned(), 0)));
    let expected = found(&plan, Severity::Assumed, "Enrollment.csv", "EntryDate");
    assert!(
        expected
            .iter()
            .any(|finding| finding.reason.contains("expected child"))
    );
}

fn serde_json_of(text: &str) -> Identity {
    // Enough JSON for an identity; the crate needs no other.
    let field = |name: &str| {
        let start = text
            .find(&format!("\"{name}\":\""))
            .map(|at| at + name.len() + 4);
        start.map(|at| text[at..].split('"').next().unwrap_or_default().to_owned())
    };
    Identity {
        given_name: field("given_name").unwrap_or_default(),
        family_name: field("family_name").unwrap_or_default(),
        born_on: field("born_on").map(|text| day(&text)),
        contact: field("contact"),
    }
}

#[test]
fn a_household_without_a_head_gets_the_eldest_adult() {
    let mut export = family();
    for row in export.files.get_mut("Enrollment.csv").expect("rows") {
        row.insert("RelationshipToHoH", "99".to_owned());
    }
    let plan = export.plan();
    assert_accepted(&plan);
    let admission = admission(&plan);
    let heads: Vec<_> = admission
        .members
        .iter()
        .filter(|m| m.relation == Answer::Known(Relation::Head))
        .map(|m| m.person)
        .collect();
    assert_eq!(heads, [person("3")]);
    assert_eq!(
        found(
            &plan,
            Severity::Broken,
            "Enrollment.csv",
            "RelationshipToHoH"
        )
        .len(),
        1
    );
}

#[test]
fn a_second_head_keeps_no_relation() {
    let mut export = family();
    export.with("Enrollment.csv", &[("RelationshipToHoH", "1")]);
    let plan = export.plan();
    assert_accepted(&plan);
    let relations: Vec<_> = admission(&plan)
        .members
        .iter()
        .map(|m| m.relation)
        .collect();
    assert_eq!(relations[0], Answer::Known(Relation::Head));
    assert_eq!(relations[2], Answer::NotCollected);
    assert_eq!(
        found(
            &plan,
            Severity::Broken,
            "Enrollment.csv",
            "RelationshipToHoH"
        )
        .len(),
        1
    );
}

#[test]
fn a_head_who_enters_later_joins() {
    let mut export = Export::of("6");
    export.person("1", "1990-01-01").person("2", "1991-01-01");
    export
        .enrol("1", "H1", "1", "2021-01-20")
        .enrol("2", "H1", "3", "2021-01-10");
    let plan = export.plan();
    assert_accepted(&plan);
    assert_eq!(facts!(plan, Admission)[0].0, day("2021-01-10"));
    assert_eq!(admission(&plan).members[0].person, person("2"));
    let (on, joined) = facts!(plan, HouseholdMemberJoined).remove(0);
    assert_eq!((on, joined.member.person), (day("2021-01-20"), person("1")));
    assert_eq!(joined.member.relation, Answer::NotCollected);
    assert_eq!(
        found(
            &plan,
            Severity::Broken,
            "Enrollment.csv",
            "RelationshipToHoH"
        )
        .len(),
        2
    );
}

#[test]
fn exits_written_down_together_are_one_and_the_others_leave_alone() {
    let mut export = family();
    export
        .exit("1", "2021-06-30", "10")
        .exit("2", "2021-06-30", "10");
    export
        .exit("3", "2021-06-30", "22")
        .with("Exit.csv", &[("DateCreated", "2021-09-02 08:00:00")]);
    let plan = export.plan();
    assert_accepted(&plan);
    let (on, left): (_, HouseholdMemberLeft) = facts!(plan, HouseholdMemberLeft).remove(0);
    assert_eq!(
        (on, left.person, left.new_head),
        (day("2021-06-30"), person("3"), None)
    );
    assert_eq!(
        left.destination,
        Answer::Known(LivingSituation::FamilyPermanently)
    );
    let (_, exit): (_, Exit) = facts!(plan, Exit).remove(0);
    let leaving: Vec<_> = exit.members.iter().map(|member| member.person).collect();
    assert_eq!(leaving, [person("1"), person("2")]);
    assert_eq!(
        exit.members[0].destination,
        Answer::Known(LivingSituation::Rented)
    );
    assert_eq!(kinds(&plan).last(), Some(&"Exit"));
}

#[test]
fn a_head_who_leaves_first_is_followed_by_the_eldest_adult() {
    let mut export = family();
    export.exit("1", "2021-05-01", "24");
    let plan = export.plan();
    assert_accepted(&plan);
    let (_, left) = facts!(plan, HouseholdMemberLeft).remove(0);
    assert_eq!(left.new_head, Some(person("3")));
    assert_eq!(
        found(&plan, Severity::Assumed, "Exit.csv", "ExitDate").len(),
        1
    );
    assert!(facts!(plan, Exit).is_empty(), "two are still there");

    // Then the grandmother, and the child is alone.
    export
        .exit("3", "2021-06-01", "24")
        .exit("2", "2021-07-01", "15");
    let plan = export.plan();
    assert_accepted(&plan);
    let heads: Vec<_> = facts!(plan, HouseholdMemberLeft)
        .iter()
        .map(|(_, l)| l.new_head)
        .collect();
    assert_eq!(heads, [Some(person("3")), Some(person("2"))]);
    assert_eq!(
        found(&plan, Severity::Broken, "Exit.csv", "ExitDate").len(),
        1,
        "only a minor"
    );
    assert_eq!(facts!(plan, Exit)[0].1.members[0].person, person("2"));
}

#[test]
fn who_comes_back_comes_as_a_new_household() {
    let mut export = family();
    export.exit("3", "2021-03-01", "35");
    export
        .enrol("3", "H1", "4", "2021-05-01")
        .with("Enrollment.csv", &[("EnrollmentID", "E3b")]);
    let plan = export.plan();
    assert_accepted(&plan);
    let admissions = facts!(plan, Admission);
    assert_eq!(admissions.len(), 2);
    assert_eq!(admissions[1].0, day("2021-05-01"));
    assert_ne!(admissions[0].1.household, admissions[1].1.household);
    assert_eq!(admissions[1].1.members[0].person, person("3"));
    assert_eq!(
        found(&plan, Severity::Assumed, "Enrollment.csv", "HouseholdID").len(),
        1
    );
}

#[test]
fn a_household_that_moves_on_within_a_day_frees_its_people_and_its_unit_first() {
    let mut export = Export::of("2");
    export.unit("I1", "1", "2", "2020-01-01", "");
    export.person("1", "1990-01-01").person("2", "1980-01-01");
    export
        .enrol("1", "H9", "1", "2021-01-10")
        .exit("1", "2021-03-01", "2");
    export.with("Exit.csv", &[("DateCreated", "2021-03-01 10:00:00")]);
    export.enrol("1", "H1", "1", "2021-03-01").with(
        "Enrollment.csv",
        &[
            ("EnrollmentID", "E1b"),
            ("DateCreated", "2021-03-02 10:00:00"),
        ],
    );
    let plan = export.plan();
    assert_accepted(&plan);
    let admissions = facts!(plan, Admission);
    assert_eq!(admissions[0].1.dwelling, admissions[1].1.dwelling);
}

#[test]
fn a_joiner_may_come_from_a_household_that_ends_on_that_day() {
    // The household that is joined was there first: by its number alone it would come first.
    let mut export = Export::of("6");
    export.person("1", "1990-01-01").person("2", "1980-01-01");
    export
        .enrol("1", "H1", "1", "2021-01-01")
        .enrol("2", "H2", "1", "2021-01-02");
    export.exit("2", "2021-03-01", "13");
    export
        .enrol("2", "H1", "3", "2021-03-01")
        .with("Enrollment.csv", &[("EnrollmentID", "E2b")]);
    assert_accepted(&export.plan());
}

#[test]
fn one_person_twice_at_once_is_said() {
    let mut export = family();
    export
        .enrol("2", "H1", "2", "2021-02-01")
        .with("Enrollment.csv", &[("EnrollmentID", "E2b")]);
    let plan = export.plan();
    assert_accepted(&plan);
    assert_eq!(
        found(&plan, Severity::Broken, "Enrollment.csv", "PersonalID").len(),
        1
    );

    let mut export = family();
    export
        .enrol("2", "H2", "1", "2021-02-01")
        .with("Enrollment.csv", &[("EnrollmentID", "E2b")]);
    let plan = export.plan();
    assert_eq!(facts!(plan, Admission).len(), 2, "both are proposed");
    assert_eq!(refusals(&plan).len(), 1, "and one is refused");
    assert_eq!(
        found(&plan, Severity::Broken, "Enrollment.csv", "PersonalID").len(),
        1
    );
}

#[test]
fn rows_that_cannot_be_true_are_findings_and_the_rest_goes_on() {
    let mut export = family();
    export.person("4", "1970-01-01");
    export.enrol("4", "H2", "1", "2021-13-01");
    export.enrol("9", "H3", "1", "2021-02-01");
    export.enrol("1", "H1", "1", "2021-01-10");
    export
        .exit("1", "2021-01-09", "10")
        .exit("77", "2021-02-01", "10");
    export.exit("9", "yesterday", "10");
    let source = export.read().expect("reads");
    let orphans = source.findings();
    let orphan = orphans
        .iter()
        .find(|f| f.file == "Exit.csv" && f.severity == Severity::Broken);
    assert_eq!(orphan.map(|f| f.line), Some(3));
    let plan = source.plan("P1", &Plainly).expect("plan");
    assert_accepted(&plan);
    let broken: Vec<(&str, u64, &str)> = plan
        .findings
        .iter()
        .filter(|f| f.severity == Severity::Broken)
        .map(|f| (f.file, f.line, f.field.as_str()))
        .collect();
    assert_eq!(
        broken,
        [
            ("Enrollment.csv", 5, "EntryDate"),
            ("Enrollment.csv", 6, "PersonalID"),
            ("Enrollment.csv", 7, "EnrollmentID"),
            ("Exit.csv", 2, "ExitDate"),
            ("Exit.csv", 4, "ExitDate"),
        ]
    );
    assert_eq!(facts!(plan, Admission).len(), 2);
}

#[test]
fn deleted_rows_are_left_out_and_counted() {
    let mut export = family();
    export.with("Enrollment.csv", &[("DateDeleted", "2021-03-01 00:00:00")]);
    let plan = export.plan();
    assert_eq!(admission(&plan).members.len(), 2);
    assert_eq!(
        found(&plan, Severity::NotMapped, "Enrollment.csv", "DateDeleted")[0].count,
        1
    );
}

// ---- Coded answers -----------------------------------------------------------------------------

#[test]
fn codes_keep_the_three_ways_of_missing_apart() {
    for (code, expected) in [
        (
            "16",
            Answer::Known(LivingSituation::PlaceNotMeantForHabitation),
        ),
        ("29", Answer::Known(LivingSituation::HalfwayHouse)),
        ("35", Answer::Known(LivingSituation::Family)),
        ("8", Answer::DoesNotKnow),
        ("9", Answer::PrefersNotToAnswer),
        ("99", Answer::NotCollected),
        ("", Answer::NotCollected),
        ("777", Answer::NotCollected),
    ] {
        let mut export = Export::of("6");
        export
            .person("1", "1990-01-01")
            .enrol("1", "H1", "1", "2021-01-10");
        export.with("Enrollment.csv", &[("LivingSituation", code)]);
        let plan = export.plan();
        assert_eq!(
            admission(&plan).members[0].prior_living_situation,
            expected,
            "{code}"
        );
        let broken = found(&plan, Severity::Broken, "Enrollment.csv", "LivingSituation");
        assert_eq!(broken.len(), usize::from(code == "777"));
        assert!(broken.iter().all(|f| f.value.as_deref() == Some("777")));
    }
}

#[test]
fn the_time_without_a_home_is_kept_unless_it_begins_after_the_entry() {
    let mut export = family();
    export.with("Enrollment.csv", &[("DateToStreetESSH", "2020-11-05")]);
    let plan = export.plan();
    assert_eq!(
        admission(&plan).members[2].without_home_since,
        Answer::Known(day("2020-11-05"))
    );
    export.with("Enrollment.csv", &[("DateToStreetESSH", "2021-11-05")]);
    let plan = export.plan();
    assert_eq!(
        admission(&plan).members[2].without_home_since,
        Answer::NotCollected
    );
    assert_eq!(
        found(
            &plan,
            Severity::Broken,
            "Enrollment.csv",
            "DateToStreetESSH"
        )
        .len(),
        1
    );
}

#[test]
fn completion_and_safety_are_the_heads() {
    let mut export = family();
    for person in ["1", "2", "3"] {
        export.exit(person, "2021-06-30", "99").with(
            "Exit.csv",
            &[
                (
                    "ProjectCompletionStatus",
                    if person == "3" { "3" } else { "1" },
                ),
                ("DestinationSafeClient", "1"),
                ("DestinationSafeWorker", "0"),
            ],
        );
    }
    let plan = export.plan();
    assert_accepted(&plan);
    let (_, exit) = facts!(plan, Exit).remove(0);
    assert_eq!(exit.completion, Answer::Known(Completion::Completed));
    assert_eq!(exit.client_safety, Answer::Known(Safety::Safe));
    assert_eq!(exit.worker_safety, Answer::Known(Safety::Unsafe));
    assert_eq!(exit.members[0].destination, Answer::NotCollected);
    let unsaid = found(
        &plan,
        Severity::NotMapped,
        "Exit.csv",
        "ProjectCompletionStatus",
    );
    assert_eq!(
        unsaid.iter().map(|f| (f.line, f.count)).collect::<Vec<_>>(),
        [(4, 1)]
    );
}

// ---- Work and income ---------------------------------------------------------------------------

#[test]
fn employment_is_kept_at_both_ends_and_jobs_begin_between() {
    let mut export = family();
    let (entry, exit) = (("DataCollectionStage", "1"), ("DataCollectionStage", "3"));
    export.employment(
        "W1",
        "1",
        "2021-01-10",
        &[entry, ("Employed", "0"), ("NotEmployedReason", "1")],
    );
    export.employment(
        "W2",
        "1",
        "2021-03-01",
        &[
            ("DataCollectionStage", "2"),
            ("Employed", "1"),
            ("EmploymentType", "3"),
        ],
    );
    export.employment(
        "W3",
        "1",
        "2021-05-01",
        &[("DataCollectionStage", "2"), ("Employed", "0")],
    );
    export.employment(
        "W4",
        "1",
        "2021-06-30",
        &[exit, ("Employed", "1"), ("EmploymentType", "1")],
    );
    export.employment(
        "W5",
        "1",
        "2020-12-01",
        &[("DataCollectionStage", "2"), ("Employed", "1")],
    );
    export.employment("W6", "3", "2021-01-10", &[entry, ("Employed", "8")]);
    for person in ["1", "2", "3"] {
        export.exit(person, "2021-06-30", "10");
    }
    let plan = export.plan();
    assert_accepted(&plan);
    let members = admission(&plan).members;
    assert_eq!(
        members[0].employment,
        Answer::Known(EmploymentStatus::Looking)
    );
    assert_eq!(members[1].employment, Answer::NotCollected);
    assert_eq!(members[2].employment, Answer::DoesNotKnow);
    let leaving = &facts!(plan, Exit)[0].1.members[0];
    assert_eq!(
        leaving.employment,
        Answer::Known(EmploymentStatus::Employed)
    );
    let jobs = facts!(plan, JobPlacement);
    let days: Vec<_> = jobs.iter().map(|(on, job)| (*on, job.contract)).collect();
    assert_eq!(
        days,
        [
            (day("2021-03-01"), Answer::Known(Contract::Seasonal)),
            (day("2021-06-30"), Answer::NotCollected),
        ]
    );
    let ended = facts!(plan, JobEnded);
    assert_eq!(
        (ended[0].0, ended[0].1.job),
        (day("2021-05-01"), jobs[0].1.job)
    );
    assert_eq!(
        found(
            &plan,
            Severity::Assumed,
            "EmploymentEducation.csv",
            "Employed"
        )[0]
        .count,
        2
    );
    assert_eq!(
        found(
            &plan,
            Severity::Broken,
            "EmploymentEducation.csv",
            "InformationDate"
        )
        .len(),
        1
    );
}

#[test]
fn a_job_that_was_there_at_entry_has_no_end_here() {
    let mut export = family();
    let entry = ("DataCollectionStage", "1");
    export.employment("W1", "1", "2021-01-10", &[entry, ("Employed", "1")]);
    export.employment(
        "W2",
        "1",
        "2021-03-01",
        &[("DataCollectionStage", "2"), ("Employed", "0")],
    );
    let plan = export.plan();
    assert!(facts!(plan, JobPlacement).is_empty() && facts!(plan, JobEnded).is_empty());
    assert_eq!(
        found(
            &plan,
            Severity::NotMapped,
            "EmploymentEducation.csv",
            "Employed"
        )
        .len(),
        1
    );
}

/// The income that one row becomes, and whether its first answer was said to contradict it.
fn income(cells: &[(&'static str, &str)]) -> (Answer<Income>, bool) {
    let mut export = Export::of("2");
    export
        .person("1", "1990-01-01")
        .enrol("1", "H1", "1", "2021-01-10");
    export.income("I1", "1", "2021-01-10", cells);
    let plan = export.plan();
    assert_accepted(&plan);
    let (_, recorded): (_, IncomeRecorded) = facts!(plan, IncomeRecorded).remove(0);
    assert_eq!(recorded.stage, IncomeStage::Entry);
    let said = !found(
        &plan,
        Severity::Assumed,
        "IncomeBenefits.csv",
        "IncomeFromAnySource",
    )
    .is_empty();
    (recorded.income, said)
}

fn known(total: Option<&str>, sources: &[(IncomeSource, Option<&str>)]) -> Answer<Income> {
    let money = |text: &str| text.parse::<Money>().expect("money");
    Answer::Known(Income {
        total: Answer::stated(total.map(money)),
        sources: sources
            .iter()
            .map(|(source, amount)| events::IncomeAmount {
                source: *source,
                amount: Answer::stated(amount.map(money)),
            })
            .collect(),
    })
}

#[test]
fn incomes_follow_the_glossarys_order_of_precedence() {
    use IncomeSource::{Earned, Ssi};
    let any = |code| ("IncomeFromAnySource", code);
    let total = |amount| ("TotalMonthlyIncome", amount);
    let earned = ("Earned", "1");
    let amount = |amount| ("EarnedAmount", amount);

    let plain = income(&[any("1"), total("590"), earned, amount("590")]);
    assert_eq!(
        plain,
        (known(Some("590.00"), &[(Earned, Some("590.00"))]), false)
    );
    let summed = income(&[
        any("1"),
        earned,
        amount("10.5"),
        ("SSI", "1"),
        ("SSIAmount", "1"),
    ]);
    let parts = [(Earned, Some("10.50")), (Ssi, Some("1.00"))];
    assert_eq!(summed, (known(Some("11.50"), &parts), false));
    assert_eq!(income(&[any("0")]), (known(Some("0.00"), &[]), false));
    assert_eq!(
        income(&[any("8"), total("0.00")]),
        (Answer::DoesNotKnow, false)
    );
    assert_eq!(income(&[any("9")]), (Answer::PrefersNotToAnswer, false));
    assert_eq!(
        income(&[any("99"), total("0")]),
        (Answer::NotCollected, false)
    );
    assert_eq!(income(&[]), (Answer::NotCollected, false));

    // Where the row contradicts itself.
    assert_eq!(
        income(&[any("99"), earned]),
        (known(None, &[(Earned, None)]), true)
    );
    assert_eq!(
        income(&[any("0"), earned]),
        (known(Some("0.00"), &[(Earned, None)]), true)
    );
    assert_eq!(
        income(&[any("0"), total("4623.67")]),
        (known(Some("4623.67"), &[]), true)
    );
    assert_eq!(
        income(&[any("8"), total("70")]),
        (known(Some("70.00"), &[]), true)
    );
    assert_eq!(income(&[any("1")]), (known(None, &[]), true));
    assert_eq!(
        income(&[any("1"), total("0")]),
        (known(Some("0.00"), &[]), true)
    );
}

#[test]
fn amounts_that_mean_nothing_are_left_out_and_said() {
    let (income, _) = income(&[
        ("IncomeFromAnySource", "1"),
        ("TotalMonthlyIncome", "100"),
        ("SSI", "0"),
        ("SSIAmount", "40"),
        ("Earned", "1"),
        ("EarnedAmount", "-5"),
    ]);
    assert_eq!(
        income,
        known(Some("100.00"), &[(IncomeSource::Earned, None)])
    );
}

#[test]
fn incomes_and_services_outside_of_the_enrolment_are_findings() {
    let mut export = family();
    export.income("I1", "1", "2021-01-09", &[("IncomeFromAnySource", "0")]);
    export.income(
        "I2",
        "2",
        "2021-06-30",
        &[("IncomeFromAnySource", "0"), ("DataCollectionStage", "3")],
    );
    export.income(
        "I3",
        "1",
        "2021-03-01",
        &[("IncomeFromAnySource", "0"), ("DataCollectionStage", "4")],
    );
    export.service(
        "S1",
        "1",
        "2021-08-01",
        &[("RecordType", "144"), ("TypeProvided", "2")],
    );
    for person in ["1", "2", "3"] {
        export.exit(person, "2021-06-30", "10");
    }
    let plan = export.plan();
    assert_accepted(&plan);
    let incomes = facts!(plan, IncomeRecorded);
    assert_eq!(incomes.len(), 1, "the child's, on the day of the exit");
    assert_eq!(
        (incomes[0].1.person, incomes[0].1.stage),
        (person("2"), IncomeStage::Exit)
    );
    assert_eq!(
        found(
            &plan,
            Severity::Broken,
            "IncomeBenefits.csv",
            "InformationDate"
        )[0]
        .line,
        2
    );
    assert_eq!(
        found(
            &plan,
            Severity::Broken,
            "IncomeBenefits.csv",
            "DataCollectionStage"
        )[0]
        .line,
        4
    );
    assert_eq!(
        found(&plan, Severity::Broken, "Services.csv", "DateProvided")[0].line,
        2
    );
    assert!(facts!(plan, ServiceProvided).is_empty());
}

#[test]
fn services_have_words_and_bed_nights_are_counted() {
    let mut export = family();
    for (id, record, kind, amount) in [
        ("S1", "152", "2", "250.00"),
        ("S2", "141", "6", ""),
        ("S3", "142", "29", ""),
        ("S4", "200", "200", ""),
        ("S5", "200", "200", ""),
        ("S6", "161", "4", ""),
        ("S7", "888", "1", ""),
        ("S8", "144", "2", "12.00"),
    ] {
        let cells = [
            ("RecordType", record),
            ("TypeProvided", kind),
            ("FAAmount", amount),
        ];
        export.service(id, "1", "2021-02-01", &cells);
    }
    let plan = export.plan();
    assert_accepted(&plan);
    let services: Vec<_> = facts!(plan, ServiceProvided)
        .into_iter()
        .map(|(_, service)| {
            (
                service.service,
                service.amount.map(|amount| amount.to_string()),
            )
        })
        .collect();
    assert_eq!(
        services,
        [
            (Service::EconomicSupport, Some("250.00".to_owned())),
            (Service::CaseManagement, None),
            (Service::Other, None),
            (Service::JobOrientation, None),
            (Service::CaseManagement, None),
        ]
    );
    let nights = found(&plan, Severity::NotMapped, "Services.csv", "RecordType");
    assert_eq!(
        (nights[0].count, nights[0].value.as_deref()),
        (2, Some("200"))
    );
    assert_eq!(
        found(&plan, Severity::Broken, "Services.csv", "RecordType")[0].line,
        8
    );
    assert_eq!(
        found(&plan, Severity::Broken, "Services.csv", "FAAmount")[0].line,
        9
    );
}

// ---- Dwellings ---------------------------------------------------------------------------------

fn labels(plan: &Plan) -> Vec<String> {
    facts!(plan, DwellingRegistered)
        .into_iter()
        .map(|(_, d)| d.label)
        .collect()
}

#[test]
fn units_are_given_in_turn_and_beds_are_spread() {
    let mut export = family();
    export
        .person("4", "1985-01-01")
        .enrol("4", "H2", "1", "2021-02-01");
    export
        .person("5", "1985-01-01")
        .enrol("5", "H3", "1", "2021-03-01");
    let plan = export.plan();
    assert_accepted(&plan);
    let dwellings = facts!(plan, DwellingRegistered);
    let beds: Vec<_> = dwellings.iter().map(|(_, d)| d.beds).collect();
    assert_eq!(
        beds,
        [3, 2, 1],
        "two units, and a home of the third household's own"
    );
    assert_eq!(labels(&plan)[..2], ["Unit 1", "Unit 2"]);
    assert!(labels(&plan)[2].starts_with("Home "));
    let homes: BTreeSet<_> = facts!(plan, Admission)
        .iter()
        .map(|(_, a)| a.dwelling)
        .collect();
    assert_eq!(homes.len(), 3);
    assert_eq!(dwellings[2].0, day("2021-03-01"));
}

#[test]
fn projects_that_house_nobody_have_no_dwellings() {
    for (kind, tracking) in [("6", ""), ("12", ""), ("14", ""), ("4", ""), ("1", "3")] {
        let mut export = family();
        export.with(
            "Project.csv",
            &[("ProjectType", kind), ("TrackingMethod", tracking)],
        );
        let plan = export.plan();
        assert_accepted(&plan);
        assert!(labels(&plan).is_empty(), "{kind}");
        assert_eq!(admission(&plan).dwelling, None);
        assert_eq!(
            found(&plan, Severity::NotMapped, "Inventory.csv", "UnitInventory").len(),
            1
        );
    }
}

#[test]
fn people_are_housed_from_their_move_in() {
    for (moved, housed, severity) in [
        ("2021-02-15", Some("2021-02-15"), None),
        // The home came with them.
        ("2020-12-24", None, Some(Severity::Assumed)),
        ("2021-07-01", None, Some(Severity::Broken)),
        ("", None, None),
    ] {
        let mut export = Export::of("13");
        export.unit("I1", "4", "4", "2020-01-01", "");
        export
            .person("1", "1990-01-01")
            .enrol("1", "H1", "1", "2021-01-10");
        export.with("Enrollment.csv", &[("MoveInDate", moved)]);
        export.exit("1", "2021-06-30", "10");
        let plan = export.plan();
        assert_accepted(&plan);
        let before = moved == "2020-12-24";
        assert_eq!(admission(&plan).dwelling.is_some(), before);
        let moves: Vec<_> = facts!(plan, DwellingChanged)
            .into_iter()
            .map(|(on, _)| on)
            .collect();
        assert_eq!(
            moves,
            housed.map(day).into_iter().collect::<Vec<_>>(),
            "{moved}"
        );
        for weight in [Severity::Assumed, Severity::Broken] {
            let said = found(&plan, weight, "Enrollment.csv", "MoveInDate").len();
            assert_eq!(said, usize::from(severity == Some(weight)), "{moved}");
        }
        // The home was theirs alone, and goes with them.
        let closed: Vec<_> = facts!(plan, DwellingUnavailable)
            .into_iter()
            .map(|(on, _)| on)
            .collect();
        assert_eq!(
            closed,
            (before || housed.is_some())
                .then(|| day("2021-06-30"))
                .into_iter()
                .collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_unit_closes_with_its_inventory_but_not_over_anybodys_head() {
    let mut export = Export::of("2");
    export.unit("I1", "1", "2", "2020-01-01", "2021-03-31");
    let closed = |export: &Export| -> Vec<NaiveDate> {
        let plan = export.plan();
        assert_accepted(&plan);
        facts!(plan, DwellingUnavailable)
            .into_iter()
            .map(|(on, _)| on)
            .collect()
    };
    assert_eq!(closed(&export), [day("2021-04-01")]);
    export
        .person("1", "1990-01-01")
        .enrol("1", "H1", "1", "2021-01-10");
    assert!(closed(&export).is_empty());
    export.exit("1", "2021-05-05", "10");
    assert_eq!(closed(&export), [day("2021-05-05")]);
}

#[test]
fn single_people_in_a_shelter_have_a_bed_each() {
    let mut export = Export::of("1");
    export.with("Project.csv", &[("TrackingMethod", "0")]);
    export
        .unit("I1", "1", "3", "2020-01-01", "")
        .with("Inventory.csv", &[("HouseholdType", "1")]);
    let plan = export.plan();
    assert_eq!(labels(&plan), ["Unit 1", "Unit 2", "Unit 3"]);
    assert_eq!(
        found(&plan, Severity::Assumed, "Inventory.csv", "BedInventory").len(),
        1
    );
}

// ---- Again and later ---------------------------------------------------------------------------

type Content = BTreeMap<Uuid, (NaiveDate, Option<DateTime<Utc>>, Event)>;

fn content(plan: &Plan) -> Content {
    let content: Content = events(plan)
        .into_iter()
        .zip(&plan.proposals)
        .map(|((on, event), p)| (p.proposal.command, (on, p.proposal.entered_at, event)))
        .collect();
    assert_eq!(
        content.len(),
        plan.proposals.len(),
        "command ids are distinct"
    );
    content
}

#[test]
fn the_same_folder_is_the_same_plan() {
    let export = family();
    let (one, two) = (export.plan(), export.plan());
    assert_eq!(content(&one), content(&two));
    assert_eq!(kinds(&one), kinds(&two));
    assert_eq!(one.findings, two.findings);
}

#[test]
fn a_later_export_keeps_what_was_there() {
    let mut export = family();
    export.income("I1", "1", "2021-01-10", &[("IncomeFromAnySource", "0")]);
    let before = content(&export.plan());

    let later = "2021-10-01 12:00:00";
    export
        .person("6", "2021-08-01")
        .enrol("6", "H1", "2", "2021-08-01");
    export.with("Enrollment.csv", &[("DateCreated", later)]);
    export
        .exit("3", "2021-09-15", "22")
        .with("Exit.csv", &[("DateCreated", later)]);
    export
        .person("7", "1999-09-09")
        .enrol("7", "H2", "1", "2021-02-20");
    export.with("Enrollment.csv", &[("DateCreated", later)]);
    export.income(
        "I2",
        "1",
        "2021-09-01",
        &[("IncomeFromAnySource", "1"), ("TotalMonthlyIncome", "800")],
    );
    let plan = export.plan();
    assert_accepted(&plan);
    let after = content(&plan);
    for (command, said) in &before {
        assert_eq!(after.get(command), Some(said));
    }
    assert_eq!(after.len(), before.len() + 6, "{:?}", kinds(&plan));

    // Everybody leaves.
    for person in ["1", "2", "6"] {
        export.exit(person, "2021-12-01", "10");
        export.with("Exit.csv", &[("DateCreated", "2021-12-02 12:00:00")]);
    }
    let plan = export.plan();
    assert_accepted(&plan);
    let last = content(&plan);
    for (command, said) in &after {
        assert_eq!(last.get(command), Some(said));
    }
    assert_eq!(last.len(), after.len() + 1);
}

#[test]
fn units_stay_given_when_an_exit_is_written_down_late() {
    let mut export = Export::of("2");
    export.unit("I1", "2", "2", "2020-01-01", "");
    export
        .person("1", "1990-01-01")
        .enrol("1", "H1", "1", "2020-02-01");
    export.with("Enrollment.csv", &[("DateCreated", "2020-02-02 09:00:00")]);
    export
        .person("2", "1990-01-01")
        .enrol("2", "H2", "1", "2020-06-01");
    export.with("Enrollment.csv", &[("DateCreated", "2020-06-02 09:00:00")]);
    let before = content(&export.plan());
    // She had left before the second household came, and nobody had written it down.
    export
        .exit("1", "2020-05-01", "10")
        .with("Exit.csv", &[("DateCreated", "2020-07-01 09:00:00")]);
    let plan = export.plan();
    assert_accepted(&plan);
    let after = content(&plan);
    for (command, said) in &before {
        assert_eq!(after.get(command), Some(said));
    }
    // The next household gets the unit that is known to be free by now.
    export
        .person("3", "1990-01-01")
        .enrol("3", "H3", "1", "2020-08-01");
    export.with("Enrollment.csv", &[("DateCreated", "2020-08-02 09:00:00")]);
    let plan = export.plan();
    assert_accepted(&plan);
    let homes: Vec<_> = facts!(plan, Admission)
        .into_iter()
        .map(|(_, a)| a.dwelling)
        .collect();
    assert_eq!(homes[2], homes[0]);
    assert_ne!(homes[1], homes[0]);
}

#[test]
fn a_person_is_the_same_in_every_project_and_a_household_is_not() {
    let mut export = family();
    export.row(
        "Project.csv",
        &[
            ("ProjectID", "P2"),
            ("ProjectName", "Other"),
            ("OperatingStartDate", "2020-01-01"),
            ("ProjectType", "6"),
            ("DateCreated", WRITTEN),
        ],
    );
    export.enrol("1", "H1", "1", "2021-01-10");
    export.with(
        "Enrollment.csv",
        &[("EnrollmentID", "E1x"), ("ProjectID", "P2")],
    );
    let source = export.read().expect("reads");
    let one = source.plan("P1", &Plainly).expect("plan");
    let two = source.plan("P2", &Plainly).expect("plan");
    assert_ne!(one.pilot, two.pilot);
    let (one, two) = (admission(&one), admission(&two));
    assert_eq!(one.members[0].person, two.members[0].person);
    assert_ne!(one.household, two.household);
}

// ---- What is not said --------------------------------------------------------------------------

#[test]
fn columns_without_a_place_are_counted_and_nothing_of_a_person_is_repeated() {
    let mut export = family();
    export.row(
        "HealthAndDV.csv",
        &[("EnrollmentID", "E1"), ("DomesticViolenceVictim", "1")],
    );
    export.row(
        "HealthAndDV.csv",
        &[("EnrollmentID", "E2"), ("DomesticViolenceVictim", "0")],
    );
    // A row that slipped: a name where a code belongs.
    export.enrol("8", "H8", "Brambleworth", "2021-02-02");
    export.with(
        "Enrollment.csv",
        &[
            ("LivingSituation", "Quillfeather"),
            ("DisablingCondition", "1"),
        ],
    );
    let plan = export.plan();
    assert_eq!(
        found(&plan, Severity::NotMapped, "Client.csv", "SSN")[0].count,
        3
    );
    assert_eq!(
        found(
            &plan,
            Severity::NotMapped,
            "HealthAndDV.csv",
            "DomesticViolenceVictim"
        )[0]
        .count,
        2
    );
    assert_eq!(
        found(
            &plan,
            Severity::NotMapped,
            "Enrollment.csv",
            "DisablingCondition"
        )[0]
        .line,
        5
    );
    let slipped = found(&plan, Severity::Broken, "Enrollment.csv", "LivingSituation");
    assert_eq!(slipped[0].value, None);
    let said = format!(
        "{:?} {:?}",
        plan.findings,
        plan.proposals
            .iter()
            .map(|planned| &planned.what)
            .collect::<Vec<_>>()
    );
    for personal in [
        "Quillfeather",
        "Brambleworth",
        "123456789",
        "1990-05-10",
        "Odd",
    ] {
        assert!(!said.contains(personal), "{personal}");
    }
}

#[test]
fn many_findings_of_a_kind_are_listed_up_to_a_limit_and_counted_beyond() {
    let mut export = Export::of("6");
    for n in 0..60 {
        let id = format!("{n}");
        export.enrol(&id, &id, "1", "2021-01-10");
    }
    let plan = export.plan();
    let unknown: Vec<_> = found(&plan, Severity::Broken, "Enrollment.csv", "PersonalID");
    assert_eq!(unknown.len(), 51);
    assert_eq!(unknown.iter().map(|f| f.count).sum::<u64>(), 60);
}

// ---- Whatever comes ----------------------------------------------------------------------------

/// A person's stay: household, entry, nights (none while she is there), when both were written.
type Someone = (u8, u16, Option<u16>, u8);

fn whoever() -> impl Strategy<Value = Vec<Someone>> {
    let someone = (0u8..4, 0u16..120, proptest::option::of(0u16..90), 0u8..3);
    proptest::collection::vec(someone, 1..9)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Each person enrolled once: whatever the households look like, the deciders accept all of it,
    /// and everybody enters once and leaves once.
    #[test]
    fn any_households_can_be_imported(people in whoever(), kind in prop::sample::select(vec!["2", "3", "6", "13"])) {
        let mut export = Export::of(kind);
        export.unit("I1", "2", "5", "2020-01-01", "2021-03-15");
        let first = day("2021-01-01");
        let mut left = 0;
        for (number, (household, entry, nights, written)) in people.iter().enumerate() {
            let id = number.to_string();
            let entry = first + chrono::Days::new(u64::from(*entry));
            let born = if number % 3 == 0 { "2012-04-04" } else if number % 3 == 1 { "1988-04-04" } else { "" };
            let relation = if number % 4 == 0 { "1" } else { "2" };
            export.person(&id, born).enrol(&id, &format!("H{household}"), relation, &entry.to_string());
            let created = format!("{} 1{written}:00:00", entry + chrono::Days::new(2));
            export.with("Enrollment.csv", &[
                ("DateCreated", created.as_str()),
                ("MoveInDate", &(entry + chrono::Days::new(5)).to_string()),
            ]);
            if let Some(nights) = nights {
                left += 1;
                let exit = entry + chrono::Days::new(u64::from(*nights));
                export.exit(&id, &exit.to_string(), "10");
                let created = format!("{} 1{written}:00:00", exit + chrono::Days::new(u64::from(*written)));
                export.with("Exit.csv", &[("DateCreated", created.as_str())]);
            }
        }
        let plan = export.plan();
        prop_assert_eq!(refusals(&plan), Vec::<String>::new());
        let admitted: usize = facts!(plan, Admission).iter().map(|(_, a)| a.members.len()).sum();
        let joined: Vec<(NaiveDate, HouseholdMemberJoined)> = facts!(plan, HouseholdMemberJoined);
        prop_assert_eq!(admitted + joined.len(), people.len());
        let gone: usize = facts!(plan, Exit).iter().map(|(_, e)| e.members.len()).sum();
        prop_assert_eq!(gone + facts!(plan, HouseholdMemberLeft).len(), left);
    }
}
