//! Where sealing happens is somebody else's business; that it happens is ours.

use serde::Serialize;

use crate::{PersonId, Sealed, SealedBytes};

/// A value could not be sealed. Never says what it held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSealed {
    /// The value has no JSON form.
    #[error("a personal value cannot be written")]
    NotWritable,
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes")]
    NoRandomness,
    /// There is no key of this person's to seal under: it was not asked for beforehand.
    #[error("there is no key for a person that this is about")]
    NoKey,
}

/// Something that turns personal values into sealed ones.
pub trait Seal {
    /// Seals bytes under the key of `person`.
    ///
    /// # Errors
    /// [`NotSealed`].
    fn seal_bytes(&self, person: PersonId, plain: &[u8]) -> Result<SealedBytes, NotSealed>;
}

impl dyn Seal + '_ {
    /// Seals a value under the key of `person`.
    ///
    /// # Errors
    /// [`NotSealed`].
    pub fn seal<T: Serialize>(&self, person: PersonId, value: &T) -> Result<Sealed<T>, NotSealed> {
        let plain = serde_json::to_vec(value).map_err(|_| NotSealed::NotWritable)?;
        Ok(Sealed::new(self.seal_bytes(person, &plain)?))
    }
}
