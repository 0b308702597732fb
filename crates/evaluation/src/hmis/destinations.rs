//! Q15 and Q23c: where people came from and where they went.

use events::Answer;
use events::codes::LivingSituation::{self as At, *};

use super::universe::{Client, project_type};
use super::{Cell, Row, Table, by_kind, by_kind_header, counts, row};

/// Which answers a row counts.
#[derive(Clone, Copy)]
enum Counts {
    Situations(&'static [At]),
    DoesNotKnowOrRefused,
    /// Nobody asked, and situations that the table has no row for.
    NotCollected(&'static [At]),
}

/// A heading, its rows, and their total.
struct Section {
    heading: &'static str,
    rows: &'static [(&'static str, Counts)],
    total: &'static str,
}

impl Counts {
    fn holds(self, answer: Answer<At>) -> bool {
        match (self, answer) {
            (Self::Situations(those) | Self::NotCollected(those), Answer::Known(at)) => {
                those.contains(&at)
            }
            (Self::DoesNotKnowOrRefused, answer) => {
                matches!(answer, Answer::DoesNotKnow | Answer::PrefersNotToAnswer)
            }
            (Self::NotCollected(_), answer) => answer == Answer::NotCollected,
            (Self::Situations(_), _) => false,
        }
    }
}

use Counts::{DoesNotKnowOrRefused, NotCollected, Situations};

/// Refuges for women are emergency shelters and other semi-protected flats transitional housing in
/// HUD's terms; with whom a person lived counts whatever the tenure.
const PRIOR: &[Section] = &[
    Section {
        heading: "a. Homeless situations",
        rows: &[
            (
                "a1. Emergency shelter, including hotel or motel paid for with emergency shelter voucher, or RHY-funded Host Home shelter",
                Situations(&[EmergencyShelter, Refuge]),
            ),
            (
                "a2. Transitional housing for homeless persons (including homeless youth)",
                Situations(&[TransitionalHousing, SecondStage, HopwaTransitional]),
            ),
            (
                "a3. Place not meant for habitation",
                Situations(&[PlaceNotMeantForHabitation]),
            ),
            ("a4. Safe Haven", Situations(&[SafeHaven])),
            ("a5. Host Home (non-crisis)", Situations(&[HostHome])),
        ],
        total: "az. Total",
    },
    Section {
        heading: "b. Institutional settings",
        rows: &[
            (
                "b1. Psychiatric hospital or other psychiatric facility",
                Situations(&[PsychiatricHospital]),
            ),
            (
                "b2. Substance abuse treatment facility or detox center",
                Situations(&[SubstanceTreatment]),
            ),
            (
                "b3. Hospital or other residential non-psychiatric medical facility",
                Situations(&[Hospital]),
            ),
            (
                "b4. Jail, prison or juvenile detention facility",
                Situations(&[Prison]),
            ),
            (
                "b5. Foster care home or foster care group home",
                Situations(&[FosterCare]),
            ),
            (
                "b6. Long-term care facility or nursing home",
                Situations(&[LongTermCare]),
            ),
            (
                "b7. Residential project or halfway house with no homeless criteria",
                Situations(&[HalfwayHouse]),
            ),
        ],
        total: "bz. Total",
    },
    Section {
        heading: "c. Other locations",
        rows: &[
            (
                "c01. Permanent housing (other than RRH) for formerly homeless persons",
                Situations(&[PermanentSupportive, HopwaPermanent]),
            ),
            (
                "c02. Owned by client, no ongoing housing subsidy",
                Situations(&[Owned]),
            ),
            (
                "c03. Owned by client, with ongoing housing subsidy",
                Situations(&[OwnedSupported]),
            ),
            (
                "c04. Rental by client, with RRH or equivalent subsidy",
                Situations(&[RentedRapidRehousing]),
            ),
            (
                "c05. Rental by client, with HCV voucher (tenant or project based)",
                Situations(&[RentedVoucher]),
            ),
            (
                "c06. Rental by client in a public housing unit",
                Situations(&[PublicHousing]),
            ),
            (
                "c07. Rental by client, no ongoing housing subsidy",
                Situations(&[Rented]),
            ),
            (
                "c08. Rental by client, with VASH housing subsidy",
                Situations(&[RentedVash]),
            ),
            (
                "c09. Rental by client, with GPD TIP housing subsidy",
                Situations(&[RentedGpdTip]),
            ),
            (
                "c10. Rental by client, with other ongoing housing subsidy",
                Situations(&[RentedSupported]),
            ),
            (
                "c11. Hotel or motel paid for without emergency shelter voucher",
                Situations(&[Hotel]),
            ),
            (
                "c12. Staying or living in a friend’s room, apartment or house",
                Situations(&[Friends, FriendsTemporarily, FriendsPermanently]),
            ),
            (
                "c13. Staying or living in a family member’s room, apartment or house",
                Situations(&[Family, FamilyTemporarily, FamilyPermanently]),
            ),
            (
                "c14. Client Doesn't Know/Client Refused",
                DoesNotKnowOrRefused,
            ),
            (
                "c15. Data Not Collected",
                NotCollected(&[ReturnedToAbuser, Deceased, Other, NoExitInterview]),
            ),
        ],
        total: "cz. Total",
    },
];

