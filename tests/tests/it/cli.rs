//! Every subcommand, as a person or a script runs it, on a data directory that is not there yet.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};

use tests::program::{Place, Served};

use crate::pages::{PASSWORD, Visitor};

const CODE: &str = "casalmaggiore";
const PERIOD: &str = "2024-10-01..2025-09-30";
/// A position in the middle of the demonstration.
const EARLIER: &str = "200";

const DONE: i32 = 0;
const FAULT: i32 = 1;
const WRONG_ARGUMENTS: i32 = 2;
const WITH_FINDINGS: i32 = 3;
const NOT_THERE: i32 = 4;

#[test]
fn the_demonstration_from_first_start_to_last_question() {
    let place = Place::new();
    // Needs no database, and makes none.
    let catalogue = place.run(&["catalogue", "--json"]).ended(DONE).json();
    assert!(
        catalogue["facts"]
            .as_array()
            .is_some_and(|facts| facts.len() > 20)
    );
    place.run(&["catalogue"]).ended(DONE).says("Admission ");
    assert!(!place.data().exists());

    let facts = loads_once(&place);
    let other = place
        .run(&["demo", "--load-only", "--seed", "1"])
        .ended(FAULT);
    other.tells("is there already, from another seed");
    assert_eq!(place.processes(), [], "a command leaves nothing running");

    // From here on beside a server, which is quicker, and has to do as well.
    let served = place.serve();
    let pilots = place.run(&["pilots", "--json"]).ended(DONE).json();
    assert_eq!(pilots.as_array().map(Vec::len), Some(1));
    assert_eq!(pilots[0]["code"], CODE);
    assert_eq!(pilots[0]["position"], facts);
    place.run(&["pilots"]).ended(DONE).says(CODE);
    indicators_and_reports(&place, facts);
    what_is_due_and_the_money(&place, facts);
    hmis_tables(&place);
    rebuilds_and_verifies(&place, facts);
    wrong_questions(&place);
    tokens(&place, &served);
    assert!(served.interrupt().success());

    // And alone again.
    let id = pilots[0]["id"].as_str().expect("an id");
    let verified = place.run(&["verify", "--pilot", id]).ended(DONE);
    verified.says(&format!("{id}  good: {facts} facts"));
    place.run(&["migrate"]).ended(DONE).tells("up to date");
    assert_eq!(place.processes(), []);
}

/// Loads the demonstration twice; the number of its facts.
fn loads_once(place: &Place) -> i64 {
    let first = place.run(&["demo", "--load-only"]).ended(DONE);
    let line = format!("demonstration pilot `{CODE}`: ");
    let (_, counts) = first.tells(&line).stderr.split_once(&line).expect("counts");
    let facts: i64 = counts
        .split(' ')
        .next()
        .and_then(|n| n.parse().ok())
        .expect("a number");
    assert!(facts > 200);
    first.tells(&format!("{facts} facts recorded now, 0 before"));
    let again = place.run(&["demo", "--load-only"]).ended(DONE);
    again.tells(&format!("0 facts recorded now, {facts} before"));
    facts
}

