//! HUD's public HMIS test kit, read from where it lies, as snapshots of one pilot a project.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use events::codes::{
    Currency, EmploymentStatus, IncomeSource, IncomeStage, LivingSituation as At, MoveReason,
    Relation,
};
use events::{
    Answer, Birth, DwellingId, HmisProject, HouseholdId, Income, IncomeAmount, Money, Month,
    PersonId, PilotId, Sealed, SealedBytes,
};
use projections::Snapshot;
use projections::households::{AdmissionRow, HouseholdRow, MemberLeftRow, MemberRow, OccupancyRow};
use projections::pilots::OpeningRow;
use projections::work::{IncomeRow, WorkRow};
use uuid::Uuid;

type Record = BTreeMap<String, String>;

/// Where the kit lies, if it does: `$INRETE_SHARED` or the directory `shared` beside the repository.
pub(crate) fn directory() -> Option<PathBuf> {
    let shared = std::env::var_os("INRETE_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let kit = shared.join("data/hmis-testkit");
    if kit.join("inputs").is_dir() {
        return Some(kit);
    }
    println!(
        "the HMIS test kit is absent: no {}; nothing was compared",
        kit.display()
    );
    None
}

fn read(kit: &std::path::Path, name: &str) -> Vec<Record> {
    let path = kit.join("inputs").join(format!("{name}.csv"));
    csv::Reader::from_path(path)
        .expect("an input of the kit")
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("a table")
}

fn id(kind: u128, text: &str) -> Uuid {
    let number = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    Uuid::from_u128(kind << 64 | u128::from(number))
}

fn date(text: &str) -> Option<NaiveDate> {
    text.parse().ok()
}

fn stamp(text: &str) -> DateTime<Utc> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S")
        .expect("a time")
        .and_utc()
}

/// One pilot for the project `project_id`.
pub(crate) fn snapshot(kit: &std::path::Path, project_id: &str) -> Snapshot {
    let project = read(kit, "Project")
        .into_iter()
        .find(|p| p["ProjectID"] == project_id)
        .expect("a project of the kit");
    let project_type: u8 = project["ProjectType"].parse().expect("a type");
    let clients: BTreeMap<String, Record> = read(kit, "Client")
        .into_iter()
        .map(|c| (c["PersonalID"].clone(), c))
        .collect();
    let exits: BTreeMap<String, Record> = read(kit, "Exit")
        .into_iter()
        .map(|e| (e["EnrollmentID"].clone(), e))
        .collect();
    let mut incomes: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    for income in read(kit, "IncomeBenefits") {
        incomes
            .entry(income["EnrollmentID"].clone())
            .or_default()
            .push(income);
    }

    let pilot = PilotId(id(1, project_id));
    let mut snapshot = Snapshot::empty(pilot);
    snapshot.pilot.opening = Some(OpeningRow {
        position: 1,
        on: date(&project["OperatingStartDate"]).expect("a start"),
        title: project["ProjectName"].clone(),
        place: String::new(),
        code: project_id.to_owned(),
        currency: Currency::Usd,
        hmis_project: Some(HmisProject {
            project_id: project_id.to_owned(),
            project_type,
            tracking_method: project["TrackingMethod"].parse().ok(),
        }),
    });
    let mut position = 1;
    for enrollment in read(kit, "Enrollment")
        .iter()
        .filter(|e| e["ProjectID"] == project_id)
    {
        position += 1;
        let household = HouseholdId(id(2, &enrollment["HouseholdID"]));
        let row = snapshot
            .households
            .entry(household)
            .or_insert_with(|| HouseholdRow::new(household));
        let enrolled = &enrollment["EnrollmentID"];
        let member = member(
            enrollment,
            &clients[&enrollment["PersonalID"]],
            exits.get(enrolled),
            position,
        );
        if member.head {
            row.admission = Some(AdmissionRow {
                position,
                on: member.entered_on,
                entered_at: member.entered_at,
                confirmed_by: None,
            });
            let permanent = matches!(project_type, 3 | 9 | 10 | 13);
            let moved = date(&enrollment["MoveInDate"]);
            if let Some(from) = if permanent {
                moved
            } else {
                Some(member.entered_on)
            } {
                row.occupancies.push(OccupancyRow {
                    position,
                    dwelling: DwellingId(id(3, enrolled)),
                    from: from.max(member.entered_on),
                    until: None,
                    // A home from before the entry came with it.
                    reason: (permanent && from >= member.entered_on).then_some(MoveReason::MovedIn),
                });
            }
        }
        for record in incomes.get(enrolled).into_iter().flatten() {
            position += 1;
            let work = snapshot.work.entry(household);
            let work = work.or_insert_with(|| WorkRow::new(household));
            work.incomes.extend(income(record, member.person, position));
        }
        row.members.push(member);
    }
    snapshot.position = position;
    snapshot
}

