//! HUD's public HMIS test kit, read from where it lies.

use std::path::{Path, PathBuf};
use std::time::Duration;

use app::{App, Loaded, Strictness};
use evaluation::Period;
use events::PilotId;
use sources::hmis::{Planned, Source};

/// Who brings the kit over.
pub(crate) const ACTOR: &str = "import:hmis-csv";

/// Read models that stand still take longer, nothing else.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Where the kit lies, if it does: under `$INRETE_SHARED`, or the directory `shared` beside the
/// repository.
#[expect(clippy::print_stdout, reason = "a test that compares nothing says so")]
pub(crate) fn directory() -> Option<PathBuf> {
    let shared = std::env::var_os("INRETE_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
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

/// Its export.
pub(crate) fn source(kit: &Path) -> Source {
    Source::read(&kit.join("inputs")).expect("the kit reads")
}

/// The year its answers are about.
pub(crate) fn period() -> Period {
    let day = |text: &str| text.parse().expect("a day");
    Period::new(day("2020-10-01"), day("2021-09-30")).expect("a period")
}

/// Imports one project; a refusal concerns that row alone.
pub(crate) async fn import(app: &App, source: &Source, project: &str) -> Imported {
    let plan = source.plan(project, app).expect("a project of the export");
    let proposals = plan.proposals.iter().map(|planned| &planned.proposal);
    let loaded = app.load(plan.pilot, ACTOR, proposals, Strictness::Lenient, |_| ());
    let loaded = loaded.await.expect("no fault");
    Imported {
        pilot: plan.pilot,
        proposals: plan.proposals,
        loaded,
    }
}

/// A project after its import.
pub(crate) struct Imported {
    pub(crate) pilot: PilotId,
    pub(crate) proposals: Vec<Planned>,
    pub(crate) loaded: Loaded,
}

impl Imported {
    /// What was refused: file, line and kind, and why.
    pub(crate) fn refusals(&self) -> Vec<(String, String)> {
        let refused = self.loaded.rejected.iter().map(|rejected| {
            let planned = &self.proposals[rejected.index];
            let what = format!("{}:{} {}", planned.file, planned.line, planned.kind);
            (what, rejected.error.to_string())
        });
        refused.collect()
    }
}
