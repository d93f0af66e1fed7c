//! gRPC through the gate: unary and streaming calls, and how they fail.

use std::net::SocketAddr;

use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Server};
use tonic::{Code, Request};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::server::{HealthReporter, HealthService};

use crate::support::{Gate, PASSWORD, TOKEN};

/// The health service of gRPC, and the one who may change what it says.
struct Grpc {
    gate: Gate,
    reporter: HealthReporter,
}

impl Grpc {
    async fn start() -> Self {
        let reporter = HealthReporter::new();
        reporter.set_service_status("shop", ServingStatus::Serving).await;
        let service =
            tonic_health::pb::health_server::HealthServer::new(HealthService::from_health_reporter(reporter.clone()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let incoming = tonic::transport::server::TcpIncoming::from(listener);
        tokio::spawn(Server::builder().add_service(service).serve_with_incoming(incoming));
        let gate = Gate::before(&format!("http://{address}")).proxy("  upstream_protocol: http2").start();
        Self { gate, reporter }
    }

    async fn client(&self) -> HealthClient<Channel> {
        let channel = Channel::from_shared(format!("http://{}", self.gate.address)).unwrap();
        HealthClient::new(channel.connect().await.unwrap())
    }
}

fn about(service: &str, token: Option<&str>) -> Request<HealthCheckRequest> {
    let mut request = Request::new(HealthCheckRequest { service: service.to_owned() });
    if let Some(token) = token {
        let value = MetadataValue::try_from(format!("Bearer {token}")).unwrap();
        request.metadata_mut().insert("authorization", value);
    }
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn unary_calls_pass_with_their_trailers() {
    let grpc = Grpc::start().await;
    let mut client = grpc.client().await;
    for _ in 0..20 {
        let answer = client.check(about("shop", Some(TOKEN))).await.unwrap();
        assert_eq!(answer.into_inner().status, ServingStatus::Serving as i32);
    }
    let log = grpc.gate.access_log(20);
    assert!(
        log.iter().all(|line| line["path"] == "/grpc.health.v1.Health/Check" && line["credential"] == "acme-billing")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_in_the_trailers_arrives() {
    let grpc = Grpc::start().await;
    let status = grpc.client().await.check(about("unheard of", Some(TOKEN))).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound, "{status:?}");
}

/// Each message is sent after the one before it was received: nothing waits for the end of a stream.
#[tokio::test(flavor = "multi_thread")]
async fn messages_of_a_stream_arrive_one_by_one() {
    let grpc = Grpc::start().await;
    let mut stream = grpc.client().await.watch(about("shop", Some(TOKEN))).await.unwrap().into_inner();
    let first = stream.message().await.unwrap().unwrap();
    assert_eq!(first.status, ServingStatus::Serving as i32);
    for state in [ServingStatus::NotServing, ServingStatus::Serving, ServingStatus::Unknown] {
        grpc.reporter.set_service_status("shop", state).await;
        let message = stream.message().await.unwrap().expect("the stream goes on");
        assert_eq!(message.status, state as i32);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_credential_is_unauthenticated_while_others_go_on() {
    let grpc = Grpc::start().await;
    let mut client = grpc.client().await;
    let mut stream = client.watch(about("shop", Some(TOKEN))).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap().unwrap().status, ServingStatus::Serving as i32);
    for token in [None, Some("wrong")] {
        assert_eq!(client.check(about("shop", token)).await.unwrap_err().code(), Code::Unauthenticated);
        assert_eq!(client.watch(about("shop", token)).await.unwrap_err().code(), Code::Unauthenticated);
    }
    let mut pair = about("shop", None);
    let value = tonic_basic("acme", PASSWORD);
    pair.metadata_mut().insert("authorization", value);
    assert!(client.check(pair).await.is_ok());
    grpc.reporter.set_service_status("shop", ServingStatus::NotServing).await;
    assert_eq!(stream.message().await.unwrap().unwrap().status, ServingStatus::NotServing as i32);
}

fn tonic_basic(username: &str, password: &str) -> MetadataValue<tonic::metadata::Ascii> {
    use base64::Engine;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"));
    MetadataValue::try_from(format!("Basic {pair}")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn grpc_api_that_is_down_is_unavailable() {
    let gate = Gate::before("http://127.0.0.1:1").proxy("  upstream_protocol: http2").start();
    let channel = Channel::from_shared(format!("http://{}", gate.address)).unwrap().connect().await.unwrap();
    let status = HealthClient::new(channel).check(about("shop", Some(TOKEN))).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
}
