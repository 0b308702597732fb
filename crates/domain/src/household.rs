//! One household: from its referral through its stay to its follow-ups.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use events::codes::{AdmissionDecision, AssessmentStage, Relation};
use events::{
    Admission, Answer, Birth, DwellingId, Effective, Event, Exit, HouseholdId,
    HouseholdMemberJoined, HouseholdMemberLeft, Member, PersonId,
};

use crate::Refusal;
use crate::finding::Findings;
use crate::limits::MAX_MEMBERS;
use crate::timeline::{Dated, first, in_time};

/// A person's time in a household.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Membership {
    /// Her entry.
    pub(crate) entered: Dated,
    /// The day she left, alone or with the household.
    pub(crate) left: Option<NaiveDate>,
    /// When she was born, if it is known.
    pub(crate) birth: Option<Birth>,
}

/// A household's time in a dwelling.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stay {
    /// The dwelling.
    pub(crate) dwelling: DwellingId,
    /// Moving in.
    pub(crate) from: Dated,
    /// The first night it does not sleep there any more.
    pub(crate) until: Option<NaiveDate>,
}

/// A household as its stream leaves it.
#[derive(Debug)]
pub(crate) struct Household {
    pub(crate) id: HouseholdId,
    pub(crate) referral: Option<Dated>,
    /// The taking back of the referral.
    pub(crate) withdrawal: Option<Dated>,
    /// The final decision, once there is one.
    pub(crate) decided: Option<(AdmissionDecision, Dated)>,
    pub(crate) admission: Option<Dated>,
    pub(crate) exit: Option<Dated>,
    pub(crate) memberships: BTreeMap<PersonId, Membership>,
    pub(crate) stays: Vec<Stay>,
    /// Did the admission, in the order of time, happen yet?
    is_in: bool,
    head: Option<PersonId>,
}

impl Household {
    /// Folds a household's stream and notes what it breaks in itself.
    pub(crate) fn of(id: HouseholdId, facts: &[Effective], found: &mut Findings) -> Self {
        let mut household = Self {
            id,
            referral: first(facts, |event| matches!(event, Event::ReferralReceived(_))),
            withdrawal: first(facts, |event| matches!(event, Event::ReferralWithdrawn(_))),
            decided: None,
            admission: first(facts, |event| matches!(event, Event::Admission(_))),
            exit: first(facts, |event| matches!(event, Event::Exit(_))),
            memberships: BTreeMap::new(),
            stays: Vec::new(),
            is_in: false,
            head: None,
        };
        for fact in in_time(facts) {
            match household.apply(fact) {
                Ok(()) => {}
                Err(refusal) => found.note(fact, refusal),
            }
        }
        household
    }

    /// Was `person` in on `day`? The days of entry and of leaving count.
    pub(crate) fn has_member(&self, person: PersonId, day: NaiveDate) -> bool {
        self.memberships.get(&person).is_some_and(|membership| {
            membership.entered.on <= day && membership.left.is_none_or(|left| day <= left)
        })
    }

    /// # Errors
    /// When `person` was not in on `on`.
    pub(crate) fn check_member(&self, person: PersonId, on: NaiveDate) -> Result<(), Refusal> {
        if self.has_member(person, on) {
            Ok(())
        } else {
            Err(Refusal::NotAMember {
                person,
                household: self.id,
                on,
            })
        }
    }

    /// # Errors
    /// When `person` never was a member and somebody has entered by `on`. Before the entry nobody
    /// is known yet.
    pub(crate) fn check_known(&self, person: PersonId, on: NaiveDate) -> Result<(), Refusal> {
        if self.check_admitted(on).is_err() {
            return Ok(());
        }
        self.check_ever_member(person)
    }

    /// # Errors
    /// When `person` never was a member.
    pub(crate) fn check_ever_member(&self, person: PersonId) -> Result<(), Refusal> {
        if self.memberships.contains_key(&person) {
            Ok(())
        } else {
            Err(Refusal::NeverAMember {
                person,
                household: self.id,
            })
        }
    }

    /// # Errors
    /// When the household had not entered on `on`.
    pub(crate) fn check_admitted(&self, on: NaiveDate) -> Result<(), Refusal> {
        match self.admission {
            Some(admission) if admission.on <= on => Ok(()),
            _ => Err(Refusal::NotAdmitted {
                household: self.id,
                on,
            }),
        }
    }