fn indicators_and_reports(place: &Place, facts: i64) {
    let of = |command, more: &[&str]| {
        let scope = [command, "--pilot", CODE, "--period", PERIOD];
        place.run(&[&scope, more].concat()).ended(DONE)
    };
    let indicators = of("indicators", &["--json"]);
    assert_eq!(indicators.json()["position"], facts);
    assert!(
        indicators.json()["indicators"]
            .as_array()
            .is_some_and(|all| all.len() >= 10)
    );
    let table = of("indicators", &[]);
    let (mut titles, mut last) = (0, 0);
    for definition in evaluation::newest_set().definitions() {
        let title = format!(
            "{:>3}  {} / {}\n",
            definition.number, definition.it, definition.en
        );
        let at = table.stdout.find(&title);
        let at = at.unwrap_or_else(|| panic!("{title:?} is not in {}", table.stdout));
        assert!(at > last, "{title:?} stands too early");
        (titles, last) = (titles + 1, at);
    }
    assert_eq!(titles, 40);
    assert_eq!(table.stdout.lines().count(), 1 + 2 * titles);
    of("indicators", &["--parts"]).says("numerator ");
    let first = of("indicators", &["--definitions", "1", "--json"]).json();
    assert_eq!(first["definitions_version"], 1);
    assert_eq!(first["indicators"].as_array().map(Vec::len), Some(10));

    let report = of("report", &[]).stdout;
    assert_eq!(
        of("report", &[]).stdout,
        report,
        "a report has the same bytes again"
    );
    report::verify(report.as_bytes()).expect("its digest fits");
    assert_eq!(indicators.stdout.trim_end(), report.trim_end());
    let csv = of("report", &["--format", "csv"]).stdout;

    let earlier = of("report", &["--as-of", EARLIER]).stdout;
    assert_ne!(earlier, report);
    assert_eq!(of("report", &["--as-of", EARLIER]).stdout, earlier);
    let head = facts.to_string();
    assert_eq!(of("report", &["--as-of", &head]).stdout, report);

    let out = place.beside("report");
    of("report", &["--out", text(&out)]).tells("digest");
    assert_eq!(read(&out.join("report.json")), report);
    assert_eq!(read(&out.join("report.csv")), csv);
}

fn what_is_due_and_the_money(place: &Place, facts: i64) {
    let on = "2025-03-01";
    let agenda = |more: &[&str]| {
        let scope = ["agenda", "--pilot", CODE, "--on", on];
        place.run(&[&scope, more].concat()).ended(DONE)
    };
    let states = |more: &[&str]| {
        let found = agenda(&[&["--json"], more].concat()).json();
        assert_eq!(found["position"], facts);
        assert_eq!(found["on"], on);
        let items = found["items"].as_array().expect("items").clone();
        let states = items
            .iter()
            .map(|item| item["state"].as_str().map(str::to_owned));
        let states: Option<Vec<String>> = states.collect();
        states.expect("a state each")
    };
    let open = states(&[]);
    assert!(!open.is_empty());
    assert!(
        open.iter()
            .all(|state| state == "overdue" || state == "due")
    );
    let other = states(&["--state", "done,not_yet_due"]);
    let words: BTreeSet<&str> = other.iter().map(String::as_str).collect();
    assert_eq!(words, ["done", "not_yet_due"].into());
    let lines = agenda(&["--state", "done,not_yet_due"]).stdout;
    assert_eq!(lines.lines().count(), 1 + other.len());
    place
        .run(&["agenda", "--pilot", CODE, "--state", "soon"])
        .ended(WRONG_ARGUMENTS)
        .tells("`soon` is none of overdue, due");

    let ledger = |more: &[&str]| {
        let scope = ["ledger", "--pilot", CODE, "--on", on];
        place.run(&[&scope, more].concat()).ended(DONE)
    };
    let found = ledger(&["--json"]).json();
    assert_eq!(found["position"], facts);
    let spent = |sums: &Value| -> f64 {
        let spent = sums["spent"].as_str().and_then(|text| text.parse().ok());
        spent.unwrap_or_else(|| panic!("no sum: {sums}"))
    };
    let balance = &found["balance"];
    let all = spent(&balance["all"]);
    assert!(all > 0.0, "{balance}");
    for parts in ["bySource", "byLine", "byMonth"] {
        let parts = balance[parts].as_array().expect("parts").iter();
        let sum: f64 = parts.map(|part| spent(&part["sums"])).sum();
        assert!((sum - all).abs() < 0.005, "{sum} and {all}");
    }
    let text = ledger(&[]).says("residual").stdout.clone();
    let line = text.lines().find(|line| line.starts_with("all "));
    let line = line.expect("a line for all");
    assert!(line.contains(&format!("{all:.2}")), "{line}");
    let before = place.run(&["ledger", "--pilot", CODE, "--on", "2000-01-01", "--json"]);
    assert_eq!(spent(&before.ended(DONE).json()["balance"]["all"]), 0.0);
}

