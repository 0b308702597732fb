//! Reading an export.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::findings::{At, Finding, Notes};
use super::rows::{
    ClientRow, EmploymentRow, Enrolment, ExitRow, IncomeRow, InventoryRow, ProjectRow, ServiceRow,
};
use super::table::{Layout, Ledger, Row, Scope, each_row};
use super::{codes, rows};

pub(super) const EXPORT: &str = "Export.csv";
pub(super) const PROJECT: &str = "Project.csv";
pub(super) const INVENTORY: &str = "Inventory.csv";
pub(super) const CLIENT: &str = "Client.csv";
pub(super) const ENROLLMENT: &str = "Enrollment.csv";
pub(super) const EXIT: &str = "Exit.csv";
pub(super) const INCOME: &str = "IncomeBenefits.csv";
pub(super) const EMPLOYMENT: &str = "EmploymentEducation.csv";
pub(super) const SERVICES: &str = "Services.csv";
const ORGANIZATION: &str = "Organization.csv";
const PROJECT_COC: &str = "ProjectCoC.csv";

/// Versions of the standard that are read.
const VERSIONS: [&str; 2] = ["FY2022", "2022"];

/// Files of the standard of which nothing is used, and the column that says whom a row concerns.
const UNUSED: [Layout; 12] = [
    layout("Affiliation.csv", &["ProjectID"]),
    layout("Funder.csv", &["ProjectID"]),
    layout("Assessment.csv", &["EnrollmentID"]),
    layout("AssessmentQuestions.csv", &["EnrollmentID"]),
    layout("AssessmentResults.csv", &["EnrollmentID"]),
    layout("CurrentLivingSituation.csv", &["EnrollmentID"]),
    layout("Disabilities.csv", &["EnrollmentID"]),
    layout("EnrollmentCoC.csv", &["EnrollmentID"]),
    layout("Event.csv", &["EnrollmentID"]),
    layout("HealthAndDV.csv", &["EnrollmentID"]),
    layout("YouthEducationStatus.csv", &["EnrollmentID"]),
    layout("User.csv", &["UserID"]),
];

/// Files of which something is used.
const USED: [&str; 11] = [
    EXPORT,
    PROJECT,
    ORGANIZATION,
    PROJECT_COC,
    INVENTORY,
    CLIENT,
    ENROLLMENT,
    EXIT,
    INCOME,
    EMPLOYMENT,
    SERVICES,
];

const fn layout(file: &'static str, used: &'static [&'static str]) -> Layout {
    Layout { file, used }
}

/// Why a folder is no export that can be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such folder.
    #[error("{path} is no folder")]
    NotAFolder {
        /// What was named.
        path: String,
    },
    /// A file that every export has is missing.
    #[error("the export has no {file}")]
    FileMissing {
        /// The file.
        file: &'static str,
    },
    /// The file lacks columns that are needed.
    #[error("{file} lacks the columns {}", columns.join(", "))]
    MissingColumns {
        /// The file.
        file: &'static str,
        /// The columns.
        columns: Vec<&'static str>,
    },
    /// The export follows another version of the standard, or does not say which.
    #[error("{EXPORT} says CSVVersion `{found}`; FY2022 is read")]
    WrongVersion {
        /// What it says; empty when it says nothing.
        found: String,
    },
    /// The export does not say where it comes from: its keys mean nothing beyond it.
    #[error("{EXPORT} names no source: SourceID and SourceName are empty")]
    NoSource,
    /// The file, or a row of it, is larger than any honest export's.
    #[error("{file} is too large to be an export's")]
    TooLarge {
        /// The file.
        file: &'static str,
    },
    /// The operating system does not give the file, or it is no CSV.
    #[error("{file} cannot be read: {source}")]
    Unreadable {
        /// The file.
        file: &'static str,
        /// What happened.
        source: std::io::Error,
    },
}

/// A project of the export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// `ProjectID`.
    pub id: String,
    /// `ProjectName`.
    pub name: String,
    /// `ProjectType`, the standard's number.
    pub project_type: Option<u8>,
    /// `TrackingMethod`; emergency shelters only.
    pub tracking_method: Option<u8>,
}

/// One export folder, read and checked.
pub struct Source {
    /// The export's `SourceID`: what its keys are unique within.
    pub(super) id: String,
    pub(super) projects: Vec<ProjectRow>,
    pub(super) clients: BTreeMap<String, ClientRow>,
    pub(super) enrolments: Vec<Enrolment>,
    pub(super) ledger: Ledger,
}

