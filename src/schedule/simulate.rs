//! Simulation: many runs, chosen by a scheduler.

use super::observed::Observed;
use super::runs::Runs;
use super::schedulers::Scheduler;
use super::walk::Walk;
use crate::machine::Machine;
use crate::program::{Program, StatementId};

/// What a simulation saw.
#[derive(Debug, Clone)]
pub struct Simulation {
    /// The runs.
    pub observed: Observed,
    /// Statements that ran.
    pub ran: Vec<StatementId>,
}

/// Takes runs of `program` as `scheduler` chooses, while `goes_on` says so; it is asked before each
/// run, with the number of runs so far.
pub fn simulate(
    program: &Program,
    scheduler: &mut dyn Scheduler,
    goes_on: &mut dyn FnMut(u64) -> bool,
) -> Simulation {
    let machine = Machine::new(program);
    let walk = match scheduler.wanders() {
        true => Walk::wandering(&machine),
        false => Walk::new(&machine),
    };
    let mut runs = Runs::new(walk, &machine);
    while goes_on(runs.observed().runs) {
        runs.begin(&machine);
        scheduler.begin();
        while !runs.is_over() {
            let chosen = scheduler.choose(runs.walk().moves());
            runs.take(chosen, &machine);
        }
    }
    Simulation { ran: runs.walk().ran(program), observed: runs.observed().clone() }
}
