use super::basket::Line; use super::money::Money; use super::programme::*; use super::time::Day;
#[derive(Clone,Debug,PartialEq,Eq)] pub struct LineDiscount { pub paid: Money }
#[derive(Clone,Debug,PartialEq,Eq)] pub struct Discounted { pub lines: Vec<LineDiscount>, pub total: Money }
pub fn discounts(_r: &[DiscountRule], _s: Option<Tier>, _d: Day, _l: &[Line]) -> Option<Discounted> { todo!() }
