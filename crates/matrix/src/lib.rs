//! Matrix.
pub use matrix_sdk::Client;
