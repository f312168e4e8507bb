//! Letters leave the house: as files, or to a mail server that is not always well.

use crate::support::world::{World, eventually};
use chrono::TimeDelta;
use diesel::prelude::*;
use dms::base::EmailAddress;
use dms::db::schema::outbox;
use dms::mail::{self, Letter};
use std::collections::{HashSet, VecDeque};
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the mail server does with a letter it was given.
#[derive(Clone, Copy)]
enum Mood {
    Accepts,
    IsBusy,
    HangsUp,
}

/// A mail server that keeps what it was given, in whatever mood.
struct MailServer {
    port: u16,
    given: Arc<Mutex<Vec<String>>>,
    moods: Arc<Mutex<VecDeque<Mood>>>,
}

impl MailServer {
    async fn start(moods: impl Into<VecDeque<Mood>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            given: Arc::default(),
            moods: Arc::new(Mutex::new(moods.into())),
        };
        let (given, moods) = (server.given.clone(), server.moods.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (given, moods) = (given.clone(), moods.clone());
                tokio::spawn(async move { converse(stream, &given, &moods).await });
            }
        });
        server
    }

    async fn world(&self) -> World {
        let url = format!("smtp://127.0.0.1:{}", self.port);
        World::start_with(|settings| {
            settings.insert("SMTP_URL".into(), url);
        })
        .await
    }

    /// The values of a header of all letters given, in the order they came.
    fn headers(&self, name: &str) -> Vec<String> {
        let given = self.given.lock().unwrap();
        let header = |letter: &String| {
            let line = letter
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            line.unwrap_or_default().to_owned()
        };
        given.iter().map(header).collect()
    }
}

async fn converse(stream: TcpStream, given: &Mutex<Vec<String>>, moods: &Mutex<VecDeque<Mood>>) -> Option<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 here\r\n").await.ok()?;
    while let Ok(Some(line)) = lines.next_line().await {
        let answer: &[u8] = match line.split(' ').next()? {
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.ok()?;
                let mut letter = String::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    letter.push_str(&line);
                    letter.push('\n');
                }
                let mood = moods.lock().unwrap().pop_front().unwrap_or(Mood::Accepts);
                if !matches!(mood, Mood::IsBusy) {
                    given.lock().unwrap().push(letter);
                }
                match mood {
                    Mood::Accepts => b"250 taken\r\n",
                    Mood::IsBusy => b"451 try again later\r\n",
                    Mood::HangsUp => return None,
                }
            }
            "QUIT" => b"221 bye\r\n",
            _ => b"250 fine\r\n",
        };
        write.write_all(answer).await.ok()?;
    }
    Some(())
}

/// Has the letter for a new password sent, to wake the sender as well.
async fn post(world: &World, to: &str) {
    let letter = Letter {
        to: EmailAddress::parse(to).unwrap(),
        subject: "Good morning".into(),
        body: "How are you?".into(),
    };
    let posted: anyhow::Result<()> = world.db().shared(move |tx| Ok(mail::post(tx, None, &letter)?)).await;
    posted.unwrap();
}

type Row = (i32, bool, String);

async fn outbox_of(world: &World, to: &str) -> Row {
    let to = to.to_owned();
    let row: anyhow::Result<Row> = world
        .db()
        .shared(move |tx| {
            Ok(outbox::table
                .filter(outbox::recipient.eq(to))
                .select((outbox::attempts, outbox::sent_at.is_not_null(), outbox::body))
                .first(&mut **tx)?)
        })
        .await;
    row.unwrap()
}

