//! Persons by their ids, and consents: what a data protection officer works with.

use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use events::{HouseholdId, PersonId, PilotId};
use projections::households::ConsentRow;

use super::household::Consent;
use super::{asked, fault};

/// A person that a pilot speaks of, or a household for its notes, by id.
pub(crate) struct HeldPerson {
    pub(crate) pilot: PilotId,
    pub(crate) person: PersonId,
    pub(crate) held: app::Held,
    pub(crate) forgotten: bool,
}

#[Object]
impl HeldPerson {
    /// Her id.
    async fn id(&self) -> ID {
        self.person.to_string().into()
    }

    /// The households she was in.
    async fn households(&self) -> Vec<ID> {
        ids(&self.held.households)
    }

    /// Those of them that she headed at any time.
    async fn heads(&self) -> Vec<ID> {
        ids(&self.held.heads)
    }

    /// Was she forgotten?
    async fn forgotten(&self) -> bool {
        self.forgotten
    }

    /// Does a restriction stand against forgetting her?
    async fn restricted(&self, ctx: &Context<'_>) -> async_graphql::Result<bool> {
        let (app, _) = asked(ctx)?;
        app.is_restricted(self.pilot, self.person)
            .await
            .map_err(fault)
    }
}

fn ids<'a>(households: impl IntoIterator<Item = &'a HouseholdId>) -> Vec<ID> {
    let ids = households.into_iter();
    ids.map(|household| household.to_string().into()).collect()
}

/// A consent of a household.
pub(crate) struct HeldConsent {
    pub(crate) household: HouseholdId,
    pub(crate) row: ConsentRow,
    pub(crate) on: NaiveDate,
}

#[Object]
impl HeldConsent {
    /// The household.
    async fn household(&self) -> ID {
        self.household.to_string().into()
    }

    /// The consent.
    async fn consent(&self) -> Consent<'_> {
        Consent {
            row: &self.row,
            on: self.on,
        }
    }
}
