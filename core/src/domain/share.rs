use super::basket::Line; use super::money::Money; use super::points::Points;
pub fn share_redemption(_l: &[Line], _w: Money, _p: Points) -> Option<Vec<(Money, Points)>> { todo!() }
