//! What the households' people say, and what is noted about them. All of it is made up, and none of
//! it occurs anywhere in the clear.

use events::codes::{GoalDomain, IncidentKind, VisitPurpose};

/// Notes on contacts, by what they were for; `{}` is her given name.
pub(super) const VISIT_NOTES: &[(VisitPurpose, &[&str])] = &[
    (
        VisitPurpose::Welcome,
        &[
            "Prima sera in casa: {} ha scelto la tenda gialla e chiuso due volte a chiave.",
            "{} ha firmato il regolamento e chiesto dove si butta il vetro.",
        ],
    ),
    (
        VisitPurpose::Plan,
        &[
            "Con {} abbiamo rivisto il mese sul quaderno a righe.",
            "{} vorrebbe la patente; guardati gli orari della scuola guida.",
            "{} ha trovato da sola il medico di base e ne è fiera.",
        ],
    ),
    (
        VisitPurpose::Support,
        &[
            "{} ha raccontato di dormire meglio da quando ha la sua porta di casa.",
            "{} era stanca, abbiamo parlato poco e ascoltato la pioggia.",
            "Giornata difficile per {}, risentita la sera stessa.",
            "{} racconta che il compleanno è andato bene, con la torta al limone.",
        ],
    ),
    (
        VisitPurpose::Children,
        &[
            "{} chiede consiglio per i compiti di aritmetica.",
            "{} racconta che la febbre è passata e si torna in classe.",
        ],
    ),
    (
        VisitPurpose::Housing,
        &[
            "{} chiede di spostare il turno della lavatrice al mercoledì.",
            "Perde il rubinetto della cucina; {} ha già messo il secchio.",
        ],
    ),
    (
        VisitPurpose::Work,
        &[
            "Provato con {} il colloquio di lavoro, domande difficili comprese.",
            "{} ha voluto leggere il contratto insieme, riga per riga.",
        ],
    ),
    (
        VisitPurpose::Administration,
        &[
            "Preparata con {} la domanda per l'assegno; manca ancora un documento.",
            "Sportello: fila lunga, esito buono, {} sollevata.",
        ],
    ),
    (
        VisitPurpose::Safety,
        &[
            "{} teme di incontrare lui al mercato; ripassati i percorsi sicuri.",
            "{} ha cambiato numero di telefono e avvisato le amiche.",
        ],
    ),
    (
        VisitPurpose::Other,
        &["{} ha piantato il basilico per tutte."],
    ),
];

/// Notes on services; `{}` is her given name.
pub(super) const SERVICE_NOTES: &[&str] = &[
    "{} segue volentieri, chiede di continuare.",
    "Incontro rimandato una volta, poi {} è venuta.",
    "{} ha fatto molte domande sul modulo verde.",
    "Serve ancora tempo; {} preferisce la mattina presto.",
    "Buona intesa fra {} e l'operatrice.",
];

/// Notes of the coordinator's own; `{}` is her given name.
pub(super) const NOTES: &[&str] = &[
    "{} chiede di tenere la bicicletta nell'androne; sentire gli altri nuclei.",
    "Ricordare a {} la chiave della lavanderia.",
    "{} ha lasciato un biglietto di ringraziamento sulla porta.",
    "Sentita {} per caso in piazza: sta bene, saluta tutte.",
];

/// Notes on incidents, by what they were.
const INCIDENT_NOTES: &[(IncidentKind, &str)] = &[
    (
        IncidentKind::Accident,
        "Scivolato sulle scale bagnate, un livido e tanta paura.",
    ),
    (
        IncidentKind::ThreatByAbuser,
        "Messaggi ripetuti da un numero sconosciuto, conservati sul telefono.",
    ),
    (
        IncidentKind::TheftOrDamage,
        "Forzata la cassetta della posta, niente di rubato.",
    ),
    (
        IncidentKind::Conflict,
        "Lite per il turno della lavanderia, finita con una porta sbattuta.",
    ),
];

/// Note on every breach of protection.
pub(super) const BREACH: &str = "Avvisata subito la rete, rivisto con lei il piano di protezione.";

/// Notes on what was found when a referral was assessed.
pub(super) const ASSESSMENTS: &[&str] = &[
    "Colloquio lungo e chiaro, sa quello che vuole.",
    "Teme soprattutto per la scuola; chiede tempi certi.",
    "Rete familiare lontana, due amiche vicine.",
];

