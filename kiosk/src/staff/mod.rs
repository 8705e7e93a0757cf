//! The staff: who has signed in at a page, and `jifen staff`.

mod session;
mod wish;

pub(crate) use session::{Seat, StaffSessions};
pub(crate) use wish::{Given, Wish, day, staff};
