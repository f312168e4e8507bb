//! The way out: SMTP, or a file a letter where none is set up.

use super::outbox::Outgoing;
use crate::config::MailTransport;
use anyhow::Context;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, SinglePart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long one word of a mail server may take.
const SERVER_WAIT: Duration = Duration::from_secs(15);

/// Takes letters out of the house.
pub(super) struct PostOffice {
    way: Way,
    from: Mailbox,
}

enum Way {
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
    Files(PathBuf),
}

impl PostOffice {
    /// Ready to send in the name of `from`; nothing is connected yet.
    pub(super) fn open(transport: &MailTransport, from: Mailbox) -> anyhow::Result<Self> {
        let way = match transport {
            MailTransport::Files(folder) => Way::Files(folder.clone()),
            MailTransport::Smtp(_) => {
                let url = transport.smtp_url().unwrap_or_default();
                // The error may quote the address, and with it the password.
                let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
                    .map_err(|_| anyhow::anyhow!("SMTP_URL is not understood"))?;
                Way::Smtp(Box::new(server.timeout(Some(SERVER_WAIT)).build()))
            }
        };
        Ok(Self { way, from })
    }

    /// Whether a sent letter must leave no text behind in the database.
    pub(super) fn forgets(&self) -> bool {
        matches!(self.way, Way::Smtp(_))
    }

    /// Sends one letter.
    pub(super) async fn send(&self, letter: &Outgoing) -> anyhow::Result<()> {
        let message = self.message(letter)?;
        match &self.way {
            Way::Smtp(server) => {
                server.send(message).await.context("the mail server did not take it")?;
            }
            Way::Files(folder) => {
                let name = format!("{}-{:06}.eml", letter.created_at.format("%Y%m%d-%H%M%S"), letter.id);
                let (folder, bytes) = (folder.clone(), message.formatted());
                tokio::task::spawn_blocking(move || keep(&folder, &name, &bytes)).await??;
            }
        }
        Ok(())
    }

    fn message(&self, letter: &Outgoing) -> anyhow::Result<Message> {
        let to = Mailbox::new(None, letter.recipient.parse().context("the recipient is no address")?);
        // The same at every attempt, so that mail programs recognize one that came twice.
        let id = format!(
            "<{}.{}@{}>",
            letter.id,
            letter.created_at.timestamp_micros(),
            self.from.email.domain()
        );
        let automatic = HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        );
        Ok(Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(&letter.subject)
            .date(letter.created_at.into())
            .message_id(Some(id))
            .raw_header(automatic)
            .singlepart(
                SinglePart::builder()
                    .header(ContentType::TEXT_PLAIN)
                    .body(letter.body.clone()),
            )?)
    }
}

/// Files are for this user alone: there are links in them that open doors.
fn keep(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let unfinished = folder.join(format!("{name}.unfinished"));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)?;
    file.write_all(bytes)?;
    std::fs::rename(unfinished, folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(recipient: &str, subject: &str) -> anyhow::Result<String> {
        let folder = MailTransport::Files(PathBuf::new());
        let office = PostOffice::open(&folder, "DMS <dms@example.org>".parse()?)?;
        let letter = Outgoing {
            id: 7,
            recipient: recipient.into(),
            subject: subject.into(),
            body: "Hello".into(),
            created_at: chrono::DateTime::UNIX_EPOCH,
            attempts: 0,
        };
        Ok(String::from_utf8(office.message(&letter)?.formatted())?)
    }

    #[test]
    fn no_text_can_add_headers() {
        let mail = formatted("ada@riverside.test", "Hi\r\nBcc: everybody@example.org\n\nBody").unwrap();
        let head = mail.split("\r\n\r\n").next().unwrap();
        assert!(
            !head.lines().any(|line| line.to_lowercase().starts_with("bcc")),
            "{head}"
        );
        assert!(mail.trim_end().ends_with("\r\n\r\nHello"), "{mail}");
        assert!(formatted("ada@riverside.test\r\nBcc: x@example.org", "Hi").is_err());
        assert!(formatted("ada@riverside.test, x@example.org", "Hi").is_err());
    }
}
