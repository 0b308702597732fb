//! Planning: one project of the export as the proposals of one pilot.

use chrono::{DateTime, NaiveDate, Utc};
use domain::Proposal;
use domain::limits::{MAX_HMIS_ID, MAX_PLACE, MAX_TITLE};
use events::codes::{
    AdmissionDecision, CodeList, Currency, IncomeStage, MoveReason, Relation, UnavailableReason,
};
use events::{
    Admission, AdmissionDecided, Answer, DwellingAvailable, DwellingChanged, DwellingId,
    DwellingRegistered, DwellingUnavailable, Event, Exit, HmisProject, HouseholdId,
    HouseholdMemberJoined, HouseholdMemberLeft, IncomeRecorded, JobEnded, JobId, JobPlacement,
    MemberExit, PersonId, PilotId, PilotOpened, ReferralReceived, ServiceProvided,
};
use uuid::Uuid;

use super::dwellings::{Dwelling, Home, Homes, has_units, homes};
use super::findings::{At, Finding, Notes};
use super::members::{NewMember, Work, at_exit, work};
use super::order::{Step, Turn, in_order};
use super::read::{EMPLOYMENT, ENROLLMENT, EXIT, INCOME, PROJECT, Project, SERVICES, Source};
use super::rows::{Enrolment, ProjectRow};
use super::stays::{Age, Leaving, Stay, age, stays};
use super::table::midnight;
use crate::Ids;

/// The export has no such project.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the export has no project `{0}`")]
pub struct UnknownProject(pub String);

/// What an import of one project proposes.
pub struct Plan {
    /// The pilot it becomes.
    pub pilot: PilotId,
    /// The project.
    pub project: Project,
    /// What is proposed, in an order in which it can be accepted.
    pub proposals: Vec<Planned>,
    /// What its reader has to know.
    pub findings: Vec<Finding>,
}

/// A proposal, and where it comes from.
pub struct Planned {
    /// The proposal.
    pub proposal: Proposal,
    /// The file its row is in.
    pub file: &'static str,
    /// The row's line.
    pub line: u64,
    /// The fact's type name.
    pub kind: &'static str,
    /// What it is, without personal data.
    pub what: String,
}

impl Source {
    /// Plans the import of one project.
    ///
    /// # Errors
    /// [`UnknownProject`].
    pub fn plan(&self, project_id: &str, ids: &dyn Ids) -> Result<Plan, UnknownProject> {
        let unknown = || UnknownProject(project_id.to_owned());
        let at = self
            .projects
            .iter()
            .position(|project| project.id == project_id)
            .ok_or_else(unknown)?;
        let project = self.projects().into_iter().nth(at).ok_or_else(unknown)?;
        let mut planning = Planning {
            source: self,
            project: &self.projects[at],
            keys: Keys {
                ids,
                source: &self.id,
                project: project_id,
            },
            notes: self.ledger.projects[at].clone(),
            steps: Vec::new(),
        };
        planning.all(at);
        Ok(Plan {
            pilot: PilotId(ids.public_id("hmis pilot", &[&self.id, project_id])),
            project,
            findings: planning.notes.findings(),
            proposals: in_order(planning.steps),
        })
    }
}

/// Makes ids from the export's keys.
#[derive(Clone, Copy)]
struct Keys<'a> {
    ids: &'a dyn Ids,
    source: &'a str,
    project: &'a str,
}

impl Keys<'_> {
    /// An id that is the same in every project of the source.
    fn id(&self, purpose: &str, parts: &[&str]) -> Uuid {
        let mut all = vec![self.source];
        all.extend(parts);
        self.ids.id(purpose, &all)
    }

    fn in_project<'p>(&'p self, purpose: &str, parts: impl IntoIterator<Item = &'p str>) -> Uuid {
        let mut all = vec![self.project];
        all.extend(parts);
        self.id(purpose, &all)
    }

    fn person(&self, enrolment: &Enrolment) -> PersonId {
        PersonId(self.id("hmis person", &[&enrolment.person]))
    }

    fn household(&self, stay: &Stay) -> HouseholdId {
        HouseholdId(self.in_project("hmis household", stay.key.iter().map(String::as_str)))
    }

    fn dwelling(&self, dwelling: &Dwelling) -> DwellingId {
        DwellingId(self.in_project("hmis dwelling", dwelling.key.iter().map(String::as_str)))
    }

    fn job(&self, row: &str) -> JobId {
        JobId(self.in_project("hmis job", [row]))
    }

    /// A command: the file, the fact, the row's own key.
    fn command(&self, file: &str, kind: &str, row: &[String]) -> Uuid {
        let key = [file, kind]
            .into_iter()
            .chain(row.iter().map(String::as_str));
        self.in_project("hmis command", key)
    }
}

