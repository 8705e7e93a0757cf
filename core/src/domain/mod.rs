//! The rules of a programme as values: money, points, days, baskets, tiers and discounts. Pure: nothing here
//! meets a clock, a random number, a store or a socket.

pub mod money;
pub mod points;
pub mod time;
pub mod ids;
pub mod basket;
pub mod programme;
pub mod share;
pub mod earn;
pub mod redeem;
pub mod discount;
pub mod refusal;
pub mod sanction;