#[tokio::test]
async fn without_a_mail_server_letters_are_files_for_this_user_alone() {
    let world = World::start().await;
    post(&world, "ada@riverside.test").await;
    let folder = world.var().join("mail");
    let letters = || {
        let files = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        let finished = files
            .map(|file| file.path())
            .filter(|path| path.extension().is_some_and(|end| end == "eml"));
        finished.collect::<Vec<_>>()
    };
    eventually("a file", async || letters().len() == 1).await;
    let file = letters().remove(0);
    let text = std::fs::read_to_string(&file).unwrap();
    for line in [
        "To: ada@riverside.test",
        "Subject: Good morning",
        "Auto-Submitted: auto-generated",
        "How are you?",
    ] {
        assert!(text.lines().any(|other| other == line), "no {line} in {text}");
    }
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn a_letter_is_tried_until_the_mail_server_has_taken_it() {
    let server = MailServer::start([Mood::IsBusy, Mood::HangsUp]).await;
    let world = server.world().await;
    post(&world, "ada@riverside.test").await;
    eventually("a first attempt", async || server.moods.lock().unwrap().len() == 1).await;
    assert!(server.given.lock().unwrap().is_empty());
    post(&world, "bo@riverside.test").await;
    // Hung up after it was given everything: nobody knows whether it was taken, so it must be sent again.
    eventually("a second letter", async || {
        outbox_of(&world, "bo@riverside.test").await.0 == 1
    })
    .await;
    world.pass(TimeDelta::hours(1));
    post(&world, "cy@riverside.test").await;
    for to in ["ada@riverside.test", "bo@riverside.test", "cy@riverside.test"] {
        eventually(to, async || outbox_of(&world, to).await.1).await;
    }
    let recipients = server.headers("To");
    let ids = server.headers("Message-ID");
    let bos: Vec<&String> = ids
        .iter()
        .zip(&recipients)
        .filter(|(_, to)| *to == "bo@riverside.test")
        .map(|(id, _)| id)
        .collect();
    assert_eq!(bos.len(), 2, "{recipients:?}");
    assert_eq!(bos[0], bos[1], "recognized as the same letter");
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 3);
    let (attempts, _, text) = outbox_of(&world, "ada@riverside.test").await;
    assert_eq!(attempts, 2);
    assert_eq!(text, "", "links in it would still open doors");
}

#[tokio::test]
async fn two_processes_share_the_letters_and_send_none_twice() {
    let server = MailServer::start([]).await;
    let world = server.world().await;
    let _other = world.another_process().await;
    let posted: anyhow::Result<()> = world
        .db()
        .shared(|tx| {
            for number in 0..60 {
                let letter = Letter {
                    to: EmailAddress::parse(&format!("donor{number}@riverside.test")).map_err(anyhow::Error::msg)?,
                    subject: "Good morning".into(),
                    body: String::new(),
                };
                mail::post(tx, None, &letter)?;
            }
            Ok(())
        })
        .await;
    posted.unwrap();
    eventually("all letters", async || server.given.lock().unwrap().len() >= 60).await;
    let recipients: HashSet<String> = server.headers("To").into_iter().collect();
    assert_eq!(recipients.len(), 60);
    assert_eq!(server.given.lock().unwrap().len(), 60);
}

#[tokio::test]
async fn letters_that_were_sent_are_deleted_after_a_while() {
    let world = World::start().await;
    post(&world, "ada@riverside.test").await;
    eventually("sent", async || outbox_of(&world, "ada@riverside.test").await.1).await;
    world.pass(TimeDelta::days(8));
    post(&world, "bo@riverside.test").await;
    eventually("deleted", async || {
        world.mails_to("ada@riverside.test").await.is_empty()
    })
    .await;
    let files = || std::fs::read_dir(world.var().join("mail")).unwrap().count();
    eventually("both were sent", async || files() == 2).await;
}

#[tokio::test]
async fn only_the_demo_shows_mails_on_a_page() {
    let demo = World::start_with(|settings| {
        settings.insert("DEMO".into(), "yes".into());
    })
    .await;
    demo.nobody()
        .post("/reset-password", &[("email", "nobody@riverside.test")])
        .await;
    assert!(demo.nobody().get("/demo/mails").await.has("There are none yet"));
    demo.sign_up("Riverside Food Bank", "Ada Lem", "ada@riverside.test")
        .await;
    let page = demo.nobody().get("/demo/mails").await;
    assert!(page.has("Please confirm your email address"));
    let link = page.attribute("article a", "href").unwrap();
    assert!(link.contains("/verify-email/"), "{link}");
    let real = World::start().await;
    assert_eq!(real.nobody().get("/demo/mails").await.status, 404);
}
