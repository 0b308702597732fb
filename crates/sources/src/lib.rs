//! Where histories come from: another system's files, or a seed.
//!
//! Pure but for reading the files it is given. What comes out are proposals, the same that a
//! coordinator makes, for the same deciders; nothing here knows the log or the database.

pub mod demo;
pub mod hmis;

use uuid::Uuid;

/// Namespace of public ids (RFC 9562, version 5).
const PUBLIC: Uuid = Uuid::from_u128(0x3f1f_7c66_9d0e_5c57_8f0b_6f1f_5a0e_2b11);

/// Makes ids that stand for something elsewhere: the same purpose and parts give the same id on
/// every run of one installation, and the id does not give the parts away.
pub trait Ids {
    /// The id for `parts`; `purpose` keeps ids of different kinds apart.
    fn id(&self, purpose: &str, parts: &[&str]) -> Uuid;

    /// The same id in every installation, for what is public: a pilot has one name everywhere, so
    /// that two installations with the same history write the same report.
    fn public_id(&self, purpose: &str, parts: &[&str]) -> Uuid {
        let mut name = purpose.as_bytes().to_vec();
        for part in parts {
            name.extend_from_slice(&(part.len() as u64).to_be_bytes());
            name.extend_from_slice(part.as_bytes());
        }
        Uuid::new_v5(&PUBLIC, &name)
    }
}
