//! Turvabot: the multi-channel safety bot of Finnish municipalities.

pub mod clock;
pub mod domain;
pub mod store;
