//! The checker against audits that somebody laid hands on, and the program as it is called.

#[cfg(test)]
mod shop;
#[cfg(test)]
mod tamper;
#[cfg(test)]
mod program;
#[cfg(test)]
mod lean;
