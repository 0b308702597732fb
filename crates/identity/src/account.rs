//! Accounts.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use crate::database::broke;
use crate::{AccountId, Error, Identity, Refusal, ids};

/// The shortest sign-in name, in characters.
pub const MIN_NAME: usize = 3;

/// The longest sign-in name, in characters: as long as an e-mail address can be.
pub const MAX_NAME: usize = 254;

/// The longest name that is shown, in characters.
pub const MAX_DISPLAY_NAME: usize = 100;

/// A typed name is looked at no further than this, in bytes.
const MAX_TYPED: usize = MAX_NAME * 4;

/// What somebody reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Italian.
    #[default]
    Italian,
    /// English.
    English,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::Italian, Self::English];

    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Italian => "it",
            Self::English => "en",
        }
    }

    /// The language of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.code() == code)
    }
}

/// Somebody who is to get an account.
#[derive(Clone, Copy)]
pub struct NewAccount<'a> {
    /// What she signs in with: an e-mail address, or a word. Unique, whatever the case.
    pub name: &'a str,
    /// What colleagues see.
    pub display_name: &'a str,
    /// What she reads.
    pub language: Language,
}

/// An account. Staff data: shown to administrators and to herself, never logged.
#[derive(Clone)]
pub struct Account {
    /// Id; what grants are given to, and what facts name as their actor.
    pub id: AccountId,
    /// Sign-in name.
    pub name: String,
    /// What colleagues see.
    pub display_name: String,
    /// What she reads.
    pub language: Language,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was disabled, if it is.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When she last signed in.
    pub last_sign_in_at: Option<DateTime<Utc>>,
    /// She has not come yet: there is no password, no passkey, no identity provider.
    pub waiting: bool,
    /// There is a password.
    pub has_password: bool,
    /// There is an authenticator app.
    pub has_totp: bool,
    /// Passkeys.
    pub passkeys: u32,
    /// Recovery codes that are left.
    pub recovery_codes: u32,
    /// Identity providers that know her.
    pub providers: u32,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for NewAccount<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewAccount")
    }
}

impl FromRow<'_, PgRow> for Account {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let count = |column| -> Result<u32, sqlx::Error> {
            Ok(u32::try_from(row.try_get::<i64, _>(column)?).unwrap_or(u32::MAX))
        };
        let has_password: bool = row.try_get("has_password")?;
        let (passkeys, providers) = (count("passkeys")?, count("providers")?);
        Ok(Self {
            id: AccountId(row.try_get("id")?),
            name: row.try_get("name")?,
            display_name: row.try_get("display_name")?,
            language: language(row)?,
            created_at: row.try_get("created_at")?,
            disabled_at: row.try_get("disabled_at")?,
            last_sign_in_at: row.try_get("last_sign_in_at")?,
            waiting: !has_password && passkeys == 0 && providers == 0,
            has_password,
            has_totp: row.try_get("has_totp")?,
            passkeys,
            recovery_codes: count("recovery_codes")?,
            providers,
        })
    }
}

/// The column `language`.
pub(crate) fn language(row: &PgRow) -> Result<Language, sqlx::Error> {
    let code: &str = row.try_get("language")?;
    Ok(Language::from_code(code).unwrap_or_default())
}

