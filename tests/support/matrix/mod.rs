//! Matrix for tests: a real homeserver (Synapse) and residents with real clients (matrix-nio).

pub mod bot;
pub mod deeds;
pub mod house;
pub mod keeper;
pub mod resident;
pub mod said;
pub mod settings;
pub mod synapse;
pub mod tools;
