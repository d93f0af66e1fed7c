//! The data plane, from accepted connection to response.

mod connection;
mod cors;
mod decide;
mod forward_auth;
mod lingering_close;
mod policy;
mod request;
mod request_memory;
mod respond;
mod upstream;
mod version_headers;

pub use connection::certificates::{Certificates, LoadedCertificates};
pub use connection::connection_limiter::Connections;
pub use connection::descriptor_budget::DescriptorBudget;
pub use connection::listener::{BoundListener, ListenerApp, ListenerEvent, ListenerOptions, service};
pub use decide::Decider;
pub use forward_auth::ForwardAuthService;
pub use lingering_close::Drains;
pub use policy::Policy;
pub use request::access_log::AccessLog;
pub use request::gateway::Gateway;
pub use request::lifecycle::RequestLifecycle;
pub use request::trace::Tracer;
pub use request::upstream_warnings::Warnings;
pub use request_memory::RequestMemory;
pub use upstream::{ResolvedUpstream, UpstreamWatch};

// For fuzzers.
#[doc(hidden)]
pub use connection::replay::{WireReader, WireReading};
#[doc(hidden)]
pub use forward_auth::replay::ReportedRequest;
