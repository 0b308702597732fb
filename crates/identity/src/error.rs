//! What can go wrong, and what is refused.

use crate::PasswordRefused;

/// Something was not done. Nothing here names anybody.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// For a reason that a person can mend.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The settings cannot be used.
    #[error("the settings for signing in cannot be used: {0}")]
    Settings(String),
    /// No random bytes.
    #[error("this system gives no random bytes")]
    NoRandomness,
    /// What was sealed does not open.
    #[error("a sealed value was changed, or the installation's key is another one")]
    Damaged,
    /// A stored value has not the form it was stored in.
    #[error("a stored value has no form that is known")]
    Stored(#[source] serde_json::Error),
    /// A password could not be hashed.
    #[error("a password could not be hashed")]
    Hashing,
    /// A passkey's challenge could not be made.
    #[error("no challenge could be made for a passkey")]
    Passkey(#[source] webauthn_rs::prelude::WebauthnError),
    /// An identity provider could not be reached, or does not answer as the protocol has it.
    #[error("the identity provider `{provider}` cannot be used now: {what}")]
    Provider {
        /// Its key in the settings.
        provider: String,
        /// What failed. Never what it answered.
        what: &'static str,
    },
    /// The user may not set up the role.
    #[error(
        "the user of the database may not make roles: make the role `inrete_identity` and grant it to the user"
    )]
    Roles(#[source] sqlx::Error),
    /// The schema cannot be brought up to date.
    #[error("the tables of accounts cannot be brought up to date")]
    Migration(#[source] Box<sqlx::migrate::MigrateError>),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// Why not. A sentence about what to do; pages say it in their own language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another account has this name.
    #[error("another account has this sign-in name: choose another")]
    NameTaken,
    /// Not a sign-in name.
    #[error("a sign-in name is an e-mail address, or a word of 3 to 254 characters without spaces")]
    NameNotValid,
    /// Not a name to be shown.
    #[error("a name has 1 to 100 characters, in one line")]
    DisplayNameNotValid,
    /// Not a label.
    #[error("a label has 1 to 100 characters, in one line")]
    LabelNotValid,
    /// There is no such account.
    #[error("there is no such account")]
    UnknownAccount,
    /// The account is disabled.
    #[error("this account is disabled: enable it first")]
    Disabled,
    /// A one-time link that was used, has expired, or never was.
    #[error("this link was used before or has expired: ask for a new one")]
    LinkNotGood,
    /// The password is not taken.
    #[error(transparent)]
    Password(#[from] PasswordRefused),
    /// The session has ended meanwhile.
    #[error("this session has ended: sign in again")]
    SignedOut,
    /// The session is locked.
    #[error("this session is locked: confirm who you are first")]
    Locked,
    /// Too long ago that a credential was shown.
    #[error("confirm who you are first: with your password, a passkey or a code")]
    ConfirmFirst,
    /// The account has a second factor, and this session has not shown it.
    #[error("confirm with your second factor first")]
    NotStrong,
    /// A code that is not right, or was used before.
    #[error("this code is not right, or was used before: wait for the next one")]
    CodeNotRight,
    /// Too many tries.
    #[error("too many tries: wait {seconds} seconds")]
    TryLater {
        /// How long.
        seconds: u32,
    },
    /// What was begun has expired or was finished before.
    #[error("this took too long, or was done before: start again")]
    StartAgain,
    /// The last second factor cannot be removed.
    #[error("this is your only second factor: set up another one first")]
    LastFactor,
    /// There is no such second factor.
    #[error("no such second factor is set up")]
    NoSuchFactor,
    /// Passkeys need a host name.
    #[error("passkeys work only where this service is reached by a host name")]
    NoPasskeys,
    /// The answer of an authenticator is not right.
    #[error("the passkey could not be checked: try again")]
    PasskeyNotRight,
    /// The passkey is known already.
    #[error("this passkey is set up already")]
    PasskeyKnown,
    /// As many as there may be.
    #[error("there are {limit} already: remove one first")]
    TooMany {
        /// As many there may be.
        limit: u32,
    },
    /// A token that would last too long.
    #[error("a token lasts at most {days} days and ends in the future: choose an earlier day")]
    TokenTooLong {
        /// As long it may last.
        days: u32,
    },
    /// There is no such identity provider.
    #[error("there is no such identity provider")]
    UnknownProvider,
    /// The identity provider said no.
    #[error("the identity provider did not sign you in: try again, or ask there")]
    ProviderRefused,
    /// What the identity provider answered does not hold.
    #[error("the answer of the identity provider does not hold: start again")]
    ProviderAnswer,
    /// Nobody invited this person.
    #[error("there is no invitation for you here: ask an administrator for one")]
    NotInvited,
    /// Somebody else is linked.
    #[error("this identity belongs to another account here")]
    LinkedElsewhere,
}
