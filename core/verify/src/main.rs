//! `jifen-verify`: checks the audit of a shop from its copy, without the shop.

fn main() {}
