//! What is known of households that are asked for together: each read model is asked once for all of
//! them, when the first of them needs it.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::Fenced;
use async_graphql::Context;
use events::{HouseholdId, PilotId, Position, Stream};
use policy::{Object, Sharing};
use projections::agenda::{HouseholdAgenda, PilotAgenda};
use projections::households::HouseholdRow;
use projections::network::NetworkRow;
use projections::pilots::PilotRow;
use projections::plans::PlansRow;
use projections::quality::{HouseholdQuality, LateRow, PilotQuality};
use projections::safety::SafetyRow;
use projections::work::WorkRow;
use projections::{agenda, quality};
use tokio::sync::OnceCell;

use super::household::Household;
use super::{asked, fault};

/// Households that somebody sees who sees a part of them, and with whom each is shared.
pub(crate) type Part = BTreeMap<HouseholdId, Sharing>;

/// Rows of one model, by household.
type Rows<T> = OnceCell<BTreeMap<HouseholdId, T>>;

/// Households of one pilot that are asked for together, and what is known of them beside their own
/// rows.
pub(crate) struct Together {
    /// Their pilot.
    pub(crate) pilot: PilotId,
    households: Vec<HouseholdId>,
    plans: Rows<PlansRow>,
    work: Rows<WorkRow>,
    safety: Rows<SafetyRow>,
    network: Rows<NetworkRow>,
    agenda: Rows<HouseholdAgenda>,
    quality: Rows<HouseholdQuality>,
    late: Rows<Vec<LateRow>>,
    pilot_row: OnceCell<PilotRow>,
    pilot_agenda: OnceCell<PilotAgenda>,
    pilot_quality: OnceCell<PilotQuality>,
}

/// Asks a model once for all households; the row of one.
macro_rules! of_household {
    ($( $(#[$doc:meta])* $name:ident: $row:ty = $some:path; )*) => { $(
        $(#[$doc])*
        pub(crate) async fn $name(
            &self,
            ctx: &Context<'_>,
            household: HouseholdId,
        ) -> async_graphql::Result<Option<&$row>> {
            let rows = self.$name.get_or_try_init(|| async {
                let (app, _) = asked(ctx)?;
                let rows = $some(&app.source(), self.pilot.0, &self.households).await;
                let rows = rows.map_err(|error| fault(error.into()))?;
                let by_id = rows.into_iter().map(|row| (row.household, row));
                Ok::<_, async_graphql::Error>(by_id.collect())
            });
            Ok(rows.await?.get(&household))
        }
    )* };
}

/// Asks for the pilot's row of a model once.
macro_rules! of_pilot {
    ($( $(#[$doc:meta])* $name:ident: $row:ty = $one:path; )*) => { $(
        $(#[$doc])*
        pub(crate) async fn $name(&self, ctx: &Context<'_>) -> async_graphql::Result<&$row> {
            let row = self.$name.get_or_try_init(|| async {
                let (app, _) = asked(ctx)?;
                let row = $one(&app.source(), self.pilot.0).await;
                let row = row.map_err(|error| fault(error.into()))?;
                Ok::<_, async_graphql::Error>(row.unwrap_or_else(|| <$row>::new(self.pilot)))
            });
            row.await
        }
    )* };
}

impl Together {
    /// These households.
    pub(crate) fn of(pilot: PilotId, households: Vec<HouseholdId>) -> Self {
        Self {
            pilot,
            households,
            plans: OnceCell::new(),
            work: OnceCell::new(),
            safety: OnceCell::new(),
            network: OnceCell::new(),
            agenda: OnceCell::new(),
            quality: OnceCell::new(),
            late: OnceCell::new(),
            pilot_row: OnceCell::new(),
            pilot_agenda: OnceCell::new(),
            pilot_quality: OnceCell::new(),
        }
    }

    /// Households of whose quality the rows are at hand.
    pub(crate) fn with_quality(pilot: PilotId, rows: Vec<HouseholdQuality>) -> Self {
        let ids = rows.iter().map(|row| row.household).collect();
        let by_id = rows.into_iter().map(|row| (row.household, row));
        Self {
            quality: OnceCell::from(by_id.collect::<BTreeMap<_, _>>()),
            ..Self::of(pilot, ids)
        }
    }

    /// Households with rows at hand, in the same order. Where the asker sees a part of the pilot's, it
    /// says with whom each is shared.
    pub(crate) fn households(
        pilot: PilotId,
        rows: Vec<HouseholdRow>,
        part: Option<&Part>,
    ) -> Vec<Household> {
        let ids = rows.iter().map(|row| row.household).collect();
        let together = Arc::new(Self::of(pilot, ids));
        rows.into_iter()
            .map(|row| Household {
                together: Arc::clone(&together),
                object: Object::Household {
                    pilot,
                    household: row.household,
                    shared: part
                        .and_then(|part| part.get(&row.household))
                        .cloned()
                        .unwrap_or_default(),
                },
                row,
            })
            .collect()
    }

    of_household! {
        /// Plans, goals and scores.
        plans: PlansRow = projections::plans::some;
        /// Work, courses, incomes, schooling.
        work: WorkRow = projections::work::some;
        /// Risk, incidents, protection.
        safety: SafetyRow = projections::safety::some;
        /// Contacts and referrals to services.
        network: NetworkRow = projections::network::some;
        /// What makes something due.
        agenda: HouseholdAgenda = agenda::household::some;
        /// How the facts were recorded.
        quality: HouseholdQuality = quality::household::some;
    }

    of_pilot! {
        /// The pilot itself.
        pilot_row: PilotRow = projections::pilots::one;
        /// What makes something due for it.
        pilot_agenda: PilotAgenda = agenda::pilot::one;
        /// How its own facts were recorded.
        pilot_quality: PilotQuality = quality::pilot::one;
    }

    /// Facts of a household that were recorded after their period was closed.
    pub(crate) async fn late(
        &self,
        ctx: &Context<'_>,
        household: HouseholdId,
    ) -> async_graphql::Result<&[LateRow]> {
        let closures = &self.pilot_quality(ctx).await?.closures;
        if closures.is_empty() {
            return Ok(&[]);
        }
        let late = self.late.get_or_try_init(|| async {
            let (app, _) = asked(ctx)?;
            self.find_late(app).await.map_err(fault)
        });
        let of = late.await?.get(&household);
        Ok(of.map(Vec::as_slice).unwrap_or_default())
    }

    async fn find_late(
        &self,
        app: &Fenced,
    ) -> Result<BTreeMap<HouseholdId, Vec<LateRow>>, app::Error> {
        let log = app.reader();
        let facts = projections::timeline::facts_of(&log, self.pilot.0, &self.households).await?;
        let closures = self.pilot_quality.get().map(|row| row.closures.as_slice());
        let late = quality::late(
            closures.unwrap_or_default(),
            &facts.iter().collect::<Vec<_>>(),
        );
        let streams: BTreeMap<Position, Stream> = facts
            .iter()
            .map(|fact| (fact.position, fact.stream))
            .collect();
        let mut by_household: BTreeMap<HouseholdId, Vec<LateRow>> = BTreeMap::new();
        for row in late {
            if let Some(Stream::Household(household)) = streams.get(&row.position) {
                by_household.entry(*household).or_default().push(row);
            }
        }
        Ok(by_household)
    }
}
