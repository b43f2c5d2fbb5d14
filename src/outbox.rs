//! From the ledger to the platforms: dispatching claimed rows in the order of their lanes, at the
//! pace each platform allows, and judging what came back.

mod dispatch;
mod pace;
mod verdict;

pub use dispatch::{Dispatcher, Outlet, Report, open};
pub use pace::{Limits, Pace};
pub use verdict::{Consequence, Retries, judge};
