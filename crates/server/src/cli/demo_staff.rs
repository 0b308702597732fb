//! The people of the demonstration: accounts with passwords that are new at every start, and second
//! factors where their roles take one.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, Utc};
use events::access::{Holder, RoleGranted};
use events::codes::{PartnerKind, Role};
use events::{AccountId, PartnerId, PilotId};
use identity::{Acceptance, Identity, Language, NewAccount, Password, Reset, SignIn, Visit};
use policy::Scope;
use totp_rs::{Builder, Secret};

use super::stand::Stand;

/// Who grants roles in a demonstration.
const ACTOR: &str = "operator:demo";
/// Bytes of chance in a password.
const PASSWORD_BYTES: usize = 12;

/// Somebody to sign in as.
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) password: String,
    /// The key of her authenticator app and some recovery codes, where her role takes a second factor.
    pub(super) factor: Option<(String, Vec<String>)>,
}

/// Name, what she is called, role, and whether she signs in with two factors.
const STAFF: [(&str, &str, Role, bool); 8] = [
    ("coordinatrice", "Coordinatrice", Role::Coordinator, true),
    (
        "operatrice",
        "Operatrice del centro",
        Role::PartnerOperator,
        true,
    ),
    (
        "dpo",
        "Protezione dei dati",
        Role::DataProtectionOfficer,
        true,
    ),
    (
        "amministratrice",
        "Amministratrice",
        Role::Administrator,
        true,
    ),
    ("valutatrice", "Valutatrice", Role::Evaluator, false),
    ("revisore", "Revisore", Role::Auditor, false),
    ("cabina", "Cabina di regia", Role::CommitteeMember, false),
    ("fondazione", "Fondazione", Role::Funder, false),
];

/// Makes them, or gives them new ways in if they are there from the last start.
pub(super) async fn hire(
    stand: &Stand,
    identity: &Identity,
    pilot: PilotId,
) -> anyhow::Result<Vec<Person>> {
    let partner = centre(stand, pilot).await?;
    let mut people = Vec::new();
    for (name, called, role, two) in STAFF {
        let now = stand.app.now();
        let (account, password) = enter(identity, now, name, called).await?;
        let scope = match role {
            Role::Administrator => Scope::EveryPilot,
            _ => Scope::Pilot(pilot),
        };
        let partner = partner.filter(|_| role == Role::PartnerOperator);
        grant(stand, Holder::Account(account), scope, role, partner).await?;
        let factor = match two {
            true => Some(enrol(identity, now, name, &password).await?),
            false => None,
        };
        people.push(Person {
            name,
            password,
            factor,
        });
    }
    Ok(people)
}

/// The anti-violence centre of the pilot.
async fn centre(stand: &Stand, pilot: PilotId) -> anyhow::Result<Option<PartnerId>> {
    let rows = stand.app.pilots().await?;
    let row = rows.into_iter().find(|row| row.pilot == pilot);
    let partners = row.map(|row| row.partners).unwrap_or_default();
    let centre = partners
        .into_iter()
        .find(|partner| partner.left.is_none() && partner.kind == PartnerKind::AntiViolenceCentre);
    Ok(centre.map(|partner| partner.partner))
}

async fn grant(
    stand: &Stand,
    holder: Holder,
    scope: Scope,
    role: Role,
    partner: Option<PartnerId>,
) -> anyhow::Result<()> {
    let grants = stand.app.grants_of(holder, None).await?;
    let mut standing = grants.standing_at(stand.app.now());
    if standing.any(|grant| grant.role == role && grant.scope == scope) {
        return Ok(());
    }
    let granted = RoleGranted {
        holder,
        role,
        partner,
        until: None,
        relative_dates: false,
        bound_to: None,
    };
    stand
        .app
        .grant(ACTOR, crate::new_id(), scope, granted)
        .await?;
    Ok(())
}

/// An account with a password that nobody had before.
async fn enter(
    identity: &Identity,
    now: DateTime<Utc>,
    name: &str,
    called: &str,
) -> anyhow::Result<(AccountId, String)> {
    let link = match identity.account_named(name).await? {
        Some(account) => {
            identity.enable(account.id).await?;
            identity
                .invite_again(now, account.id, Reset::EveryFactor)
                .await?
        }
        None => {
            let new = NewAccount {
                name,
                display_name: called,
                language: Language::Italian,
            };
            identity.invite(now, &new).await?
        }
    };
    let mut bytes = [0u8; PASSWORD_BYTES];
    getrandom::fill(&mut bytes).context("no chance for a password")?;
    let quads = bytes
        .chunks(2)
        .map(|two| format!("{:02x}{:02x}", two[0], two[1]));
    let password = quads.collect::<Vec<_>>().join("-");
    let acceptance = Acceptance {
        password: &Password::from(password.clone()),
        name: None,
        display_name: None,
        language: None,
    };
    let account = identity
        .accept_invitation(now, link.secret.expose(), &acceptance)
        .await?;
    Ok((account, password))
}

/// Sets up an authenticator app as she would.
async fn enrol(
    identity: &Identity,
    now: DateTime<Utc>,
    name: &str,
    password: &str,
) -> anyhow::Result<(String, Vec<String>)> {
    let visit = Visit {
        now,
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        agent: None,
        device: None,
    };
    let signed_in = identity
        .sign_in(&visit, name, &Password::from(password))
        .await?;
    let SignIn::Done(opened) = signed_in else {
        anyhow::bail!("{name} cannot sign in");
    };
    let setup = identity.start_totp(now, &opened.session).await?;
    let key = setup.key.expose().to_owned();
    // The code before this one: the one of now stays for whoever tries it out.
    let code = code(&key, now - Duration::from_secs(30))?;
    let enrolled = identity.finish_totp(&visit, &opened.session, &code).await?;
    let secret = enrolled.opened.secret;
    identity.sign_out(now, secret.expose()).await?;
    let codes = enrolled.recovery_codes.iter();
    let codes = codes.map(|code| code.expose().to_owned()).collect();
    Ok((key, codes))
}

/// What an authenticator app with this key shows at a time.
pub(super) fn code(key: &str, now: DateTime<Utc>) -> anyhow::Result<String> {
    let secret = Secret::try_from_base32(key).context("this is no key of an authenticator app")?;
    let app = Builder::new().with_secret(secret).build();
    let app = app.context("this is no key of an authenticator app")?;
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    Ok(app.generate(seconds).to_string())
}