/// Order of facts of one household on one day.
#[derive(Clone, Copy)]
enum Rank {
    Referral,
    Decision,
    Admission,
    Joined,
    Moved,
    Income,
    JobBegan,
    JobEnded,
    Service,
    Left(u8),
    Exit,
}

impl Rank {
    fn number(self) -> u8 {
        const EXIT: u8 = u8::MAX;
        match self {
            Self::Referral => 0,
            Self::Decision => 1,
            Self::Admission => 2,
            Self::Joined => 3,
            Self::Moved => 4,
            Self::Income => 5,
            Self::JobBegan => 6,
            Self::JobEnded => 7,
            Self::Service => 8,
            // In the order in which they left.
            Self::Left(number) => number.saturating_add(9).min(EXIT - 1),
            Self::Exit => EXIT,
        }
    }
}

/// Where a proposal comes from and when it happened.
struct Origin<'a> {
    file: &'static str,
    line: u64,
    on: NaiveDate,
    created: Option<DateTime<Utc>>,
    key: &'a [String],
}

struct Planning<'a> {
    source: &'a Source,
    project: &'a ProjectRow,
    keys: Keys<'a>,
    notes: Notes,
    steps: Vec<Step<Planned>>,
}

/// A stay on its way to proposals.
#[derive(Clone, Copy)]
struct Household<'a> {
    stay: &'a Stay,
    id: HouseholdId,
    turn: Turn,
    home: Option<(Home, DwellingId)>,
}

impl<'a> Planning<'a> {
    fn all(&mut self, project: usize) {
        let stays = stays(self.source, project, &mut self.notes);
        let Some(opened) = self.opened(&stays) else {
            let at = self.project_at("OperatingStartDate");
            let reason = "neither a first day nor a row with a date: there is nothing to import";
            self.notes.broken(at, reason, None);
            return;
        };
        self.pilot(opened);
        let Homes { dwellings, of_stay } =
            homes(self.source, self.project, &stays, opened, &mut self.notes);
        for dwelling in &dwellings {
            self.dwelling(dwelling);
        }
        for (number, (stay, home)) in stays.iter().zip(&of_stay).enumerate() {
            let home = home.map(|home| (home, self.keys.dwelling(&dwellings[home.dwelling])));
            let household = Household {
                stay,
                id: self.keys.household(stay),
                turn: Turn::Household(number),
                home,
            };
            self.household(household);
        }
    }

