//! The data plane, from accepted connection to response.

mod connection;
mod cors;
mod decide;
mod drain;
mod forward_auth;
mod memory;
mod policy;
mod request;
mod respond;
mod upstream;
mod version_headers;

pub use connection::certificates::{Certificates, LoadedCertificates};
pub use connection::descriptors::DescriptorBudget;
pub use connection::limits::Connections;
pub use connection::listener::{BoundListener, ListenerApp, ListenerEvent, ListenerOptions, service};
pub use decide::Decider;
pub use drain::Drains;
pub use forward_auth::ForwardAuth;
pub use memory::RequestMemory;
pub use policy::Policy;
pub use request::access_log::AccessLog;
pub use request::gateway::Gateway;
pub use request::lifecycle::RequestLifecycle;
pub use request::trace::Tracer;
pub use request::warnings::Warnings;
pub use upstream::{Upstream, UpstreamWatch};

// For fuzzers.
#[doc(hidden)]
pub use connection::replay::{WireReader, WireReading};
#[doc(hidden)]
pub use forward_auth::replay::ReportedRequest;
