//! The personal path: plans, goals and their reviews, jobs, incomes.

use chrono::NaiveDate;
use events::codes::{GoalDomain, GoalWithdrawalReason, IncomeSource, IncomeStage};
use events::{
    Answer, FreeText, GoalId, GoalReviewed, GoalRevised, GoalSet, GoalWithdrawn, Income,
    IncomeAmount, IncomeRecorded, JobEnded, JobId, JobPlacement, Money, PlanAgreed,
};

use super::calendar::{plus, working_day};
use super::households::{IncomeNote, Job, Outlook, When};
use super::register::{Key, Pace, plain, sealing};
use super::stay::{Home, Telling};
use super::words;

/// How goals turn out, review by review.
const GOOD: &[&[i8]] = &[&[0, 1, 2], &[-1, 0, 1], &[0, 1], &[-1, 1, 0]];
const MIXED: &[&[i8]] = &[&[-1, 0], &[0, 1], &[-2, -1, 0], &[1, -1]];
const POOR: &[&[i8]] = &[&[-1, -2], &[-2], &[0, -1]];

/// Goals that were put off: whose, which.
const REVISED: &[(&str, usize)] = &[("H1", 1), ("H3", 0), ("H5", 2), ("H7", 1)];

/// Goals that were given up on the last day: whose, which, why.
const GIVEN_UP: &[(&str, usize, GoalWithdrawalReason)] = &[
    ("H5", 3, GoalWithdrawalReason::NoLongerHers),
    ("H6", 3, GoalWithdrawalReason::NotAttainable),
    ("H8", 3, GoalWithdrawalReason::Replaced),
];

/// An income as it was written down.
pub(super) struct Noted {
    pub(super) key: Key,
    pub(super) occurred_on: NaiveDate,
    pub(super) fact: IncomeRecorded,
}

