//! How well things were recorded.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::NaiveDate;
use events::codes::FollowUpMonth;
use events::{Answer, HouseholdId, Position};
use projections::quality::{
    Band, Completeness, Element, LateRow, MAX_SLOW, Required, completeness, contradictions, pilot,
};

use super::codes::Coded;
use super::together::Together;
use super::words::{
    AnswerState, DelayBand, HouseholdCheck, PilotCheck, PilotElement, RequiredElement,
};
use super::{asked, fault};

/// How the facts of one household, or of all of them, were recorded.
pub(crate) struct Quality {
    pub(crate) together: Arc<Together>,
    pub(crate) of: Vec<HouseholdId>,
    pub(crate) on: NaiveDate,
}

#[Object]
impl Quality {
    /// How soon the facts were written down: all there are now, whatever the day asked for.
    async fn timeliness(&self, ctx: &Context<'_>) -> async_graphql::Result<Timeliness> {
        let mut sum = Counted::default();
        for household in &self.of {
            let Some(row) = self.together.quality(ctx, *household).await? else {
                continue;
            };
            for band in Band::ALL {
                *sum.bands.entry(band).or_default() += row.timeliness.count(band);
            }
            sum.before += row.timeliness.before;
            sum.slow.extend(&row.timeliness.slow);
        }
        Ok(sum.into())
    }

    /// Of each required answer, how often it is there, and if not, why not.
    async fn completeness(
        &self,
        ctx: &Context<'_>,
    ) -> async_graphql::Result<Vec<ElementCompleteness>> {
        let required = self.required(ctx).await?;
        Ok(Element::ALL
            .into_iter()
            .map(|element| {
                let count = |state| {
                    let of = |one: &&(HouseholdId, Required)| {
                        one.1.element == element && one.1.answer == state
                    };
                    required.iter().filter(of).count() as u64
                };
                ElementCompleteness {
                    element: element.into(),
                    known: count(Completeness::Known),
                    does_not_know: count(Completeness::DoesNotKnow),
                    prefers_not_to_answer: count(Completeness::PrefersNotToAnswer),
                    not_collected: count(Completeness::NotCollected),
                    not_yet_due: count(Completeness::NotYetDue),
                }
            })
            .collect())
    }

    /// The required answers one by one.
    async fn answers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that are so; all when none is named.")] states: Option<
            Vec<AnswerState>,
        >,
    ) -> async_graphql::Result<Vec<RequiredAnswer>> {
        let required = self.required(ctx).await?.into_iter();
        let wanted = required.filter(|(_, one)| {
            let state = AnswerState::from(one.answer);
            states.as_ref().is_none_or(|states| states.contains(&state))
        });
        let answers = wanted.map(|(household, one)| RequiredAnswer {
            household: household.to_string().into(),
            element: one.element.into(),
            person: one.person.map(|person| person.to_string().into()),
            month: one.month.map(Coded),
            state: one.answer.into(),
            settled_on: one.settled,
            positions: one.positions,
        });
        Ok(answers.collect())
    }

    /// Facts that do not go together.
    async fn contradictions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Contradiction>> {
        let mut found = Vec::new();
        for household in &self.of {
            let Some(row) = self.together.quality(ctx, *household).await? else {
                continue;
            };
            let of = contradictions(row, self.on).into_iter();
            found.extend(of.map(|one| Contradiction {
                check: one.check.into(),
                household: household.to_string().into(),
                person: one.person.map(|person| person.to_string().into()),
                positions: one.positions,
            }));
        }
        Ok(found)
    }

    /// Facts recorded after a period was closed that holds the day they are about, by position: all
    /// there are now, whatever the day asked for.
    async fn late_facts(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<LateFact>> {
        let mut found = Vec::new();
        for household in &self.of {
            let late = self.together.late(ctx, *household).await?;
            found.extend(late.iter().map(LateFact::from));
        }
        found.sort_by_key(|late| late.position);
        Ok(found)
    }
}

