//! Puts the rooms' routes together, starts the web server and the work in the background, and stops both cleanly.

use crate::accounts::{self, guard};
use crate::base::Clock;
use crate::config::Config;
use crate::crm;
use crate::crm::groups::mailchimp::MailchimpView;
use crate::crm::{bulk, duplicates, groups, imports};
use crate::db::Db;
use crate::mail;
use crate::mailchimp::Observer;
use crate::metrics::Metrics;
use crate::sync::engine::Engine;
use crate::sync::view::View;
use crate::sync::{self, task};
use crate::web::{self, Needs, OwnOrigin, PageError, Route, SESSION_DAYS, Sessions, get};
use crate::work::{self, Wakes};
use actix_session::SessionMiddleware;
use actix_session::config::{PersistentSession, TtlExtensionPolicy};
use actix_web::cookie::{Key, SameSite, time};
use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{Data, FormConfig, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer, ResponseError};
use futures_util::future::join_all;
use secrecy::ExposeSecret;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;
use tracing_actix_web::TracingLogger;

/// Seconds that open requests may take to end once the process is told to stop.
const SHUTDOWN_SECONDS: u64 = 10;

/// How long all the work in the background may take to end after that. The README's unit gives both together 45 seconds.
const TASK_WAIT: Duration = Duration::from_secs(10);

/// How soon the background notices that the process is to stop.
const STOP_LOOK: Duration = Duration::from_millis(500);

