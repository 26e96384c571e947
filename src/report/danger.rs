//! How probable each end and violation of a scenario is, and how that changes along their schedules.

use super::explain::danger_line;
use super::human::paragraph;
use super::style::{NOTE, STRONG, paint};
use super::text::wrap;
use crate::program::Program;
use crate::scenario::finding_name;
use crate::schedule::Run;
use crate::search::{Aim, Bottoms, Danger, Finding, Found, Goal, Graph, Rates, Report, Trace};

/// Why a run that breaks a promise need not be probable at all.
const PASSED_BY: &str = "It takes a scheduler that passes a way out for ever, or is unfair: random \
                         choices keep the promise from there.";

/// Probabilities under random scheduling.
#[derive(Debug, Clone, PartialEq)]
pub struct Chances {
    /// Of each end that occurs and each violation, by name, from the initial state.
    pub named: Vec<(String, f64)>,
    /// To go on for ever in a bottom component that is no end.
    pub endless: f64,
    /// The residual of all of them.
    pub residual: f64,
    /// For each violation, how probable it is along its schedule.
    pub along: Vec<Along>,
}

/// How probable a violation is along its schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct Along {
    /// What it shows.
    pub shows: String,
    /// The schedule.
    pub trace: Trace,
    /// The steps before the cycle, if there is one.
    pub cycle_from: Option<usize>,
    /// The probability before the first step, and after each.
    pub danger: Vec<f64>,
}

impl Chances {
    /// What the graph says of the findings of `report`, which are its own; `None` if it is too large.
    pub fn of(graph: &Graph, report: &Report, rates: &Rates) -> Option<Chances> {
        let bottoms = Bottoms::of(graph);
        let endless = Danger::of(graph, &bottoms, &Goal::nothing(graph), rates);
        let mut chances = Chances {
            named: Vec::new(),
            endless: endless.endless,
            residual: endless.residual,
            along: Vec::new(),
        };
        let good = report.ends.iter().filter(|end| end.fine).map(|end| {
            let (outcome, spinning) = (end.outcome.clone(), end.spinning);
            (Finding::End { outcome, spinning }, None)
        });
        let bad = report.violations.iter().map(|found| (found.what.clone(), Some(found)));
        for (what, found) in good.chain(bad) {
            let aim = Aim::of(graph, &bottoms, &what)?;
            let danger = aim.danger(rates);
            let name = finding_name(&what, graph.program()).to_string();
            chances.residual = chances.residual.max(danger.residual);
            if let Some(Found { trace, cycle_from, .. }) = found {
                let path = aim.path(trace).expect("what was found is in the graph");
                let states = path.iter().map(|&state| danger.probability[state as usize]);
                let mut along: Vec<f64> = states.collect();
                // The step that fails leads to no state.
                along.resize(trace.len() + 1, 1.0);
                chances.along.push(Along {
                    shows: name.clone(),
                    trace: trace.clone(),
                    cycle_from: *cycle_from,
                    danger: along,
                });
            }
            chances.named.push((name, danger.probability[0]));
        }
        Some(chances)
    }

    /// The probabilities from the initial state, a bar each.
    pub fn bars(&self, width: usize) -> String {
        let endless = ("for ever without an end".to_string(), self.endless);
        let all = self.named.iter().chain(std::iter::once(&endless));
        let line = |(name, danger): &(String, f64)| {
            let name = wrap(name, width.saturating_sub(22), 1).concat();
            format!("  {}  {name}\n", bar(*danger))
        };
        all.map(line).collect()
    }

    /// As [`Chances::bars`], and how they change along the schedules: first the one to `drawn`, which
    /// stands above.
    pub fn words(&self, program: &Program, drawn: &str, width: usize) -> String {
        let mut text = format!("\n{}\n", paint(STRONG, "Danger under random scheduling"));
        text += &self.bars(width);
        let (above, others): (Vec<_>, Vec<_>) =
            self.along.iter().partition(|along| along.shows == drawn);
        for along in above.into_iter().chain(others) {
            let run = Run::new(program, &along.trace).expect("what was found can be run");
            let run = run.with_cycle(along.cycle_from);
            // A liveness property's danger is 0 to the end where every way out is only passed by.
            let none = along.danger.iter().all(|danger| *danger == 0.0);
            let head = match none {
                true => format!("Danger of `{}`: 0% at every step", along.shows),
                false if along.shows == drawn => {
                    format!("Danger of `{drawn}`, step by step of the schedule above")
                }
                false => {
                    format!("Danger of `{0}`, step by step (--show '{0}' draws it)", along.shows)
                }
            };
            text += "\n";
            let head = paragraph(&head, width, 0);
            text += &head.lines().map(|line| paint(STRONG, line) + "\n").collect::<String>();
            if none {
                text += &paragraph(PASSED_BY, width, 2);
                continue;
            }
            for (index, danger) in along.danger.iter().enumerate() {
                text += &danger_line(&run, index, *danger, width);
            }
        }
        text
    }
}

/// What probabilities mean, and how exact they are: `residual` is the greatest of all.
pub fn law(residual: f64, width: usize) -> String {
    let exact = match residual {
        0.0 => "The numbers are exact, but for rounding".to_string(),
        residual => format!("The equations behind the numbers are met to within {residual:.0e}"),
    };
    let words = format!(
        "Danger is the probability of it if at every step an actor that can step is drawn, all alike \
         or by the rates given, and then one of its branches. It compares schedules and protocols; it \
         is no estimate of how often this happens in the field. {exact}."
    );
    paragraph(&words, width, 0).lines().map(|line| paint(NOTE, line) + "\n").collect()
}

/// A probability as a bar and a number.
pub fn bar(probability: f64) -> String {
    const CELLS: usize = 10;
    let full = (probability * CELLS as f64).round() as usize;
    let bar: String = (0..CELLS).map(|cell| if cell < full { '█' } else { '░' }).collect();
    format!("{bar} {}", percent(probability))
}

/// In percent, with as many digits as matter.
fn percent(probability: f64) -> String {
    match probability * 100.0 {
        0.0 => "     0%".to_string(),
        small if small < 0.01 => " <0.01%".to_string(),
        100.0 => "   100%".to_string(),
        great if great > 99.99 => ">99.99%".to_string(),
        percent => format!("{percent:>6.2}%"),
    }
}