fn hmis_tables(place: &Place) {
    let tables = |out: &Path| {
        let scope = ["report", "hmis", "--pilot", CODE, "--from", "2024-10-01"];
        let more = ["--to", "2025-09-30", "--out", text(out)];
        place.run(&[&scope[..], &more].concat()).ended(DONE)
    };
    let (one, two) = (place.beside("tables"), place.beside("tables again"));
    let said = tables(&one);
    said.tells("24 tables written");
    said.tells("Q5a, 10. Number of veterans: not computed: whether a person is a veteran");
    tables(&two);
    let names = files(&one);
    assert_eq!(names.len(), 24, "{names:?}");
    assert_eq!(files(&two), names);
    for name in names {
        assert_eq!(read(&one.join(&name)), read(&two.join(&name)), "{name}");
    }
}

fn rebuilds_and_verifies(place: &Place, facts: i64) {
    place
        .run(&["rebuild"])
        .ended(DONE)
        .says(&format!("rebuilt to position {facts}"));
    let census = ["rebuild", "--pilot", CODE, "--model", "census"];
    place
        .run(&census)
        .ended(DONE)
        .says(&format!("position {facts}"));
    let verify = |code| place.run(&["verify", "--json"]).ended(code).json();
    let good = verify(DONE);
    assert_eq!(good[0]["good"], true);
    assert_eq!(
        [
            &good[0]["facts"],
            &good[0]["position"],
            &good[0]["commands"]
        ],
        [facts; 3]
    );

    // A row that somebody changed by hand is found, and comes back.
    by_hand(
        place,
        "update projections.pilot set row = jsonb_set(row, '{opening,title}', '\"X\"')",
    );
    let damaged = verify(WITH_FINDINGS);
    assert_eq!(damaged[0]["good"], false);
    let finding = damaged[0]["findings"][0].as_str().expect("a finding");
    assert!(finding.starts_with("read model pilots: row "), "{finding}");
    place.run(&["verify"]).ended(WITH_FINDINGS).says("DAMAGED");
    place.run(&["rebuild", "--pilot", CODE]).ended(DONE);
    assert_eq!(verify(DONE), good);
}

/// As its administrator could.
fn by_hand(place: &Place, statement: &'static str) {
    let options = PgConnectOptions::new_without_pgpass()
        .host("localhost")
        .socket(place.data().join("run"))
        .username(cluster::ADMIN)
        .database("inrete");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let mut connection = options.connect().await.expect("connected");
        let done = sqlx::raw_sql(statement).execute(&mut connection).await;
        assert_eq!(done.expect(statement).rows_affected(), 1);
        connection.close().await.expect("closed");
    });
}

fn wrong_questions(place: &Place) {
    for unknown in [
        &["indicators", "--pilot", "nowhere", "--period", "2025"][..],
        &["report", "--pilot", "nowhere", "--period", "2025"],
        &["agenda", "--pilot", "nowhere"],
        &["ledger", "--pilot", "nowhere"],
        &[
            "report",
            "hmis",
            "--pilot",
            "nowhere",
            "--from",
            "2025-01-01",
            "--to",
            "2025-12-31",
            "--out",
            "x",
        ],
        &["rebuild", "--pilot", "nowhere"],
        &["verify", "--pilot", "nowhere"],
        &[
            "token", "create", "--role", "auditor", "--label", "t", "--pilot", "nowhere",
        ],
        &["verify", "--pilot", "0190c5a2-0000-7000-8000-000000000000"],
    ] {
        let ran = place.run(unknown).ended(NOT_THERE);
        ran.tells("inrete: there is no pilot `");
        assert_eq!(ran.stdout, "", "{unknown:?}");
    }
    let beyond = [
        "report", "--pilot", CODE, "--period", PERIOD, "--as-of", "99999",
    ];
    place
        .run(&beyond)
        .ended(NOT_THERE)
        .tells("there is no position 99999 yet");

    let definitions = [
        "indicators",
        "--pilot",
        CODE,
        "--period",
        PERIOD,
        "--definitions",
        "99",
    ];
    place
        .run(&definitions)
        .ended(NOT_THERE)
        .tells("there is no set of definitions 99");

    let scope = ["report", "--pilot", CODE, "--period"];
    for period in [
        "2025-13",
        "yesterday",
        "2025-12-31..2025-01-01",
        "2025-02-30..2025-03-01",
    ] {
        let ran = place
            .run(&[&scope[..], &[period]].concat())
            .ended(WRONG_ARGUMENTS);
        ran.tells(period);
    }
    let backwards = ["--from", "2025-12-31", "--to", "2025-01-01", "--out", "x"];
    let hmis = ["report", "hmis", "--pilot", CODE];
    place
        .run(&[&hmis[..], &backwards].concat())
        .ended(WRONG_ARGUMENTS);
    assert!(!place.beside("x").exists());
    place
        .run(&["report"])
        .ended(WRONG_ARGUMENTS)
        .tells("--pilot");
    place
        .run(&["token", "create", "--role", "boss", "--label", "t"])
        .ended(WRONG_ARGUMENTS);
    place
        .run(&["rebuild", "--model", "nothing"])
        .ended(WRONG_ARGUMENTS)
        .tells("no read model");
    place.run(&["dance"]).ended(WRONG_ARGUMENTS);
}