/// With whom a person lives is temporary unless it is known to be permanent; a return to the abuser has no
/// row of its own in HUD's list and is another destination.
const DESTINATIONS: &[Section] = &[
    Section {
        heading: "a. Permanent destinations",
        rows: &[
            (
                "a01. Moved from one HOPWA funded project to HOPWA PH",
                Situations(&[HopwaPermanent]),
            ),
            (
                "a02. Owned by client, no ongoing housing subsidy",
                Situations(&[Owned]),
            ),
            (
                "a03. Owned by client, with ongoing subsidy",
                Situations(&[OwnedSupported]),
            ),
            (
                "a04. Rental by client, no ongoing housing subsidy",
                Situations(&[Rented]),
            ),
            (
                "a05. Rental by client, with VASH housing subsidy",
                Situations(&[RentedVash]),
            ),
            (
                "a06. Rental by client, with GPD TIP housing subsidy",
                Situations(&[RentedGpdTip]),
            ),
            (
                "a07. Rental by client, with other ongoing housing subsidy",
                Situations(&[RentedSupported]),
            ),
            (
                "a08. Permanent housing (other than RRH) for formerly homeless persons",
                Situations(&[PermanentSupportive]),
            ),
            (
                "a09. Staying or living with family, permanent tenure",
                Situations(&[FamilyPermanently]),
            ),
            (
                "a10. Staying or living with friends, permanent tenure",
                Situations(&[FriendsPermanently]),
            ),
            (
                "a11. Rental by client, with RRH or equivalent subsidy",
                Situations(&[RentedRapidRehousing]),
            ),
            (
                "a12. Rental by client, with HCV voucher (tenant or project based)",
                Situations(&[RentedVoucher]),
            ),
            (
                "a13. Rental by client in a public housing unit",
                Situations(&[PublicHousing]),
            ),
        ],
        total: "az. Total",
    },
    Section {
        heading: "b. Temporary destinations",
        rows: &[
            (
                "b1. Emergency shelter, including hotel or motel paid for with emergency shelter voucher, or RHY-funded Host Home shelter",
                Situations(&[EmergencyShelter, Refuge]),
            ),
            (
                "b2. Moved from one HOPWA funded project to HOPWA TH",
                Situations(&[HopwaTransitional]),
            ),
            (
                "b3. Transitional housing for homeless persons (including homeless youth)",
                Situations(&[TransitionalHousing, SecondStage]),
            ),
            (
                "b4. Staying or living with family, temporary tenure (e.g. room, apartment or house)",
                Situations(&[FamilyTemporarily, Family]),
            ),
            (
                "b5. Staying or living with friends, temporary tenure (e.g. room, apartment or house)",
                Situations(&[FriendsTemporarily, Friends]),
            ),
            (
                "b6. Place not meant for habitation (e.g., a vehicle, an abandoned building, bus/train/subway station/airport or anywhere outside)",
                Situations(&[PlaceNotMeantForHabitation]),
            ),
            ("b7. Safe Haven", Situations(&[SafeHaven])),
            (
                "b8. Hotel or motel paid for without emergency shelter voucher",
                Situations(&[Hotel]),
            ),
            ("b9. Host Home (non-crisis)", Situations(&[HostHome])),
        ],
        total: "bz. Total",
    },
    Section {
        heading: "c. Institutional settings",
        rows: &[
            (
                "c1. Foster care home or group foster care home",
                Situations(&[FosterCare]),
            ),
            (
                "c2. Psychiatric hospital or other psychiatric facility",
                Situations(&[PsychiatricHospital]),
            ),
            (
                "c3. Substance abuse treatment facility or detox center",
                Situations(&[SubstanceTreatment]),
            ),
            (
                "c4. Hospital or other residential non-psychiatric medical facility",
                Situations(&[Hospital]),
            ),
            (
                "c5. Jail, prison, or juvenile detention facility",
                Situations(&[Prison]),
            ),
            (
                "c6. Long-term care facility or nursing home",
                Situations(&[LongTermCare]),
            ),
        ],
        total: "cz. Total",
    },
    Section {
        heading: "d. Other destinations",
        rows: &[
            (
                "d1. Residential project or halfway house with no homeless criteria",
                Situations(&[HalfwayHouse]),
            ),
            ("d2. Deceased", Situations(&[Deceased])),
            ("d3. Other", Situations(&[Other, ReturnedToAbuser])),
            (
                "d4. Client doesn't know/Client refused",
                DoesNotKnowOrRefused,
            ),
            (
                "d5. Data not collected (no exit interview completed)",
                NotCollected(&[NoExitInterview]),
            ),
        ],
        total: "dz. Total",
    },
];

