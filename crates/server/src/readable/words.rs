//! The words of the document: what each field is called, dates, and how a missing answer is told.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

/// A language the document is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// Italian.
    It,
    /// English.
    En,
}

impl Language {
    /// The one of two words that is in this language.
    pub(crate) fn of(self, it: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::It => it,
            Self::En => en,
        }
    }

    /// A day, written out.
    pub(crate) fn day(self, day: NaiveDate) -> String {
        let month = self.month(day.month0());
        match (self, day.day()) {
            (Self::It, 1) => format!("1º {month} {}", day.year()),
            (_, number) => format!("{number} {month} {}", day.year()),
        }
    }

    /// A moment, written out to the minute.
    pub(crate) fn moment(self, at: DateTime<Utc>) -> String {
        let (day, time) = (self.day(at.date_naive()), at.format("%H:%M"));
        match self {
            Self::It => format!("{day}, ore {time} UTC"),
            Self::En => format!("{day}, {time} UTC"),
        }
    }

    /// A month, from `2019-04`.
    pub(crate) fn month_of(self, text: &str) -> Option<String> {
        let (year, month) = text.split_once('-')?;
        let month: u32 = month.parse().ok()?;
        (1..=12)
            .contains(&month)
            .then(|| format!("{} {year}", self.month(month - 1)))
    }

    fn month(self, index: u32) -> &'static str {
        let (it, en) = MONTHS[usize::try_from(index).unwrap_or(0) % MONTHS.len()];
        self.of(it, en)
    }

    /// An amount as people write it.
    pub(crate) fn amount(self, text: &str) -> String {
        match self {
            Self::It => text.replace('.', ","),
            Self::En => text.to_owned(),
        }
    }

    /// Why an answer is missing.
    pub(crate) fn missing(self, code: &str) -> Option<&'static str> {
        Some(match code {
            "does_not_know" => self.of("non lo sa", "does not know"),
            "prefers_not_to_answer" => {
                self.of("preferisce non rispondere", "prefers not to answer")
            }
            "not_collected" => self.of("non chiesto", "not asked"),
            _ => return None,
        })
    }

    /// What a field is called; its own name when it has no other.
    pub(crate) fn field(self, name: &str) -> String {
        match FIELDS.iter().find(|line| line.0 == name) {
            Some((_, it, en)) => self.of(it, en).to_owned(),
            None => name.replace('_', " "),
        }
    }
}

const MONTHS: [(&str, &str); 12] = [
    ("gennaio", "January"),
    ("febbraio", "February"),
    ("marzo", "March"),
    ("aprile", "April"),
    ("maggio", "May"),
    ("giugno", "June"),
    ("luglio", "July"),
    ("agosto", "August"),
    ("settembre", "September"),
    ("ottobre", "October"),
    ("novembre", "November"),
    ("dicembre", "December"),
];

