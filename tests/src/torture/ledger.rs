//! What was asked and told, held against what the log has.

use std::collections::{BTreeSet, HashMap};

use anyhow::{Context, bail, ensure};
use eventlog::{Appended, EventLog, NewFact, Position, Recorded, Version};
use futures_util::future::join_all;
use serde_json::Value;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::Tally;
use super::clients::{Answer, Attempt, Client, Command, Field};
use super::look::Look;
use super::site::{POLL, SERVERS, patient};
use super::writer::{self, CALLERS, Line, Manner, Told};

type Range = (Position, Position);

/// Every command a pilot was ever sent.
#[derive(Debug, Default)]
pub(super) struct Pilot {
    sent: HashMap<Uuid, (Command, Vec<Attempt>)>,
    /// Those that were sent since the last check.
    fresh: Vec<Uuid>,
    /// Those that were recorded, in the order in which that was found.
    recorded: Vec<Uuid>,
    /// Who lives in a dwelling.
    tenants: HashMap<String, String>,
}

impl Pilot {
    pub(super) fn add(&mut self, told: Vec<(Command, Vec<Attempt>)>) {
        for (command, attempts) in told {
            self.fresh.push(command.id);
            self.sent.insert(command.id, (command, attempts));
        }
    }

    /// Holds the facts that are new against what was told; sends what is open again, and some of
    /// what is not.
    pub(super) async fn check(
        &mut self,
        field: &Field,
        look: &mut Look,
        events: &EventLog,
        ask: &mut impl FnMut() -> usize,
        tally: &mut Tally,
    ) -> anyhow::Result<()> {
        let before = look.advance(events).await?;
        self.facts(&before)?;
        let fresh = std::mem::take(&mut self.fresh);
        for id in &fresh {
            self.judge(*id, look)?;
        }
        let mut again: BTreeSet<Uuid> = fresh
            .iter()
            .copied()
            .filter(|id| self.is_open(*id))
            .collect();
        tally.open += again.len() as u64;
        tally.open_found += again
            .iter()
            .filter(|it| look.commands.contains_key(it))
            .count() as u64;
        // Some others too, of now and of earlier.
        for places in [&fresh, &self.recorded] {
            let some = (0..6).filter_map(|_| places.get(ask() % places.len().max(1)));
            again.extend(some);
        }
        let commands = again.iter().filter_map(|id| self.sent.get(id));
        let answers = commands.map(|(command, _)| {
            let server = ask() % SERVERS;
            async move { (command.id, field.insist(server, command).await) }
        });
        for (id, answers) in join_all(answers.collect::<Vec<_>>()).await {
            if let Some((_, attempts)) = self.sent.get_mut(&id) {
                attempts.extend(answers?);
            }
        }
        let after = look.advance(events).await?;
        self.facts(&after)?;
        for id in fresh {
            let recorded = self.judge(id, look)?;
            let (_, attempts) = &self.sent[&id];
            tally.commands(attempts);
            ensure!(
                recorded || !self.is_open(id),
                "{}",
                self.story(id, "nobody says what became of it")
            );
            if recorded {
                self.outcome(id, look, events).await?;
                self.recorded.push(id);
            }
        }
        ensure!(
            self.recorded.len() == look.commands.len(),
            "{} commands were recorded, the log has {}",
            self.recorded.len(),
            look.commands.len()
        );
        tally.facts += (before.len() + after.len()) as u64;
        Ok(())
    }

    /// Whether nobody said what became of it.
    fn is_open(&self, id: Uuid) -> bool {
        let attempts = self.sent.get(&id).map(|(_, attempts)| attempts);
        attempts.is_some_and(|all| {
            let told = |it: &&Attempt| matches!(it.answer, Answer::Recorded { .. });
            !all.iter().any(|it| told(&it)) && all.iter().any(|it| it.answer.is_open())
                // What was answered last was asked when nothing was on its way any more.
                && all.last().is_none_or(|it| it.answer.is_open())
        })
    }

