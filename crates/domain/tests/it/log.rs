//! A log in memory, driven as the shell drives the real one.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{Command, Context, Decided, Refusal, View, decide, limits};
use events::{Event, Fact, PilotId, Position, Stream};
use uuid::Uuid;

/// A day and what happens on it.
pub(crate) type Step = (NaiveDate, Event);

pub(crate) struct Log {
    pub(crate) facts: Vec<Fact>,
    pub(crate) today: NaiveDate,
}

impl Log {
    pub(crate) fn new(today: NaiveDate) -> Self {
        Self {
            facts: Vec::new(),
            today,
        }
    }

    /// A log in which all of `steps` happened.
    pub(crate) fn given(today: NaiveDate, steps: impl IntoIterator<Item = Step>) -> Self {
        let mut log = Self::new(today);
        for (on, event) in steps {
            let kind = event.kind();
            if let Err(refusal) = log.execute(on, event) {
                panic!("given {kind} on {on} is refused: {refusal}");
            }
        }
        log
    }

    pub(crate) fn execute(&mut self, on: NaiveDate, event: Event) -> Result<Position, Refusal> {
        let decided = self.decide(on, event)?;
        let position = Position::try_from(self.facts.len()).expect("a short log") + 1;
        self.facts.push(Fact {
            position,
            id: Uuid::from_u128(position as u128),
            stream: decided.stream,
            also: decided.also,
            occurred_on: decided.occurred_on,
            recorded_at: DateTime::<Utc>::UNIX_EPOCH,
            entered_at: None,
            actor: "test".to_owned(),
            command: Uuid::from_u128(position as u128),
            cause: None,
            event: decided.event,
        });
        Ok(position)
    }

    /// Decides on what is asked for.
    pub(crate) fn decide(&self, on: NaiveDate, event: Event) -> Result<Decided, Refusal> {
        self.decide_on(View::new(PilotId(Uuid::from_u128(1))), on, event)
    }

    /// Decides on everything there is.
    pub(crate) fn decide_knowing_all(
        &self,
        on: NaiveDate,
        event: Event,
    ) -> Result<Decided, Refusal> {
        let mut view = View::new(PilotId(Uuid::from_u128(1)));
        let streams = self
            .facts
            .iter()
            .flat_map(|f| f.also.iter().copied().chain([f.stream]));
        for stream in streams.collect::<BTreeSet<_>>() {
            view.insert(stream, self.stream(stream));
        }
        self.decide_on(view, on, event)
    }

    fn decide_on(&self, mut view: View, on: NaiveDate, event: Event) -> Result<Decided, Refusal> {
        let command = Command {
            occurred_on: on,
            event,
        };
        let mut next = named(&command.event);
        while let Some(fact) = next.and_then(|position| self.at(position)) {
            next = named(&fact.event);
            view.add_target(fact.clone());
        }
        for _ in 0..8 {
            let missing = view.missing(&command);
            if missing.is_empty() {
                let decided = decide(&view, &command, &Context { today: self.today })?;
                self.check_streams(&view, &decided);
                return Ok(decided);
            }
            for stream in missing {
                assert!(!view.contains(stream), "{stream} is asked for twice");
                view.insert(stream, self.stream(stream));
            }
        }
        panic!("{} asks for streams without end", command.event.kind());
    }

    fn check_streams(&self, view: &View, decided: &Decided) {
        assert!(decided.also.len() <= limits::MAX_ALSO);
        assert!(decided.also.is_sorted());
        assert!(!decided.also.contains(&decided.stream));
        for stream in decided.also.iter().chain([&decided.stream]) {
            assert!(
                view.contains(*stream),
                "{stream} is written to and was not looked at"
            );
        }
        if let Some(stream) = decided.event.stream() {
            assert_eq!(stream, decided.stream);
        }
    }

    fn at(&self, position: Position) -> Option<&Fact> {
        self.facts.iter().find(|fact| fact.position == position)
    }

    pub(crate) fn stream(&self, stream: Stream) -> Vec<Fact> {
        let concerns = |fact: &&Fact| fact.stream == stream || fact.also.contains(&stream);
        self.facts.iter().filter(concerns).cloned().collect()
    }
}

fn named(event: &Event) -> Option<Position> {
    match event {
        Event::RecordCorrected(correction) => Some(correction.position),
        Event::RecordRetracted(retraction) => Some(retraction.position),
        _ => None,
    }
}
