//! Passwords: which are taken, and how they are kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;
use zxcvbn::Score;

use crate::secret::{Key, chance};
use crate::{Error, Password};

/// The shortest password, in characters.
pub const MIN_PASSWORD: usize = 12;

/// The longest password, in characters: room for any sentence.
pub const MAX_PASSWORD: usize = 128;

/// Memory of one hash in KiB. This and the next two are what OWASP recommends at least for argon2id.
pub const MEMORY_KIB: u32 = 19 * 1024;

/// Passes of one hash over its memory.
pub const PASSES: u32 = 2;

/// Lanes of one hash.
pub const LANES: u32 = 1;

/// Hashes that one process works on at the same moment: a bound on its memory.
pub const HASHES_AT_ONCE: usize = 2;

/// Hashes that wait for their turn at most; whoever comes then is sent away for a moment.
pub const MAX_WAITING: usize = 32;

/// Bytes of salt.
const SALT_BYTES: usize = 16;

/// A typed password is looked at no further than this, in bytes. A longer one is wrong.
const MAX_TYPED: usize = MAX_PASSWORD * 16;

/// What everybody who guesses tries first here, beside what the estimate knows (which is mostly
/// English).
const KNOWN: &[&str] = &[
    "inrete",
    "in rete",
    "rete",
    "antiviolenza",
    "centro",
    "rifugio",
    "accoglienza",
    "donna",
    "donne",
    "violenza",
    "casa",
    "comune",
    "password",
    "passwordsicura",
    "segreta",
    "segreto",
    "ciao",
    "amore",
    "tesoro",
    "bella",
    "mamma",
    "papa",
    "italia",
    "roma",
    "milano",
    "napoli",
    "torino",
    "juventus",
    "inter",
    "milan",
    "forza",
    "benvenuta",
    "benvenuto",
    "buongiorno",
    "primavera",
    "estate",
    "autunno",
    "inverno",
    "gennaio",
    "febbraio",
    "marzo",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "agosto",
    "settembre",
    "ottobre",
    "novembre",
    "dicembre",
    "lunedi",
    "martedi",
    "mercoledi",
    "giovedi",
    "venerdi",
    "sabato",
    "domenica",
    "andrea",
    "giulia",
    "francesca",
    "alessandro",
    "martina",
    "chiara",
    "sara",
    "valentina",
    "federica",
    "cambiami",
    "accesso",
    "entra",
    "utente",
    "amministratore",
];

/// Letters and digits that a password has at least beside what everybody knows: more than a year or a
/// row of figures.
const MIN_LEFT_OVER: usize = 8;

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefused {
    /// Too short.
    #[error("a password has at least {least} characters: take a sentence of four or more words")]
    TooShort {
        /// As many at least.
        least: usize,
    },
    /// Too long.
    #[error("a password has at most {most} characters: take a shorter sentence")]
    TooLong {
        /// As many at most.
        most: usize,
    },
    /// It would be among the first that somebody tries.
    #[error(
        "this password is easily guessed (a common word, a name, a date, a row of keys): take four or more words that do not belong together"
    )]
    Guessable,
}

/// The one form of a password, however it was typed.
fn normal(password: &Password) -> Zeroizing<String> {
    Zeroizing::new(password.typed().nfkc().collect())
}

/// Is this a password that is taken? `about` is what an attacker knows of whoever chose it: her
/// sign-in name, her name.
///
/// # Errors
/// Why not.
pub fn check_password(password: &Password, about: &[&str]) -> Result<(), PasswordRefused> {
    let too_long = PasswordRefused::TooLong { most: MAX_PASSWORD };
    if password.typed().len() > MAX_TYPED {
        return Err(too_long);
    }
    let normal = normal(password);
    let length = normal.chars().count();
    if length < MIN_PASSWORD {
        let least = MIN_PASSWORD;
        return Err(PasswordRefused::TooShort { least });
    }
    if length > MAX_PASSWORD {
        return Err(too_long);
    }
    let parts = about.iter().flat_map(|text| {
        let parts = text.split(|c: char| !c.is_alphanumeric());
        parts.chain([*text]).filter(|part| part.chars().count() > 2)
    });
    let known: Vec<&str> = parts.chain(KNOWN.iter().copied()).collect();
    let guessable = zxcvbn::zxcvbn(&normal, &known).score() < Score::Three;
    match guessable || left_over(&normal, &known) < MIN_LEFT_OVER {
        true => Err(PasswordRefused::Guessable),
        false => Ok(()),
    }
}