    /// Holds one command against the log; whether it is there.
    fn judge(&self, id: Uuid, look: &Look) -> anyhow::Result<bool> {
        let (_, attempts) = self.sent.get(&id).context("it was sent")?;
        let there = look.commands.get(&id).copied();
        match complaint(attempts, there) {
            Some(what) => bail!("{}", self.story(id, &what)),
            None => Ok(there.is_some()),
        }
    }

    async fn outcome(&self, id: Uuid, look: &Look, events: &EventLog) -> anyhow::Result<()> {
        let outcome = events.outcome(look.log, id).await?;
        let range = outcome.map(|it| (it.first, it.last));
        ensure!(
            range == look.commands.get(&id).copied(),
            "{}",
            self.story(id, &format!("its outcome is {range:?}"))
        );
        Ok(())
    }

    /// Every fact is that of a command, whole; a dwelling has one household at a time.
    fn facts(&mut self, facts: &[Recorded]) -> anyhow::Result<()> {
        for fact in facts {
            let Some((command, _)) = self.sent.get(&fact.command) else {
                bail!("nobody sent the command of {fact:?}");
            };
            let decoded = projections::decode(fact);
            ensure!(decoded.is_ok(), "{decoded:?}: {fact:?}");
            let payload = &serde_json::to_value(fact)?["payload"];
            let everything = format!("{payload} {} {:?}", fact.stream, fact.also);
            let missing = command.speaks_of();
            let missing = missing.iter().find(|id| !everything.contains(id.as_str()));
            let day = command.input["occurredOn"].as_str().map(str::parse);
            ensure!(
                fact.kind == command.kind && day == Some(Ok(fact.occurred_on)) && missing.is_none(),
                "{}",
                self.story(command.id, &format!("its fact is not its own: {fact:?}"))
            );
            let text = |value: &Value| value.as_str().map(str::to_owned);
            let household = text(&payload["household"]);
            match (fact.kind.as_str(), household) {
                ("Admission", Some(household)) => {
                    let dwelling = text(&payload["dwelling"]).context("a dwelling")?;
                    let before = self.tenants.insert(dwelling, household);
                    ensure!(
                        before.is_none(),
                        "{before:?} lives where {fact:?} lets somebody in"
                    );
                }
                ("Exit", Some(household)) => self.tenants.retain(|_, it| *it != household),
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn tell(&self, clients: &mut [Client], look: &Look) {
        for client in clients {
            client.learn(|id| look.commands.contains_key(&id));
        }
    }

    /// Whether a command is of this kind.
    pub(super) fn is(&self, id: Uuid, kind: &str) -> bool {
        self.sent
            .get(&id)
            .is_some_and(|(command, _)| command.kind == kind)
    }

    /// How many facts of a kind there are.
    pub(super) fn count(&self, kind: &str) -> usize {
        let of_kind = |id: &&Uuid| self.sent.get(id).is_some_and(|(it, _)| it.kind == kind);
        self.recorded.iter().filter(of_kind).count()
    }

    fn story(&self, id: Uuid, what: &str) -> String {
        let Some((command, attempts)) = self.sent.get(&id) else {
            return format!("command {id}: {what}; it was never sent");
        };
        let mut story = format!(
            "command {id}: {what}\n  it is a {}: {}",
            command.kind, command.input
        );
        for attempt in attempts {
            story.push_str(&format!("\n  {attempt:?}"));
        }
        story
    }
}

/// What is wrong with what was told of a command that has these positions.
fn complaint(attempts: &[Attempt], there: Option<Range>) -> Option<String> {
    let mut places: Vec<Position> = Vec::new();
    let (mut first_times, mut open) = (0, false);
    for attempt in attempts {
        match &attempt.answer {
            Answer::Fault(_) => return Some("a fault".to_owned()),
            Answer::Recorded { .. } if attempt.forged => {
                return Some("other content under its id is taken for it".to_owned());
            }
            Answer::Reused if !attempt.forged => return Some("taken for another".to_owned()),
            Answer::Recorded { position, already } => {
                places.push(*position);
                first_times += u32::from(!already);
                if !already && *position <= attempt.after {
                    return Some("it got before what was acknowledged earlier".to_owned());
                }
            }
            Answer::Unavailable | Answer::Nothing => open = true,
            Answer::Reused | Answer::Refused(_) | Answer::Busy => {}
        }
    }
    places.dedup();
    match (places[..].first(), there) {
        _ if places.len() > 1 => Some(format!("told to be at {places:?}")),
        _ if first_times > 1 => Some("recorded for the first time twice".to_owned()),
        (Some(place), None) => Some(format!("acknowledged at {place}, and not in the log")),
        (Some(place), Some(range)) if range != (*place, *place) => Some(format!(
            "acknowledged at {place}, and in the log at {range:?}"
        )),
        (None, Some(range)) if !open => Some(format!("refused, and in the log at {range:?}")),
        _ => None,
    }
}

/// One time that a writer sent a command.
#[derive(Clone, Debug)]
#[expect(
    dead_code,
    reason = "which writer it was is for whoever reads a violation"
)]
struct Call {
    /// Which; the last is not a writer, but who checks.
    writer: usize,
    manner: Manner,
    guard: Option<Version>,
    /// What had been acknowledged by this writer when it was sent.
    after: Position,
    /// Nothing when it never came to that.
    told: Option<Told>,
}

/// A command of the writers.
#[derive(Debug, Default)]
struct Calls {
    all: Vec<Call>,
    /// How many of them are counted.
    counted: usize,
    /// Whether it is among those recorded.
    known: bool,
}

/// Every command the writers ever sent.
#[derive(Debug, Default)]
pub(super) struct Raw {
    sent: HashMap<Uuid, Calls>,
    /// Those that were sent since the last check.
    fresh: BTreeSet<Uuid>,
    recorded: Vec<Uuid>,
}

impl Raw {
    /// Takes a writer's journal in.
    pub(super) fn add(&mut self, writer: usize, journal: &[Line]) -> anyhow::Result<()> {
        let mut callers: Vec<Option<(Uuid, usize)>> = vec![None; usize::try_from(CALLERS)?];
        let mut highest = 0;
        for line in journal {
            match line {
                Line::Rests => {}
                Line::Fault(text) => bail!("writer {writer}: {text}"),
                Line::Sends(caller, id, manner, guard) => {
                    let calls = &mut self.sent.entry(*id).or_default().all;
                    let caller = callers.get_mut(usize::try_from(*caller)?);
                    *caller.context("a caller")? = Some((*id, calls.len()));
                    calls.push(Call {
                        writer,
                        manner: *manner,
                        guard: *guard,
                        after: highest,
                        told: None,
                    });
                    self.fresh.insert(*id);
                }
                Line::Told(caller, told) => {
                    let caller = callers.get_mut(usize::try_from(*caller)?);
                    let (id, place) = caller.and_then(Option::take).context("a call")?;
                    if let Told::Recorded(_, _, last, _) = told {
                        highest = highest.max(*last);
                    }
                    let calls = self.sent.get_mut(&id).context("a command")?;
                    calls.all.get_mut(place).context("a call")?.told = Some(*told);
                }
            }
        }
        Ok(())
    }

