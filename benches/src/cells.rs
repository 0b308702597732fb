//! Cells of a table: who, with how many callers. Measured in rounds, each cell once a round, so that
//! what happens to the machine in between happens to all.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::Terms;
use crate::contestants::{Entrant, Field};
use crate::load::{Span, Tally};
use crate::report::{Report, Row, hundredths, median, tell};
use crate::server::Server;

/// Callers of the one run before the first round, whose result is thrown away.
const WARM_UP_CALLERS: usize = 8;

/// A cell, and what was counted in it so far.
struct Cell {
    entrant: usize,
    callers: usize,
    per_s: Vec<f64>,
    p50_ms: Vec<f64>,
    p99_ms: Vec<f64>,
    refused: u64,
    acknowledged: u64,
}

/// Measures everybody with every number of callers that `callers` gives them, into the report.
pub(crate) async fn measure(
    server: &Server,
    terms: &Terms,
    report: &mut Report,
    field: &mut Field,
    callers: impl Fn(&str) -> Vec<usize>,
) -> Result<()> {
    let mut cells = cells(field, &callers);
    let warm_up = Span {
        warming: Duration::ZERO,
        measured: terms.cell.measured / 2,
    };
    let mut failed = vec![false; field.entered.len()];
    for (number, entrant) in field.entered.iter().enumerate() {
        let most = callers(entrant.name).into_iter().max().unwrap_or(1);
        let run = entrant.contestant.drive(most.min(WARM_UP_CALLERS), warm_up);
        if let Err(error) = run.await {
            fail(report, entrant, &error, &mut failed[number]);
        }
        server.settle(&entrant.database).await?;
    }
    for round in 1..=terms.rounds {
        let begun = Instant::now();
        server.checkpoint().await?;
        for cell in &mut cells {
            if failed[cell.entrant] {
                continue;
            }
            let entrant = &field.entered[cell.entrant];
            match entrant.contestant.drive(cell.callers, terms.cell).await {
                Ok(tally) => cell.take(&tally),
                Err(error) => fail(report, entrant, &error, &mut failed[cell.entrant]),
            }
            server.settle(&entrant.database).await?;
        }
        tell(format!(
            "round {round} of {}: {:.0} s",
            terms.rounds,
            begun.elapsed().as_secs_f64()
        ));
    }
    report.missing.append(&mut field.missing);
    report.notes.append(&mut field.notes);
    let rows = cells.iter().filter(|cell| !cell.per_s.is_empty());
    let rows = rows.map(|cell| cell.row(field.entered[cell.entrant].name));
    report.rows.extend(rows);
    Ok(())
}

fn cells(field: &Field, callers: &impl Fn(&str) -> Vec<usize>) -> Vec<Cell> {
    let entrants = field.entered.iter().enumerate();
    let cells = entrants.flat_map(|(entrant, it)| {
        callers(it.name).into_iter().map(move |callers| Cell {
            entrant,
            callers,
            per_s: Vec::new(),
            p50_ms: Vec::new(),
            p99_ms: Vec::new(),
            refused: 0,
            acknowledged: 0,
        })
    });
    let mut cells: Vec<_> = cells.collect();
    // All with one caller, then all with eight…: who is compared is measured close together.
    cells.sort_by_key(|cell| cell.callers);
    cells
}

/// One that broke is left out from there on; what was measured before stays.
fn fail(report: &mut Report, entrant: &Entrant, error: &anyhow::Error, failed: &mut bool) {
    *failed = true;
    let why = format!("{error:#}");
    tell(format!("{} broke: {why}", entrant.name));
    let name = entrant.name.to_owned();
    report.missing.push(crate::report::Missing { name, why });
}

impl Cell {
    fn take(&mut self, tally: &Tally) {
        self.per_s.push(tally.per_second());
        self.p50_ms.push(tally.percentile_ms(0.5));
        self.p99_ms.push(tally.percentile_ms(0.99));
        self.refused += tally.refused;
        self.acknowledged += tally.micros.len() as u64;
    }

    fn row(&self, name: &str) -> Row {
        let middle = |numbers: &[f64]| median(numbers.iter().copied()).map(hundredths);
        let mut row = Row::new(name, self.callers);
        row.per_s = middle(&self.per_s);
        row.p50_ms = middle(&self.p50_ms);
        row.p99_ms = middle(&self.p99_ms);
        row.each = self.per_s.iter().copied().map(hundredths).collect();
        if self.refused > 0 {
            // Tries that were refused as concurrent and made again, for each append.
            let refused = self.refused as f64 / self.acknowledged.max(1) as f64;
            row = row.with("refused_each", hundredths(refused));
        }
        row
    }
}