impl Telling<'_> {
    /// Plans, then goals, then how they turned out.
    pub(super) fn plan(&mut self, home: &Home) {
        let mut after = home.head().key;
        for (number, &days) in home.stay.plans.iter().enumerate() {
            let on = working_day(plus(home.entry, days));
            let review_due = Some(plus(on, 90));
            let fact = plain(PlanAgreed {
                household: home.id,
                review_due,
            });
            let plan = self.register.write(on, Pace::Prompt, &[after], fact);
            if number == 0 {
                self.goals(home, on, plan);
            }
            after = plan;
        }
    }

    /// Jobs from placement to end.
    pub(super) fn work(&mut self, home: &Home) {
        for (number, job) in home.stay.jobs.iter().enumerate() {
            let id = JobId(
                self.ids
                    .id("demo job", &[home.household.code, &number.to_string()]),
            );
            let placed = self.place(home, job, id);
            if let Some((days, reason)) = job.ended {
                let on = plus(home.entry, days);
                let fact = plain(JobEnded {
                    household: home.id,
                    job: id,
                    reason,
                });
                self.register.write(on, Pace::Usual, &[placed], fact);
            }
        }
    }

    /// Incomes at entry, in between, and at the exit.
    pub(super) fn incomes(&mut self, home: &Home) -> Vec<Noted> {
        home.stay
            .incomes
            .iter()
            .map(|note| self.income(home, note))
            .collect()
    }

    fn goals(&mut self, home: &Home, planned: NaiveDate, plan: Key) {
        let turns = match home.stay.outlook {
            Outlook::Good => GOOD,
            Outlook::Mixed => MIXED,
            Outlook::Poor => POOR,
        };
        let first = self.chance.between(0, 3).unsigned_abs() as usize;
        for (number, &domain) in home.stay.goals.iter().enumerate() {
            let goal = GoalId(
                self.ids
                    .id("demo goal", &[home.household.code, &number.to_string()]),
            );
            let latest = plus(home.last_day(), -10);
            let on = working_day(plus(planned, self.chance.between(0, 8))).min(latest);
            let set = self.set_goal(home, goal, domain, on, plan);
            // Of those who are still there, the last goal has not been looked at yet.
            let unseen = home.exit.is_none() && number + 1 == home.stay.goals.len();
            if !unseen {
                self.review_goal(home, goal, on, set, turns[(first + number) % turns.len()]);
            }
            let code = home.household.code;
            if REVISED.contains(&(code, number)) {
                self.revise_goal(home, goal, domain, on, set);
            }
            let mut given_up = GIVEN_UP.iter();
            if let Some(&(.., reason)) = given_up.find(|row| (row.0, row.1) == (code, number)) {
                let withdrawn = plain(GoalWithdrawn {
                    household: home.id,
                    goal,
                    reason: Answer::Known(reason),
                });
                let last = home.last_day();
                self.register.write(last, Pace::Prompt, &[set], withdrawn);
            }
        }
    }

    fn set_goal(
        &mut self,
        home: &Home,
        goal: GoalId,
        domain: GoalDomain,
        on: NaiveDate,
        plan: Key,
    ) -> Key {
        let (household, head) = (home.id, home.head().id);
        let days = self.chance.between(60, 180);
        let due = (!self.chance.percent(10)).then(|| plus(on, days));
        let text = words::goal(domain).map(|text| FreeText(text.to_owned()));
        let making = sealing(move |sealer| {
            let text = text
                .as_ref()
                .map(|text| sealer.seal(head, text))
                .transpose()?;
            Ok(GoalSet {
                household,
                goal,
                domain,
                due,
                text,
            }
            .into())
        });
        self.register.write(on, Pace::Prompt, &[plan], making)
    }

    /// The same goal with more time.
    fn revise_goal(
        &mut self,
        home: &Home,
        goal: GoalId,
        domain: GoalDomain,
        set_on: NaiveDate,
        set: Key,
    ) {
        let (household, head) = (home.id, home.head().id);
        let on = working_day(plus(set_on, self.chance.between(35, 55)));
        let due = Some(plus(on, 120));
        let text = words::goal(domain).map(|text| FreeText(text.to_owned()));
        let making = sealing(move |sealer| {
            let text = text
                .as_ref()
                .map(|text| sealer.seal(head, text))
                .transpose()?;
            Ok(GoalRevised {
                household,
                goal,
                domain,
                due,
                text,
            }
            .into())
        });
        self.register.write(on, Pace::Usual, &[set], making);
    }

    /// Reviews, spread over the rest of the stay.
    fn review_goal(
        &mut self,
        home: &Home,
        goal: GoalId,
        set_on: NaiveDate,
        set: Key,
        turns: &[i8],
    ) {
        let (household, head) = (home.id, home.head().id);
        let rest = (home.last_day() - set_on).num_days();
        let reviews = i64::try_from(turns.len()).unwrap_or(1);
        let step = rest / (reviews + 1);
        for (number, &attainment) in (1..).zip(turns) {
            let days = number * step + self.chance.between(-2, 2);
            let on = working_day(plus(set_on, days.max(1))).min(home.last_day());
            let note = self
                .chance
                .percent(40)
                .then(|| self.chance.one(words::review_notes(attainment)));
            let note = note.map(|text| FreeText(text.to_owned()));
            let making = sealing(move |sealer| {
                let note = note
                    .as_ref()
                    .map(|text| sealer.seal(head, text))
                    .transpose()?;
                Ok(GoalReviewed {
                    household,
                    goal,
                    attainment,
                    note,
                }
                .into())
            });
            self.register.write(on, Pace::Usual, &[set], making);
        }
    }

    fn place(&mut self, home: &Home, job: &Job, id: JobId) -> Key {
        let worker = &home.residents[job.who];
        let through = job.through.map(|who| self.frame.partner(who));
        let mut after = vec![worker.key];
        after.extend(through.map(|partner| partner.key));
        let fact = JobPlacement {
            household: home.id,
            person: worker.id,
            job: id,
            contract: job.contract,
            weekly_hours: job.hours,
            partner: through.map(|partner| partner.id),
        };
        let on = working_day(plus(home.entry, job.from));
        self.register.write(on, Pace::Usual, &after, plain(fact))
    }

    fn income(&mut self, home: &Home, note: &IncomeNote) -> Noted {
        let earner = &home.residents[note.who];
        let (day, stage) = match note.when {
            When::Entry => (
                plus(home.entry, self.chance.between(0, 3)),
                IncomeStage::Entry,
            ),
            When::Update(days) => (plus(home.entry, days), IncomeStage::Update),
            When::Exit => (
                plus(home.last_day(), -self.chance.between(0, 3)),
                IncomeStage::Exit,
            ),
        };
        let day = working_day(day).min(home.last_day());
        // Wages are never quite what the table says.
        let more = 10 * self.chance.between(-2, 4);
        let fact = IncomeRecorded {
            household: home.id,
            person: earner.id,
            stage,
            income: note.income.map(|sources| {
                let sources = sources.iter().map(|&(source, euros)| match source {
                    IncomeSource::Earned => (source, euros + more),
                    _ => (source, euros),
                });
                income(sources)
            }),
        };
        let key = self
            .register
            .write(day, Pace::Usual, &[earner.key], plain(fact.clone()));
        Noted {
            key,
            occurred_on: day,
            fact,
        }
    }
}

/// An income all of whose parts are known, in euros a month.
pub(super) fn income(sources: impl Iterator<Item = (IncomeSource, i64)>) -> Income {
    let sources: Vec<IncomeAmount> = sources
        .map(|(source, euros)| IncomeAmount {
            source,
            amount: Answer::Known(Money::new(euros * 100, 2)),
        })
        .collect();
    let total = sources.iter().filter_map(|part| part.amount.known()).sum();
    Income {
        total: Answer::Known(total),
        sources,
    }
}
