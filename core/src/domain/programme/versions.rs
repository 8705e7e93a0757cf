use super::*; use std::sync::Arc; use crate::domain::ids::*;
#[derive(Clone,Debug,PartialEq,Eq,thiserror::Error)] pub enum VersionsError { #[error("x")] X }
#[derive(Clone,Debug,Default)] pub struct Versions;
impl Versions { pub fn new(_p: Vec<Programme>) -> Result<Self, VersionsError> { todo!() }
pub fn with(&self, _p: Programme) -> Result<Self, VersionsError> { todo!() }
pub fn at(&self, _m: Moment) -> Option<&Arc<Programme>> { todo!() }
pub fn by_hash(&self, _m: &ProgrammeHash) -> Option<&Arc<Programme>> { todo!() }
pub fn latest(&self) -> Option<&Arc<Programme>> { todo!() }
pub fn carry_id(&self, _p: &Programme, _r: &EarnRule) -> CarryId { todo!() } }
