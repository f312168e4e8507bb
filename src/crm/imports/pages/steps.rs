//! The buttons that move an import on, try again what failed, or throw a file away.

use super::super::actions;
use super::ImportPath;
use crate::accounts::Member;
use crate::web::{Answer, Flash};

/// `POST /o/{organization}/imports/{import}/start`
pub async fn start(member: Member, path: ImportPath) -> Answer {
    let id = path.1;
    member.write(move |tx| actions::start(tx, id)).await?;
    Ok(member.redirect(&format!("imports/{id}")))
}

/// `POST /o/{organization}/imports/{import}/again`
pub async fn try_again(member: Member, path: ImportPath) -> Answer {
    let id = path.1;
    member.write(move |tx| actions::try_again(tx, id)).await?;
    Ok(member.redirect(&format!("imports/{id}")))
}

/// `POST /o/{organization}/imports/{import}/discard`
pub async fn discard(member: Member, path: ImportPath) -> Answer {
    let id = path.1;
    member.write(move |tx| actions::discard(tx, id)).await?;
    member.say(Flash::success("The file was thrown away. Nothing of it was imported."));
    Ok(member.redirect("imports"))
}