/// Every field of a fact that may be about a person, in Italian and in English. A test walks the
/// catalogue for one that is not here.
pub(super) const FIELDS: &[(&str, &str, &str)] = &[
    ("account", "utenza", "account"),
    ("adults", "adulti", "adults"),
    ("age_at_entry", "età all'ingresso", "age on entry"),
    ("amount", "importo", "amount"),
    ("area", "area", "area"),
    (
        "attainment",
        "raggiungimento (da −2 a +2)",
        "attainment (−2 to +2)",
    ),
    ("birth", "nascita", "birth"),
    ("born_on", "data di nascita", "date of birth"),
    (
        "bound_to",
        "vale finché vale per l'utenza",
        "lasts as long as that of the account",
    ),
    ("children", "minori", "children"),
    ("citizenship", "cittadinanza", "citizenship"),
    (
        "client_safety",
        "sicurezza secondo lei",
        "safety as she sees it",
    ),
    ("completion", "conclusione del percorso", "completion"),
    ("consent", "consenso", "consent"),
    ("contact", "recapito", "contact"),
    ("contract", "contratto", "contract"),
    ("decision", "decisione", "decision"),
    ("destination", "dove va ad abitare", "where to"),
    (
        "dismissal_reason",
        "motivo dell'allontanamento",
        "why she was asked to leave",
    ),
    ("domain", "ambito", "domain"),
    ("due", "entro il", "due by"),
    ("dwelling", "alloggio", "dwelling"),
    ("employment", "lavoro", "employment"),
    ("ends_on", "fino al", "until"),
    ("event", "registrazione", "record"),
    ("expires_on", "valido fino al", "valid until"),
    ("facts", "registrazioni", "records"),
    ("failures", "tentativi falliti", "failed attempts"),
    ("family_name", "cognome", "family name"),
    ("finding", "esito della verifica", "what the review found"),
    ("form", "forma", "form"),
    ("given_name", "nome", "given name"),
    ("goal", "obiettivo", "goal"),
    ("group", "quali dati", "which data"),
    ("holder", "a chi", "to whom"),
    ("hours", "ore", "hours"),
    ("household", "nucleo", "household"),
    ("housing", "dove abita", "where she lives"),
    ("identity", "dati anagrafici", "identity"),
    ("immediate_danger", "pericolo immediato", "immediate danger"),
    ("incident", "evento critico", "incident"),
    ("income", "reddito mensile", "monthly income"),
    ("indicators", "indicatori", "indicators"),
    ("instrument", "strumento", "instrument"),
    ("job", "lavoro", "job"),
    ("kind", "tipo", "kind"),
    ("level", "livello", "level"),
    (
        "master_key_destroyed",
        "chiave principale distrutta",
        "master key destroyed",
    ),
    ("member", "componente", "member"),
    ("members", "componenti", "members"),
    ("minutes", "minuti", "minutes"),
    ("month", "mese", "month"),
    ("new_head", "nuova intestataria", "new head of household"),
    ("new_violence", "nuova violenza", "new violence"),
    ("note", "nota", "note"),
    ("notes_of", "note dei nuclei", "notes of households"),
    ("occurred_on", "avvenuto il", "happened on"),
    ("outcome", "esito", "outcome"),
    ("partner", "ente", "partner"),
    ("partners", "enti presenti", "partners"),
    ("person", "persona", "person"),
    ("position", "registrazione n.", "record no."),
    ("present", "presenti", "present"),
    (
        "prior_living_situation",
        "dove abitava prima",
        "where she lived before",
    ),
    ("purpose", "scopo", "purpose"),
    ("purposes", "scopi", "purposes"),
    ("reason", "motivo", "reason"),
    ("recipients", "condiviso con", "shared with"),
    ("referral", "invio al servizio", "referral to a service"),
    (
        "relation",
        "rapporto con l'intestataria",
        "relation to the head",
    ),
    (
        "relative_dates",
        "date come giorni dall'ingresso",
        "dates as days since admission",
    ),
    ("replacement", "come deve essere", "as it should be"),
    ("result", "risultato", "result"),
    ("review_due", "verifica entro il", "review due by"),
    ("role", "ruolo", "role"),
    ("safety", "sicurezza", "safety"),
    ("safety_plan", "piano di sicurezza", "safety plan"),
    ("score", "punteggio", "score"),
    ("scores", "punteggi", "scores"),
    ("service", "servizio", "service"),
    ("severity", "gravità", "severity"),
    ("source", "fonte", "source"),
    ("sources", "fonti", "sources"),
    ("stage", "momento", "stage"),
    ("suitability", "idoneità", "suitability"),
    ("text", "con le sue parole", "in her words"),
    ("token", "token", "token"),
    ("total", "totale", "total"),
    ("training", "corso", "course"),
    ("until", "fino al", "until"),
    ("urgency", "urgenza", "urgency"),
    ("version", "versione", "version"),
    ("weekly_hours", "ore settimanali", "hours a week"),
    ("with", "insieme a", "together with"),
    (
        "without_home_since",
        "senza casa dal",
        "without a home since",
    ),
    (
        "worker_safety",
        "sicurezza secondo l'operatrice",
        "safety as the worker sees it",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_months_and_moments_are_written_out() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(Language::It.day(day("2025-03-05")), "5 marzo 2025");
        assert_eq!(Language::It.day(day("2025-12-01")), "1º dicembre 2025");
        assert_eq!(Language::En.day(day("2025-12-01")), "1 December 2025");
        let at = "2025-01-31T08:05:59Z".parse().unwrap();
        assert_eq!(Language::It.moment(at), "31 gennaio 2025, ore 08:05 UTC");
        assert_eq!(
            Language::It.month_of("2019-04").as_deref(),
            Some("aprile 2019")
        );
        assert_eq!(Language::It.month_of("2019-13"), None);
        assert_eq!(Language::It.amount("612.34"), "612,34");
    }

    #[test]
    fn each_field_is_named_once_in_both_languages() {
        for pair in FIELDS.windows(2) {
            assert!(
                pair[0].0 < pair[1].0,
                "{} stands before {}",
                pair[0].0,
                pair[1].0
            );
        }
        for (name, it, en) in FIELDS {
            assert!(!it.is_empty() && !en.is_empty(), "{name}");
        }
    }
}
