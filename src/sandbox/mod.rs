//! A stand-in Mailchimp for rehearsals and tests: the Marketing API 3.0, OAuth2, webhooks, and pages on which a person can be a subscriber
//! or the charity's admin. It is written from Mailchimp's documented and recorded behaviour and knows nothing of the rest of this program.

mod address;
mod api;
mod archive;
mod audience;
mod batch;
mod call;
mod campaign;
mod clock;
mod control;
mod delivery;
mod events;
mod faults;
mod ids;
mod index;
mod journal;
mod member;
mod membership;
mod merge;
mod oauth;
mod pages;
mod problem;
mod requests;
mod seed;
mod sending;
mod server;
mod settings;
mod shared;
mod texts;
mod violations;
mod world;

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, PayloadConfig};
use actix_web::{App, HttpServer};
use anyhow::{Context, anyhow, bail};
use tokio::signal::unix::SignalKind;
use tokio::sync::{mpsc, oneshot};

use shared::Shared;

/// The application that may sign in, unless the options name another.
const CLIENT_ID: &str = "123456789012";
const CLIENT_SECRET: &str = "5a6d4e1fb0c27389a6d4e1fb0c27389a6d4e1fb0c27389ab1f";
/// Larger bodies are refused (bytes); a batch of a thousand operations fits.
const LARGEST_BODY: usize = 32 * 1024 * 1024;
/// Ten simultaneous connections wait rather than compute; two threads serve them.
const THREADS: usize = 2;

/// What follows the options in `dms sandbox --help`.
const HELP: &str = "\
No mail is ever sent, and nothing reaches the real Mailchimp. At http://127.0.0.1:8090, unless you choose another address:

  /            pages for people: audiences, members, inboxes, campaigns, trouble
  /3.0/        the Marketing API, as Mailchimp answers it
  /oauth2/     the sign-in of applications: authorize, token, metadata
  /__sandbox/  controls for programs, JSON in and out

  curl -X POST http://127.0.0.1:8090/__sandbox/tokens        a token without the sign-in
  curl http://127.0.0.1:8090/__sandbox/accounts              the audiences and their ids
  curl -X POST http://127.0.0.1:8090/__sandbox/audiences/ID/members \\
    -H 'Content-Type: application/json' -d '{\"count\": 1000}'   a thousand invented members
  curl -X POST http://127.0.0.1:8090/__sandbox/faults \\
    -H 'Content-Type: application/json' -d '{\"kind\": \"server_error\", \"count\": 3}'
  curl http://127.0.0.1:8090/__sandbox/requests              every call that came in
  curl http://127.0.0.1:8090/__sandbox/violations            was anybody subscribed against their wish?

docs/sandbox.md tells the rest: Mailchimp's own clients, all controls, all kinds of trouble.";

/// What `dms sandbox` can be told.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = HELP)]
pub struct Options {
    /// Address and port to listen on
    #[arg(long, default_value = "127.0.0.1:8090", value_name = "HOST:PORT")]
    pub bind: String,
    /// Allow an address that other machines can reach; anybody there can then read and change everything
    #[arg(long)]
    pub listen_publicly: bool,
    /// Keep the state in this file, which survives a kill; without it the state lives in memory only
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Client id of the application that connects
    #[arg(long, default_value = CLIENT_ID)]
    pub client_id: String,
    /// Client secret of the application that connects
    #[arg(long, default_value = CLIENT_SECRET)]
    pub client_secret: String,
    /// Exact redirect URI of the application; repeatable. Without any, every redirect URI on this machine is accepted
    #[arg(long, value_name = "URI")]
    pub redirect_uri: Vec<String>,
    /// Grant access without showing the consent page
    #[arg(long)]
    pub auto_approve: bool,
    /// Ids and chances are drawn from this number: the same number, the same rehearsal
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

impl Default for Options {
    /// For tests: any free port of this machine, in memory.
    fn default() -> Options {
        Options {
            bind: "127.0.0.1:0".to_owned(),
            listen_publicly: false,
            state: None,
            client_id: CLIENT_ID.to_owned(),
            client_secret: CLIENT_SECRET.to_owned(),
            redirect_uri: Vec::new(),
            auto_approve: false,
            seed: 1,
        }
    }
}

/// A running sandbox. It stops when dropped.
pub struct Sandbox {
    base_url: String,
    client_id: String,
    client_secret: String,
    server: ServerHandle,
    ended: Option<oneshot::Receiver<()>>,
}

/// Starts a sandbox on threads of its own, so that it answers even while the caller's thread is busy.
pub async fn start(options: Options) -> anyhow::Result<Sandbox> {
    let listener = listen(&options)?;
    let address = listener.local_addr()?;
    let (events, told) = mpsc::unbounded_channel();
    let shared = Arc::new(Shared::open(options.clone(), events)?);
    let (started, ready) = oneshot::channel();
    let (ending, ended) = oneshot::channel();
    thread::Builder::new().name("sandbox".to_owned()).spawn(move || {
        actix_web::rt::System::new().block_on(serve(shared, listener, told, started));
        // Nobody may be waiting for the end.
        ending.send(()).unwrap_or(());
    })?;
    let server = ready.await.context("the sandbox ended before it started")??;
    let host = if address.ip().is_unspecified() {
        SocketAddr::new([127, 0, 0, 1].into(), address.port())
    } else {
        address
    };
    Ok(Sandbox {
        base_url: format!("http://{host}"),
        client_id: options.client_id,
        client_secret: options.client_secret,
        server,
        ended: Some(ended),
    })
}

impl Sandbox {
    /// `http://127.0.0.1:PORT`: the login URL and the base of the API alike, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    pub fn client_secret(&self) -> &str {
        &self.client_secret
    }

