//! One span a request, with its id, the route's pattern and nothing of what people typed: no path, no query, no address.

use crate::metrics::Metrics;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use std::time::Instant;
use tracing::Span;
use tracing_actix_web::{RequestId, RootSpanBuilder};

/// Makes the span of a request.
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = request.extensions().get::<RequestId>().copied();
        tracing::info_span!(
            "request",
            request_id = id.map(tracing::field::display),
            method = %request.method(),
            route = route(request),
            status = tracing::field::Empty,
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let status = outcome.as_ref().map_or_else(
            |error| error.as_response_error().status_code().as_u16(),
            |response| response.status().as_u16(),
        );
        span.record("status", status);
    }
}

/// Counts and times every request by its route.
pub async fn measured(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let began = Instant::now();
    let route = route(&request);
    let metrics = request.app_data::<web::Data<Metrics>>().cloned();
    let answer = next.call(request).await?;
    let (status, seconds) = (answer.status().as_u16(), began.elapsed().as_secs_f64());
    if let Some(metrics) = metrics {
        metrics.request(&route, status, seconds);
    }
    if !route.starts_with("/static/") && route != "/health" {
        tracing::info!(status, milliseconds = (seconds * 1000.0).round(), "answered");
    }
    Ok(answer)
}

fn route(request: &ServiceRequest) -> String {
    request.match_pattern().unwrap_or_else(|| "none".into())
}