    /// Takes the next fact in the order of time. One that breaks a rule changes nothing, but an exit
    /// that names the wrong members is an exit all the same.
    fn apply(&mut self, fact: &Effective) -> Result<(), Refusal> {
        self.check_bounds(fact)?;
        let on = fact.occurred_on;
        match &fact.event {
            Event::AdmissionDecided(decided) => self.decide(decided.decision, fact),
            Event::Admission(admission) => self.admit(admission, fact),
            Event::HouseholdMemberJoined(joined) => self.join(joined, fact),
            Event::HouseholdMemberLeft(left) => self.leave(left, on),
            Event::DwellingChanged(changed) => self.change_dwelling(changed.dwelling, fact),
            Event::Exit(exit) => self.end(exit, fact),
            _ => Ok(()),
        }
    }

    /// Nothing before the referral, little after it was taken back, little after the exit.
    fn check_bounds(&self, fact: &Effective) -> Result<(), Refusal> {
        let (household, on) = (self.id, fact.occurred_on);
        let referral = self.referral.ok_or(Refusal::NoReferral { household })?;
        if matches!(fact.event, Event::ReferralReceived(_)) && referral.position != fact.position {
            return Err(Refusal::AlreadyReferred {
                household,
                on: referral.on,
            });
        }
        if on < referral.on {
            return Err(Refusal::BeforeReferral {
                household,
                on,
                referred_on: referral.on,
            });
        }
        self.check_withdrawal(fact)?;
        let Some(exit) = self.exit else { return Ok(()) };
        match &fact.event {
            Event::Exit(_) if exit.position != fact.position => Err(Refusal::AlreadyExited {
                household,
                on: exit.on,
            }),
            event if on > exit.on && !may_follow_exit(event) => Err(Refusal::AfterExit {
                household,
                exit: exit.on,
                on,
            }),
            _ => Ok(()),
        }
    }

    fn check_withdrawal(&self, fact: &Effective) -> Result<(), Refusal> {
        let (household, on) = (self.id, fact.occurred_on);
        let Some(withdrawal) = self.withdrawal else {
            return Ok(());
        };
        if matches!(fact.event, Event::ReferralWithdrawn(_)) {
            if withdrawal.position != fact.position {
                return Err(Refusal::ReferralAlreadyWithdrawn {
                    household,
                    on: withdrawal.on,
                });
            }
            if let Some(admission) = self.admission
                && admission.on <= on
            {
                return Err(Refusal::AdmittedNotWithdrawn {
                    household,
                    admitted_on: admission.on,
                });
            }
        }
        if on > withdrawal.on && !may_follow_withdrawal(&fact.event) {
            return Err(Refusal::AfterWithdrawal {
                household,
                withdrawn_on: withdrawal.on,
                on,
            });
        }
        Ok(())
    }

    fn decide(&mut self, decision: AdmissionDecision, fact: &Effective) -> Result<(), Refusal> {
        if let Some((_, final_one)) = self.decided {
            return Err(Refusal::AlreadyDecided {
                household: self.id,
                on: final_one.on,
            });
        }
        if decision != AdmissionDecision::Waiting {
            self.decided = Some((decision, Dated::of(fact)));
        }
        Ok(())
    }

    fn admit(&mut self, admission: &Admission, fact: &Effective) -> Result<(), Refusal> {
        let household = self.id;
        if let Some(first) = self.admission
            && first.position != fact.position
        {
            return Err(Refusal::AlreadyAdmitted {
                household,
                on: first.on,
            });
        }
        // Decisions come first on their day, and what follows a final one was refused above.
        if self.decided.map(|(decision, _)| decision) != Some(AdmissionDecision::Accepted) {
            return Err(Refusal::NotAccepted {
                household,
                on: fact.occurred_on,
            });
        }
        self.is_in = true;
        for member in &admission.members {
            if member.relation == Answer::Known(Relation::Head) {
                self.head = Some(member.person);
            }
            self.enter(member, fact);
        }
        if let Some(dwelling) = admission.dwelling {
            self.stays.push(Stay {
                dwelling,
                from: Dated::of(fact),
                until: None,
            });
        }
        Ok(())
    }

    fn enter(&mut self, member: &Member, fact: &Effective) {
        self.memberships.insert(
            member.person,
            Membership {
                entered: Dated::of(fact),
                left: None,
                birth: member.birth.known().copied(),
            },
        );
    }

