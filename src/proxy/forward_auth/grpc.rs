//! One unary gRPC method over HTTP/2, without compression.

use bytes::{BufMut, Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::proxy::Session;
use prost::Message;

use super::super::respond::GRPC_STATUS;

const CHECK: &[u8] = b"/envoy.service.auth.v3.Authorization/Check";
const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const KIND: HeaderValue = HeaderValue::from_static("application/grpc");
/// The compression flag and the length of a message.
const PREFIX_BYTES: usize = 5;

/// Why a call fails before a decision. Envoy then denies the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    InvalidArgument = 3,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    Unimplemented = 12,
}

pub(super) fn is_check(request: &RequestHeader) -> bool {
    request.version == Version::HTTP_2 && request.method == Method::POST && request.raw_path() == CHECK
}

/// Reads a message of at most `max_bytes`. The outer `Err` is one of the connection.
pub(super) async fn read<M: Message + Default>(
    session: &mut Session,
    max_bytes: usize,
) -> pingora::Result<Result<M, Failure>> {
    if session.req_header().headers.contains_key(&ENCODING) {
        return Ok(Err(Failure::Unimplemented));
    }
    let mut body = BytesMut::new();
    while let Some(piece) = session.as_downstream_mut().read_request_body().await? {
        if body.len() + piece.len() > max_bytes + PREFIX_BYTES {
            return Ok(Err(Failure::ResourceExhausted));
        }
        body.extend_from_slice(&piece);
    }
    Ok(message(&body))
}

pub(super) fn message<M: Message + Default>(body: &[u8]) -> Result<M, Failure> {
    let (prefix, message) = body.split_at_checked(PREFIX_BYTES).ok_or(Failure::InvalidArgument)?;
    let [is_compressed, length @ ..] = prefix else { return Err(Failure::InvalidArgument) };
    if *is_compressed != 0 {
        return Err(Failure::Unimplemented);
    }
    let stated = length.iter().fold(0, |length: usize, byte| length << 8 | usize::from(*byte));
    if stated != message.len() {
        return Err(Failure::InvalidArgument);
    }
    M::decode(message).map_err(|_| Failure::InvalidArgument)
}

pub(super) async fn answer(session: &mut Session, message: &impl Message) -> pingora::Result<()> {
    let mut head = ResponseHeader::build_no_case(StatusCode::OK, Some(1))?;
    head.insert_header(CONTENT_TYPE, KIND)?;
    session.write_response_header(Box::new(head), false).await?;
    let length = message.encoded_len();
    let mut body = BytesMut::with_capacity(PREFIX_BYTES + length);
    body.put_u8(0);
    body.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    body.extend_from_slice(&message.encode_to_vec());
    session.write_response_body(Some(Bytes::from(body)), false).await?;
    let mut trailers = HeaderMap::new();
    trailers.insert(GRPC_STATUS, HeaderValue::from(0));
    session.as_downstream_mut().write_response_trailers(trailers).await
}

pub(super) async fn fail(session: &mut Session, failure: Failure) -> pingora::Result<()> {
    let mut head = ResponseHeader::build_no_case(StatusCode::OK, Some(2))?;
    head.insert_header(CONTENT_TYPE, KIND)?;
    head.insert_header(GRPC_STATUS, HeaderValue::from(failure as u16))?;
    session.write_response_header(Box::new(head), true).await
}

#[cfg(test)]
mod tests {
    use super::super::envoy_messages::{CheckRequest, HttpStatus};
    use super::*;

    #[test]
    fn message_length_must_match_its_prefix() {
        let whole = [&[0, 0, 0, 0, 2][..], &HttpStatus { code: 7 }.encode_to_vec()].concat();
        assert_eq!(message(&whole), Ok(HttpStatus { code: 7 }));
        for (junk, failure) in [
            (&b""[..], Failure::InvalidArgument),
            (b"\0\0\0\0", Failure::InvalidArgument),
            (&whole[..6], Failure::InvalidArgument),
            (&[&whole[..], b"x"].concat(), Failure::InvalidArgument),
            (b"\0\xff\xff\xff\xff\x08\x07", Failure::InvalidArgument),
            (b"\x01\0\0\0\x02\x08\x07", Failure::Unimplemented),
            (b"\0\0\0\0\x02\xff\xff", Failure::InvalidArgument),
        ] {
            assert_eq!(message::<HttpStatus>(junk), Err(failure), "{junk:?}");
        }
    }

    #[test]
    fn random_bytes_do_not_panic() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..20_000 {
            let mut body: Vec<u8> = (0..random.usize(..200)).map(|_| random.u8(..)).collect();
            let length = u8::try_from(body.len()).unwrap();
            body.splice(..0, [0, 0, 0, 0, length]);
            let _decoded = message::<CheckRequest>(&body);
        }
    }
}
