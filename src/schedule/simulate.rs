//! Simulation: many runs, chosen by a scheduler.

use super::observed::Observed;
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
    let mut observed = Observed::new(&machine);
    let mut walk = match scheduler.wanders() {
        true => Walk::wandering(&machine),
        false => Walk::new(&machine),
    };
    while goes_on(observed.runs) {
        walk.restart(&machine);
        scheduler.begin();
        observed.see(&walk, &machine);
        while walk.over().is_none() {
            let chosen = scheduler.choose(walk.moves());
            walk.take(chosen, &machine);
            observed.see(&walk, &machine);
        }
        observed.finish(&walk);
    }
    Simulation { ran: walk.ran(program), observed }
}