/// How many letters and digits are left of a password without what everybody knows. The estimate takes
/// each known word for a little; a few of them and a year would do.
fn left_over(password: &str, known: &[&str]) -> usize {
    let mut left = Zeroizing::new(password.to_lowercase());
    let mut longest_first: Vec<String> = known.iter().map(|it| it.to_lowercase()).collect();
    longest_first.sort_by_key(|it| std::cmp::Reverse(it.len()));
    for word in longest_first {
        if left.contains(&word) {
            left = Zeroizing::new(left.replace(&word, " "));
        }
    }
    left.chars().filter(|c| c.is_alphanumeric()).count()
}

/// What became of looking at a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verified {
    /// It is the one. `renew`: its hash was made with less than what is asked for now.
    Right {
        renew: bool,
    },
    Wrong,
    /// Too many wait.
    Busy,
}

/// Hashes and verifies, a few at a time.
pub(crate) struct Hasher {
    /// Whoever has the database alone cannot try passwords out: the hashes are keyed.
    pepper: Zeroizing<[u8; 32]>,
    /// A hash of nothing that anybody knows.
    dummy: String,
    turn: Semaphore,
    waiting: AtomicUsize,
    computed: AtomicU64,
}

impl Hasher {
    pub(crate) fn new(key: &Key) -> Result<Arc<Self>, Error> {
        let pepper = Zeroizing::new(key.digest("password pepper", &[]));
        let dummy = argon2(&*pepper)?
            .hash_password_with_salt(&*chance::<32>()?, &*chance::<SALT_BYTES>()?)
            .map_err(|_| Error::Hashing)?;
        Ok(Arc::new(Self {
            pepper,
            dummy: dummy.to_string(),
            turn: Semaphore::new(HASHES_AT_ONCE),
            waiting: AtomicUsize::new(0),
            computed: AtomicU64::new(0),
        }))
    }

    /// How many hashes were computed.
    pub(crate) fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }

    /// The hash that is kept of a password; none when too many wait.
    pub(crate) async fn hash(
        self: &Arc<Self>,
        password: &Password,
    ) -> Result<Option<String>, Error> {
        let (this, password) = (self.clone(), normal(password));
        let work = move || {
            let salt = chance::<SALT_BYTES>()?;
            let hash = argon2(&*this.pepper)?.hash_password_with_salt(password.as_bytes(), &*salt);
            Ok(hash.map_err(|_| Error::Hashing)?.to_string())
        };
        self.in_turn(work).await
    }

    /// Is `password` the one of `hash`? Without a hash it is wrong, and takes as long.
    pub(crate) async fn verify(
        self: &Arc<Self>,
        password: &Password,
        hash: Option<String>,
    ) -> Result<Verified, Error> {
        let possible = password.typed().len() <= MAX_TYPED;
        let password = match possible {
            true => normal(password),
            false => Zeroizing::default(),
        };
        let known = hash.is_some() && possible;
        let (this, hash) = (self.clone(), hash.unwrap_or_else(|| self.dummy.clone()));
        let work = move || {
            let hash = PasswordHash::new(&hash).map_err(|_| Error::Hashing)?;
            let argon2 = argon2(&*this.pepper)?;
            let right = argon2.verify_password(password.as_bytes(), &hash).is_ok();
            Ok((right, weaker(&hash)))
        };
        Ok(match self.in_turn(work).await? {
            Some((true, renew)) if known => Verified::Right { renew },
            Some(_) => Verified::Wrong,
            None => Verified::Busy,
        })
    }

    /// Does hard work on a thread of its own, when it is its turn.
    async fn in_turn<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<Option<T>, Error> {
        let Some(_waiting) = Waiting::among(&self.waiting) else {
            return Ok(None);
        };
        let _turn = self.turn.acquire().await.map_err(|_| Error::Hashing)?;
        self.computed.fetch_add(1, Ordering::Relaxed);
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|_| Error::Hashing)?.map(Some)
    }
}

/// One that waits or is at work, until it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn among(all: &'a AtomicUsize) -> Option<Self> {
        let waiting = Self(all);
        (all.fetch_add(1, Ordering::Relaxed) < HASHES_AT_ONCE + MAX_WAITING).then_some(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn argon2(pepper: &[u8]) -> Result<Argon2<'_>, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| Error::Hashing)?;
    Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params)
        .map_err(|_| Error::Hashing)
}