/// The rows of all sections, each with its heading and total.
fn sections<'a, 'c>(
    sections: &[Section],
    clients: impl Iterator<Item = &'c Client<'a>> + Clone,
    answer: impl Fn(&Client<'a>) -> Answer<At>,
) -> Vec<Row>
where
    'a: 'c,
{
    let mut rows = Vec::new();
    for section in sections {
        rows.push(row(
            section.heading,
            vec![Cell::Blank; super::BY_KIND.len()],
        ));
        for (label, which) in section.rows {
            rows.push(row(
                label,
                counts(clients.clone().filter(|c| which.holds(answer(c)))),
            ));
        }
        let any = clients
            .clone()
            .filter(|c| section.rows.iter().any(|(_, which)| which.holds(answer(c))));
        rows.push(row(section.total, counts(any)));
    }
    rows
}

/// Living Situation of adults and heads of household before the entry.
pub(super) fn q15(clients: &[Client<'_>]) -> Table {
    living_situation("Q15", clients)
}

/// The same of youth.
pub(super) fn q27d(youth: &[Client<'_>]) -> Table {
    living_situation("Q27d", youth)
}

fn living_situation(name: &'static str, clients: &[Client<'_>]) -> Table {
    let those = clients.iter().filter(|c| c.is_adult() || c.is_head());
    let mut rows = sections(PRIOR, those.clone(), |c| c.member.prior_living_situation);
    rows.push(row("d. Total", counts(those)));
    Table {
        name,
        header: by_kind_header("Living situation"),
        rows,
    }
}

/// Appendix A of the specifications: permanent destinations are positive everywhere, a host home for
/// shelters and transitional housing too.
fn is_positive(project_type: u8, at: At) -> bool {
    DESTINATIONS[0]
        .rows
        .iter()
        .any(|(_, which)| which.holds(Answer::Known(at)))
        || (at == HostHome
            && matches!(
                project_type,
                project_type::EMERGENCY_SHELTER | project_type::TRANSITIONAL_HOUSING
            ))
}

/// Appendix A: foster care, hospitals, long-term care and deaths say nothing about a project's success.
pub(crate) fn is_excluded(at: At) -> bool {
    matches!(at, FosterCare | Hospital | LongTermCare | Deceased)
}

/// Exit Destination of leavers.
pub(super) fn q23c(clients: &[Client<'_>]) -> Table {
    exit_destination("Q23c", clients)
}

/// The same of youth.
pub(super) fn q27f(youth: &[Client<'_>]) -> Table {
    exit_destination("Q27f", youth)
}

fn exit_destination(name: &'static str, clients: &[Client<'_>]) -> Table {
    let leavers = clients.iter().filter(|c| c.is_leaver());
    let destination = |c: &Client<'_>| {
        c.member
            .left
            .as_ref()
            .map_or(Answer::NotCollected, |left| left.destination)
    };
    let positive = |c: &Client<'_>| {
        destination(c)
            .known()
            .is_some_and(|at| is_positive(c.project_type, *at))
    };
    let excluded = |c: &Client<'_>| destination(c).known().is_some_and(|at| is_excluded(*at));
    let mut rows = sections(DESTINATIONS, leavers.clone(), destination);
    rows.push(row("e. Total", counts(leavers.clone())));
    rows.push(row(
        "f1. Total persons exiting to positive housing destinations",
        counts(leavers.clone().filter(|c| positive(c))),
    ));
    rows.push(row(
        "f2. Total persons whose destinations excluded them from the calculation",
        counts(leavers.clone().filter(|c| excluded(c))),
    ));
    rows.push(row(
        "f3. Percentage",
        by_kind(leavers, |those| {
            let good = those.iter().filter(|c| positive(c)).count() as u64;
            let base = those.iter().filter(|c| !excluded(c)).count() as u64;
            // HUD's table shows a share of nobody as 0.
            Cell::Share((20_000 * good + base).checked_div(2 * base).unwrap_or(0))
        }),
    ));
    Table {
        name,
        header: by_kind_header("Destination"),
        rows,
    }
}
