//! Everything held about one person, as a document that she reads herself: facts and codes by their
//! labels, days written out, who read about her in a table of its own. In Italian or in English; the
//! same, for machines, is the JSON beside it.

mod told;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use app::{Export, ExportedFact, ExportedLog};
use serde_json::Value;

use told::{Line, Teller};
pub(crate) use words::Language;

/// Names of what facts speak of by ids. None of them is a person's.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Who she is.
    pub(crate) person: String,
    /// Partners, dwellings and whoever records and reads, by the text of their ids.
    pub(crate) names: BTreeMap<String, String>,
    /// What a fact began, by its id: the goal in her words, else the fact's number.
    began: BTreeMap<String, String>,
}

impl Known {
    /// What an id in a field stands for.
    fn named(&self, field: &str, id: &str, language: Language) -> String {
        if id == self.person {
            return language.of("lei", "she").to_owned();
        }
        if let Some(name) = self.names.get(id).or_else(|| self.began.get(id)) {
            return name.clone();
        }
        match field {
            "person" | "present" | "new_head" | "with" => {
                language.of("un'altra persona", "another person").to_owned()
            }
            _ => id.to_owned(),
        }
    }

    /// Notes what the facts of a pilot begin: later ones refer to it.
    fn note_beginnings(&mut self, facts: &[ExportedFact], language: Language) {
        const IDS: [&str; 6] = ["goal", "consent", "job", "training", "incident", "referral"];
        for fact in facts {
            for id in IDS.iter().filter_map(|key| fact.data.get(key)?.as_str()) {
                let words = fact.data.get("text").and_then(Value::as_str);
                let number = || {
                    let record = language.of("registrazione n.", "record no.");
                    format!("{record} {}", fact.position)
                };
                let name = words.map_or_else(number, |words| format!("«{words}»"));
                self.began.entry(id.to_owned()).or_insert(name);
            }
        }
    }
}

/// The document.
pub(crate) fn document(export: &Export, mut known: Known, language: Language) -> String {
    known.person = export.person.to_string();
    for log in &export.pilots {
        known.note_beginnings(&log.facts, language);
    }
    let teller = Teller::new(language, &known);
    let mut text = introduction(export, language);
    for log in &export.pilots {
        let title = log.title.as_deref().unwrap_or("");
        let pilot = language.of("Progetto", "Project");
        text.push_str(&format!("\n## {pilot}: {title}\n"));
        readers(&mut text, log, &teller);
        facts(&mut text, log, &teller);
    }
    text
}

fn introduction(export: &Export, language: Language) -> String {
    let taken = language.moment(export.taken_at);
    match language {
        Language::It => format!(
            "# I tuoi dati\n\n\
             Qui c'è tutto quello che è registrato su di te, con le tue parole e con quelle di chi ha \
             lavorato con te, e chi lo ha letto. La copia è del {taken}.\n\n\
             Questo foglio è tuo. Contiene dati riservati: tienilo dove nessun altro lo legge, oppure \
             distruggilo.\n\n\
             Puoi chiedere che un dato sbagliato sia corretto, che un consenso sia revocato, e che i \
             tuoi dati siano dimenticati. Puoi chiederlo alla coordinatrice o a chi si occupa della \
             protezione dei dati. Ogni registrazione ha un numero: basta indicare quello.\n\n\
             Il tuo codice è {}.\n",
            export.person
        ),
        Language::En => format!(
            "# Your data\n\n\
             Here is everything that is recorded about you, in your words and in those of the people \
             who worked with you, and who read it. The copy is of {taken}.\n\n\
             This document is yours. What it holds is private: keep it where nobody else reads it, or \
             destroy it.\n\n\
             You may ask for what is wrong to be corrected, take back a consent, and ask for your data \
             to be forgotten. Ask the coordinator or the data-protection officer. Every record has a \
             number: it is enough to name that.\n\n\
             Your code is {}.\n",
            export.person
        ),
    }
}

