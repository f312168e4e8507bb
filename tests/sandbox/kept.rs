//! What is kept when the process dies and when the disk is full: nothing that was answered is lost, and nothing lost is answered.

use std::path::Path;
use std::process::Stdio;

use dms::sandbox::{self, Options};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::setting::{answered, http};

/// Set for the process that is a sandbox: its state file.
const STATE: &str = "DMS_TEST_SANDBOX_STATE";
const READY: &str = "the sandbox is ready at ";

/// Not a test of its own: this binary, started again by the tests below, so that they have a process to kill.
#[tokio::test]
#[ignore = "runs as a process of its own, for the other tests"]
async fn a_sandbox_to_be_killed() {
    let Some(state) = std::env::var_os(STATE) else { return };
    let options = Options {
        state: Some(state.into()),
        ..Options::default()
    };
    let sandbox = sandbox::start(options).await.unwrap();
    println!("\n{READY}{}", sandbox.base_url());
    std::future::pending::<()>().await;
}

/// A sandbox in a process whose files may grow to so many kilobytes.
struct Process {
    child: Child,
    base: String,
}

async fn process(state: &Path, largest_file: &str) -> Process {
    let mut child = Command::new("bash")
        .arg("-c")
        .arg("trap '' XFSZ; ulimit -f \"$1\"; exec \"$2\" --ignored --exact --nocapture kept::a_sandbox_to_be_killed")
        .args(["bash", largest_file])
        .arg(std::env::current_exe().unwrap())
        .env(STATE, state)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some(base) = line.strip_prefix(READY) {
            let base = base.to_owned();
            return Process { child, base };
        }
    }
    panic!("the sandbox did not start");
}

impl Process {
    async fn token(&self) -> String {
        let made = answered(http().post(format!("{}/__sandbox/tokens", self.base)))
            .await
            .ok();
        made["access_token"].as_str().unwrap().to_owned()
    }

    async fn newsletter(&self, token: &str) -> String {
        let lists = answered(http().get(format!("{}/3.0/lists", self.base)).bearer_auth(token)).await;
        lists.ok()["lists"][0]["id"].as_str().unwrap().to_owned()
    }

    async fn members(&self, token: &str, list: &str) -> Value {
        let url = format!(
            "{}/3.0/lists/{list}/members?count=1000&fields=members.email_address,total_items",
            self.base
        );
        answered(http().get(url).bearer_auth(token)).await.ok()
    }

    /// Adds members by ten callers at once until one call fails; answers the addresses that were taken with 200.
    async fn add_until_refused(&self, token: &str, list: &str, most: usize) -> Vec<String> {
        let client = http();
        let callers = (0..10).map(|caller| {
            let (client, url) = (client.clone(), format!("{}/3.0/lists/{list}/members", self.base));
            async move {
                let mut taken = Vec::new();
                for number in 0..most / 10 {
                    let email = format!("caller{caller}.{number}@maplemail.test-charity.ca");
                    let body = json!({"email_address": email, "status": "subscribed"});
                    match client.post(&url).bearer_auth(token).json(&body).send().await {
                        Ok(answer) if answer.status() == 200 => taken.push(email),
                        _ => break,
                    }
                }
                taken
            }
        });
        join_all(callers).await.concat()
    }
}

fn addresses(members: &Value) -> Vec<&str> {
    let members = members["members"].as_array().unwrap();
    members
        .iter()
        .map(|member| member["email_address"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn whatever_was_answered_is_there_after_a_kill_in_the_middle_of_parallel_calls() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("sandbox.state");
    let mut first = process(&state, "unlimited").await;
    let token = first.token().await;
    let list = first.newsletter(&token).await;
    let adding = first.add_until_refused(&token, &list, 5000);
    let killing = async {
        loop {
            let members = answered(
                http()
                    .get(format!("{}/3.0/lists/{list}/members?fields=total_items", first.base))
                    .bearer_auth(&token),
            )
            .await;
            // One of the eleven callers may find all connections busy.
            if members.json["total_items"].as_u64().is_some_and(|total| total > 60) {
                return;
            }
        }
    };
    let pid = first.child.id().unwrap();
    let (taken, ()) = tokio::join!(adding, async {
        killing.await;
        assert!(
            Command::new("kill")
                .args(["-9", &pid.to_string()])
                .status()
                .await
                .unwrap()
                .success()
        );
    });
    first.child.wait().await.unwrap();
    let second = process(&state, "unlimited").await;
    let members = second.members(&token, &list).await;
    let found = addresses(&members);
    assert!(taken.len() >= 40, "{}", taken.len());
    for email in &taken {
        assert!(found.contains(&email.as_str()), "{email} was answered and is lost");
    }
    // At most the call that each of ten callers was in may be there unanswered; eleven members of the newsletter are not archived.
    assert!(found.len() <= taken.len() + 10 + 11, "{} {}", found.len(), taken.len());
}

#[tokio::test]
async fn a_change_that_could_not_be_written_is_answered_500_and_everything_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("sandbox.state");
    let full = process(&state, "64").await;
    let token = full.token().await;
    let list = full.newsletter(&token).await;
    let taken = full.add_until_refused(&token, &list, 5000).await;
    assert!(!taken.is_empty() && taken.len() < 5000, "{}", taken.len());
    let ping = answered(http().get(format!("{}/3.0/ping", full.base)).bearer_auth(&token)).await;
    assert_eq!(ping.error(), (500, "Internal Server Error"));
    assert_eq!(ping.headers["content-type"], "application/problem+json; charset=utf-8");
    let control = answered(http().get(format!("{}/__sandbox/accounts", full.base))).await;
    assert!(
        control.status.as_u16() == 500 && control.text.contains("start the sandbox again"),
        "{}",
        control.text
    );
    drop(full);
    let again = process(&state, "unlimited").await;
    let members = again.members(&token, &list).await;
    let found = addresses(&members);
    for email in &taken {
        assert!(found.contains(&email.as_str()), "{email} was answered and is lost");
    }
    assert!(
        found.len() <= taken.len() + 10 + 11,
        "what was not answered is not kept"
    );
}
