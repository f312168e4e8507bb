//! The archives of batch results: gzipped tars of JSON files behind addresses that are good for ten minutes, as from Mailchimp's storage.

use std::io::Write;

use actix_web::http::header;
use actix_web::web::{self, Data, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;

use super::batch::{Batch, Stage};
use super::shared::Shared;

/// Results in one file of an archive; larger batches have several files.
const PER_FILE: usize = 250;

pub fn routes(config: &mut ServiceConfig) {
    config.route("/batch-results/{name}", web::get().to(download));
}

#[derive(Deserialize)]
struct Signed {
    #[serde(rename = "Expires", default)]
    expires: i64,
    #[serde(rename = "Signature", default)]
    signature: String,
}

/// Answers to whoever has the address. An Authorization header is not looked at, unless the switch says that it spoils the call.
async fn download(
    shared: Data<Shared>,
    request: HttpRequest,
    name: Path<String>,
    signed: Query<Signed>,
) -> HttpResponse {
    let shows_credentials = request.headers().contains_key(header::AUTHORIZATION);
    if shows_credentials && shared.read(|world| world.settings().archives_refuse_credentials) {
        return refuse(HttpResponse::BadRequest(), "InvalidArgument");
    }
    let packed = shared.read(|world| {
        let id = name.strip_suffix("-response.tar.gz")?;
        let batch = world.batches.iter().find(|batch| batch.id == id && !batch.deleted)?;
        let good = batch.stage == Stage::Finished
            && signed.signature == batch.signature(signed.expires)
            && world.now() <= signed.expires;
        good.then(|| pack(batch))
    });
    match packed {
        Some(Ok(bytes)) => HttpResponse::Ok().content_type("application/x-gzip").body(bytes),
        Some(Err(error)) => {
            tracing::error!("the results of a batch could not be packed: {error}");
            HttpResponse::InternalServerError().finish()
        }
        None => refuse(HttpResponse::Forbidden(), "ExpiredToken"),
    }
}

/// An error in the words of the storage, which knows nothing of problem documents.
fn refuse(mut response: HttpResponseBuilder, code: &str) -> HttpResponse {
    response.content_type("application/xml; charset=UTF-8").body(format!(
        "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>Invalid argument.</Message></Error>"
    ))
}

fn pack(batch: &Batch) -> std::io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut folder = tar::Header::new_gnu();
    folder.set_entry_type(tar::EntryType::Directory);
    folder.set_size(0);
    folder.set_mode(0o755);
    tar.append_data(&mut folder, format!("{}/", batch.id), std::io::empty())?;
    for (number, results) in batch.results.chunks(PER_FILE).enumerate() {
        let json = serde_json::to_vec(results)?;
        let mut header = tar::Header::new_gnu();
        header.set_size(json.len() as u64);
        header.set_mode(0o644);
        let mtime = u64::try_from(batch.completed_at()).unwrap_or(0);
        header.set_mtime(mtime);
        tar.append_data(
            &mut header,
            format!("{}/{}_{number}.json", batch.id, batch.id),
            json.as_slice(),
        )?;
    }
    let mut gzip = tar.into_inner()?;
    gzip.flush()?;
    gzip.finish()
}
