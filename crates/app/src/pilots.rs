//! Finding a pilot by what people call it.

use eventlog::Reader;
use events::PilotId;
use events::access::ACCESS_CATALOGUE;
use projections::pilots::PilotRow;
use uuid::Uuid;

use crate::{App, Error};

impl App {
    /// Every pilot, by short name.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn pilots(&self) -> Result<Vec<PilotRow>, Error> {
        Ok(projections::pilots::all(self.models()).await?)
    }

    /// The pilot of this id, short name or HMIS project id.
    ///
    /// # Errors
    /// [`Error::UnknownPilot`], faults of the database.
    pub async fn find_pilot(&self, name: &str) -> Result<PilotId, Error> {
        find(self.whole(), name).await
    }
}

/// The same, among those that are seen.
pub(crate) async fn find(reader: &Reader, name: &str) -> Result<PilotId, Error> {
    let unknown = || Error::UnknownPilot {
        name: name.to_owned(),
    };
    // PostgreSQL has no text with this character, and so no pilot has such a name.
    if name.contains('\0') {
        return Err(unknown());
    }
    if let Ok(id) = Uuid::parse_str(name) {
        // An access log is no pilot.
        let is_access = |kind: &str| ACCESS_CATALOGUE.iter().any(|shape| shape.kind == kind);
        return match reader.at(id, 1).await? {
            Some(first) if !is_access(&first.kind) => Ok(PilotId(id)),
            _ => Err(unknown()),
        };
    }
    projections::pilots::find(reader.source(), name)
        .await?
        .ok_or_else(unknown)
}
