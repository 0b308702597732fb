//! Who is asking: accounts, credentials, second factors, sessions, API tokens, OpenID Connect.
//!
//! What whoever is asking may do is decided elsewhere; nothing here knows a role's meaning or a pilot.
//!
//! - An account begins with a one-time link ([`Identity::invite`], [`Identity::first_link`]); there
//!   is no default password.
//! - Signing in ([`Identity::sign_in`]) ends with a session, or with a [`Step`] that asks for the
//!   second factor. A session's secret is new whenever it gets stronger, and nothing that existed
//!   before a sign-in becomes a session.
//! - A [`Session`] locks when it is idle, ends after a working day, and gets a new secret now and
//!   then ([`Identity::session`]).
//! - Of every secret there is a digest only. Who has the database signs in as nobody and, without
//!   the [`Key`], cannot even try passwords out.
//! - Time comes in as an argument. Names, addresses and codes are in no error, no `Debug` and no
//!   trace.

mod account;
mod ceremony;
mod database;
mod error;
mod factors;
mod identity;
mod ids;
mod invitation;
pub mod oidc;
mod passkey;
mod password;
mod prune;
mod secret;
mod session;
mod sessions;
mod sign_in;
mod throttle;
mod token;
mod totp;
mod visit;

pub use account::{Account, Language, MAX_DISPLAY_NAME, MAX_NAME, MIN_NAME, NewAccount};
pub use ceremony::{CEREMONY_MINUTES, Ceremony, MAX_OPEN_CEREMONIES};
pub use database::{Database, MAX_CONNECTIONS, SCHEMA, SERVICE_ROLE};
pub use error::{Error, Refusal};
pub use factors::{Enrolled, Factors, MAX_LABEL, RECOVERY_CODES};
pub use identity::{Identity, Settings};
pub use ids::{AccountId, PasskeyId, SessionId, TokenId};
pub use invitation::{Acceptance, Invitation, LINK_HOURS, Link, Reset};
pub use passkey::{For, MAX_PASSKEYS, Passkey};
pub use password::{
    HASHES_AT_ONCE, LANES, MAX_PASSWORD, MAX_WAITING, MEMORY_KIB, MIN_PASSWORD, PASSES,
    PasswordRefused, check_password,
};
pub use prune::Pruned;
pub use secret::{CsrfToken, KEY_BYTES, Key, Password, Secret};
pub use session::{
    Activity, CONFIRMATION_MINUTES, Entered, GRACE_SECONDS, IDLE_MINUTES, MAX_SESSIONS, Opened,
    ROTATE_MINUTES, SESSION_HOURS, Session, SignedOut, Strength, TOUCH_SECONDS,
};
pub use sessions::Listed;
pub use sign_in::{MAX_STEP_TRIES, Refused, STEP_MINUTES, SignIn, Step};
pub use throttle::{
    CEILING_BY_ADDRESS, CEILING_BY_NAME, Crossed, CrossedBy, DEVICE_DAYS, FIRST_DELAY,
    FREE_BY_ADDRESS, FREE_BY_NAME, LONGEST_DELAY, TryLater, WINDOW_HOURS,
};
pub use token::{
    ListedToken, MAX_TOKEN_DAYS, MAX_TOKENS, NewToken, TOKEN_PREFIX, Token, USE_SECONDS,
};
pub use totp::{TOTP_DIGITS, TOTP_SETUP_HOURS, TOTP_SKEW, TOTP_STEP_SECONDS, TotpSetup};
pub use visit::Visit;