/// Was it made with less than what is asked for now?
fn weaker(hash: &PasswordHash) -> bool {
    let Ok(params) = Params::try_from(hash) else {
        return true;
    };
    hash.algorithm != Algorithm::Argon2id.ident()
        || params.m_cost() < MEMORY_KIB
        || params.t_cost() < PASSES
        || params.p_cost() < LANES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher() -> Arc<Hasher> {
        Hasher::new(&Key::from_bytes([3; 32])).expect("a hasher")
    }

    #[test]
    fn length_comes_first_and_what_is_guessed_is_refused() {
        let about = ["anna.rossi@comune.example.it", "Anna Rossi"];
        let of = |text: &str| check_password(&Password::from(text), &about);
        let short = Err(PasswordRefused::TooShort { least: 12 });
        assert_eq!(of(""), short);
        assert_eq!(of("x7$Kq!9vT2m"), short, "11, however wild");
        let long = Err(PasswordRefused::TooLong { most: 128 });
        assert_eq!(of(&"lamp eagle ".repeat(12)), long);
        assert_eq!(of(&"x".repeat(1_000_000)), long);
        for guessed in [
            "password1234",
            "qwertyuiop12",
            "aaaaaaaaaaaa",
            "123456789012",
            "annarossi2024",
            "Anna Rossi 1985!",
            "anna.rossi@comune",
            "inreteinrete1",
            "ciaociaociao",
            "amoreamore12",
            "Juventus2024!",
            "Benvenuto2025",
        ] {
            assert_eq!(of(guessed), Err(PasswordRefused::Guessable), "{guessed}");
        }
        assert_eq!(of("lampada quercia vento mattone"), Ok(()));
        assert_eq!(of("q8Wz-rN4v-Tx2m"), Ok(()));
    }

    #[tokio::test]
    async fn a_hash_opens_to_its_password_however_it_was_typed() {
        let hasher = hasher();
        // The same letters, put together and in parts; and two ways to write a digit.
        let composed = Password::from("per\u{f2} quercia vento ２");
        let hash = hasher.hash(&composed).await.expect("hashed").expect("turn");
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        let parts = Password::from("pero\u{300} quercia vento 2");
        let verified = hasher.verify(&parts, Some(hash.clone())).await;
        assert_eq!(
            verified.expect("verified"),
            Verified::Right { renew: false }
        );
        let wrong = Password::from("pero quercia vento 2");
        let wrong = hasher.verify(&wrong, Some(hash.clone())).await;
        assert_eq!(wrong.expect("verified"), Verified::Wrong);
        // Under another key nothing opens.
        let other = Hasher::new(&Key::from_bytes([4; 32])).expect("a hasher");
        let wrong = other.verify(&composed, Some(hash)).await;
        assert_eq!(wrong.expect("verified"), Verified::Wrong);
    }

    #[tokio::test]
    async fn without_a_hash_one_is_computed_all_the_same() {
        let hasher = hasher();
        for password in ["short", &"long ".repeat(10_000)] {
            let before = hasher.computed();
            let verified = hasher.verify(&Password::from(password), None).await;
            assert_eq!(verified.expect("verified"), Verified::Wrong);
            assert_eq!(hasher.computed(), before + 1);
        }
    }

    #[tokio::test]
    async fn a_weaker_hash_is_to_be_renewed() {
        let hasher = hasher();
        let params = Params::new(8 * 1024, 1, 1, None).expect("parameters");
        let weak =
            Argon2::new_with_secret(&*hasher.pepper, Algorithm::Argon2id, Version::V0x13, params)
                .expect("argon2")
                .hash_password_with_salt(b"some password", b"sixteen bytes ok")
                .expect("hashed");
        let password = Password::from("some password");
        let verified = hasher.verify(&password, Some(weak.to_string())).await;
        assert_eq!(verified.expect("verified"), Verified::Right { renew: true });
    }

    #[tokio::test]
    async fn more_than_may_wait_are_sent_away() {
        let hasher = hasher();
        let held = hasher
            .turn
            .acquire_many(HASHES_AT_ONCE as u32)
            .await
            .expect("held");
        let waiting = (0..HASHES_AT_ONCE + MAX_WAITING).map(|_| {
            let hasher = hasher.clone();
            tokio::spawn(async move { hasher.verify(&Password::from("a"), None).await })
        });
        let waiting: Vec<_> = waiting.collect();
        while hasher.waiting.load(Ordering::Relaxed) < HASHES_AT_ONCE + MAX_WAITING {
            tokio::task::yield_now().await;
        }
        let verified = hasher.verify(&Password::from("a"), None).await;
        assert_eq!(verified.expect("verified"), Verified::Busy);
        drop(held);
        for one in waiting {
            let verified = one.await.expect("joined").expect("verified");
            assert_eq!(verified, Verified::Wrong);
        }
    }
}
