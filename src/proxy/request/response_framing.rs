//! How a response ends: by its length, by its last chunk, or by the end of the connection.

use std::any::Any;
use std::sync::LazyLock;

use async_trait::async_trait;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Method, StatusCode, Version};
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::modules::http::{HttpModule, HttpModuleBuilder, HttpModuleCtx, HttpModules, Module};
use pingora::proxy::Session;

use super::context::Context;

static WITHOUT_CHUNKS: LazyLock<HttpModules> = LazyLock::new(|| {
    let mut modules = HttpModules::new();
    modules.add_module(Box::new(WithoutChunks));
    modules
});

/// Takes chunks from the responses to an HTTP/1.0 request. A module, because pingora asks for chunks in place of an
/// HTTP/2 upstream after the last hook that sees the head.
struct WithoutChunks;

impl HttpModuleBuilder for WithoutChunks {
    fn init(&self) -> Module {
        Box::new(Self)
    }
}

#[async_trait]
impl HttpModule for WithoutChunks {
    async fn response_header_filter(&mut self, response: &mut ResponseHeader, _: bool) -> pingora::Result<()> {
        response.remove_header(&TRANSFER_ENCODING);
        Ok(())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// The modules of an HTTP/1.0 request, the only requests that have any.
pub(super) fn http10_modules() -> HttpModuleCtx {
    WITHOUT_CHUNKS.build_ctx()
}

/// Decides whether a final response keeps the connection.
pub(super) fn set_connection(session: &mut Session, response: &ResponseHeader, context: &Context) {
    let is_http10 = session.req_header().version == Version::HTTP_10;
    if is_http10 && !has_known_end(session.req_header(), response) {
        // HTTP/1.0 has no chunks: the end of the connection is the end of the body.
        session.set_keepalive(None);
    } else if session.is_body_done() && session.get_keepalive().is_none() {
        // pingora closes after a 100 as if that were a response before the end of the body.
        session.set_keepalive(context.keep_alive);
    }
}

fn has_known_end(request: &RequestHeader, response: &ResponseHeader) -> bool {
    let has_length = response.headers.contains_key(CONTENT_LENGTH) && !response.headers.contains_key(TRANSFER_ENCODING);
    has_length || has_no_body(request, response)
}

/// True where the head of a response is all of it.
pub(super) fn has_no_body(request: &RequestHeader, response: &ResponseHeader) -> bool {
    let is_empty = || response.headers.get(CONTENT_LENGTH).is_some_and(|length| length.as_bytes() == b"0");
    request.method == Method::HEAD
        || matches!(response.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
        || is_empty()
}
