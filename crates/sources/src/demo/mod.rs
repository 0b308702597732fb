//! The demonstration: the frame of "In rete per l'autonomia" as it was published, and in it a year
//! that never was, of people who never were.
//!
//! The same seed tells the same year. What stays the same under every seed is written as tables
//! (`frame`, `households`, and those of each topic); what chance decides lies around it.

mod calendar;
mod care;
mod chance;
mod contacts;
mod frame;
mod funding;
mod households;
mod mistakes;
mod path;
mod progress;
mod register;
mod reports;
mod stay;
mod steering;
mod words;

use domain::Proposal;
use events::PilotId;

use crate::Ids;
use chance::Chance;
use frame::Frame;
use households::HOUSEHOLDS;
use mistakes::Told;
use register::Register;
use stay::Telling;
use steering::Steering;

/// The seed of the demonstration that is shown.
pub const SEED: u64 = 20_241_001;

/// The part that the committee is; the households are the first.
const STEERING: u64 = 1_000;

/// The demonstration pilot's code.
pub const CODE: &str = "casalmaggiore";

/// The demonstration pilot's id.
pub fn pilot_id(ids: &dyn Ids) -> PilotId {
    PilotId(ids.public_id("demo pilot", &[CODE]))
}

/// Everything that is to be recorded, in the order in which it was written down. Each proposal is
/// one fact: in a new log the first is at position 1, and corrections name positions accordingly.
pub fn plan(seed: u64, ids: &dyn Ids) -> Vec<Proposal> {
    let mut register = Register::new(Chance::of(seed, 0));
    let mut frame = Frame::write(&mut register, ids);
    let mut told = Vec::new();
    for (part, household) in (1..).zip(HOUSEHOLDS) {
        let mut telling = Telling {
            register: &mut register,
            frame: &mut frame,
            ids,
            chance: Chance::of(seed, part),
        };
        let Some(mut home) = telling.arrive(household) else {
            continue;
        };
        telling.plan(&home);
        telling.work(&home);
        let incomes = telling.incomes(&home);
        let visits = telling.visits(&home);
        let services = telling.services(&home);
        telling.leave(&mut home);
        telling.progress(&home);
        telling.care(&home);
        told.push(Told {
            home,
            visits,
            services,
            incomes,
        });
    }
    let mut steering = Steering {
        register: &mut register,
        frame: &frame,
        ids,
        chance: Chance::of(seed, STEERING),
    };
    steering.write();
    funding::write(&mut register, &frame, ids);
    reports::write(&mut register, frame.opened, &told, ids);
    mistakes::make(&mut register, &frame, &told);
    register.into_proposals(ids)
}

/// Every name and every text that the demonstration only ever records sealed, in parts that can be
/// searched for. Found anywhere in the clear, each is a leak.
pub fn sealed_texts() -> Vec<&'static str> {
    let stays = HOUSEHOLDS
        .iter()
        .filter_map(|household| household.stay.as_ref());
    let names = stays.flat_map(|stay| {
        let joined = stay.joined.iter().map(|(_, person)| person);
        let given = stay
            .members
            .iter()
            .chain(joined)
            .map(|person| person.given_name);
        given.chain([stay.family_name])
    });
    names.chain(words::sealed_texts()).collect()
}
