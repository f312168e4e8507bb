//! Campaigns are efforts to raise money: a dinner, a mailing, a capital campaign with parts of its own. What each has
//! raised is shown by the contributions, which know of campaigns.

pub mod actions;
pub mod model;
mod pages;
pub mod store;
mod usual_funds;

pub use model::{Campaign, CampaignDraft, CampaignType};
pub use pages::routes;
pub use usual_funds::UsualFunds;