impl Source {
    /// Reads an export. Files that are optional may be missing.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn read(dir: &Path) -> Result<Self, ReadError> {
        if !dir.is_dir() {
            return Err(ReadError::NotAFolder {
                path: dir.display().to_string(),
            });
        }
        let mut reading = Reading::new(dir);
        reading.export()?;
        reading.projects()?;
        reading.places()?;
        reading.inventory()?;
        reading.enrolments()?;
        reading.clients()?;
        reading.exits()?;
        reading.incomes()?;
        reading.employments()?;
        reading.services()?;
        reading.unused()?;
        reading.other_files();
        Ok(reading.source)
    }

    /// The export's projects, in its order.
    pub fn projects(&self) -> Vec<Project> {
        self.projects
            .iter()
            .map(|project| Project {
                id: project.id.clone(),
                name: project.name.clone(),
                project_type: project.kind,
                tracking_method: project.tracking,
            })
            .collect()
    }

    /// What is to be said about the export as a whole: files that are missing or not of the
    /// standard, columns of no project, rows that belong to nothing in it.
    pub fn findings(&self) -> Vec<Finding> {
        self.ledger.export.findings()
    }
}

struct Reading<'d> {
    dir: &'d Path,
    source: Source,
    project_at: BTreeMap<String, usize>,
    /// Enrolment and project of each `EnrollmentID`.
    enrolment_at: BTreeMap<String, (usize, usize)>,
    projects_of_person: BTreeMap<String, BTreeSet<usize>>,
}

impl<'d> Reading<'d> {
    fn new(dir: &'d Path) -> Self {
        Self {
            dir,
            source: Source {
                id: String::new(),
                projects: Vec::new(),
                clients: BTreeMap::new(),
                enrolments: Vec::new(),
                ledger: Ledger {
                    export: Notes::default(),
                    projects: Vec::new(),
                },
            },
            project_at: BTreeMap::new(),
            enrolment_at: BTreeMap::new(),
            projects_of_person: BTreeMap::new(),
        }
    }

    fn export(&mut self) -> Result<(), ReadError> {
        let layout = layout(EXPORT, &["SourceID", "SourceName", "CSVVersion"]);
        let mut version = String::new();
        let mut id = String::new();
        let there = each_row(
            self.dir,
            &layout,
            &mut self.source.ledger,
            |_| Scope::Export,
            |row, _, ledger| {
                version = row.text("CSVVersion").to_owned();
                id = row.text("SourceID").to_owned();
                if id.is_empty() {
                    id = row.text("SourceName").to_owned();
                    ledger
                        .export
                        .assumed(row.at("SourceID"), "empty: the source's name stands for it");
                }
            },
        )?;
        required(there, EXPORT)?;
        if !VERSIONS.contains(&version.as_str()) {
            return Err(ReadError::WrongVersion { found: version });
        }
        if id.is_empty() {
            return Err(ReadError::NoSource);
        }
        self.source.id = id;
        Ok(())
    }

    fn projects(&mut self) -> Result<(), ReadError> {
        let layout = layout(
            PROJECT,
            &[
                "ProjectID",
                "OrganizationID",
                "ProjectName",
                "OperatingStartDate",
                "ProjectType",
                "HousingType",
                "TrackingMethod",
                "DateCreated",
            ],
        );
        // The projects' own notes exist only after this: the rows are listed first.
        let mut ids = Vec::new();
        let mut first = Ledger {
            export: Notes::default(),
            projects: Vec::new(),
        };
        let there = each_row(
            self.dir,
            &layout,
            &mut first,
            |_| Scope::Export,
            |row, _, _| ids.push(row.text("ProjectID").to_owned()),
        )?;
        required(there, PROJECT)?;
        for id in ids {
            let next = self.project_at.len();
            self.project_at.entry(id).or_insert(next);
        }
        self.source
            .ledger
            .projects
            .resize_with(self.project_at.len(), Notes::default);

        let Self {
            dir,
            source,
            project_at,
            ..
        } = self;
        let projects = &mut source.projects;
        each_row(
            dir,
            &layout,
            &mut source.ledger,
            by_project(project_at),
            |row, whom, ledger| {
                let Scope::Project(at) = whom else { return };
                let notes = &mut ledger.projects[*at];
                if *at < projects.len() {
                    notes.broken(row.at("ProjectID"), DUPLICATE, None);
                    return;
                }
                projects.push(ProjectRow {
                    line: row.line,
                    id: row.text("ProjectID").to_owned(),
                    organization: row.text("OrganizationID").to_owned(),
                    organization_name: String::new(),
                    name: row.text("ProjectName").to_owned(),
                    started: rows::date(row, "OperatingStartDate", notes),
                    kind: rows::number(row, "ProjectType", notes),
                    housing: rows::number(row, "HousingType", notes),
                    tracking: rows::number(row, "TrackingMethod", notes),
                    created: rows::created(row, notes),
                    place: None,
                    inventory: Vec::new(),
                    enrolments: Vec::new(),
                });
            },
        )?;
        Ok(())
    }

