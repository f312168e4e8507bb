//! Our stylesheets, scripts and icons, in the binary, served under a name that changes with their content.

use actix_web::http::header::{self, CacheControl, CacheDirective};
use actix_web::{HttpResponse, web};
use rust_embed::Embed;
use std::collections::HashMap;
use std::sync::LazyLock;

#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/static"]
struct Static;

/// A year: the name changes when the content does.
const CACHE_SECONDS: u32 = 365 * 24 * 60 * 60;

/// The address of each file, with the beginning of its content's hash; a page names a hundred, most of them again and again.
static ADDRESSES: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let address = |path: &str| {
        let version = Static::get(path)
            .map(|file| hex::encode(file.metadata.sha256_hash().get(..6).unwrap_or_default()))
            .unwrap_or_default();
        format!("/static/{version}/{path}")
    };
    Static::iter().map(|path| (path.to_string(), address(&path))).collect()
});

/// The address of a static file.
pub fn asset(path: &str) -> &'static str {
    ADDRESSES.get(path).map_or("/static/none", String::as_str)
}

/// `GET /static/{version}/{path}`
pub async fn serve_asset(path: web::Path<(String, String)>) -> HttpResponse {
    let (_version, path) = path.into_inner();
    match Static::get(&path) {
        Some(file) => HttpResponse::Ok()
            .content_type(content_type(&path))
            .insert_header(CacheControl(vec![
                CacheDirective::Public,
                CacheDirective::MaxAge(CACHE_SECONDS),
            ]))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .body(file.data.into_owned()),
        None => HttpResponse::NotFound().finish(),
    }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}