    fn project_at<'f>(&self, field: &'f str) -> At<'f> {
        At {
            file: PROJECT,
            line: self.project.line,
            field,
        }
    }

    /// The day the pilot opens: nothing may be dated before it. Where people entered before the
    /// project's official start, a later export with a still earlier entry cannot move it.
    fn opened(&mut self, stays: &[Stay]) -> Option<NaiveDate> {
        let units = has_units(self.project);
        let inventory = self
            .project
            .inventory
            .iter()
            .filter(|_| units)
            .filter_map(|row| row.from);
        let first = stays.iter().map(|stay| stay.entry).chain(inventory).min();
        match (self.project.started, first) {
            (Some(started), Some(first)) if first < started => {
                let at = self.project_at("OperatingStartDate");
                let reason =
                    "later than the first entry or the first unit: the pilot opens on that day";
                self.notes.assumed(at, reason);
                Some(first)
            }
            (None, Some(first)) => {
                let at = self.project_at("OperatingStartDate");
                let reason =
                    "missing: the pilot opens on the day of the first entry or the first unit";
                self.notes.assumed(at, reason);
                Some(first)
            }
            (started, _) => started,
        }
    }

    fn pilot(&mut self, opened: NaiveDate) {
        let project = self.project;
        if project.kind.is_none() {
            let at = self.project_at("ProjectType");
            let reason = "missing or not a number: HUD's tables cannot be written for it";
            self.notes.broken(at, reason, None);
        }
        let place = match &project.place {
            Some(place) => place.clone(),
            None => {
                let at = self.project_at("OrganizationID");
                let reason = "no place in ProjectCoC.csv: the organisation's name stands for it";
                self.notes.assumed(at, reason);
                project.organization_name.clone()
            }
        };
        let fits = project.id.chars().count() <= MAX_HMIS_ID;
        if !fits {
            let at = self.project_at("ProjectID");
            let reason = "too long to be kept: HUD's tables cannot be written for it";
            self.notes.broken(at, reason, None);
        }
        for (field, text, limit) in [
            ("ProjectName", &project.name, MAX_TITLE),
            ("OrganizationID", &place, MAX_PLACE),
        ] {
            if text.chars().count() > limit {
                let at = self.project_at(field);
                self.notes.assumed(
                    at,
                    "the name of the project or of its place is too long: shortened",
                );
            }
        }
        let event = PilotOpened {
            title: plain_text(&project.name, &project.id, MAX_TITLE),
            place: plain_text(&place, &project.id, MAX_PLACE),
            code: self.code(),
            currency: Currency::Usd,
            hmis_project: project
                .kind
                .filter(|_| fits)
                .map(|project_type| HmisProject {
                    project_id: project.id.clone(),
                    project_type,
                    tracking_method: project.tracking,
                }),
        };
        let key = [project.id.clone()];
        let origin = Origin {
            file: PROJECT,
            line: project.line,
            on: opened,
            created: project.created,
            key: &key,
        };
        self.plain(&origin, Turn::Opening, 0, "the pilot", event);
    }

    /// `hmis-` and the project's id, in letters that an address can hold.
    fn code(&self) -> String {
        const LONGEST: usize = 28;
        let id = &self.project.id;
        let safe: String = id
            .chars()
            .map(|c| c.to_ascii_lowercase())
            .map(|c| {
                if c.is_ascii_lowercase() || c.is_ascii_digit() {
                    c
                } else {
                    '-'
                }
            })
            .take(LONGEST)
            .collect();
        if safe == *id {
            return format!("hmis-{safe}");
        }
        // Two ids that differ only in other letters stay two.
        let tail = self.keys.id("hmis pilot", &[id]).simple().to_string();
        format!("hmis-{}-{}", safe.trim_matches('-'), &tail[..6])
    }

    fn dwelling(&mut self, dwelling: &Dwelling) {
        let id = self.keys.dwelling(dwelling);
        let label = match dwelling.number {
            Some(number) => format!("Unit {number}"),
            // Not numbered: a number would change with every home that a later export adds.
            None => format!("Home {}", &id.0.simple().to_string()[..6]),
        };
        let mut origin = Origin {
            file: dwelling.file,
            line: dwelling.line,
            on: dwelling.opens,
            created: dwelling.created,
            key: &dwelling.key,
        };
        let registered = DwellingRegistered {
            dwelling: id,
            label: label.clone(),
            rooms: 1,
            beds: dwelling.beds,
            step_free: Answer::NotCollected,
        };
        self.plain(&origin, Turn::Opening, 1, &label, registered);
        let available = DwellingAvailable { dwelling: id };
        self.plain(&origin, Turn::Opening, 2, &label, available);
        if let Some(closes) = dwelling.closes {
            origin.on = closes;
            origin.created = None;
            let unavailable = DwellingUnavailable {
                dwelling: id,
                reason: UnavailableReason::Administrative,
            };
            self.plain(&origin, Turn::Closing, 0, &label, unavailable);
        }
    }

    fn household(&mut self, household: Household<'_>) {
        let stay = household.stay;
        self.admission(household);
        for member in &stay.members {
            if !stay.admitted.contains(member) {
                self.joined(household, *member);
            }
        }
        self.moved(household);
        for member in &stay.members {
            let enrolment = &self.source.enrolments[*member];
            self.incomes(household, enrolment);
            self.jobs(household, enrolment);
            self.services(household, enrolment);
        }
        for (number, leaving) in stay.leavings.iter().enumerate() {
            match leaving {
                Leaving::One {
                    enrolment,
                    new_head,
                } => {
                    let number = u8::try_from(number).unwrap_or(u8::MAX);
                    self.left(household, *enrolment, *new_head, Rank::Left(number));
                }
                Leaving::All { enrolments } => self.exit(household, enrolments),
            }
        }
    }

    /// Referral, decision and admission: the export knows only the last.
    fn admission(&mut self, household: Household<'_>) {
        let stay = household.stay;
        let head = &self.source.enrolments[stay.head];
        let origin = Origin {
            file: ENROLLMENT,
            line: head.line,
            on: stay.entry,
            created: head.created,
            key: &stay.key,
        };
        let at = At {
            file: ENROLLMENT,
            line: head.line,
            field: "EntryDate",
        };
        let reason =
            "referral and decision are not in the export: both are taken to be of the day of entry";
        self.notes.assumed(at, reason);

        let children = stay
            .admitted
            .iter()
            .filter(|member| self.is_child(stay, **member))
            .count();
        let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        let referral = ReferralReceived {
            household: household.id,
            source: head.referral,
            adults: count(stay.admitted.len() - children),
            children: count(children),
            urgency: Answer::NotCollected,
        };
        self.step(&origin, household, Rank::Referral, "a household", referral);
        let decided = AdmissionDecided {
            household: household.id,
            decision: AdmissionDecision::Accepted,
            reason: None,
        };
        self.step(&origin, household, Rank::Decision, "accepted", decided);

        let members: Vec<NewMember> = stay
            .admitted
            .iter()
            .map(|m| self.new_member(stay, *m))
            .collect();
        let what = match members.len() {
            1 => "one person".to_owned(),
            n => format!("{n} people"),
        };
        let home = household
            .home
            .filter(|(home, _)| home.at_admission)
            .map(|(_, id)| id);
        let mut takes: Vec<Uuid> = stay
            .admitted
            .iter()
            .map(|member| self.keys.person(&self.source.enrolments[*member]).0)
            .collect();
        takes.extend(home.map(|home| home.0));
        let id = household.id;
        let command = self.keys.command(ENROLLMENT, "Admission", origin.key);
        let proposal = Proposal::sealing(command, origin.on, move |seal| {
            let members = members
                .iter()
                .map(|member| member.seal(seal))
                .collect::<Result<_, _>>()?;
            let admission = Admission {
                household: id,
                dwelling: home,
                members,
            };
            Ok(admission.into())
        });
        self.sealed(
            &origin,
            household,
            Rank::Admission,
            "Admission",
            what,
            proposal,
        );
        if let Some(step) = self.steps.last_mut() {
            step.takes = takes;
            step.begins = true;
        }
    }

    fn new_member(&mut self, stay: &Stay, member: usize) -> NewMember {
        let enrolment = &self.source.enrolments[member];
        let relation = stay.relations.get(&member).copied().unwrap_or_default();
        let person = self.keys.person(enrolment);
        NewMember::of(self.source, enrolment, person, relation, &mut self.notes)
    }

    fn is_child(&self, stay: &Stay, member: usize) -> bool {
        match age(self.source, member, stay.entry) {
            Age::Adult => false,
            Age::Minor => true,
            Age::Unknown => stay.relations.get(&member) == Some(&Answer::Known(Relation::Child)),
        }
    }

    fn joined(&mut self, household: Household<'_>, member: usize) {
        let enrolment = &self.source.enrolments[member];
        let new = self.new_member(household.stay, member);
        let key = [enrolment.id.clone()];
        let origin = Origin {
            file: ENROLLMENT,
            line: enrolment.line,
            on: enrolment.entry,
            created: enrolment.created,
            key: &key,
        };
        let id = household.id;
        let command = self.keys.command(ENROLLMENT, "HouseholdMemberJoined", &key);
        let proposal = Proposal::sealing(command, origin.on, move |seal| {
            let joined = HouseholdMemberJoined {
                household: id,
                member: new.seal(seal)?,
            };
            Ok(joined.into())
        });
        let what = "one person".to_owned();
        let kind = "HouseholdMemberJoined";
        self.sealed(&origin, household, Rank::Joined, kind, what, proposal);
        let person = self.keys.person(enrolment);
        if let Some(step) = self.steps.last_mut() {
            step.takes = vec![person.0];
        }
    }

    fn moved(&mut self, household: Household<'_>) {
        let Some((home, dwelling)) = household.home.filter(|(home, _)| !home.at_admission) else {
            return;
        };
        let head = &self.source.enrolments[household.stay.head];
        let origin = Origin {
            file: ENROLLMENT,
            line: head.line,
            on: home.from,
            // The row may be older than the move; then nobody knows when it was written down.
            created: head
                .created
                .filter(|created| *created >= midnight(home.from)),
            key: &household.stay.key,
        };
        let changed = DwellingChanged {
            household: household.id,
            dwelling,
            reason: MoveReason::MovedIn,
        };
        self.step(&origin, household, Rank::Moved, "moved in", changed);
        if let Some(step) = self.steps.last_mut() {
            step.takes = vec![dwelling.0];
        }
    }

    fn incomes(&mut self, household: Household<'_>, enrolment: &'a Enrolment) {
        for row in &enrolment.incomes {
            if !enrolment.covers(row.on) {
                let at = At {
                    file: INCOME,
                    line: row.line,
                    field: "InformationDate",
                };
                let reason = "outside of the enrolment: the income is left out";
                self.notes.broken(at, reason, None);
                continue;
            }
            let key = [row.id.clone()];
            let origin = Origin {
                file: INCOME,
                line: row.line,
                on: row.on,
                created: row.created,
                key: &key,
            };
            let recorded = IncomeRecorded {
                household: household.id,
                person: self.keys.person(enrolment),
                stage: row.stage,
                income: row.income.clone(),
            };
            let what = stage_words(row.stage);
            self.step(&origin, household, Rank::Income, what, recorded);
        }
    }

    fn jobs(&mut self, household: Household<'_>, enrolment: &'a Enrolment) {
        for happened in work(enrolment, &mut self.notes) {
            let (row, rank, what, event): (_, _, _, Event) = match happened {
                Work::Began { row, contract } => {
                    let placement = JobPlacement {
                        household: household.id,
                        person: self.keys.person(enrolment),
                        job: self.keys.job(&row.id),
                        contract,
                        weekly_hours: None,
                        partner: None,
                    };
                    (row, Rank::JobBegan, "began to work", placement.into())
                }
                Work::Ended { row, job } => {
                    let ended = JobEnded {
                        household: household.id,
                        job: self.keys.job(&job.id),
                        reason: Answer::NotCollected,
                    };
                    (row, Rank::JobEnded, "no longer works", ended.into())
                }
            };
            let key = [row.id.clone()];
            let origin = Origin {
                file: EMPLOYMENT,
                line: row.line,
                on: row.on,
                created: row.created,
                key: &key,
            };
            self.step(&origin, household, rank, what, event);
        }
    }

    fn services(&mut self, household: Household<'_>, enrolment: &'a Enrolment) {
        for row in &enrolment.services {
            if !enrolment.covers(row.on) {
                let at = At {
                    file: SERVICES,
                    line: row.line,
                    field: "DateProvided",
                };
                let reason = "outside of the enrolment: the service is left out";
                self.notes.broken(at, reason, None);
                continue;
            }
            let key = [row.id.clone()];
            let origin = Origin {
                file: SERVICES,
                line: row.line,
                on: row.on,
                created: row.created,
                key: &key,
            };
            let provided = ServiceProvided {
                household: household.id,
                person: Some(self.keys.person(enrolment)),
                partner: None,
                service: row.service,
                minutes: None,
                amount: row.amount,
                note: None,
            };
            self.step(
                &origin,
                household,
                Rank::Service,
                row.service.code(),
                provided,
            );
        }
    }

    fn left(
        &mut self,
        household: Household<'_>,
        member: usize,
        new_head: Option<usize>,
        rank: Rank,
    ) {
        let enrolment = &self.source.enrolments[member];
        let Some(row) = &enrolment.exit else { return };
        let key = [enrolment.id.clone()];
        let origin = Origin {
            file: EXIT,
            line: row.line,
            on: row.on,
            created: row.created,
            key: &key,
        };
        let person = self.keys.person(enrolment);
        let left = HouseholdMemberLeft {
            household: household.id,
            person,
            destination: row.destination,
            employment: at_exit(enrolment),
            new_head: new_head.map(|head| self.keys.person(&self.source.enrolments[head])),
        };
        self.step(&origin, household, rank, "one person", left);
        if let Some(step) = self.steps.last_mut() {
            step.frees = vec![person.0];
        }
    }

    fn exit(&mut self, household: Household<'_>, enrolments: &[usize]) {
        let source = self.source;
        let head = enrolments.first().map(|head| &source.enrolments[*head]);
        let Some(row) = head.and_then(|head| head.exit.as_ref()) else {
            return;
        };
        let origin = Origin {
            file: EXIT,
            line: row.line,
            on: row.on,
            created: row.created,
            key: &household.stay.key,
        };
        let members: Vec<MemberExit> = enrolments
            .iter()
            .map(|member| &source.enrolments[*member])
            .map(|enrolment| MemberExit {
                person: self.keys.person(enrolment),
                destination: enrolment
                    .exit
                    .as_ref()
                    .map_or(Answer::NotCollected, |exit| exit.destination),
                employment: at_exit(enrolment),
            })
            .collect();
        let mut frees: Vec<Uuid> = members.iter().map(|member| member.person.0).collect();
        frees.extend(household.home.map(|(_, dwelling)| dwelling.0));
        let what = match members.len() {
            1 => "one person".to_owned(),
            n => format!("{n} people"),
        };
        let exit = Exit {
            household: household.id,
            members,
            reason: Answer::NotCollected,
            completion: row.completion,
            dismissal_reason: None,
            client_safety: row.client_safety,
            worker_safety: row.worker_safety,
            safety_plan: Answer::NotCollected,
        };
        self.step(&origin, household, Rank::Exit, &what, exit);
        if let Some(step) = self.steps.last_mut() {
            step.frees = frees;
        }
    }

    fn step(
        &mut self,
        origin: &Origin<'_>,
        household: Household<'_>,
        rank: Rank,
        what: &str,
        event: impl Into<Event>,
    ) {
        self.plain(origin, household.turn, rank.number(), what, event);
    }

    fn plain(
        &mut self,
        origin: &Origin<'_>,
        turn: Turn,
        rank: u8,
        what: &str,
        event: impl Into<Event>,
    ) {
        let event = event.into();
        let kind = event.kind();
        let command = self.keys.command(origin.file, kind, origin.key);
        let proposal = Proposal::plain(command, origin.on, event);
        self.push(origin, turn, rank, kind, what.to_owned(), proposal);
    }

    fn sealed(
        &mut self,
        origin: &Origin<'_>,
        household: Household<'_>,
        rank: Rank,
        kind: &'static str,
        what: String,
        proposal: Proposal,
    ) {
        self.push(origin, household.turn, rank.number(), kind, what, proposal);
    }

    fn push(
        &mut self,
        origin: &Origin<'_>,
        turn: Turn,
        rank: u8,
        kind: &'static str,
        what: String,
        proposal: Proposal,
    ) {
        let proposal = match origin.created {
            Some(created) => proposal.entered_at(created),
            None => proposal,
        };
        self.steps.push(Step {
            on: origin.on,
            turn,
            rank,
            begins: false,
            takes: Vec::new(),
            frees: Vec::new(),
            what: Planned {
                proposal,
                file: origin.file,
                line: origin.line,
                kind,
                what,
            },
        });
    }
}

/// The text on one line, no longer than `limit`; `instead` when there is none.
fn plain_text(text: &str, instead: &str, limit: usize) -> String {
    let plain = |text: &str| {
        let spaced: String = text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
        line.chars().take(limit).collect::<String>()
    };
    let line = plain(text);
    if line.is_empty() {
        plain(instead)
    } else {
        line
    }
}

fn stage_words(stage: IncomeStage) -> &'static str {
    match stage {
        IncomeStage::Entry => "income at entry",
        IncomeStage::Update => "income, update",
        IncomeStage::Annual => "income, annual assessment",
        IncomeStage::Exit => "income at exit",
    }
}
