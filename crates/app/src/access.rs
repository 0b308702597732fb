//! Who is asking, and what each role may do.

use chrono::{DateTime, Utc};
use events::PilotId;
use sha2::{Digest, Sha256};
use sqlx::Row;
use uuid::Uuid;

use crate::{App, Error};

/// Bytes of chance in a token.
const TOKEN_BYTES: usize = 32;
/// What every token begins with, so that one that leaked is recognised for what it is.
const TOKEN_PREFIX: &str = "inrete_";
/// The longest label of a token, in characters.
pub const MAX_LABEL: usize = 100;

/// What somebody is to the pilots. What each may do is told by [`Role::may`], and by nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Records every fact and sees her pilots' people.
    Coordinator,
    /// Records contacts for the households shared with her organisation.
    PartnerOperator,
    /// Phases, decisions, occupancy; no personal data.
    CommitteeMember,
    /// Pseudonymous histories, indicators and the evidence behind them.
    Evaluator,
    /// Published editions.
    Funder,
    /// Positions and who did what; no content.
    Auditor,
    /// Consents, exports of one person, forgetting.
    DataProtectionOfficer,
    /// Accounts, roles, tokens, pilots; no content of a pilot.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 8] = [
        Self::Coordinator,
        Self::PartnerOperator,
        Self::CommitteeMember,
        Self::Evaluator,
        Self::Funder,
        Self::Auditor,
        Self::DataProtectionOfficer,
        Self::Administrator,
    ];

    /// The word for it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Coordinator => "coordinator",
            Self::PartnerOperator => "partner_operator",
            Self::CommitteeMember => "committee_member",
            Self::Evaluator => "evaluator",
            Self::Funder => "funder",
            Self::Auditor => "auditor",
            Self::DataProtectionOfficer => "data_protection_officer",
            Self::Administrator => "administrator",
        }
    }

    /// The role for a word.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// May it do this at all? In which pilots is the token's own business. What is not granted here
    /// is denied.
    pub fn may(self, permission: Permission) -> bool {
        use Permission as P;
        match self {
            Self::Coordinator => true,
            Self::CommitteeMember => matches!(permission, P::SeePilots | P::SeeDwellings),
            Self::Evaluator => matches!(
                permission,
                P::SeePilots
                    | P::SeeDwellings
                    | P::SeeHouseholds
                    | P::SeeIndicators
                    | P::SeeLog
                    | P::SeeContent
            ),
            Self::Auditor => matches!(permission, P::SeePilots | P::SeeLog),
            Self::Administrator => matches!(permission, P::SeePilots),
            // What they work with (shared households, published editions, consents) is not built
            // yet; until then they get nothing.
            Self::PartnerOperator | Self::Funder | Self::DataProtectionOfficer => false,
        }
    }
}

/// Something a role may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Permission {
    /// See which pilots there are, their phases and partners.
    SeePilots,
    /// See dwellings and when they were occupied, not by whom.
    SeeDwellings,
    /// See households without names.
    SeeHouseholds,
    /// See indicators and the evidence behind them.
    SeeIndicators,
    /// See that facts were recorded: position, time, type.
    SeeLog,
    /// See what a fact says; what is sealed stays sealed.
    SeeContent,
    /// See money.
    SeeMoney,
    /// Open names and notes.
    OpenSealed,
    /// Record facts.
    Record,
}

/// Somebody who signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The token's id; what facts name as their actor.
    pub token: Uuid,
    /// Role.
    pub role: Role,
    /// Pilots; none means every pilot.
    pub pilots: Option<Vec<PilotId>>,
}

impl Subject {
    /// May she do this in that pilot?
    pub fn may(&self, permission: Permission, pilot: PilotId) -> bool {
        self.role.may(permission) && self.pilots.as_ref().is_none_or(|own| own.contains(&pilot))
    }

    /// What facts name as their actor: never a name.
    pub fn actor(&self) -> String {
        format!("token:{}", self.token)
    }
}

