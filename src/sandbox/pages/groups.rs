//! The groups of an audience ("interests") as people see them on the sign-up form and the preference page.

use crate::sandbox::audience::{Audience, Interest};

/// Groups that belong together; hidden ones are the charity's own business and not shown.
pub struct Category {
    pub id: String,
    pub title: String,
    /// Several may be chosen, or one only.
    pub control: &'static str,
    pub choices: Vec<Choice>,
}

pub struct Choice {
    pub id: String,
    pub name: String,
    pub chosen: bool,
}

/// What an audience lets people choose.
pub fn offered(audience: &Audience, is_chosen: impl Fn(&Interest) -> bool) -> Vec<Category> {
    let shown = audience
        .head
        .categories
        .iter()
        .filter(|category| category.kind != "hidden");
    let choice = |interest: &Interest| Choice {
        id: interest.id.clone(),
        name: interest.name.clone(),
        chosen: is_chosen(interest),
    };
    shown
        .map(|category| Category {
            id: category.id.clone(),
            title: category.title.clone(),
            control: if category.kind == "checkboxes" {
                "checkbox"
            } else {
                "radio"
            },
            choices: category.interests.iter().map(choice).collect(),
        })
        .collect()
}

/// The numbers of all groups that were offered, each with whether it was chosen.
pub fn chosen(audience: &Audience, ids: &[String]) -> Vec<(u32, bool)> {
    let shown = audience
        .head
        .categories
        .iter()
        .filter(|category| category.kind != "hidden");
    shown
        .flat_map(|category| &category.interests)
        .map(|interest| (interest.number, ids.contains(&interest.id)))
        .collect()
}
