//! What the benches share: processes that end with the bench, the simulator's control, the machine
//! and the table.
#![allow(dead_code, reason = "each of the benches uses a part of this module")]

pub mod machine;
pub mod process;
pub mod table;