impl Quality {
    async fn required(
        &self,
        ctx: &Context<'_>,
    ) -> async_graphql::Result<Vec<(HouseholdId, Required)>> {
        let rules = &self.together.pilot_agenda(ctx).await?.rules;
        let mut required = Vec::new();
        for household in &self.of {
            let row = self.together.quality(ctx, *household).await?;
            let agenda = self.together.agenda(ctx, *household).await?;
            if let (Some(row), Some(agenda)) = (row, agenda) {
                let of = completeness(row, agenda, rules, self.on);
                required.extend(of.into_iter().map(|one| (*household, one)));
            }
        }
        Ok(required)
    }
}

/// How the pilot's own facts were recorded: its frame, its money, its committee.
pub(crate) struct PilotQuality {
    pub(crate) together: Arc<Together>,
    pub(crate) on: NaiveDate,
}

#[Object]
impl PilotQuality {
    /// How soon the facts up to the day asked for were written down.
    async fn timeliness(&self, ctx: &Context<'_>) -> async_graphql::Result<Timeliness> {
        let row = self.together.pilot_quality(ctx).await?;
        let mut sum = Counted::default();
        for fact in row.written.iter().filter(|fact| fact.on <= self.on) {
            let days = fact.written.signed_duration_since(fact.on).num_days();
            let Some(band) = Band::of(days) else {
                sum.before += 1;
                continue;
            };
            *sum.bands.entry(band).or_default() += 1;
            if band == Band::Days11OrMore {
                sum.slow.push(fact.position);
            }
        }
        Ok(sum.into())
    }

    /// Of each required answer, how often it is there, and if not, why not.
    async fn completeness(
        &self,
        ctx: &Context<'_>,
    ) -> async_graphql::Result<Vec<PilotCompleteness>> {
        let row = self.together.pilot_quality(ctx).await?;
        let elements = [
            pilot::PilotElement::ExpenseSource,
            pilot::PilotElement::PartnerLeftReason,
        ];
        Ok(elements
            .into_iter()
            .map(|element| {
                let count = |answer: Answer<()>| {
                    let answers = row.answers.iter().filter(|one| {
                        one.on <= self.on && one.element == element && one.answer == answer
                    });
                    answers.count() as u64
                };
                PilotCompleteness {
                    element: element.into(),
                    known: count(Answer::Known(())),
                    does_not_know: count(Answer::DoesNotKnow),
                    prefers_not_to_answer: count(Answer::PrefersNotToAnswer),
                    not_collected: count(Answer::NotCollected),
                }
            })
            .collect())
    }

    /// Facts that do not go together.
    async fn contradictions(
        &self,
        ctx: &Context<'_>,
    ) -> async_graphql::Result<Vec<PilotContradiction>> {
        let row = self.together.pilot_quality(ctx).await?;
        let found = pilot::contradictions(row, self.on).into_iter();
        Ok(found
            .map(|one| PilotContradiction {
                check: one.check.into(),
                positions: one.positions,
            })
            .collect())
    }

