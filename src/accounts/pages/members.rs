//! Who works for the organization: roles, invitations, and leaving.

use super::super::actions::{self, MemberError};
use super::super::model::{Colleague, Invitation, may_change_role, roles_to_give};
use super::super::{Member, store};
use crate::base::{EmailAddress, Role, StaffId};
use crate::config::Config;
use crate::web::{self, Answer, Choice, Field, Flash, Page, PageError, redirect};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "accounts/members.html")]
struct MembersPage {
    page: Page,
    member: Member,
    colleagues: Vec<Colleague>,
    invitations: Vec<Invitation>,
    email: Field,
    role: Role,
}

impl MembersPage {
    fn roles(&self) -> Vec<Role> {
        roles_to_give(self.member.role)
    }

    /// The roles this colleague can be given; none when theirs cannot be changed by whoever looks.
    fn roles_of(&self, colleague: &Colleague) -> Vec<Choice> {
        if !may_change_role(self.member.role, Some(colleague.role), None)
            || (colleague.role == Role::Owner && self.has_only_one_owner())
        {
            return Vec::new();
        }
        let roles = self.roles().into_iter().map(|role| (role.as_str(), role.label()));
        Choice::list(roles, colleague.role.as_str())
    }

    fn has_only_one_owner(&self) -> bool {
        self.colleagues
            .iter()
            .filter(|colleague| colleague.role == Role::Owner)
            .count()
            == 1
    }

    fn may_give(&self, invitation: &Invitation) -> bool {
        may_change_role(self.member.role, None, Some(invitation.role))
    }

    fn is_me(&self, colleague: &Colleague) -> bool {
        colleague.id == self.member.person().staff.id
    }
}

/// `GET /o/{organization}/members`
pub async fn show(member: Member) -> Answer {
    show_with(StatusCode::OK, member, Field::default(), Role::Staff).await
}

async fn show_with(status: StatusCode, member: Member, email: Field, role: Role) -> Answer {
    let (colleagues, invitations) = member
        .read(|tx| Ok::<_, PageError>((store::colleagues(tx)?, store::invitations(tx)?)))
        .await?;
    let page = MembersPage {
        page: member.page("settings"),
        member,
        colleagues,
        invitations,
        email,
        role,
    };
    web::show_with(status, page)
}

/// Somebody to invite, or whose invitation is meant.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Invited {
    email: String,
    role: String,
}

/// `POST /o/{organization}/members/invite`
pub async fn invite(member: Member, config: Data<Config>, typed: Form<Invited>) -> Answer {
    let role = Role::parse(&typed.role).unwrap_or(Role::Staff);
    let (field, email) = Field::read(&typed.email, EmailAddress::parse);
    let Some(email) = email else {
        return show_with(StatusCode::UNPROCESSABLE_ENTITY, member, field, role).await;
    };
    if !member.person().staff.is_verified {
        let field = Field::wrong(
            &typed.email,
            "Confirm your own email address first, then invite others.",
        );
        return show_with(StatusCode::UNPROCESSABLE_ENTITY, member, field, role).await;
    }
    let (by, config, sent_to) = (member.role, config.into_inner(), email.to_string());
    let invited = member
        .write(move |tx| actions::invite(tx, &config, by, &email, role))
        .await;
    match invited {
        Err(error @ MemberError::WorksHere) => {
            let field = Field::wrong(&typed.email, error.to_string());
            return show_with(StatusCode::UNPROCESSABLE_ENTITY, member, field, role).await;
        }
        other => other?,
    }
    member.say(Flash::success(format!("We sent an invitation to {sent_to}.")));
    Ok(member.redirect("members"))
}

/// `POST /o/{organization}/members/withdraw`
pub async fn withdraw(member: Member, typed: Form<Invited>) -> Answer {
    let email = typed.into_inner().email;
    member.write(move |tx| actions::withdraw_invitation(tx, &email)).await?;
    member.say(Flash::success(
        "The invitation was taken back; its link no longer works.",
    ));
    Ok(member.redirect("members"))
}

/// The role somebody gets.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct NewRole {
    role: String,
}

/// `POST /o/{organization}/members/{staff}/role`
pub async fn change_role(member: Member, path: Path<(String, StaffId)>, typed: Form<NewRole>) -> Answer {
    let (_, staff) = path.into_inner();
    let role = Role::parse(&typed.role).ok_or_else(|| PageError::Refused("Choose a role from the list.".into()))?;
    let by = member.role;
    member
        .write(move |tx| actions::change_role(tx, by, staff, role))
        .await?;
    member.say(Flash::success(format!(
        "The role is {} now. {}",
        role.label(),
        role.may()
    )));
    // Whoever gave away their own administration has no business on this page any more.
    let still_here = staff != member.person().staff.id || role >= Role::Administrator;
    Ok(member.redirect(if still_here { "members" } else { "contacts" }))
}

#[derive(Template)]
#[template(path = "accounts/remove_member.html")]
struct RemovePage {
    page: Page,
    member: Member,
    colleague: Colleague,
}

/// `GET /o/{organization}/members/{staff}/remove`
pub async fn ask_to_remove(member: Member, path: Path<(String, StaffId)>) -> Answer {
    let (_, staff) = path.into_inner();
    let colleagues = member.read(|tx| Ok::<_, PageError>(store::colleagues(tx)?)).await?;
    let colleague = colleagues.into_iter().find(|colleague| colleague.id == staff);
    web::show(RemovePage {
        page: member.page("settings"),
        colleague: colleague.ok_or(PageError::NotFound)?,
        member,
    })
}

/// `POST /o/{organization}/members/{staff}/remove`
pub async fn remove(member: Member, path: Path<(String, StaffId)>) -> Answer {
    let (_, staff) = path.into_inner();
    let by = member.role;
    let name = member.write(move |tx| actions::remove(tx, by, staff)).await?;
    if staff == member.person().staff.id {
        return Ok(redirect("/"));
    }
    member.say(Flash::success(format!("{name} no longer works here.")));
    Ok(member.redirect("members"))
}

#[derive(Template)]
#[template(path = "accounts/leave.html")]
struct LeavePage {
    page: Page,
    organization: String,
}

/// `GET /o/{organization}/leave`
pub async fn ask_to_leave(member: Member) -> Answer {
    web::show(LeavePage {
        page: member.page(""),
        organization: member.organization.name.clone(),
    })
}

/// `POST /o/{organization}/leave`
pub async fn leave(member: Member) -> Answer {
    let (by, oneself) = (member.role, member.person().staff.id);
    member.write(move |tx| actions::remove(tx, by, oneself)).await?;
    member.say(Flash::success(format!("You left {}.", member.organization.name)));
    Ok(redirect("/account"))
}
