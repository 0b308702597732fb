//! What surrounds a stay: consents, the agreed length, referrals to services, incidents, notes.

use chrono::NaiveDate;
use events::codes::{
    BreachKind, ConsentForm, ConsentPurpose, ExtensionReason, IncidentKind, ReferralResult,
    Service, Severity,
};
use events::{
    AgreementSigned, ConsentGiven, ConsentId, ConsentWithdrawn, ExtensionGranted, FreeText,
    IncidentId, IncidentReported, NoteAdded, ProtectionBreached, ReferralOutcome,
    ServiceReferralId, ServiceReferred,
};

use super::calendar::{LAST_CONTACT, date, months_after, plus, working_day};
use super::frame::Who;
use super::register::{Key, Pace, plain, sealing};
use super::stay::{Home, Telling};
use super::words;

/// Months for which hospitality is agreed at first.
const AGREED_MONTHS: u32 = 6;

/// Whose stay was extended: how many days before its end, by how many months, why.
const EXTENSIONS: &[(&str, i64, u32, ExtensionReason)] = &[
    ("H1", 14, 3, ExtensionReason::SchoolYear),
    ("H5", 12, 3, ExtensionReason::PlanNotFinished),
    ("H5", 10, 2, ExtensionReason::NoHousing),
    ("H7", 9, 6, ExtensionReason::Health),
];

/// Indicators that may identify her, and that she agreed to see published.
const RELEASED: &[u16] = &[14, 19, 33];

/// Where women are sent.
const SERVICES: &[(Who, Service)] = &[
    (Who::Mia, Service::Legal),
    (Who::Impiego, Service::JobOrientation),
    (Who::Comune, Service::HousingSearch),
    (Who::Consultorio, Service::Health),
    (Who::Consorzio, Service::EconomicSupport),
    (Who::Scuola, Service::ChildSupport),
];
/// Referrals of each household.
const SENT: usize = 2;

/// What comes of referrals in turn; of one nothing was heard yet.
const OUTCOMES: &[Option<ReferralResult>] = &[
    Some(ReferralResult::Attained),
    Some(ReferralResult::Attained),
    Some(ReferralResult::NotAttained),
    Some(ReferralResult::Attained),
    Some(ReferralResult::Unknown),
    None,
    Some(ReferralResult::Attained),
];

/// Whose, how many days after the entry, what, how grave, and how her protection was broken by it.
const INCIDENTS: &[(&str, i64, IncidentKind, Severity, Option<BreachKind>)] = &[
    ("H1", 64, IncidentKind::Accident, Severity::Minor, None),
    (
        "H2",
        50,
        IncidentKind::ThreatByAbuser,
        Severity::Serious,
        None,
    ),
    ("H5", 70, IncidentKind::TheftOrDamage, Severity::Minor, None),
    ("H6", 95, IncidentKind::Conflict, Severity::Moderate, None),
    (
        "H8",
        142,
        IncidentKind::ThreatByAbuser,
        Severity::Serious,
        Some(BreachKind::AddressDisclosed),
    ),
];

/// Breaches without an incident.
const BREACHES: &[(&str, i64, BreachKind)] = &[("H7", 54, BreachKind::Tracked)];

/// Notes after the exit: whose, when.
const LATER_NOTES: &[(&str, NaiveDate)] = &[("H3", date(2025, 9, 3)), ("H1", date(2025, 12, 18))];

