//! What is chosen above a list, as criteria: a list becomes a smart group of just those whom it shows.

use super::belongs::Belongs;
use super::criteria::{Condition, Criteria, Typed};
use super::search::ListFilter;

impl ListFilter {
    /// The advanced search together with the type, the tag and the group chosen beside it. What stands in the search box cannot be
    /// asked in conditions and is left out. `None`: nothing of that is asked, or it cannot be: in which way somebody belongs to
    /// a group, or more conditions than one search may have.
    pub fn as_criteria(&self) -> Option<Criteria> {
        let of_group = match self.belongs {
            Belongs::Now => "groups",
            Belongs::Removed => "past_groups",
            Belongs::Added | Belongs::Smart if self.group.is_some() => return None,
            Belongs::Added | Belongs::Smart => "",
        };
        let condition = |about: &str, op: &str, value: String| {
            let typed = Typed {
                about: about.into(),
                op: op.into(),
                values: vec![value],
                ..Typed::default()
            };
            Condition::read(&typed).ok()
        };
        let kind = self
            .contact_type
            .and_then(|kind| condition("contact_type", "is", kind.as_str().into()));
        let tag = self.tag.and_then(|tag| condition("tags", "any", tag.to_string()));
        let group = self
            .group
            .and_then(|group| condition(of_group, "any", group.to_string()));
        let beside: Vec<Condition> = [kind, tag, group].into_iter().flatten().collect();
        match &self.criteria {
            None if beside.is_empty() => None,
            asked => asked.clone().unwrap_or_default().narrowed(&beside),
        }
    }
}