    fn join(&mut self, joined: &HouseholdMemberJoined, fact: &Effective) -> Result<(), Refusal> {
        let household = self.id;
        let person = joined.member.person;
        self.check_in(fact.occurred_on)?;
        if let Some(before) = self.memberships.get(&person) {
            let since = before.entered.on;
            return Err(Refusal::AlreadyMember {
                person,
                household,
                since,
            });
        }
        if self.present().len() >= MAX_MEMBERS {
            return Err(Refusal::HouseholdFull {
                household,
                limit: MAX_MEMBERS,
            });
        }
        self.enter(&joined.member, fact);
        Ok(())
    }

    fn leave(&mut self, left: &HouseholdMemberLeft, on: NaiveDate) -> Result<(), Refusal> {
        let household = self.id;
        let person = left.person;
        self.check_in(on)?;
        let present = self.present();
        if !present.contains(&person) {
            return Err(Refusal::NotAMember {
                person,
                household,
                on,
            });
        }
        if present.len() == 1 {
            return Err(Refusal::LastMember { person, household });
        }
        match (self.head, left.new_head) {
            (Some(head), None) if head == person => {
                return Err(Refusal::NewHeadMissing { person, household });
            }
            (Some(head), Some(_)) if head != person => {
                return Err(Refusal::NewHeadNotNeeded { head, household });
            }
            (_, Some(new)) if new == person || !present.contains(&new) => {
                return Err(Refusal::NewHeadNotAMember {
                    person: new,
                    household,
                    on,
                });
            }
            (_, Some(new)) => self.head = Some(new),
            (_, None) => {}
        }
        if let Some(membership) = self.memberships.get_mut(&person) {
            membership.left = Some(on);
        }
        Ok(())
    }

    fn change_dwelling(&mut self, dwelling: DwellingId, fact: &Effective) -> Result<(), Refusal> {
        let on = fact.occurred_on;
        self.check_in(on)?;
        if let Some(current) = self.stays.last_mut() {
            if current.dwelling == dwelling {
                return Err(Refusal::SameDwelling {
                    household: self.id,
                    dwelling,
                    on,
                });
            }
            current.until = Some(on);
        }
        self.stays.push(Stay {
            dwelling,
            from: Dated::of(fact),
            until: None,
        });
        Ok(())
    }

    fn end(&mut self, exit: &Exit, fact: &Effective) -> Result<(), Refusal> {
        let on = fact.occurred_on;
        self.check_in(on)?;
        let present = self.present();
        for person in &present {
            if let Some(membership) = self.memberships.get_mut(person) {
                membership.left = Some(on);
            }
        }
        if let Some(last) = self.stays.last_mut() {
            // Who leaves on the day of the entry has stayed one night.
            let one_night = self.admission.is_some_and(|admission| admission.on == on);
            last.until = if one_night { on.succ_opt() } else { Some(on) };
        }
        self.is_in = false;
        let named: BTreeSet<PersonId> = exit.members.iter().map(|member| member.person).collect();
        if named != present {
            return Err(Refusal::ExitMembersDiffer {
                household: self.id,
                missing: present.difference(&named).copied().collect(),
                extra: named.difference(&present).copied().collect(),
            });
        }
        Ok(())
    }

    /// Has the household, in the order of time, entered and not left?
    fn check_in(&self, on: NaiveDate) -> Result<(), Refusal> {
        if self.is_in {
            Ok(())
        } else {
            Err(Refusal::NotAdmitted {
                household: self.id,
                on,
            })
        }
    }

    /// Who is in at this point of the order of time.
    fn present(&self) -> BTreeSet<PersonId> {
        let still_in = self
            .memberships
            .iter()
            .filter(|(_, membership)| membership.left.is_none());
        still_in.map(|(&person, _)| person).collect()
    }
}

/// People are asked how they are, referrals made before come to something, and consents live on.
fn may_follow_exit(event: &Event) -> bool {
    match event {
        Event::FollowUpRecorded(_)
        | Event::ReferralOutcome(_)
        | Event::ConsentGiven(_)
        | Event::ConsentWithdrawn(_)
        | Event::NoteAdded(_) => true,
        // What a follow-up is for.
        Event::AssessmentScored(assessed) => assessed.stage == AssessmentStage::FollowUp,
        Event::RiskAssessed(assessed) => assessed.stage == AssessmentStage::FollowUp,
        _ => false,
    }
}

fn may_follow_withdrawal(event: &Event) -> bool {
    matches!(event, Event::ConsentWithdrawn(_) | Event::NoteAdded(_))
}