fn tokens(place: &Place, served: &Served) {
    let made = place.run(&[
        "token",
        "create",
        "--role",
        "auditor",
        "--label",
        "for trying",
        "--pilot",
        CODE,
    ]);
    let made = made.ended(DONE);
    let token = made.stdout.trim();
    assert!(token.starts_with("inrete_"), "{token}");
    assert_eq!(pilots_seen(served, token), Some(1));
    assert_eq!(pilots_seen(served, "inrete_0"), None);

    let list = place.run(&["token", "list", "--json"]).ended(DONE);
    assert!(!list.stdout.contains(token), "a token is shown once");
    let listed = list.json();
    assert_eq!(listed[0]["label"], "for trying");
    assert_eq!(listed[0]["roles"][0]["role"], "auditor");
    assert_eq!(listed[0]["revoked_at"], Value::Null);
    assert_eq!(listed[0]["owner"], Value::Null);
    assert!(listed[0]["last_used_at"].is_string(), "{listed}");
    let good = place.run(&["token", "list"]).ended(DONE);
    good.says("good     auditor")
        .says("for trying  last used 2");

    let id = listed[0]["id"].as_str().expect("an id");
    place.run(&["token", "revoke", id]).ended(DONE);
    assert_eq!(
        pilots_seen(served, token),
        None,
        "a revoked token ends at once"
    );
    place
        .run(&["token", "revoke", id])
        .ended(NOT_THERE)
        .tells("there is no good token");
    place
        .run(&["token", "create", "--role", "auditor", "--label", " "])
        .ended(WRONG_ARGUMENTS)
        .tells("a label has 1 to 100 characters");
    place
        .run(&["token", "list"])
        .ended(DONE)
        .says("revoked  auditor");
}