/// A token as listed. The token itself is shown once, when it is made.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Listed {
    /// Id.
    pub id: Uuid,
    /// What it is for.
    pub label: String,
    /// Role's word.
    pub role: String,
    /// Pilots; none means every pilot.
    pub pilots: Option<Vec<Uuid>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl App {
    /// Makes a token; the answer is the only time it is seen.
    ///
    /// # Errors
    /// Faults of the database, or no random bytes.
    pub async fn create_token(
        &self,
        label: &str,
        role: Role,
        pilots: Option<&[PilotId]>,
        expires_at: Option<DateTime<Utc>>,
    ) -> Result<String, Error> {
        let mut bytes = [0u8; TOKEN_BYTES];
        getrandom::fill(&mut bytes).map_err(|_| events::NotSealed::NoRandomness)?;
        let mut token = String::from(TOKEN_PREFIX);
        for byte in bytes {
            token.push_str(&format!("{byte:02x}"));
        }
        let pilots: Option<Vec<Uuid>> = pilots.map(|own| own.iter().map(|pilot| pilot.0).collect());
        sqlx::query(
            "insert into access.token (id, digest, label, role, pilots, expires_at)
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(self.new_id())
        .bind(digest(&token))
        .bind(label.chars().take(MAX_LABEL).collect::<String>())
        .bind(role.code())
        .bind(pilots)
        .bind(expires_at)
        .execute(self.tokens_pool())
        .await?;
        Ok(token)
    }

    /// Who holds this token, if it is good.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn subject(&self, token: &str) -> Result<Option<Subject>, Error> {
        // Looked up by digest: the time it takes says nothing about any token.
        let row = sqlx::query(
            "select id, role, pilots from access.token
             where digest = $1 and revoked_at is null
               and (expires_at is null or expires_at > clock_timestamp())",
        )
        .bind(digest(token))
        .fetch_optional(self.tokens_pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let Some(role) = Role::from_code(row.try_get::<&str, _>("role")?) else {
            return Ok(None);
        };
        let pilots: Option<Vec<Uuid>> = row.try_get("pilots")?;
        Ok(Some(Subject {
            token: row.try_get("id")?,
            role,
            pilots: pilots.map(|own| own.into_iter().map(PilotId).collect()),
        }))
    }

    /// Is the token of this id still good?
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn is_good(&self, token: Uuid) -> Result<bool, Error> {
        let good = sqlx::query_scalar(
            "select exists (select from access.token
             where id = $1 and revoked_at is null
               and (expires_at is null or expires_at > clock_timestamp()))",
        )
        .bind(token)
        .fetch_one(self.tokens_pool())
        .await?;
        Ok(good)
    }

    /// Every token, the newest first.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn tokens(&self) -> Result<Vec<Listed>, Error> {
        let rows = sqlx::query(
            "select id, label, role, pilots, created_at, expires_at, revoked_at
             from access.token order by created_at desc, id",
        )
        .fetch_all(self.tokens_pool())
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Listed {
                    id: row.try_get("id")?,
                    label: row.try_get("label")?,
                    role: row.try_get("role")?,
                    pilots: row.try_get("pilots")?,
                    created_at: row.try_get("created_at")?,
                    expires_at: row.try_get("expires_at")?,
                    revoked_at: row.try_get("revoked_at")?,
                })
            })
            .collect()
    }

    /// Revokes a token. False when there is none with this id that is not revoked already.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn revoke_token(&self, id: Uuid) -> Result<bool, Error> {
        let done = sqlx::query(
            "update access.token set revoked_at = clock_timestamp()
             where id = $1 and revoked_at is null",
        )
        .bind(id)
        .execute(self.tokens_pool())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Revokes every token with this label.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn revoke_label(&self, label: &str) -> Result<u64, Error> {
        let done = sqlx::query(
            "update access.token set revoked_at = clock_timestamp()
             where label = $1 and revoked_at is null",
        )
        .bind(label)
        .execute(self.tokens_pool())
        .await?;
        Ok(done.rows_affected())
    }
}

/// A token is 256 bits of chance: a plain digest of it cannot be searched.
fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
