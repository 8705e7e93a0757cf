use super::basket::Line; use super::money::Money; use super::points::Points; use super::programme::RedeemTerms;
#[derive(Clone,Debug,PartialEq,Eq)]
pub enum RedeemError { BelowMinimum{min: Points}, NotAMultiple{step: i64}, WorthNothing, AboveShare{most: Points}, NotEnough{available: Points} }
pub fn payable(_l: &[Line]) -> Option<Money> { todo!() }
impl RedeemTerms { pub fn most_usable(&self, _a: Points, _p: Money) -> (Points, Money) { todo!() }
 pub fn check(&self, _p: Points, _a: Option<Points>, _m: Money) -> Result<Money, RedeemError> { todo!() } }
impl RedeemTerms { pub fn payable(_l: &[Line]) -> Option<Money> { todo!() } }