/// An administrator who lost her password and her second factor is let in again by whoever has the machine.
#[test]
fn who_lost_every_way_in_gets_a_link_at_the_machine() {
    let place = Place::new();
    let served = place.serve();
    let port = served
        .address
        .trim_end_matches("/graphql")
        .rsplit(':')
        .next();
    let origin = format!("http://localhost:{}", port.expect("a port"));
    let list = || {
        let listed = place.run(&["account", "list", "--json"]).ended(DONE).json();
        assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
        listed[0].clone()
    };
    assert_eq!(list()["name"], "administrator");
    assert_eq!(list()["state"], "waiting");
    let link = || {
        let command = ["account", "link", "Administrator", "--origin", &origin];
        let made = place.run(&command).ended(DONE);
        made.tells("her password and second factors are void");
        let link = made.stdout.trim().strip_prefix(&origin);
        link.expect("a link to here").to_owned()
    };
    let take = async |link: &str| {
        let mut visitor = Visitor::new(&origin);
        visitor.get(link).await.is(200, "Primo accesso a In Rete");
        let fields = [
            ("name", "administrator"),
            ("display-name", "Ada"),
            ("language", "it"),
            ("new-password", PASSWORD),
            ("again", PASSWORD),
        ];
        visitor.post("/link", &fields).await.is(200, "Accedi");
        visitor.sign_in("administrator", PASSWORD).await
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    // Her role takes a second factor.
    let setting_up = runtime.block_on(take(&link()));
    assert_eq!(setting_up.path, "/account/second-factor");
    let account = list();
    assert_eq!(account["state"], "active");
    assert_eq!(account["password"], true);
    let said = place.run(&["account", "list"]).ended(DONE);
    said.says("active   administrator  password");
    assert!(!said.stdout.contains("argon2"), "{}", said.stdout);

    let again = link();
    assert_eq!(list()["state"], "waiting");
    let out = runtime.block_on(async {
        let mut visitor = Visitor::new(&origin);
        visitor.sign_in("administrator", PASSWORD).await
    });
    out.is(422, "Accedi");
    let setting_up = runtime.block_on(take(&again));
    assert_eq!(setting_up.path, "/account/second-factor");
    place
        .run(&["account", "link", "nobody"])
        .ended(NOT_THERE)
        .tells("there is no account with this sign-in name");
    assert!(served.interrupt().success());
    assert_eq!(place.processes(), []);
}

/// How many pilots the server shows to the holder of a token, if it lets her in.
fn pilots_seen(served: &Served, token: &str) -> Option<usize> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let request = reqwest::Client::new()
            .post(&served.address)
            .bearer_auth(token);
        let request = request.json(&json!({ "query": "{ pilots { code } }" }));
        let response = request.send().await.expect("an answer");
        if response.status() == 401 {
            return None;
        }
        let answer: Value = response.json().await.expect("JSON");
        answer["data"]["pilots"].as_array().map(Vec::len)
    })
}

// ---- importing ----

/// An export of one project: three people, of whom one has an entry that is no date, and an exit to
/// a place that is on no list.
const EXPORT: [(&str, &str); 5] = [
    (
        "Export.csv",
        "SourceID,SourceName,CSVVersion\nprova,Prova,FY2022\n",
    ),
    (
        "Project.csv",
        "ProjectID,OrganizationID,ProjectName,OperatingStartDate,ProjectType,HousingType,TrackingMethod,DateCreated\n\
         77,1,Prova,2020-01-01,2,1,,2020-01-01 09:00:00\n",
    ),
    (
        "Client.csv",
        "PersonalID,FirstName,MiddleName,LastName,NameSuffix,DOB,DOBDataQuality\n\
         1,Anna,,Prova,,1990-04-03,1\n\
         2,Bea,,Prova,,1985-11-20,1\n\
         3,Carla,,Prova,,2000-07-07,1\n",
    ),
    (
        "Enrollment.csv",
        "EnrollmentID,PersonalID,ProjectID,EntryDate,HouseholdID,RelationshipToHoH,LivingSituation,DateToStreetESSH,MoveInDate,ReferralSource,DateCreated\n\
         11,1,77,2021-01-10,101,1,1,,,,2021-01-10 10:00:00\n\
         12,2,77,soon,102,1,1,,,,2021-02-10 10:00:00\n\
         13,3,77,2021-03-10,103,1,1,,,,2021-03-10 10:00:00\n",
    ),
    (
        "Exit.csv",
        "EnrollmentID,PersonalID,ExitDate,Destination,ProjectCompletionStatus,DestinationSafeClient,DestinationSafeWorker,DateCreated\n\
         11,1,2021-06-30,10,,,,2021-06-30 10:00:00\n\
         13,3,2021-07-31,77,,,,2021-07-31 10:00:00\n",
    ),
];

