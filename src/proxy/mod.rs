//! The data plane: what happens to a request between its head and its answer.

mod connection;
mod forward_auth;
mod policy;
mod request;
mod respond;
mod upstream;

pub use self::connection::limits::Connections;
pub use self::connection::listener::{BoundListener, ListenerApp, ListenerOptions, service};
pub use self::connection::prebound::ListenerEvent;
pub use self::connection::protocol::Edge;
pub use self::connection::tls::{Certificates, LoadedCertificates};
pub use self::request::access_log::AccessLog;
pub use self::request::decide::Decider;
pub use self::request::gateway::Gateway;
pub use self::request::lifecycle::RequestLifecycle;
pub use self::request::trace::Tracer;
pub use forward_auth::ForwardAuth;
pub use policy::Policy;
pub use upstream::Upstream;
