//! A log in memory, driven as the shell drives the real one.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{Command, Context, Decided, Refusal, View, decide, limits, named_position};
use events::{Event, Fact, PilotId, Position, Stream};
use uuid::Uuid;

/// What happens, on which day, and who records it.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) on: NaiveDate,
    pub(crate) event: Event,
    pub(crate) actor: &'static str,
}

impl Step {
    pub(crate) fn new(on: NaiveDate, event: impl Into<Event>) -> Self {
        let event = event.into();
        Self {
            on,
            event,
            actor: "anna",
        }
    }

    /// The same, recorded by somebody else.
    pub(crate) fn by(self, actor: &'static str) -> Self {
        Self { actor, ..self }
    }
}

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
        for step in steps {
            let (kind, on) = (step.event.kind(), step.on);
            if let Err(refusal) = log.execute(step) {
                panic!("given {kind} on {on} is refused: {refusal}");
            }
        }
        log
    }

    pub(crate) fn execute(&mut self, step: Step) -> Result<Position, Refusal> {
        let actor = step.actor;
        let decided = self.decide(step)?;
        Ok(self.record(decided, actor))
    }

    /// Records what was decided.
    pub(crate) fn record(&mut self, decided: Decided, actor: &str) -> Position {
        let position = Position::try_from(self.facts.len()).expect("a short log") + 1;
        self.facts.push(Fact {
            position,
            id: Uuid::from_u128(position as u128),
            stream: decided.stream,
            also: decided.also,
            occurred_on: decided.occurred_on,
            recorded_at: DateTime::<Utc>::UNIX_EPOCH,
            entered_at: None,
            actor: actor.to_owned(),
            command: Uuid::from_u128(position as u128),
            cause: None,
            event: decided.event,
        });
        position
    }

    /// Decides on what is asked for.
    pub(crate) fn decide(&self, step: Step) -> Result<Decided, Refusal> {
        self.decide_on(View::new(PilotId(Uuid::from_u128(1))), step)
    }

    /// Decides on everything there is.
    pub(crate) fn decide_knowing_all(&self, step: Step) -> Result<Decided, Refusal> {
        let mut view = View::new(PilotId(Uuid::from_u128(1)));
        let streams = self
            .facts
            .iter()
            .flat_map(|f| f.also.iter().copied().chain([f.stream]));
        for stream in streams.collect::<BTreeSet<_>>() {
            view.insert(stream, self.stream(stream));
        }
        self.decide_on(view, step)
    }

    fn decide_on(&self, mut view: View, step: Step) -> Result<Decided, Refusal> {
        let command = Command {
            occurred_on: step.on,
            event: step.event,
        };
        let context = Context {
            today: self.today,
            actor: step.actor.to_owned(),
        };
        let mut next = named_position(&command.event);
        while let Some(fact) = next.and_then(|position| self.at(position)) {
            next = named_position(&fact.event);
            view.add_target(fact.clone());
        }
        for _ in 0..8 {
            let missing = view.missing(&command);
            if missing.is_empty() {
                let decided = decide(&view, &command, &context)?;
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