#[test]
fn an_import_tells_what_is_broken_and_records_the_rest() {
    let place = Place::new();
    let folder = place.beside("export");
    fs::create_dir(&folder).expect("a folder");
    for (name, text) in EXPORT {
        fs::write(folder.join(name), text).expect("written");
    }
    let import = |folder: &Path, project: &str, more: &[&str]| {
        let command = ["import", "hmis-csv", text(folder), "--project", project];
        place.run(&[&command[..], more].concat())
    };

    // Before anything is started, what cannot be read is told.
    let missing = place.beside("nothing here");
    import(&missing, "77", &[])
        .ended(FAULT)
        .tells("nothing here is no folder");
    import(place.beside("").as_path(), "77", &[])
        .ended(FAULT)
        .tells("the export has no Export.csv");
    import(&folder, "78", &[])
        .ended(NOT_THERE)
        .tells("the export has no project `78`: it has 77");
    assert!(!place.data().exists());

    // Strict: nothing of it.
    let strict = import(&folder, "77", &["--strict"]).ended(FAULT);
    strict.tells("project 77 has broken rows; nothing of it was recorded (--strict)");
    strict.says("Enrollment.csv:3  EntryDate: no date, or not a date: the row is left out");
    assert_eq!(
        place.run(&["pilots", "--json"]).ended(DONE).json(),
        json!([])
    );

    // Otherwise the rest of it, and what is wrong by file, line, field and reason.
    let lenient = import(&folder, "77", &["--json"]).ended(DONE).json();
    let project = &lenient["projects"][0];
    assert_eq!(project["project"], "77");
    assert_eq!(project["rejected"], json!([]));
    let recorded = project["recorded"].as_u64().expect("a number");
    let absent = lenient["export"].as_array().expect("findings").iter();
    let absent: Vec<_> = absent.filter_map(|one| one["file"].as_str()).collect();
    assert!(
        absent.contains(&"Services.csv") && !absent.contains(&"Exit.csv"),
        "{absent:?}"
    );
    let broken = broken(&project["findings"]);
    let rows: Vec<_> = broken
        .iter()
        .map(|one| (&one["file"], &one["line"], &one["field"]))
        .collect();
    let expected = [
        (&json!("Enrollment.csv"), &json!(3), &json!("EntryDate")),
        (&json!("Exit.csv"), &json!(3), &json!("Destination")),
    ];
    assert_eq!(rows, expected, "{broken:#?}");
    assert_eq!(broken[1]["value"], "77");
    assert!(
        broken
            .iter()
            .all(|one| one["reason"].as_str().is_some_and(|why| why.len() > 10))
    );
    assert_eq!(
        people_served(&place),
        "\"1. Total number of persons served\",2"
    );

    // Again: as a person reads it, and nothing twice.
    let again = import(&folder, "77", &[]).ended(DONE);
    again.says(&format!(
        "0 facts recorded, {recorded} were there before, 0 refused"
    ));
    again.says("  broken      Exit.csv:3  Destination = 77: not a number of this list");
    again.tells("inrete: import report: ");
    for name in ["Anna", "Bea", "Carla", "1990-04-03"] {
        assert!(
            !again.stdout.contains(name) && !again.stderr.contains(name),
            "{name}"
        );
    }

    // Mended: only what is new, and strictly.
    let mended = EXPORT[3].1.replace("soon", "2021-02-10");
    fs::write(folder.join("Enrollment.csv"), mended).expect("written");
    let exits = EXPORT[4].1.replace(",77,", ",99,");
    fs::write(folder.join("Exit.csv"), exits).expect("written");
    let mended = import(&folder, "77", &["--strict", "--json"])
        .ended(DONE)
        .json();
    let project = &mended["projects"][0];
    assert_eq!(project["rejected"], json!([]));
    assert!(project["recorded"].as_u64().is_some_and(|facts| facts > 0));
    assert_eq!(
        people_served(&place),
        "\"1. Total number of persons served\",3"
    );
    place.run(&["verify"]).ended(DONE).says("good: ");
    assert_eq!(place.processes(), []);
}

fn broken(findings: &Value) -> Vec<Value> {
    let findings = findings.as_array().expect("findings").iter();
    findings
        .filter(|one| one["severity"] == "broken")
        .cloned()
        .collect()
}

/// The first row of the tables of the imported project, which is found by its HMIS id.
fn people_served(place: &Place) -> String {
    let out = place.beside("tables");
    let scope = ["report", "hmis", "--pilot", "77", "--from", "2021-01-01"];
    let more = ["--to", "2021-12-31", "--out", text(&out)];
    place.run(&[&scope[..], &more].concat()).ended(DONE);
    let table = read(&out.join("Q5a.csv"));
    table.lines().next().expect("a line").to_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn files(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    entries
        .map(|entry| entry.file_name().into_string().expect("UTF-8"))
        .collect()
}