    /// Organisation names and places.
    fn places(&mut self) -> Result<(), ReadError> {
        let mut of_organization: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (at, project) in self.source.projects.iter().enumerate() {
            of_organization
                .entry(project.organization.clone())
                .or_default()
                .insert(at);
        }
        let Self {
            dir,
            source,
            project_at,
            ..
        } = self;
        let projects = &mut source.projects;
        let layout_org = layout(ORGANIZATION, &["OrganizationID", "OrganizationName"]);
        let there = each_row(
            dir,
            &layout_org,
            &mut source.ledger,
            |row| match of_organization.get(row.text("OrganizationID")) {
                Some(all) => Scope::Projects(all.clone()),
                // An organisation without a project concerns nobody, which is not wrong.
                None => Scope::Export,
            },
            |row, whom, _| {
                if let Scope::Projects(all) = whom {
                    for at in all {
                        projects[*at].organization_name = row.text("OrganizationName").to_owned();
                    }
                }
            },
        )?;
        optional(there, ORGANIZATION, &mut source.ledger);
        let layout_coc = layout(PROJECT_COC, &["ProjectID", "City", "State"]);
        let there = each_row(
            dir,
            &layout_coc,
            &mut source.ledger,
            by_project(project_at),
            |row, whom, ledger| {
                let Scope::Project(at) = whom else { return };
                let place = [row.text("City"), row.text("State")]
                    .into_iter()
                    .filter(|part| !part.is_empty())
                    .collect::<Vec<_>>()
                    .join(", ");
                let known = &mut projects[*at].place;
                if known.is_some() {
                    ledger.projects[*at].not_mapped(
                        row.at("City"),
                        "a further place of the project: the first one is kept",
                        None,
                    );
                } else if !place.is_empty() {
                    *known = Some(place);
                }
            },
        )?;
        optional(there, PROJECT_COC, &mut source.ledger);
        Ok(())
    }

    fn inventory(&mut self) -> Result<(), ReadError> {
        let layout = layout(
            INVENTORY,
            &[
                "InventoryID",
                "ProjectID",
                "HouseholdType",
                "UnitInventory",
                "BedInventory",
                "InventoryStartDate",
                "InventoryEndDate",
                "DateCreated",
            ],
        );
        let Self {
            dir,
            source,
            project_at,
            ..
        } = self;
        let projects = &mut source.projects;
        let there = each_row(
            dir,
            &layout,
            &mut source.ledger,
            by_project(project_at),
            |row, whom, ledger| {
                let Scope::Project(at) = whom else { return };
                let notes = &mut ledger.projects[*at];
                let inventory = InventoryRow::read(row, notes);
                let known = &mut projects[*at].inventory;
                if known.iter().any(|other| other.id == inventory.id) {
                    notes.broken(row.at("InventoryID"), DUPLICATE, None);
                } else {
                    known.push(inventory);
                }
            },
        )?;
        optional(there, INVENTORY, &mut source.ledger);
        Ok(())
    }

    fn enrolments(&mut self) -> Result<(), ReadError> {
        let layout = layout(
            ENROLLMENT,
            &[
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
                "DateCreated",
            ],
        );
        let Self {
            dir,
            source,
            project_at,
            enrolment_at,
            projects_of_person,
        } = self;
        let projects = &mut source.projects;
        let enrolments = &mut source.enrolments;
        let there = each_row(
            dir,
            &layout,
            &mut source.ledger,
            by_project(project_at),
            |row, whom, ledger| {
                let Scope::Project(project) = whom else {
                    return;
                };
                let notes = &mut ledger.projects[*project];
                let Some(enrolment) = Enrolment::read(row, notes) else {
                    return;
                };
                if enrolment_at.contains_key(&enrolment.id) {
                    notes.broken(row.at("EnrollmentID"), DUPLICATE, None);
                    return;
                }
                let at = enrolments.len();
                enrolment_at.insert(enrolment.id.clone(), (at, *project));
                projects_of_person
                    .entry(enrolment.person.clone())
                    .or_default()
                    .insert(*project);
                projects[*project].enrolments.push(at);
                enrolments.push(enrolment);
            },
        )?;
        required(there, ENROLLMENT)
    }