    /// As for a pilot; what is open is appended again through the log's own interface.
    pub(super) async fn check(
        &mut self,
        look: &mut Look,
        events: &EventLog,
        ask: &mut impl FnMut() -> usize,
        tally: &mut Tally,
    ) -> anyhow::Result<()> {
        let before = look.advance(events).await?;
        self.whole(&before)?;
        let fresh: Vec<Uuid> = std::mem::take(&mut self.fresh).into_iter().collect();
        let mut again = Vec::new();
        for id in &fresh {
            let there = self.judge(*id, look)?;
            if self.is_open(*id) {
                tally.open += 1;
                tally.open_found += u64::from(there);
                again.push(*id);
            }
        }
        for places in [&fresh, &self.recorded] {
            let some = (0..12).filter_map(|_| places.get(ask() % places.len().max(1)));
            again.extend(some.filter(|id| look.commands.contains_key(id)));
        }
        for id in again {
            self.repeat(id, look, events).await?;
        }
        let after = look.advance(events).await?;
        self.whole(&after)?;
        for id in fresh {
            let there = self.judge(id, look)?;
            let calls = self.sent.get_mut(&id).context("it was sent")?;
            tally.calls(
                calls.all[calls.counted..]
                    .iter()
                    .map(|it| (it.manner, it.told)),
            );
            calls.counted = calls.all.len();
            if there && !std::mem::replace(&mut calls.known, true) {
                self.recorded.push(id);
            }
        }
        ensure!(
            self.recorded.len() == look.commands.len(),
            "{} commands of writers were recorded, the log has {}",
            self.recorded.len(),
            look.commands.len()
        );
        for _ in 0..24 {
            if let Some(id) = self.recorded.get(ask() % self.recorded.len().max(1)) {
                self.outcome(*id, look, events).await?;
            }
        }
        tally.facts += (before.len() + after.len()) as u64;
        Ok(())
    }