impl Telling<'_> {
    /// What there is to be told of a household besides its path, once it is known how it left.
    pub(super) fn care(&mut self, home: &Home) {
        self.agree(home);
        self.consents(home);
        self.send(home);
        self.incidents(home);
        self.notes(home);
    }

    fn of<'a, T>(
        home: &'a Home,
        table: &'a [T],
        code: impl Fn(&T) -> &'static str + 'a,
    ) -> impl Iterator<Item = &'a T> {
        table
            .iter()
            .filter(move |row| code(row) == home.household.code)
    }

    /// The agreed end of the stay, and how it was put off.
    fn agree(&mut self, home: &Home) {
        let mut ends_on = months_after(home.entry, AGREED_MONTHS);
        let signed = plain(AgreementSigned {
            household: home.id,
            ends_on,
        });
        let after = [home.head().key];
        let mut last = self
            .register
            .write(home.entry, Pace::Prompt, &after, signed);
        for &(_, before, months, reason) in Self::of(home, EXTENSIONS, |row| row.0) {
            let on = working_day(plus(ends_on, -before));
            ends_on = months_after(ends_on, months);
            let granted = plain(ExtensionGranted {
                household: home.id,
                until: ends_on,
                reason,
            });
            last = self.register.write(on, Pace::Prompt, &[last], granted);
        }
    }

    fn consents(&mut self, home: &Home) {
        let sharing = self.consent(
            home.entry,
            home.head().key,
            ConsentGiven {
                purposes: vec![
                    ConsentPurpose::SharingWithPartners,
                    ConsentPurpose::Evaluation,
                ],
                recipients: [Who::Mia, Who::Consorzio]
                    .map(|who| self.frame.partner(who).id)
                    .to_vec(),
                expires_on: Some(months_after(home.entry, 24)),
                ..self.blank(home, "sharing")
            },
        );
        match home.household.code {
            "H2" => self.withdraw(home, plus(home.last_day(), -4), sharing, "sharing"),
            "H5" => {
                let photographs = ConsentGiven {
                    purposes: vec![ConsentPurpose::Photographs],
                    form: ConsentForm::Digital,
                    ..self.blank(home, "photographs")
                };
                let on = working_day(plus(home.entry, 100));
                let given = self.consent(on, sharing, photographs);
                self.withdraw(home, working_day(plus(on, 40)), given, "photographs");
            }
            _ => {}
        }
        if home.household.code != "H2" && home.exit.is_some() {
            self.consent_to_follow_ups(home);
        }
        if home.household.code == "H1"
            && let (Some((key, _)), Some(exit)) = (&home.left, home.exit)
        {
            let release = ConsentGiven {
                purposes: vec![ConsentPurpose::ReleaseOfFigures],
                indicators: RELEASED.to_vec(),
                ..self.blank(home, "release")
            };
            self.consent(working_day(plus(exit, 20)), *key, release);
        }
    }

    /// Whom it is hard to plan ahead with is asked for a short time.
    fn consent_to_follow_ups(&mut self, home: &Home) {
        let months = if home.household.code == "H3" { 4 } else { 12 };
        let on = home.last_day();
        let given = ConsentGiven {
            purposes: vec![ConsentPurpose::FollowUpContact],
            form: ConsentForm::Oral,
            expires_on: Some(months_after(on, months)),
            ..self.blank(home, "follow-ups")
        };
        self.consent(on, home.head().key, given);
    }

    /// A written consent of hers, to be filled in.
    fn blank(&self, home: &Home, what: &str) -> ConsentGiven {
        ConsentGiven {
            household: home.id,
            consent: self.consent_id(home, what),
            person: Some(home.head().id),
            purposes: Vec::new(),
            recipients: Vec::new(),
            indicators: Vec::new(),
            form: ConsentForm::Written,
            expires_on: None,
        }
    }

    fn consent_id(&self, home: &Home, what: &str) -> ConsentId {
        ConsentId(self.ids.id("demo consent", &[home.household.code, what]))
    }

    fn consent(&mut self, on: NaiveDate, after: Key, given: ConsentGiven) -> Key {
        self.register.write(on, Pace::Usual, &[after], plain(given))
    }

    fn withdraw(&mut self, home: &Home, on: NaiveDate, given: Key, what: &str) {
        let withdrawn = plain(ConsentWithdrawn {
            household: home.id,
            consent: self.consent_id(home, what),
        });
        self.register.write(on, Pace::Usual, &[given], withdrawn);
    }

    /// Referrals to services, and what came of them, be it after the exit.
    fn send(&mut self, home: &Home) {
        let code = home.household.code;
        let turn = code.bytes().last().map_or(0, usize::from) * SENT;
        for number in 0..SENT {
            let on = working_day(plus(home.entry, 12 + 25 * whole(number)));
            let mut from = SERVICES.iter().cycle().skip(turn + number);
            let taking_part = |(who, _): &&(Who, Service)| self.frame.partner(*who).takes_part(on);
            let Some(&(who, service)) = from.by_ref().take(SERVICES.len()).find(taking_part) else {
                continue;
            };
            let partner = self.frame.partner(who);
            let id = &[code, &number.to_string()];
            let referral = ServiceReferralId(self.ids.id("demo referral", id));
            let sent = plain(ServiceReferred {
                household: home.id,
                referral,
                person: Some(home.head().id),
                partner: partner.id,
                service,
            });
            let after = [home.head().key, partner.key];
            let sent = self.register.write(on, Pace::Usual, &after, sent);
            if let Some(outcome) = OUTCOMES[(turn + number) % OUTCOMES.len()] {
                let days = self.chance.between(12, 45);
                let heard = working_day(plus(on, days)).min(LAST_CONTACT);
                let fact = plain(ReferralOutcome {
                    household: home.id,
                    referral,
                    outcome,
                });
                self.register.write(heard, Pace::Usual, &[sent], fact);
            }
        }
    }

    fn incidents(&mut self, home: &Home) {
        let (household, head) = (home.id, home.head().id);
        for &(code, days, kind, severity, breach) in Self::of(home, INCIDENTS, |row| row.0) {
            let on = plus(home.entry, days);
            let incident = IncidentId(self.ids.id("demo incident", &[code, &days.to_string()]));
            let note = words::incident(kind).map(|text| FreeText(text.to_owned()));
            let reported = sealing(move |sealer| {
                let note = note
                    .as_ref()
                    .map(|text| sealer.seal(head, text))
                    .transpose()?;
                Ok(IncidentReported {
                    household,
                    incident,
                    kind,
                    severity,
                    note,
                }
                .into())
            });
            let after = [home.head().key];
            let reported = self.register.write(on, Pace::Prompt, &after, reported);
            if let Some(kind) = breach {
                self.breach(home, on, reported, kind, Some(incident));
            }
        }
        for &(_, days, kind) in Self::of(home, BREACHES, |row| row.0) {
            self.breach(home, plus(home.entry, days), home.head().key, kind, None);
        }
    }

    fn breach(
        &mut self,
        home: &Home,
        on: NaiveDate,
        after: Key,
        kind: BreachKind,
        incident: Option<IncidentId>,
    ) {
        let (household, head) = (home.id, home.head().id);
        let note = FreeText(words::BREACH.to_owned());
        let breached = sealing(move |sealer| {
            Ok(ProtectionBreached {
                household,
                kind,
                incident,
                note: Some(sealer.seal(head, &note)?),
            }
            .into())
        });
        self.register.write(on, Pace::Prompt, &[after], breached);
    }

    /// A note on the stay, and here and there one afterwards.
    fn notes(&mut self, home: &Home) {
        let days = self.chance.between(20, 45);
        let on = working_day(plus(home.entry, days));
        self.note_down(home, on, home.head().key);
        if let Some((key, _)) = &home.left {
            for &(_, on) in Self::of(home, LATER_NOTES, |row| row.0) {
                self.note_down(home, on, *key);
            }
        }
    }

    fn note_down(&mut self, home: &Home, on: NaiveDate, after: Key) {
        let (household, head) = (home.id, home.head());
        let text = self.chance.one(words::NOTES);
        let note = FreeText(words::about(text, head.person.given_name));
        let person = head.id;
        let making = sealing(move |sealer| {
            Ok(NoteAdded {
                household,
                person: Some(person),
                note: sealer.seal(person, &note)?,
            }
            .into())
        });
        self.register.write(on, Pace::Usual, &[after], making);
    }
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(0)
}
