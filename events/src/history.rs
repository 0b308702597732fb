//! Facts as recorded, and the effective history that corrections and retractions leave.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::{Event, Position, Stream};

/// A recorded fact, decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Place in the log.
    pub position: Position,
    /// The fact's own id.
    pub id: Uuid,
    /// The stream it belongs to.
    pub stream: Stream,
    /// Further streams it concerns.
    pub also: Vec<Stream>,
    /// When it happened (valid time).
    pub occurred_on: NaiveDate,
    /// When it was recorded here (transaction time; never decreases along positions).
    pub recorded_at: DateTime<Utc>,
    /// When it was first written down in the system it was brought over from, if it was.
    pub entered_at: Option<DateTime<Utc>>,
    /// Who recorded it: an account or a tool, never a name.
    pub actor: String,
    /// The command it was decided by.
    pub command: Uuid,
    /// The fact that led to this one, if any.
    pub cause: Option<Uuid>,
    /// What happened.
    pub event: Event,
}

/// A fact as it counts today: replaced by its latest standing correction.
#[derive(Clone, Debug, PartialEq)]
pub struct Effective {
    /// Place of the original fact.
    pub position: Position,
    /// Place of the correction that gave it its present content, if one did.
    pub corrected_by: Option<Position>,
    /// Place of the confirmation of its present content by somebody else, if there is one.
    pub confirmed_by: Option<Position>,
    /// Who recorded the present content.
    pub stated_by: String,
    /// Id of the fact that holds the present content: what is sealed in it was sealed for that fact.
    pub holder: Uuid,
    /// The stream the original belongs to.
    pub stream: Stream,
    /// When it happened, as corrected.
    pub occurred_on: NaiveDate,
    /// When the original was recorded here.
    pub recorded_at: DateTime<Utc>,
    /// When the original was first written down elsewhere.
    pub entered_at: Option<DateTime<Utc>>,
    /// Who recorded the original.
    pub actor: String,
    /// What happened, as corrected.
    pub event: Event,
}

/// An [`Effective`] fact that borrows what it says.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the owned form documents its fields")]
pub struct EffectiveRef<'a> {
    pub position: Position,
    pub corrected_by: Option<Position>,
    pub confirmed_by: Option<Position>,
    pub stated_by: &'a str,
    pub holder: Uuid,
    pub stream: Stream,
    pub occurred_on: NaiveDate,
    pub recorded_at: DateTime<Utc>,
    pub entered_at: Option<DateTime<Utc>>,
    pub actor: &'a str,
    pub event: &'a Event,
}

/// The history that counts: corrected facts replaced, retracted ones left out, corrections,
/// retractions and confirmations themselves left out. In the order of the original positions.
///
/// A correction may name an original or an earlier correction of it; both mean the original, and
/// the last standing one wins. Retracting a correction brings back what stood before it;
/// retracting an original takes it and its corrections out. A retraction may itself be retracted.
///
/// `facts` are the entries of one stream or of a whole log, in order of position. A correction
/// whose original lies outside (it was moved into this stream by the correction) counts with the
/// original's position and the correction's times.
pub fn effective(facts: &[Fact]) -> Vec<Effective> {
    effective_refs(facts).iter().map(Effective::from).collect()
}

/// The same as [`effective`], without copying what was said.
pub fn effective_refs<'a, I>(facts: I) -> Vec<EffectiveRef<'a>>
where
    I: IntoIterator<Item = &'a Fact, IntoIter: DoubleEndedIterator + Clone>,
{
    let facts = facts.into_iter();
    // Retractions first, last to first: a retraction that was itself retracted does nothing.
    let mut gone: BTreeSet<Position> = BTreeSet::new();
    for fact in facts.clone().rev() {
        if let Event::RecordRetracted(retracted) = &fact.event
            && !gone.contains(&fact.position)
        {
            gone.insert(retracted.position);
        }
    }

    let mut root_of: BTreeMap<Position, Position> = BTreeMap::new();
    let mut standing: BTreeMap<Position, EffectiveRef<'a>> = BTreeMap::new();
    for fact in facts {
        match &fact.event {
            Event::RecordRetracted(_) => {}
            Event::RecordConfirmed(confirmation) => {
                let target = confirmation.position;
                let root = root_of.get(&target).copied().unwrap_or(target);
                if !gone.contains(&fact.position)
                    && let Some(standing) = standing.get_mut(&root)
                    // What was said then must be what stands now.
                    && standing.corrected_by.unwrap_or(root) == target
                    && standing.stated_by != fact.actor
                {
                    standing.confirmed_by = standing.confirmed_by.or(Some(fact.position));
                }
            }
            Event::RecordCorrected(correction) => {
                let target = correction.position;
                let root = root_of.get(&target).copied().unwrap_or(target);
                root_of.insert(fact.position, root);
                if gone.contains(&fact.position) || gone.contains(&root) {
                    continue;
                }
                let replaced = EffectiveRef {
                    position: root,
                    corrected_by: Some(fact.position),
                    confirmed_by: None,
                    stated_by: &fact.actor,
                    holder: fact.id,
                    occurred_on: correction.replacement.occurred_on,
                    event: correction.replacement.event.as_ref(),
                    ..match standing.remove(&root) {
                        Some(original) => original,
                        None => EffectiveRef::as_recorded(fact),
                    }
                };
                standing.insert(root, replaced);
            }
            _ if gone.contains(&fact.position) => {}
            _ => {
                standing.insert(fact.position, EffectiveRef::as_recorded(fact));
            }
        }
    }
    standing.into_values().collect()
}

impl<'a> EffectiveRef<'a> {
    /// The fact as it counts while nothing corrects it.
    pub fn as_recorded(fact: &'a Fact) -> Self {
        Self {
            position: fact.position,
            corrected_by: None,
            confirmed_by: None,
            stated_by: &fact.actor,
            holder: fact.id,
            stream: fact.stream,
            occurred_on: fact.occurred_on,
            recorded_at: fact.recorded_at,
            entered_at: fact.entered_at,
            actor: &fact.actor,
            event: &fact.event,
        }
    }
}

impl From<&EffectiveRef<'_>> for Effective {
    fn from(fact: &EffectiveRef<'_>) -> Self {
        Self {
            position: fact.position,
            corrected_by: fact.corrected_by,
            confirmed_by: fact.confirmed_by,
            stated_by: fact.stated_by.to_owned(),
            holder: fact.holder,
            stream: fact.stream,
            occurred_on: fact.occurred_on,
            recorded_at: fact.recorded_at,
            entered_at: fact.entered_at,
            actor: fact.actor.to_owned(),
            event: fact.event.clone(),
        }
    }
}

impl Effective {
    /// The fact as it counts while nothing corrects it.
    pub fn as_recorded(fact: &Fact) -> Self {
        Self::from(&EffectiveRef::as_recorded(fact))
    }
}

#[cfg(test)]
mod tests;