    /// Whether a plain call of it was left without an answer, and no other says what became of it.
    fn is_open(&self, id: Uuid) -> bool {
        self.sent.get(&id).is_some_and(|calls| {
            let mut plain = calls.all.iter().filter(|it| it.manner == Manner::Plain);
            let recorded = |it: &Call| matches!(it.told, Some(Told::Recorded(..)));
            plain
                .clone()
                .any(|it| matches!(it.told, None | Some(Told::Unavailable)))
                && !plain.any(recorded)
        })
    }

    fn judge(&self, id: Uuid, look: &Look) -> anyhow::Result<bool> {
        let calls = self.sent.get(&id).context("it was sent")?;
        let there = look.commands.get(&id).copied();
        match reproach(&calls.all, there) {
            Some(what) => bail!("{}", self.story(id, &what)),
            None => Ok(there.is_some()),
        }
    }

    /// Every new fact is as it was sent, and where its command expected to be.
    fn whole(&self, facts: &[Recorded]) -> anyhow::Result<()> {
        for facts in facts.chunk_by(|one, next| one.command == next.command) {
            let id = facts[0].command;
            ensure!(
                self.sent.contains_key(&id),
                "nobody sent the command of {facts:?}"
            );
            let sent = writer::command(facts[0].log, id);
            let same = facts.len() == sent.facts.len()
                && sent
                    .facts
                    .iter()
                    .zip(facts)
                    .all(|(sent, fact)| is(fact, sent))
                && facts.iter().all(|fact| fact.actor == sent.actor);
            ensure!(
                same,
                "{}",
                self.story(id, &format!("its facts are not what was sent: {facts:?}"))
            );
            let calls = &self.sent[&id].all;
            let as_expected = |call: &Call| {
                call.manner == Manner::Plain
                    && call.guard.is_none_or(|guard| guard + 1 == facts[0].version)
            };
            ensure!(
                calls.iter().any(as_expected),
                "{}",
                self.story(id, &format!("nobody expected version {}", facts[0].version))
            );
        }
        Ok(())
    }

