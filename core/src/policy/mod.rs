//! What may be done with what members told the shop: purposes, notices, consents, agreements and leave to open. Pure:
//! nothing here meets a clock, a store or a person's data.

pub mod purpose;
pub mod notice;
pub mod consent;
pub mod agreement;
pub mod grant;
pub mod verification;
pub mod calendar;
pub mod ticket;
pub mod catalogue;
pub mod retention;
pub mod access;