fn member(enrollment: &Record, client: &Record, exit: Option<&Record>, position: i64) -> MemberRow {
    let entered_on = date(&enrollment["EntryDate"]).expect("an entry");
    let person = PersonId(id(4, &enrollment["PersonalID"]));
    let birth = match date(&client["DOB"]) {
        // Born after the entry she was recorded with: no year old.
        Some(born) => Answer::Known(Birth::on_entry(born, entered_on).unwrap_or(Birth {
            month: Month::of(born),
            age_at_entry: 0,
        })),
        None => match client["DOBDataQuality"].as_str() {
            "8" => Answer::DoesNotKnow,
            "9" => Answer::PrefersNotToAnswer,
            _ => Answer::NotCollected,
        },
    };
    MemberRow {
        position,
        person,
        identity: Sealed::new(SealedBytes {
            person,
            key: String::new(),
            nonce: String::new(),
            text: String::new(),
        }),
        holder: Uuid::nil(),
        relation: match enrollment["RelationshipToHoH"].as_str() {
            "1" => Answer::Known(Relation::Head),
            "2" => Answer::Known(Relation::Child),
            "3" => Answer::Known(Relation::Partner),
            "4" => Answer::Known(Relation::OtherRelative),
            "5" => Answer::Known(Relation::NotRelated),
            _ => Answer::NotCollected,
        },
        head: enrollment["RelationshipToHoH"] == "1",
        birth,
        entered_on,
        entered_at: stamp(&enrollment["DateCreated"]),
        prior_living_situation: situation(&enrollment["LivingSituation"]),
        without_home_since: date(&enrollment["DateToStreetESSH"])
            .map_or(Answer::NotCollected, Answer::Known),
        employment: Answer::<EmploymentStatus>::NotCollected,
        citizenship: Answer::NotCollected,
        left: exit.map(|exit| MemberLeftRow {
            position,
            on: date(&exit["ExitDate"]).expect("an exit"),
            entered_at: stamp(&exit["DateCreated"]),
            destination: situation(&exit["Destination"]),
            employment: Answer::NotCollected,
        }),
    }
}

fn situation(code: &str) -> Answer<At> {
    Answer::Known(match code {
        "1" => At::EmergencyShelter,
        "16" => At::PlaceNotMeantForHabitation,
        "18" => At::SafeHaven,
        "2" => At::TransitionalHousing,
        "4" => At::PsychiatricHospital,
        "5" => At::SubstanceTreatment,
        "6" => At::Hospital,
        "7" => At::Prison,
        "15" => At::FosterCare,
        "25" => At::LongTermCare,
        "29" => At::HalfwayHouse,
        "32" => At::HostHome,
        "27" => At::HopwaTransitional,
        "26" => At::HopwaPermanent,
        "14" => At::Hotel,
        "12" => At::FamilyTemporarily,
        "13" => At::FriendsTemporarily,
        "35" => At::Family,
        "36" => At::Friends,
        "22" => At::FamilyPermanently,
        "23" => At::FriendsPermanently,
        "10" => At::Rented,
        "33" => At::RentedVoucher,
        "20" => At::RentedSupported,
        "31" => At::RentedRapidRehousing,
        "19" => At::RentedVash,
        "28" => At::RentedGpdTip,
        "34" => At::PublicHousing,
        "11" => At::Owned,
        "21" => At::OwnedSupported,
        "3" => At::PermanentSupportive,
        "24" => At::Deceased,
        "17" => At::Other,
        "30" => At::NoExitInterview,
        "8" => return Answer::DoesNotKnow,
        "9" => return Answer::PrefersNotToAnswer,
        "" | "99" => return Answer::NotCollected,
        other => panic!("no living situation {other}"),
    })
}

const SOURCES: [(&str, IncomeSource); 15] = [
    ("Earned", IncomeSource::Earned),
    ("Unemployment", IncomeSource::Unemployment),
    ("SSI", IncomeSource::Ssi),
    ("SSDI", IncomeSource::Ssdi),
    ("VADisabilityService", IncomeSource::VaServiceConnected),
    ("VADisabilityNonService", IncomeSource::VaPension),
    ("PrivateDisability", IncomeSource::PrivateDisability),
    ("WorkersComp", IncomeSource::WorkersCompensation),
    ("TANF", IncomeSource::Tanf),
    ("GA", IncomeSource::GeneralAssistance),
    ("SocSecRetirement", IncomeSource::SocialSecurityRetirement),
    ("Pension", IncomeSource::Pension),
    ("ChildSupport", IncomeSource::ChildSupport),
    ("Alimony", IncomeSource::Alimony),
    ("OtherIncomeSource", IncomeSource::Other),
];

fn income(record: &Record, person: PersonId, position: i64) -> Option<IncomeRow> {
    let stage = match record["DataCollectionStage"].as_str() {
        "1" => IncomeStage::Entry,
        "2" => IncomeStage::Update,
        "5" => IncomeStage::Annual,
        "3" => IncomeStage::Exit,
        _ => return None,
    };
    let amount = |field: &str| record[field].parse::<Money>().ok();
    let sources: Vec<IncomeAmount> = SOURCES
        .iter()
        .filter(|(field, _)| record[*field] == "1")
        .map(|(field, source)| IncomeAmount {
            source: *source,
            amount: Answer::stated(amount(&match *field {
                "OtherIncomeSource" => "OtherIncomeAmount".to_owned(),
                field => format!("{field}Amount"),
            })),
        })
        .collect();
    let total = amount("TotalMonthlyIncome");
    let entered = total.filter(|total| *total > Money::ZERO);
    let income = match record["IncomeFromAnySource"].as_str() {
        _ if entered.is_some() => Answer::Known(Income {
            total: Answer::stated(entered),
            sources,
        }),
        "0" => Answer::Known(Income {
            total: Answer::Known(Money::ZERO),
            sources,
        }),
        "1" => Answer::Known(Income {
            total: Answer::stated(total),
            sources,
        }),
        "8" => Answer::DoesNotKnow,
        "9" => Answer::PrefersNotToAnswer,
        _ => Answer::NotCollected,
    };
    Some(IncomeRow {
        position,
        on: date(&record["InformationDate"])?,
        person,
        stage,
        income,
    })
}
