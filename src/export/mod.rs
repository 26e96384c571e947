//! What other tools read: the state graph for Graphviz ([`dot`]), a run for trace viewers ([`itf`]).
//!
//! Both are text, the same on every machine. This room may not search: it is handed what it writes.

mod dot;
mod itf;

pub use dot::dot;
pub use itf::itf;
