//! POS v1: what a till may say to a store of points, how both sign it, and a client for tills.
//!
//! Reading order: [`message`] is the contract, [`till`] the trait that a store and a client both are, [`key`] names an
//! attempt, [`signature`] proves who speaks, and [`client`] speaks, keeping each key in a [`spool`] before it sends.
//!
//! Nothing here can name a person: a till knows a sale token, and what this sale earned.

pub mod message;
pub mod till;
pub mod key;
pub mod signature;
pub mod clock;
pub mod numbers;
pub mod spool;
mod http1;
pub mod client;

/// The till of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(test)]
mod tests {
    #[test]
    fn the_till_of_the_readme_is_the_example() {
        let example = include_str!("../examples/till.rs");
        let (_, till) = example.split_once("\n\n").unwrap();
        assert!(include_str!("../README.md").contains(till));
        assert!(till.lines().count() < 40);
    }
}
