//! Opening personal text for whoever asks.

use app::{Error, Fenced, Personal, Reading};
use async_graphql::Context;
use events::codes::{DataGroup, ReadPurpose};
use events::{FreeText, Sealed};
use policy::{Action, Denied, Object, Scope, Subject, decide};
use uuid::Uuid;

use super::roots::{denied, purpose, unknown_household};
use super::{asked, fault};

/// Opens a text of a household that may be there.
pub(super) async fn open_text(
    ctx: &Context<'_>,
    of: &Object,
    holder: Uuid,
    sealed: Option<&Sealed<FreeText>>,
) -> async_graphql::Result<Option<String>> {
    match sealed {
        None => Ok(None),
        Some(sealed) => {
            let opened = open_sealed(ctx, of, holder, sealed).await?;
            Ok(opened.map(|text| text.0))
        }
    }
}

/// Opens personal text of a household for whoever asks, if she may for what she says that it is for, and
/// records that. None when the person was forgotten. `holder` is the fact that it was sealed for.
pub(super) async fn open_sealed<T: Personal>(
    ctx: &Context<'_>,
    of: &Object,
    holder: Uuid,
    sealed: &Sealed<T>,
) -> async_graphql::Result<Option<T>> {
    let (app, subject) = asked(ctx)?;
    let Scope::Pilot(pilot) = of.scope() else {
        return Err(super::rules::forbidden(Denied::Role));
    };
    let purpose = purpose(ctx, pilot)?;
    may_open(app, subject, of, T::GROUP, holder, purpose).await?;
    let reading = Reading {
        pilot,
        actor: subject.actor(),
        purpose,
    };
    match app.open_sealed(&reading, holder, sealed).await {
        Ok(opened) => Ok(Some(opened)),
        Err(Error::Forgotten { .. }) => Ok(None),
        Err(error) => Err(fault(error)),
    }
}

async fn may_open(
    app: &Fenced,
    subject: &Subject,
    of: &Object,
    group: DataGroup,
    holder: Uuid,
    purpose: ReadPurpose,
) -> async_graphql::Result<()> {
    let now = app.now();
    let said = |why: Denied| denied(why, unknown_household);
    let Object::Household {
        pilot,
        household,
        shared,
    } = of
    else {
        return Err(said(Denied::Role));
    };
    if group == DataGroup::Identity {
        return decide(subject, Action::OpenIdentity, of, purpose, now).map_err(said);
    }
    let text = |by| Object::Text {
        pilot: *pilot,
        household: *household,
        shared: shared.clone(),
        by,
    };
    match decide(subject, Action::OpenText, &text(Vec::new()), purpose, now) {
        // In whose name it was recorded is looked up for whom it makes a difference.
        Err(Denied::OthersText) => {
            let by = app.recorded_by(*pilot, holder).await.map_err(fault)?;
            let text = text(by.into_iter().collect());
            decide(subject, Action::OpenText, &text, purpose, now).map_err(said)
        }
        decided => decided.map_err(said),
    }
}
