#[derive(Clone,Debug,PartialEq,Eq)] pub struct Fault { pub line: u32, pub code: &'static str, pub zh: String, pub en: String }
impl super::Programme { pub fn parse(_t: &str) -> Result<Self, Vec<Fault>> { todo!() } }