/// Who read about her, what, when, and what for; then whatever else was done with her data.
fn readers(text: &mut String, log: &ExportedLog, teller: &Teller<'_>) {
    let language = teller.language;
    let (read, other): (Vec<_>, Vec<_>) = log
        .access
        .iter()
        .partition(|fact| ["PersonalDataRead", "ExportTaken"].contains(&fact.kind.as_str()));
    text.push_str(language.of(
        "\n### Chi ha letto i tuoi dati\n\n",
        "\n### Who read your data\n\n",
    ));
    if read.is_empty() {
        text.push_str(language.of("Nessuno.\n", "Nobody.\n"));
    } else {
        text.push_str(language.of(
            "| Quando | Chi | Che cosa | Perché |\n|---|---|---|---|\n",
            "| When | Who | What | Why |\n|---|---|---|---|\n",
        ));
    }
    let numbers: BTreeMap<String, i64> = log
        .facts
        .iter()
        .map(|fact| (fact.id.to_string(), fact.position))
        .collect();
    for fact in read {
        let purpose = fact.data["purpose"].as_str().unwrap_or_default();
        text.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            language.moment(fact.recorded_at),
            cell(&who(&fact.actor, teller)),
            cell(&what(fact, &numbers, teller)),
            teller.label("ReadPurpose", purpose).unwrap_or(purpose)
        ));
    }
    for fact in other {
        entry(text, fact, &Amended::default(), teller);
    }
}

/// What was read: which of her data, in which records.
fn what(fact: &ExportedFact, numbers: &BTreeMap<String, i64>, teller: &Teller<'_>) -> String {
    let language = teller.language;
    let Some(group) = fact.data["group"].as_str() else {
        return language
            .of("Copia di tutti i dati", "A copy of all data")
            .to_owned();
    };
    let facts = fact.data["facts"].as_array();
    let read: BTreeSet<i64> = facts
        .into_iter()
        .flatten()
        .filter_map(|id| numbers.get(id.as_str()?).copied())
        .collect();
    let read: Vec<String> = read.iter().map(|number| format!("n. {number}")).collect();
    let label = teller.label("DataGroup", group).unwrap_or(group);
    match read.is_empty() {
        true => label.to_owned(),
        false => format!("{label} ({})", read.join(", ")),
    }
}

fn who(actor: &str, teller: &Teller<'_>) -> String {
    let name = teller.known.names.get(actor);
    name.map_or_else(|| actor.to_owned(), Clone::clone)
}

/// A text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// What later facts say of earlier ones, by these one's numbers.
#[derive(Default)]
struct Amended {
    corrected: BTreeMap<i64, i64>,
    retracted: BTreeMap<i64, i64>,
}

fn facts(text: &mut String, log: &ExportedLog, teller: &Teller<'_>) {
    text.push_str(
        teller
            .language
            .of("\n### Che cosa è registrato\n", "\n### What is recorded\n"),
    );
    let mut amended = Amended::default();
    for fact in &log.facts {
        let of = fact.data["position"].as_i64().unwrap_or_default();
        match fact.kind.as_str() {
            "RecordCorrected" => _ = amended.corrected.insert(of, fact.position),
            "RecordRetracted" => _ = amended.retracted.insert(of, fact.position),
            _ => {}
        }
    }
    let mut inside: Vec<&ExportedFact> = log.facts.iter().collect();
    inside.sort_by_key(|fact| (fact.occurred_on, fact.position));
    for fact in inside {
        entry(text, fact, &amended, teller);
    }
}

fn entry(text: &mut String, fact: &ExportedFact, amended: &Amended, teller: &Teller<'_>) {
    let language = teller.language;
    let (italian, english) = fact.label;
    text.push_str(&format!(
        "\n#### {}: {} (n. {})\n\n",
        language.day(fact.occurred_on),
        language.of(italian, english),
        fact.position
    ));
    for (by, it, en) in [
        (
            &amended.corrected,
            "Corretto dalla registrazione",
            "Corrected by record",
        ),
        (
            &amended.retracted,
            "Annullato dalla registrazione",
            "Retracted by record",
        ),
    ] {
        if let Some(number) = by.get(&fact.position) {
            text.push_str(&format!("**{} n. {number}.**\n\n", language.of(it, en)));
        }
    }
    for line in teller.fact(&fact.kind, fact.shape, &fact.data, 0) {
        text.push_str(&written(&line));
    }
    text.push_str(&format!(
        "\n{} {}, {} {}.\n",
        language.of("Registrato il", "Recorded on"),
        language.moment(fact.recorded_at),
        language.of("da", "by"),
        who(&fact.actor, teller)
    ));
}

fn written(line: &Line) -> String {
    let indent = "  ".repeat(line.depth);
    match &line.value {
        // A text of several lines stays in its place.
        Some(value) => {
            let value = value.replace('\n', &format!("\n{indent}  "));
            format!("{indent}- {}: {value}\n", line.name)
        }
        None => format!("{indent}- {}:\n", line.name),
    }
}

#[cfg(test)]
mod tests;
