//! What an employee may do, written out (ACC-02).

use crate::domain::time::{Day, Moment};

use super::{FieldName, Hands, Operation, Part, RULES, Role, Sight, Standing};

/// One line of the report: an operation on a field, and by which grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What.
    pub operation: Operation,
    /// In which part.
    pub part: Part,
    /// On which field; none for an operation that is about no single one.
    pub field: Option<FieldName>,
    /// How it is shown.
    pub sight: Sight,
    /// How many people it takes.
    pub hands: Hands,
    /// By which role.
    pub role: Role,
    /// From which day.
    pub from: Day,
    /// Until which day, itself included.
    pub until: Option<Day>,
    /// In which store alone.
    pub store: Option<String>,
    /// Whether it counts now.
    pub in_force: bool,
}

/// Everything that the table gives somebody by their grants, those that do not count now too.
pub fn report(standing: &Standing, now: Moment) -> Vec<Line> {
    let today = standing.zone.day_of(now);
    let mut lines = Vec::new();
    for grant in &standing.grants {
        for rule in RULES.iter().filter(|rule| rule.role == grant.role) {
            let fields: Vec<Option<FieldName>> = if rule.fields.is_empty() {
                vec![None]
            } else {
                rule.fields.iter().copied().map(Some).collect()
            };
            lines.extend(fields.into_iter().map(|field| Line {
                operation: rule.operation,
                part: rule.part,
                field,
                sight: rule.sight,
                hands: rule.hands,
                role: rule.role,
                from: grant.from,
                until: grant.until,
                store: grant.store.clone(),
                in_force: grant.counts(today, standing.store.as_deref()),
            }));
        }
    }
    lines.sort_by_key(|line| (line.operation, line.part, line.field));
    lines
}