/// Every route of the product, with what each needs.
pub fn routes() -> Vec<Route> {
    [
        own_routes(),
        accounts::routes(),
        mail::routes(),
        crm::dashboard::routes(),
        crm::contacts::routes(),
        crm::custom_fields::routes(),
        crm::funds::routes(),
        crm::campaigns::routes(),
        crm::contributions::bulk::routes(),
        crm::contributions::routes(),
        crm::batches::routes(),
        crm::profile::routes(),
        crm::search::routes(),
        crm::changes::routes(),
        crm::undo::routes(),
        // Before those of groups and activities, below whose addresses some of its pages stand.
        crm::bulk::routes(),
        crm::groups::routes(),
        crm::notes::routes(),
        crm::tags::routes(),
        crm::relationships::routes(),
        crm::activities::routes(),
        crm::opportunities::routes(),
        sync::pages::routes(),
        crm::imports::routes(),
        crm::merge::routes(),
        crm::duplicates::routes(),
        crm::erasure::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn own_routes() -> Vec<Route> {
    vec![
        get("/static/{version}/{path:.*}", Needs::Nothing, web::serve_asset),
        get("/health", Needs::Nothing, health),
        get("/ready", Needs::Nothing, ready),
    ]
}

/// The running product.
pub struct Application {
    address: SocketAddr,
    server: Server,
    figures: Option<Figures>,
    wakes: Wakes,
    background: Vec<Background>,
    stop: StopOnDrop,
}

/// A work in the background, and what to say when it did not end in time.
struct Background {
    task: JoinHandle<()>,
    if_cut: &'static str,
}

/// Where Prometheus reads, at an address of its own: what serves people never shows figures.
struct Figures {
    address: SocketAddr,
    handle: ServerHandle,
}

/// Ends the work in the background, also when the server is dropped without having been stopped.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Application {
    /// Binds, connects and starts. `database_url` signs in as `dms_app`. Nothing is served before all of it worked.
    pub async fn build(mut config: Config, database_url: &str, clock: Clock) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(config.bind_address)
            .map_err(|error| anyhow::anyhow!("cannot listen on {}: {error}", config.bind_address))?;
        let address = listener.local_addr()?;
        if config.public_url.port() == Some(0) {
            config
                .public_url
                .set_port(Some(address.port()))
                .map_err(|()| anyhow::anyhow!("PUBLIC_URL has no port"))?;
        }
        let db = Db::connect(database_url, clock)?;
        let stop = Arc::new(AtomicBool::new(false));
        let wakes = work::listen(database_url.to_owned(), stop.clone())?;
        let (transport, from) = (&config.mail, config.mail_from.clone());
        let sender = mail::start(db.clone(), transport, from, wakes.clone(), stop.clone())?;
        let mut background = vec![
            ending(sender, "a letter was still being sent; it may go out twice"),
            ending(
                imports::start(db.clone(), wakes.clone(), stop.clone()),
                "an import was still at a step; it is done anew by another process or after the next start",
            ),
            ending(
                groups::smart::start(db.clone(), wakes.clone(), stop.clone()),
                "smart groups were still being looked at; that is done anew after the next start",
            ),
            ending(
                bulk::start(db.clone(), wakes.clone(), stop.clone()),
                "a bulk action was still at a batch; it is done anew by another process or after the next start",
            ),
            ending(
                duplicates::start(db.clone(), wakes.clone(), stop.clone()),
                "the search for duplicates was still at a batch; it goes on after the next start",
            ),
        ];
        let metrics = Metrics::new()?;
        let config = Arc::new(config);
        let engine = Engine::new(db, config.clone(), observer(&metrics))?;
        let figures = show_figures(&config, &engine.db, &metrics)?;
        let stopped = stopped(stop.clone(), wakes.clone());
        background.push(ending(
            tokio::spawn(task::dispatch(engine.clone(), wakes.clone(), stopped)),
            "the sync was still at work; it goes on at the next start",
        ));
        let server = serve(listener, config, engine, metrics, wakes.clone())?;
        Ok(Self {
            address,
            server,
            figures,
            wakes,
            background,
            stop: StopOnDrop(stop),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its figures can be read, if anywhere.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.figures.as_ref().map(|figures| figures.address)
    }

    /// Stops it from elsewhere.
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Runs until Ctrl-C, SIGTERM or the handle stops it.
    pub async fn run_until_stopped(self) -> std::io::Result<()> {
        let ended = self.server.await;
        if let Some(figures) = self.figures {
            figures.handle.stop(false).await;
        }
        drop(self.stop);
        self.wakes.wake();
        let mut background = self.background;
        let tasks = background.iter_mut().map(|one| &mut one.task);
        // Whatever became of them: what matters is who is still at work when the time is over.
        let _ = tokio::time::timeout(TASK_WAIT, join_all(tasks)).await;
        for cut in background.iter().filter(|one| !one.task.is_finished()) {
            tracing::warn!("{}", cut.if_cut);
        }
        ended
    }
}

fn ending(task: JoinHandle<()>, if_cut: &'static str) -> Background {
    Background { task, if_cut }
}

/// Tells the metrics of every call to Mailchimp.
fn observer(metrics: &Metrics) -> Observer {
    let metrics = metrics.clone();
    Arc::new(move |call| {
        let outcome = call.problem.map_or("ok", |problem| problem.as_str());
        metrics.mailchimp_call(call.route, outcome);
    })
}

/// Resolves once the process is to stop.
async fn stopped(stop: Arc<AtomicBool>, wakes: Wakes) {
    while !stop.load(Ordering::Relaxed) {
        let woken = wakes.next();
        let _ = tokio::time::timeout(STOP_LOOK, woken).await;
    }
}

fn serve(
    listener: TcpListener,
    config: Arc<Config>,
    engine: Engine,
    metrics: Metrics,
    wakes: Wakes,
) -> std::io::Result<Server> {
    let db = engine.db.in_turn();
    let key = Key::derive_from(config.secret_key.expose_secret().as_bytes());
    let mailchimp: Arc<dyn MailchimpView> = Arc::new(View);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::new(db.clone()))
            .app_data(Data::from(config.clone()))
            .app_data(Data::new(wakes.clone()))
            .app_data(Data::new(engine.clone()))
            .app_data(Data::new(metrics.clone()))
            .app_data(Data::from(mailchimp.clone()))
            .app_data(Data::new(OwnOrigin::of(&config.public_url)))
            .app_data(imports::upload_limits())
            .app_data(FormConfig::default().limit(web::FORM_BYTES_MAX))
            .wrap(sessions(&config, &db, &key))
            .wrap(from_fn(web::refuse_cross_site))
            .wrap(from_fn(web::security_headers))
            .wrap(Compress::default())
            .wrap(from_fn(web::measured))
            .wrap(TracingLogger::<web::RequestSpan>::new())
            .configure(register)
            .default_service(actix_web::web::to(nothing_here))
    })
    .listen(listener)?
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .run();
    Ok(server)
}