    /// Facts recorded after a period was closed that holds the day they are about, by position: all
    /// there are now, whatever the day asked for.
    async fn late_facts(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<LateFact>> {
        let row = self.together.pilot_quality(ctx).await?;
        Ok(row.late.iter().map(LateFact::from).collect())
    }

    /// The same of all its households together.
    async fn households(&self, ctx: &Context<'_>) -> async_graphql::Result<Quality> {
        let (app, _) = asked(ctx)?;
        let pilot = self.together.pilot;
        let rows = projections::quality::household::all(&app.source(), pilot.0)
            .await
            .map_err(|error| fault(error.into()))?;
        let of = rows.iter().map(|row| row.household).collect();
        Ok(Quality {
            together: Arc::new(Together::with_quality(pilot, rows)),
            of,
            on: self.on,
        })
    }
}

/// How soon facts were written down, being counted.
#[derive(Default)]
struct Counted {
    bands: BTreeMap<Band, u64>,
    before: u64,
    slow: Vec<Position>,
}

impl From<Counted> for Timeliness {
    fn from(mut counted: Counted) -> Self {
        counted.slow.sort_unstable();
        counted.slow.truncate(MAX_SLOW);
        let bands = Band::ALL.into_iter().map(|band| DelayCount {
            band: band.into(),
            count: counted.bands.get(&band).copied().unwrap_or_default(),
        });
        Self {
            bands: bands.collect(),
            before: counted.before,
            slow: counted.slow,
        }
    }
}

/// How soon facts were written down.
#[derive(SimpleObject)]
pub(crate) struct Timeliness {
    /// How many in each band, the quickest first.
    bands: Vec<DelayCount>,
    /// How many were written down before they happened.
    before: u64,
    /// Positions of facts in the slowest band, 200 at most.
    slow: Vec<i64>,
}

/// How many facts were written down within so many days.
#[derive(SimpleObject)]
pub(crate) struct DelayCount {
    /// The days.
    band: DelayBand,
    /// How many facts.
    count: u64,
}

/// How often a required answer is there.
#[derive(SimpleObject)]
pub(crate) struct ElementCompleteness {
    /// Which answer.
    element: RequiredElement,
    /// It is there.
    known: u64,
    /// She was asked and does not know.
    does_not_know: u64,
    /// She was asked and prefers not to answer.
    prefers_not_to_answer: u64,
    /// Nobody asked, though it was time.
    not_collected: u64,
    /// It is not time to ask yet.
    not_yet_due: u64,
}

/// How often an answer that is required of the pilot is there.
#[derive(SimpleObject)]
pub(crate) struct PilotCompleteness {
    /// Which answer.
    element: PilotElement,
    /// It is there.
    known: u64,
    /// Who was asked does not know.
    does_not_know: u64,
    /// Who was asked prefers not to answer.
    prefers_not_to_answer: u64,
    /// Nobody asked.
    not_collected: u64,
}

/// One required answer of one household.
#[derive(SimpleObject)]
pub(crate) struct RequiredAnswer {
    /// The household.
    household: ID,
    /// Which answer.
    element: RequiredElement,
    /// Whose, when it is one member's.
    person: Option<ID>,
    /// At which follow-up, when at one.
    month: Option<Coded<FollowUpMonth>>,
    /// Is it there?
    state: AnswerState,
    /// The first day on which it was there or missing.
    settled_on: Option<NaiveDate>,
    /// Positions of the facts that say so, ascending.
    positions: Vec<i64>,
}

/// Facts of a household that do not go together.
#[derive(SimpleObject)]
pub(crate) struct Contradiction {
    /// What was looked for.
    check: HouseholdCheck,
    /// The household.
    household: ID,
    /// Whom it is about, if about one member.
    person: Option<ID>,
    /// Positions of the facts, ascending.
    positions: Vec<i64>,
}

/// Facts of the pilot that do not go together.
#[derive(SimpleObject)]
pub(crate) struct PilotContradiction {
    /// What was looked for.
    check: PilotCheck,
    /// Positions of the facts, ascending.
    positions: Vec<i64>,
}

/// A fact recorded after a period was closed that holds the day it is about.
#[derive(SimpleObject)]
pub(crate) struct LateFact {
    /// Its position.
    position: i64,
    /// The day it is about; of a correction or retraction that of what it changes.
    on: NaiveDate,
    /// Position of the closing it came after.
    closure: i64,
    /// Positions of what a correction or retraction is about.
    about: Vec<i64>,
}

impl From<&LateRow> for LateFact {
    fn from(row: &LateRow) -> Self {
        Self {
            position: row.position,
            on: row.on,
            closure: row.closure,
            about: row.about.clone(),
        }
    }
}