    /// Appends a command again.
    async fn repeat(&mut self, id: Uuid, look: &Look, events: &EventLog) -> anyhow::Result<()> {
        let begun = Instant::now();
        let appended = loop {
            match events.append(writer::command(look.log, id)).await {
                Ok(appended) => break appended,
                Err(eventlog::Error::Unavailable(_)) => {
                    patient(begun, || format!("an answer to command {id}"))?;
                    sleep(POLL).await;
                }
                Err(fault) => bail!("{}", self.story(id, &format!("{fault:?}"))),
            }
        };
        let calls = self.sent.get_mut(&id).context("it was sent")?;
        calls.all.push(Call {
            writer: usize::MAX,
            manner: Manner::Plain,
            guard: None,
            after: look.last,
            told: Some(Told::Recorded(
                matches!(appended, Appended::Before { .. }),
                appended.first(),
                appended.last(),
                appended.recorded_at().timestamp_micros(),
            )),
        });
        // It may be one of an earlier check.
        self.judge_last(id, look)
    }

    /// Holds the last answer against what was seen before it.
    fn judge_last(&self, id: Uuid, look: &Look) -> anyhow::Result<()> {
        let last = self.sent.get(&id).and_then(|calls| calls.all.last());
        let Some(Told::Recorded(already, first, last, _)) = last.and_then(|it| it.told) else {
            return Ok(());
        };
        let there = look.commands.get(&id).copied();
        ensure!(
            already == there.is_some() && there.is_none_or(|it| it == (first, last)),
            "{}",
            self.story(id, &format!("it was in the log at {there:?}"))
        );
        Ok(())
    }

    async fn outcome(&self, id: Uuid, look: &Look, events: &EventLog) -> anyhow::Result<()> {
        let outcome = events.outcome(look.log, id).await?;
        let digest = writer::command(look.log, id).digest;
        let range = outcome
            .filter(|it| it.digest == digest)
            .map(|it| (it.first, it.last));
        ensure!(
            range.is_some() && range == look.commands.get(&id).copied(),
            "{}",
            self.story(id, &format!("its outcome is {range:?}"))
        );
        Ok(())
    }