    /// Stops at once; calls in the middle are cut off.
    pub async fn stop(mut self) {
        drop(self.server.stop(false));
        if let Some(ended) = self.ended.take() {
            ended.await.unwrap_or(());
        }
    }

    /// Runs until Ctrl-C or SIGTERM, for the command line.
    pub async fn run_until_stopped(self) {
        let asked_to_end = async {
            match tokio::signal::unix::signal(SignalKind::terminate()) {
                Ok(mut terminate) => drop(terminate.recv().await),
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            () = asked_to_end => {}
        }
        self.stop().await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // The command is sent here; only waiting for its end would need the future.
        drop(self.server.stop(false));
    }
}

fn listen(options: &Options) -> anyhow::Result<TcpListener> {
    let addresses: Vec<SocketAddr> = options
        .bind
        .to_socket_addrs()
        .with_context(|| format!("{} is no address to listen on", options.bind))?
        .collect();
    if addresses.iter().any(|address| !address.ip().is_loopback()) {
        if !options.listen_publicly {
            bail!(
                "{} can be reached from other machines, and the sandbox lets everybody in: add --listen-publicly if that is meant",
                options.bind
            );
        }
        tracing::warn!(
            "the sandbox listens on {}: whoever reaches it can read and change everything in it",
            options.bind
        );
    }
    let address = addresses
        .first()
        .ok_or_else(|| anyhow!("{} is no address to listen on", options.bind))?;
    let listener = TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

async fn serve(
    shared: Arc<Shared>,
    listener: TcpListener,
    told: mpsc::UnboundedReceiver<events::Event>,
    started: oneshot::Sender<anyhow::Result<ServerHandle>>,
) {
    let data = Data::from(Arc::clone(&shared));
    let server = HttpServer::new(move || {
        App::new()
            .wrap(from_fn(server::refuse_when_forgetful))
            .app_data(data.clone())
            .app_data(PayloadConfig::new(LARGEST_BODY))
            .app_data(
                web::JsonConfig::default()
                    .limit(LARGEST_BODY)
                    .content_type_required(false)
                    .error_handler(control::broken_json),
            )
            .route("/3.0", web::route().to(server::api))
            .route("/3.0/{path:.*}", web::route().to(server::api))
            .configure(oauth::routes)
            .configure(archive::routes)
            .configure(control::routes)
            .configure(pages::routes)
    })
    .workers(THREADS)
    .disable_signals()
    .shutdown_timeout(1)
    .listen(listener);
    let server = match server {
        Ok(server) => server.run(),
        Err(error) => {
            started.send(Err(error.into())).unwrap_or(());
            return;
        }
    };
    // If nobody waits for the start any more, nobody can stop the server either, except by ending the process.
    drop(started.send(Ok(server.handle())));
    let delivering = tokio::task::spawn_local(delivery::run(Arc::clone(&shared), told));
    let keeping_up = tokio::task::spawn_local({
        let shared = Arc::clone(&shared);
        async move { shared.keep_up().await }
    });
    if let Err(error) = server.await {
        tracing::error!("the sandbox stopped: {error}");
    }
    delivering.abort();
    keeping_up.abort();
    shared.close();
}
