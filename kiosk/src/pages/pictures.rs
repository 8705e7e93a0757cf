pub(crate) fn progress(_: u16, _: &str, _: (&str, &str)) -> String {
    String::new()
}
pub(crate) fn points_over_time(_: &[(String, i64)], _: &str, _: (&str, &str)) -> Option<String> {
    None
}
