//! From what was asked to the fact it would become.

use app::Fenced;
use chrono::NaiveDate;
use events::{
    Answer, Event, FreeText, HouseholdId, NotSealed, PartnerId, PersonId, Seal, Sealed,
    ServiceReferralId,
};
use uuid::Uuid;

use crate::graphql::codes::Asked;

/// A fact, or why it could not be sealed.
pub(crate) type Made = Result<Event, NotSealed>;

/// What a fact is to say, personal values still in the clear.
pub(crate) trait Content: Send + Sync + 'static {
    /// The fact, sealed by `seal`. Called more than once; gives the same of the same.
    fn event(&self, on: NaiveDate, seal: &dyn Seal, ids: &NewIds) -> Made;

    /// What an organisation may record that the household is shared with; nothing for what only
    /// coordinators record.
    fn by_organisation(&self) -> Option<ByOrganisation> {
        None
    }
}

/// Something that is recorded about a household in the name of an organisation.
pub(crate) struct ByOrganisation {
    /// The household.
    pub(crate) household: HouseholdId,
    /// In whose name.
    pub(crate) by: By,
}

/// In whose name something is recorded.
pub(crate) enum By {
    /// Theirs.
    Partners(Vec<PartnerId>),
    /// The partner's that the household was referred to.
    Referral(ServiceReferralId),
}

/// Ids for what a command creates. Made from the command's own id, so that a retry creates nothing
/// else.
pub(crate) struct NewIds {
    seed: [u8; 32],
    command: Uuid,
}

impl NewIds {
    /// Ids for this command.
    pub(crate) fn new(app: &Fenced, command: Uuid) -> Self {
        Self {
            seed: app.digest("new ids", command.as_bytes()),
            command,
        }
    }

    /// The id of the `n`th thing of a kind.
    pub(crate) fn id(&self, kind: &str, n: usize) -> Uuid {
        let secret = vault::Secret::from_bytes(self.seed);
        secret.id(kind, &[&self.command.to_string(), &n.to_string()])
    }

    /// The given id, or a new one.
    pub(crate) fn or<T: From<Uuid>>(&self, given: Option<Uuid>, kind: &str, n: usize) -> T {
        T::from(given.unwrap_or_else(|| self.id(kind, n)))
    }
}

/// Ids as they are given.
pub(crate) fn persons(ids: &[Uuid]) -> Vec<PersonId> {
    ids.iter().copied().map(PersonId).collect()
}

/// Ids as they are given.
pub(crate) fn partners(ids: &[Uuid]) -> Vec<PartnerId> {
    ids.iter().copied().map(PartnerId).collect()
}

/// What stands where nothing was said.
pub(crate) fn not_collected<T>() -> Asked<T> {
    Asked(Answer::NotCollected)
}

/// Remarks about a household are sealed under the household's own key, which goes when its head is
/// forgotten; what is known of one person alone is sealed under hers.
pub(crate) fn seal_note(
    seal: &dyn Seal,
    household: Uuid,
    text: Option<&String>,
) -> Result<Option<Sealed<FreeText>>, NotSealed> {
    text.map(|text| seal.seal(PersonId(household), &FreeText(text.clone())))
        .transpose()
}
