//! What may happen: pure deciders over the facts of a pilot.