    fn clients(&mut self) -> Result<(), ReadError> {
        let layout = layout(
            CLIENT,
            &[
                "PersonalID",
                "FirstName",
                "MiddleName",
                "LastName",
                "NameSuffix",
                "DOB",
                "DOBDataQuality",
            ],
        );
        let Self {
            dir,
            source,
            projects_of_person,
            ..
        } = self;
        let clients = &mut source.clients;
        let there = each_row(
            dir,
            &layout,
            &mut source.ledger,
            |row| match projects_of_person.get(row.text("PersonalID")) {
                Some(all) => Scope::Projects(all.clone()),
                None => Scope::Export,
            },
            |row, whom, ledger| {
                if *whom == Scope::Export {
                    ledger.export.not_mapped(
                        row.at("PersonalID"),
                        "a person without an enrolment: nothing to import",
                        None,
                    );
                    return;
                }
                let id = row.text("PersonalID").to_owned();
                if clients.contains_key(&id) {
                    ledger.each(whom, |notes| {
                        notes.broken(row.at("PersonalID"), DUPLICATE, None);
                    });
                    return;
                }
                let mut client = None;
                ledger.each(whom, |notes| client = Some(ClientRow::read(row, notes)));
                clients.extend(client.map(|client| (id, client)));
            },
        )?;
        required(there, CLIENT)
    }

    fn exits(&mut self) -> Result<(), ReadError> {
        let layout = layout(
            EXIT,
            &[
                "EnrollmentID",
                "PersonalID",
                "ExitDate",
                "Destination",
                "ProjectCompletionStatus",
                "DestinationSafeClient",
                "DestinationSafeWorker",
                "DateCreated",
            ],
        );
        let there = self.of_enrolments(&layout, |row, enrolment, notes| {
            if enrolment.exit.is_some() {
                notes.broken(
                    row.at("EnrollmentID"),
                    "a second exit of the same enrolment: left out",
                    None,
                );
                return;
            }
            enrolment.exit = ExitRow::read(row, enrolment.entry, notes);
        })?;
        required(there, EXIT)
    }

    fn incomes(&mut self) -> Result<(), ReadError> {
        let layout = layout(
            INCOME,
            &[
                "IncomeBenefitsID",
                "EnrollmentID",
                "PersonalID",
                "InformationDate",
                "IncomeFromAnySource",
                "TotalMonthlyIncome",
                "Earned",
                "EarnedAmount",
                "Unemployment",
                "UnemploymentAmount",
                "SSI",
                "SSIAmount",
                "SSDI",
                "SSDIAmount",
                "VADisabilityService",
                "VADisabilityServiceAmount",
                "VADisabilityNonService",
                "VADisabilityNonServiceAmount",
                "PrivateDisability",
                "PrivateDisabilityAmount",
                "WorkersComp",
                "WorkersCompAmount",
                "TANF",
                "TANFAmount",
                "GA",
                "GAAmount",
                "SocSecRetirement",
                "SocSecRetirementAmount",
                "Pension",
                "PensionAmount",
                "ChildSupport",
                "ChildSupportAmount",
                "Alimony",
                "AlimonyAmount",
                "OtherIncomeSource",
                "OtherIncomeAmount",
                "DataCollectionStage",
                "DateCreated",
            ],
        );
        let there = self.each_once(&layout, "IncomeBenefitsID", IncomeRow::read, |whose| {
            &mut whose.incomes
        })?;
        optional(there, INCOME, &mut self.source.ledger);
        Ok(())
    }

