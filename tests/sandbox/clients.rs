//! Others' clients against the sandbox: Mailchimp's own for Python and Node, and an OAuth library. The scripts lie in `tests/clients`;
//! `bin/setup --browser` installs what they need. Where that is missing a plain `cargo test` passes them over; `bin/test` insists.

use std::path::Path;
use std::process::Output;

use tokio::process::Command;

use super::setting::{Setting, setting};

/// `required` makes missing clients a failure.
const INSISTENCE: &str = "DMS_CLIENTS";
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Runs a script on a fresh sandbox to its end; it has to end well.
async fn run(script: &str) {
    let setting = setting().await;
    let Some(mut interpreter) = interpreter(script) else {
        let missing = "Mailchimp's own clients are not installed. Run: bin/setup --browser";
        assert_ne!(std::env::var(INSISTENCE).as_deref(), Ok("required"), "{missing}");
        eprintln!("note: {script} passed over. {missing}");
        return;
    };
    let Setting { sandbox, .. } = &setting;
    let arguments = [sandbox.base_url(), sandbox.client_id(), sandbox.client_secret()];
    interpreter
        .arg(Path::new(ROOT).join("tests/clients").join(script))
        .args(arguments);
    let Output { status, stdout, stderr } = interpreter.kill_on_drop(true).output().await.unwrap();
    let said = [stdout, stderr]
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .concat();
    assert!(
        status.success() && said.contains("passed: "),
        "{script}: {status}\n{said}"
    );
}

/// What runs a script, if its packages are installed.
fn interpreter(script: &str) -> Option<Command> {
    let root = Path::new(ROOT);
    if script.ends_with(".js") {
        let client = root.join("node_modules/@mailchimp/mailchimp_marketing");
        return client.exists().then(|| Command::new("node"));
    }
    let python = root.join("target/clients/bin/python");
    python.exists().then(|| {
        let mut python = Command::new(python);
        // Leaves no compiled files among the scripts.
        python.arg("-B");
        python
    })
}

#[tokio::test]
async fn mailchimps_python_client_makes_the_whole_journey() {
    run("journey.py").await;
}

#[tokio::test]
async fn mailchimps_python_client_meets_every_error() {
    run("errors.py").await;
}

#[tokio::test]
async fn mailchimps_node_client_makes_the_whole_journey() {
    run("journey.js").await;
}

#[tokio::test]
async fn mailchimps_node_client_meets_every_error() {
    run("errors.js").await;
}

#[tokio::test]
async fn point_11_an_oauth_library_of_another_language_signs_in() {
    run("sign_in.py").await;
}