/// Notes on reviews of goals: behind what was expected, as expected, ahead of it.
pub(super) const REVIEW_NOTES: [&[&str]; 3] = [
    &[
        "Indietro: ci sono state settimane complicate.",
        "Ne riparliamo quando torna la calma.",
    ],
    &["Va come avevamo pensato, a piccoli passi."],
    &["Più avanti del previsto, festeggiato con un caffè lungo."],
];

/// Goals in her words.
pub(super) const GOALS: &[(GoalDomain, &str)] = &[
    (
        GoalDomain::Housing,
        "Voglio un contratto di casa con il mio nome sopra.",
    ),
    (GoalDomain::Employment, "Vorrei un lavoro vicino a casa."),
    (
        GoalDomain::Income,
        "Arrivare a fine mese senza chiedere prestiti.",
    ),
    (
        GoalDomain::Food,
        "Imparare a fare la spesa per tutta la settimana.",
    ),
    (GoalDomain::ChildCare, "Qualcuno di fidato per i pomeriggi."),
    (
        GoalDomain::ChildrensEducation,
        "Che finiscano l'anno nella stessa classe.",
    ),
    (
        GoalDomain::AdultEducation,
        "Prendere la licenza media alla scuola serale.",
    ),
    (
        GoalDomain::HealthCoverage,
        "Avere di nuovo la tessera sanitaria.",
    ),
    (
        GoalDomain::LifeSkills,
        "Sbrigare le pratiche da sola, senza paura.",
    ),
    (GoalDomain::FamilyRelations, "Riavere mia figlia con me."),
    (GoalDomain::Mobility, "Fare la patente entro la primavera."),
    (GoalDomain::Community, "Conoscere qualcuno nel quartiere."),
    (GoalDomain::Parenting, "Restare calma quando si litiga."),
    (GoalDomain::Legal, "Chiudere la separazione."),
    (GoalDomain::MentalHealth, "Tornare a dormire la notte."),
    (GoalDomain::Safety, "Uscire senza guardarmi alle spalle."),
    (GoalDomain::Disability, "Avere la visita della commissione."),
];

/// The end of every mail address; no such domain can exist.
pub(super) const MAIL_DOMAIN: &str = "fittizia.invalid";

/// Puts her name into a note.
pub(super) fn about(template: &str, given_name: &str) -> String {
    template.replace("{}", given_name)
}

/// Notes for contacts of one purpose.
pub(super) fn visit_notes(purpose: VisitPurpose) -> &'static [&'static str] {
    let found = VISIT_NOTES.iter().find(|(other, _)| *other == purpose);
    found.map_or(VISIT_NOTES[0].1, |(_, notes)| notes)
}

/// Notes for a review with this attainment.
pub(super) fn review_notes(attainment: i8) -> &'static [&'static str] {
    match attainment {
        ..0 => REVIEW_NOTES[0],
        0 => REVIEW_NOTES[1],
        1.. => REVIEW_NOTES[2],
    }
}

/// The note on an incident.
pub(super) fn incident(kind: IncidentKind) -> Option<&'static str> {
    let found = INCIDENT_NOTES.iter().find(|(other, _)| *other == kind);
    found.map(|(_, text)| *text)
}

/// The goal of a domain in her words.
pub(super) fn goal(domain: GoalDomain) -> Option<&'static str> {
    GOALS
        .iter()
        .find(|(other, _)| *other == domain)
        .map(|(_, text)| *text)
}

/// Every text that is only ever sealed, in parts that can be searched for.
pub(super) fn sealed_texts() -> impl Iterator<Item = &'static str> {
    let visits = VISIT_NOTES.iter().flat_map(|(_, notes)| *notes);
    let reviews = REVIEW_NOTES.into_iter().flatten();
    visits
        .chain(SERVICE_NOTES)
        .chain(NOTES)
        .chain(reviews)
        .flat_map(|note| note.split("{}"))
        .filter(|part| part.len() > 6)
        .chain(GOALS.iter().map(|(_, text)| *text))
        .chain(INCIDENT_NOTES.iter().map(|(_, text)| *text))
        .chain(ASSESSMENTS.iter().copied())
        .chain([BREACH, MAIL_DOMAIN])
}