    fn employments(&mut self) -> Result<(), ReadError> {
        let layout = layout(
            EMPLOYMENT,
            &[
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
        );
        let there = self.each_once(
            &layout,
            "EmploymentEducationID",
            EmploymentRow::read,
            |whose| &mut whose.employments,
        )?;
        optional(there, EMPLOYMENT, &mut self.source.ledger);
        Ok(())
    }

    fn services(&mut self) -> Result<(), ReadError> {
        let layout = layout(
            SERVICES,
            &[
                "ServicesID",
                "EnrollmentID",
                "PersonalID",
                "DateProvided",
                "RecordType",
                "TypeProvided",
                "FAAmount",
                "DateCreated",
            ],
        );
        let mut seen = BTreeSet::new();
        let there = self.of_enrolments(&layout, |row, enrolment, notes| {
            // Bed nights are many and not kept: their keys need not be either.
            if row.text("RecordType") != codes::BED_NIGHT
                && !seen.insert(row.text("ServicesID").to_owned())
            {
                notes.broken(row.at("ServicesID"), DUPLICATE, None);
            } else if let Some(service) = ServiceRow::read(row, notes) {
                enrolment.services.push(service);
            }
        })?;
        optional(there, SERVICES, &mut self.source.ledger);
        Ok(())
    }

    /// Reads a file whose rows hang on enrolments, each `id` once.
    fn each_once<T>(
        &mut self,
        layout: &Layout,
        id: &'static str,
        read: fn(&Row<'_>, &mut Notes) -> Option<T>,
        list: fn(&mut Enrolment) -> &mut Vec<T>,
    ) -> Result<bool, ReadError> {
        let mut seen = BTreeSet::new();
        self.of_enrolments(layout, |row, enrolment, notes| {
            if !seen.insert(row.text(id).to_owned()) {
                notes.broken(row.at(id), DUPLICATE, None);
            } else if let Some(one) = read(row, notes) {
                list(enrolment).push(one);
            }
        })
    }

    /// Reads a file whose rows hang on enrolments.
    fn of_enrolments(
        &mut self,
        layout: &Layout,
        mut take: impl FnMut(&Row<'_>, &mut Enrolment, &mut Notes),
    ) -> Result<bool, ReadError> {
        let Self {
            dir,
            source,
            enrolment_at,
            ..
        } = self;
        let enrolments = &mut source.enrolments;
        each_row(
            dir,
            layout,
            &mut source.ledger,
            by_enrolment(enrolment_at),
            |row, whom, ledger| {
                let Scope::Project(project) = whom else {
                    return;
                };
                let Some((at, _)) = enrolment_at.get(row.text("EnrollmentID")) else {
                    return;
                };
                let notes = &mut ledger.projects[*project];
                let enrolment = &mut enrolments[*at];
                if row.text("PersonalID") != enrolment.person {
                    notes.broken(
                        row.at("PersonalID"),
                        "names another person than the enrolment: the enrolment's counts",
                        None,
                    );
                }
                take(row, enrolment, notes);
            },
        )
    }

    fn unused(&mut self) -> Result<(), ReadError> {
        let Self {
            dir,
            source,
            project_at,
            enrolment_at,
            ..
        } = self;
        for layout in &UNUSED {
            let ledger = &mut source.ledger;
            match layout.used {
                ["ProjectID"] => {
                    each_row(dir, layout, ledger, by_project(project_at), |_, _, _| {})?
                }
                ["EnrollmentID"] => each_row(
                    dir,
                    layout,
                    ledger,
                    by_enrolment(enrolment_at),
                    |_, _, _| {},
                )?,
                _ => each_row(dir, layout, ledger, |_| Scope::Export, |_, _, _| {})?,
            };
        }
        Ok(())
    }

    /// Files that are not of the standard, or not of this version of it.
    fn other_files(&mut self) {
        let known =
            |name: &str| USED.contains(&name) || UNUSED.iter().any(|layout| layout.file == name);
        let Ok(entries) = std::fs::read_dir(self.dir) else {
            return;
        };
        let others = entries
            .flatten()
            .filter(|entry| entry.file_name().to_str().is_none_or(|name| !known(name)))
            .count();
        if others > 0 {
            let at = At {
                file: "(other files)",
                line: 0,
                field: "",
            };
            let notes = &mut self.source.ledger.export;
            notes.not_mapped_many(at, "not a file of the standard: not read", others as u64);
        }
    }
}

const DUPLICATE: &str = "a second row with the same key: left out";

fn by_project(project_at: &BTreeMap<String, usize>) -> impl Fn(&Row<'_>) -> Scope {
    |row| match project_at.get(row.text("ProjectID")) {
        Some(at) => Scope::Project(*at),
        None => Scope::Nowhere,
    }
}

fn by_enrolment(enrolment_at: &BTreeMap<String, (usize, usize)>) -> impl Fn(&Row<'_>) -> Scope {
    |row| match enrolment_at.get(row.text("EnrollmentID")) {
        Some((_, project)) => Scope::Project(*project),
        None => Scope::Nowhere,
    }
}

fn required(there: bool, file: &'static str) -> Result<(), ReadError> {
    if there {
        Ok(())
    } else {
        Err(ReadError::FileMissing { file })
    }
}

fn optional(there: bool, file: &'static str, ledger: &mut Ledger) {
    if !there {
        let at = At {
            file,
            line: 0,
            field: "",
        };
        ledger
            .export
            .assumed(at, "not in the export: taken as empty");
    }
}
