#[derive(Clone,Debug,PartialEq,Eq)] pub struct Fault;
impl super::Programme { pub fn parse(_t: &str) -> Result<Self, Vec<Fault>> { todo!() } }