    fn story(&self, id: Uuid, what: &str) -> String {
        let mut story = format!("command {id} of a writer: {what}");
        let calls = self.sent.get(&id).map_or(&[][..], |calls| &calls.all);
        for call in calls {
            story.push_str(&format!("\n  {call:?}"));
        }
        story
    }
}

/// What is wrong with what writers were told of a command that has these positions.
fn reproach(calls: &[Call], there: Option<Range>) -> Option<String> {
    let mut told: Vec<(Position, Position, i64)> = Vec::new();
    let (mut first_times, mut open) = (0, false);
    for call in calls {
        match (call.manner, call.told) {
            (_, None | Some(Told::Unavailable)) => open |= call.manner == Manner::Plain,
            (Manner::Plain, Some(Told::Recorded(already, first, last, at))) => {
                told.push((first, last, at));
                first_times += u32::from(!already);
                if !already && first <= call.after {
                    return Some("it got before what was acknowledged earlier".to_owned());
                }
            }
            (Manner::Plain, Some(Told::Conflict)) if call.guard.is_some() => {}
            (Manner::Forged, Some(Told::Reused)) | (Manner::Taken, Some(Told::Taken)) => {}
            (_, Some(_)) => return Some(format!("that is no answer: {call:?}")),
        }
    }
    told.dedup();
    match (told[..].first(), there) {
        _ if told.len() > 1 => Some(format!("told to be at {told:?}")),
        _ if first_times > 1 => Some("recorded for the first time twice".to_owned()),
        (Some((first, last, _)), there) if there != Some((*first, *last)) => Some(format!(
            "acknowledged at {first} to {last}, and in the log at {there:?}"
        )),
        (None, Some(range)) if !open => {
            Some(format!("not acknowledged, and in the log at {range:?}"))
        }
        _ => None,
    }
}

/// Whether a fact is as it was sent.
fn is(fact: &Recorded, sent: &NewFact) -> bool {
    fact.id == sent.id
        && fact.stream == sent.stream
        && fact.also == sent.also
        && fact.kind == sent.kind
        && fact.shape == sent.shape
        && fact.occurred_on == sent.occurred_on
        && fact.entered_at == sent.entered_at
        && fact.cause == sent.cause
        && fact.payload == sent.payload
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(position: Position, already: bool) -> Answer {
        Answer::Recorded { position, already }
    }

    #[test]
    fn what_was_told_has_to_be_so() {
        let refused = || Answer::Refused("why".to_owned());
        let well: &[(&[Answer], Option<Range>)] = &[
            (&[recorded(3, false)], Some((3, 3))),
            (&[recorded(3, false), recorded(3, true)], Some((3, 3))),
            (&[Answer::Nothing], None),
            (&[Answer::Nothing], Some((3, 3))),
            (&[Answer::Unavailable, recorded(3, true)], Some((3, 3))),
            (&[refused()], None),
        ];
        let ill: &[(&[Answer], Option<Range>)] = &[
            (&[recorded(3, false)], None),
            (&[recorded(3, false)], Some((4, 4))),
            (&[recorded(3, false)], Some((3, 4))),
            (&[recorded(3, false), recorded(3, false)], Some((3, 3))),
            (&[recorded(3, false), recorded(4, true)], Some((3, 3))),
            (&[recorded(2, false)], Some((2, 2))),
            (&[refused()], Some((3, 3))),
            (&[Answer::Busy], Some((3, 3))),
            (&[Answer::Reused], None),
            (&[Answer::Fault(String::new())], None),
        ];
        let attempts = |answers: &[Answer]| {
            let attempt = |answer: &Answer| Attempt {
                server: 0,
                forged: false,
                after: 2,
                answer: answer.clone(),
            };
            answers.iter().map(attempt).collect::<Vec<_>>()
        };
        for (answers, there) in well {
            assert_eq!(complaint(&attempts(answers), *there), None, "{answers:?}");
        }
        for (answers, there) in ill {
            assert!(
                complaint(&attempts(answers), *there).is_some(),
                "{answers:?}"
            );
        }
    }

    #[test]
    fn what_a_writer_was_told_has_to_be_so() {
        let call = |told, manner, guard| Call {
            writer: 0,
            manner,
            guard,
            after: 2,
            told,
        };
        let plain = |told| call(told, Manner::Plain, None);
        let now = Some(Told::Recorded(false, 3, 4, 9));
        let before = Some(Told::Recorded(true, 3, 4, 9));
        let well: &[(&[Call], Option<Range>)] = &[
            (&[plain(now), plain(before)], Some((3, 4))),
            (&[plain(None)], None),
            (&[plain(None)], Some((3, 4))),
            (
                &[plain(Some(Told::Unavailable)), plain(before)],
                Some((3, 4)),
            ),
            (&[call(Some(Told::Conflict), Manner::Plain, Some(1))], None),
            (
                &[plain(now), call(Some(Told::Reused), Manner::Forged, None)],
                Some((3, 4)),
            ),
            (&[call(Some(Told::Taken), Manner::Taken, None)], None),
        ];
        let ill: &[(&[Call], Option<Range>)] = &[
            (&[plain(now)], None),
            (&[plain(now)], Some((3, 3))),
            (&[plain(now), plain(now)], Some((3, 4))),
            (
                &[plain(now), plain(Some(Told::Recorded(true, 3, 4, 8)))],
                Some((3, 4)),
            ),
            (&[plain(Some(Told::Recorded(false, 2, 2, 9)))], Some((2, 2))),
            (
                &[call(Some(Told::Conflict), Manner::Plain, Some(1))],
                Some((3, 4)),
            ),
            (&[plain(Some(Told::Conflict))], None),
            (
                &[plain(now), call(before, Manner::Forged, None)],
                Some((3, 4)),
            ),
            (&[call(now, Manner::Taken, None)], Some((3, 4))),
            (&[call(None, Manner::Taken, None)], Some((3, 4))),
        ];
        for (calls, there) in well {
            assert_eq!(reproach(calls, *there), None, "{calls:?}");
        }
        for (calls, there) in ill {
            assert!(reproach(calls, *there).is_some(), "{calls:?}");
        }
    }
}