impl Identity {
    /// Every account, by name.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn accounts(&self) -> Result<Vec<Account>, Error> {
        self.select_accounts(None, None).await
    }

    /// An account.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn account(&self, account: AccountId) -> Result<Option<Account>, Error> {
        Ok(self.select_accounts(Some(account), None).await?.pop())
    }

    /// The account with a sign-in name.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn account_named(&self, name: &str) -> Result<Option<Account>, Error> {
        let Some(name) = normal_name(name) else {
            return Ok(None);
        };
        Ok(self.select_accounts(None, Some(&name)).await?.pop())
    }

    async fn select_accounts(
        &self,
        id: Option<AccountId>,
        name: Option<&str>,
    ) -> Result<Vec<Account>, Error> {
        let accounts = sqlx::query_as(
            "select a.id, a.name, a.display_name, a.language, a.created_at, a.disabled_at,
                    a.last_sign_in_at, a.password is not null as has_password,
                    exists (select from identity.totp t
                            where t.account = a.id and t.confirmed_at is not null) as has_totp,
                    (select count(*) from identity.passkey p
                     where p.account = a.id and p.copied_at is null) as passkeys,
                    (select count(*) from identity.recovery_code r where r.account = a.id)
                        as recovery_codes,
                    (select count(*) from identity.provider_account l where l.account = a.id)
                        as providers
             from identity.account a
             where ($1::uuid is null or a.id = $1) and ($2::text is null or a.name = $2)
             order by a.name",
        )
        .bind(id.map(|it| it.0))
        .bind(name)
        .fetch_all(self.pool())
        .await?;
        Ok(accounts)
    }

    /// What these accounts are called.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn names(&self, accounts: &[AccountId]) -> Result<HashMap<AccountId, String>, Error> {
        let ids: Vec<Uuid> = accounts.iter().map(|it| it.0).collect();
        let rows: Vec<(Uuid, String)> =
            sqlx::query_as("select id, display_name from identity.account where id = any ($1)")
                .bind(ids)
                .fetch_all(self.pool())
                .await?;
        Ok(rows
            .into_iter()
            .map(|(id, name)| (AccountId(id), name))
            .collect())
    }

    /// Changes what an account is called and which language it reads.
    ///
    /// # Errors
    /// [`Refusal::DisplayNameNotValid`], [`Refusal::UnknownAccount`], faults of the database.
    pub async fn rename(
        &self,
        account: AccountId,
        display_name: &str,
        language: Language,
    ) -> Result<(), Error> {
        let display_name = line(display_name, MAX_DISPLAY_NAME);
        let done = sqlx::query(
            "update identity.account set display_name = $2, language = $3 where id = $1",
        )
        .bind(account.0)
        .bind(display_name.ok_or(Refusal::DisplayNameNotValid)?)
        .bind(language.code())
        .execute(self.pool())
        .await?;
        match done.rows_affected() {
            1 => Ok(()),
            _ => Err(Refusal::UnknownAccount.into()),
        }
    }

    /// Disables an account: its sessions end, its tokens open nothing, its links are void. False when it
    /// was disabled already, or there is none.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn disable(&self, now: DateTime<Utc>, account: AccountId) -> Result<bool, Error> {
        let mut tx = self.pool().begin().await?;
        let done = sqlx::query(
            "update identity.account set disabled_at = $2 where id = $1 and disabled_at is null",
        )
        .bind(account.0)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        end_everything(&mut tx, account).await?;
        tx.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Enables a disabled account. False when it was not disabled, or there is none.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn enable(&self, account: AccountId) -> Result<bool, Error> {
        let done = sqlx::query(
            "update identity.account set disabled_at = null
             where id = $1 and disabled_at is not null",
        )
        .bind(account.0)
        .execute(self.pool())
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

/// Ends every session of an account, every sign-in that is half done, and every link.
pub(crate) async fn end_everything(
    connection: &mut PgConnection,
    account: AccountId,
) -> Result<(), Error> {
    for statement in [
        "delete from identity.session where account = $1",
        "delete from identity.step where account = $1",
        "delete from identity.ceremony where account = $1",
        "delete from identity.invitation where account = $1",
    ] {
        sqlx::query(statement)
            .bind(account.0)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Makes an account.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    new: &NewAccount<'_>,
    first: bool,
) -> Result<AccountId, Error> {
    let id = AccountId(ids::new(now)?);
    let done = sqlx::query(
        "insert into identity.account (id, name, display_name, language, created_at, first)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id.0)
    .bind(normal_name(new.name).ok_or(Refusal::NameNotValid)?)
    .bind(line(new.display_name, MAX_DISPLAY_NAME).ok_or(Refusal::DisplayNameNotValid)?)
    .bind(new.language.code())
    .bind(now)
    .bind(first)
    .execute(connection)
    .await;
    match done {
        Ok(_) => Ok(id),
        Err(error) if broke(&error, "account_name_key") => Err(Refusal::NameTaken.into()),
        Err(error) => Err(error.into()),
    }
}

/// A sign-in name as it is compared, if it is one.
pub(crate) fn normal_name(typed: &str) -> Option<String> {
    if typed.len() > MAX_TYPED {
        return None;
    }
    let normal: String = typed.trim().nfkc().collect::<String>().to_lowercase();
    // Lower case can leave what NFKC would put together.
    let normal: String = normal.nfkc().collect();
    let length = normal.chars().count();
    let possible = |c: char| !c.is_whitespace() && !c.is_control();
    ((MIN_NAME..=MAX_NAME).contains(&length) && normal.chars().all(possible)).then_some(normal)
}

/// One line of at most so many characters, without space around it.
pub(crate) fn line(typed: &str, most: usize) -> Option<String> {
    if typed.len() > most * 4 {
        return None;
    }
    let line: String = typed.trim().nfc().collect();
    let length = line.chars().count();
    ((1..=most).contains(&length) && !line.chars().any(char::is_control)).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_form() {
        let of = |typed: &str| normal_name(typed);
        let anna = Some(String::from("anna.rossi@example.it"));
        for typed in [
            "anna.rossi@example.it",
            " Anna.Rossi@Example.IT ",
            "ＡＮＮＡ.rossi@example.it",
        ] {
            assert_eq!(of(typed), anna, "{typed}");
        }
        assert_eq!(of("per\u{f2}"), of("PERO\u{300}"));
        for wrong in ["", "  ", "ab", "anna rossi", "anna\nrossi", "a\u{0}bc"] {
            assert_eq!(of(wrong), None, "{wrong:?}");
        }
        assert_eq!(of(&"x".repeat(255)), None);
        assert!(of(&"x".repeat(254)).is_some());
    }

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(line(" Anna  Rossi ", 100).as_deref(), Some("Anna  Rossi"));
        for wrong in ["", " ", "a\nb", &"x".repeat(101)] {
            assert_eq!(line(wrong, 100), None, "{wrong:?}");
        }
    }
}