fn show_figures(config: &Config, db: &Db, metrics: &Metrics) -> anyhow::Result<Option<Figures>> {
    let Some(wanted) = config.metrics_address else {
        return Ok(None);
    };
    let listener =
        TcpListener::bind(wanted).map_err(|error| anyhow::anyhow!("cannot show figures on {wanted}: {error}"))?;
    let address = listener.local_addr()?;
    let (db, metrics) = (db.clone(), metrics.clone());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::new(db.clone()))
            .app_data(Data::new(metrics.clone()))
            .route("/metrics", actix_web::web::get().to(figures))
    })
    .workers(1)
    .disable_signals()
    .listen(listener)?
    .run();
    let handle = server.handle();
    tokio::spawn(server);
    Ok(Some(Figures { address, handle }))
}

/// Registers all routes; routes of one path share a resource, so that a wrong method is told as such.
fn register(app: &mut ServiceConfig) {
    let mut paths: Vec<(&'static str, Vec<Route>)> = Vec::new();
    for route in routes() {
        match paths.iter_mut().find(|(path, _)| *path == route.path) {
            Some((_, same)) => same.push(route),
            None => paths.push((route.path, vec![route])),
        }
    }
    for (path, routes) in paths {
        let resource = actix_web::web::resource(path);
        app.service(
            routes
                .iter()
                .fold(resource, |resource, route| resource.route(guard::guarded(route))),
        );
    }
}

fn sessions(config: &Config, db: &Db, key: &Key) -> SessionMiddleware<Sessions> {
    let lifecycle = PersistentSession::default()
        .session_ttl(time::Duration::days(SESSION_DAYS))
        .session_ttl_extension_policy(TtlExtensionPolicy::OnStateChanges);
    SessionMiddleware::builder(Sessions(db.clone()), key.clone())
        // Browsers accept the prefix only over TLS.
        .cookie_name(if config.is_https() { "__Host-dms" } else { "dms" }.into())
        .cookie_secure(config.is_https())
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_path("/".into())
        .session_lifecycle(lifecycle)
        .build()
}

/// `GET /health`: the process is alive.
async fn health() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("alive")
}

/// `GET /metrics`, at the address for figures.
async fn figures(metrics: Data<Metrics>, db: Data<Db>) -> HttpResponse {
    match metrics.text(&db).await {
        Ok(text) => HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text),
        Err(error) => {
            tracing::warn!(error = format!("{error:#}"), "the figures could not be gathered");
            HttpResponse::ServiceUnavailable().finish()
        }
    }
}

/// `GET /ready`: database and migrations are fine.
async fn ready(db: Data<Db>) -> HttpResponse {
    let asked: Result<bool, anyhow::Error> = db.shared(|tx| crate::db::is_up_to_date(tx)).await;
    match asked {
        Ok(true) => HttpResponse::Ok().content_type("text/plain").body("ready"),
        Ok(false) => HttpResponse::ServiceUnavailable()
            .content_type("text/plain")
            .body("run dms migrate"),
        Err(error) => {
            tracing::warn!(error = format!("{error:#}"), "not ready");
            HttpResponse::ServiceUnavailable()
                .content_type("text/plain")
                .body("no database")
        }
    }
}

async fn nothing_here() -> HttpResponse {
    PageError::NotFound.error_response()
}
