//! The steering committee.

use super::code_list;

code_list! {
    /// Was a partner at a meeting?
    Attendance {
        Present = "present", "Presente", "Present";
        Excused = "excused", "Assente giustificato", "Excused";
        Absent = "absent", "Assente", "Absent";
    }
}

code_list! {
    /// What became of a decision.
    DecisionOutcome {
        CarriedOut = "carried_out", "Attuata", "Carried out";
        Dropped = "dropped", "Abbandonata", "Dropped";
        Superseded = "superseded", "Sostituita", "Superseded by another";
    }
}
