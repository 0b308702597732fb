//! The read models there are.

use std::fmt;

/// The list: name (its folder), table, and what it is called in Rust. A model of documents by key has
/// a further line in [`keyed`](crate::document::keyed).
macro_rules! models {
    ($( $(#[$doc:meta])* $model:ident: $folder:ident $(/ $inner:ident)?, $table:literal; )*) => {
        /// A read model.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Model {
            $( $(#[$doc])* $model, )*
        }

        impl Model {
            /// Every read model.
            pub const ALL: [Self; [$( Self::$model ),*].len()] = [$( Self::$model ),*];

            /// Its name, as of its folder.
            pub fn name(self) -> &'static str {
                match self { $( Self::$model => concat!(stringify!($folder) $(, "_", stringify!($inner))?), )* }
            }

            /// The version of its fold and its table.
            pub fn version(self) -> i32 {
                match self { $( Self::$model => crate::$folder::$($inner::)?fold::VERSION, )* }
            }

            /// The table of its rows, in the schema of the read models.
            pub(crate) fn table(self) -> &'static str {
                match self { $( Self::$model => $table, )* }
            }

            /// What makes its table, where there is none: its own file, and the rights.
            pub(crate) fn definition(self) -> &'static str {
                match self {
                    $( Self::$model => concat!(
                        include_str!(concat!(
                            stringify!($folder), $("/", stringify!($inner),)? "/table.sql"
                        )),
                        rights!($table),
                    ), )*
                }
            }
        }
    };
}

/// Who may do what with a read model's table, and which rows they see: the same for every one. Who
/// projects writes them all; who reads sees those of the logs that `inrete.pilots` names, and of none
/// when it is not set: see `eventlog::FENCE` and the log's `0006_fences.sql`.
macro_rules! rights {
    ($table:literal) => {
        concat!(
            "\ngrant select, insert, update, delete on projections.",
            $table,
            " to inrete_project;\ngrant select on projections.",
            $table,
            " to inrete_read;\nalter table projections.",
            $table,
            " enable row level security;\ncreate policy every_log on projections.",
            $table,
            " to inrete_project using (true) with check (true);\ncreate policy own_logs on projections.",
            $table,
            " for select to inrete_read\n    using (log_id = any ((select nullif(\
             current_setting('inrete.pilots', true), '')::uuid[])::uuid[]));\n"
        )
    };
}

models! {
    /// The pilot itself.
    Pilots: pilots, "pilot";
    /// Dwellings.
    Census: census, "dwelling";
    /// Households.
    Households: households, "household";
    /// What was agreed with households, and their goals.
    Plans: plans, "plans";
    /// Work, incomes and schooling.
    Work: work, "work";
    /// Risk, incidents and breaches of protection.
    Safety: safety, "safety";
    /// Contacts, services and referrals to services.
    Network: network, "network";
    /// Money.
    Ledger: ledger, "ledger";
    /// Steering committees.
    Committee: committee, "committee";
    /// What is due in households.
    AgendaOfHouseholds: agenda / household, "agenda_household";
    /// What is due for pilots themselves.
    AgendaOfPilots: agenda / pilot, "agenda_pilot";
    /// How the facts of households were recorded.
    QualityOfHouseholds: quality / household, "quality_household";
    /// How pilots' own facts were recorded.
    QualityOfPilots: quality / pilot, "quality_pilot";
    /// Raw histories of households.
    Timeline: timeline, "timeline";
}

impl Model {
    /// Tells the table's definition from others of it, in a checkpoint.
    pub(crate) fn mark(self) -> i64 {
        // FNV-1a: any digest that stays the same will do.
        let mix = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let text = self.definition().bytes();
        text.fold(0xcbf2_9ce4_8422_2325, mix).cast_signed()
    }

    /// These models and those they cannot be folded without: who lived in a dwelling comes from the
    /// households' rows, so that neither is folded alone.
    pub(crate) fn together(models: &[Self]) -> Vec<Self> {
        let housing = [Self::Census, Self::Households];
        let one = housing.iter().any(|model| models.contains(model));
        let wanted = |model: &Self| models.contains(model) || (one && housing.contains(model));
        Self::ALL.into_iter().filter(wanted).collect()
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Model {
    type Err = UnknownModel;

    fn from_str(name: &str) -> Result<Self, UnknownModel> {
        let mut all = Self::ALL.into_iter();
        all.find(|model| model.name() == name)
            .ok_or_else(|| UnknownModel(name.to_owned()))
    }
}

/// The word names no read model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownModel(pub String);

impl fmt::Display for UnknownModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Model::ALL.map(Model::name).join(", ");
        write!(f, "`{}` is no read model: use one of {names}", self.0)
    }
}

impl std::error::Error for UnknownModel {}
