//! The data plane: what happens to a request between its head and its answer.

mod access_log;
mod aside;
mod context;
mod door;
mod edge;
mod faults;
mod forward_auth;
mod gateway;
mod headers;
mod heads;
mod judge;
mod limits;
mod listener;
mod policy;
mod prebound;
mod query;
mod question;
mod reception;
mod respond;
mod tls;
mod trace;
mod upgrade;
mod upstream;

pub use access_log::AccessLog;
pub use door::Connections;
pub use edge::Edge;
pub use forward_auth::ForwardAuth;
pub use gateway::Gateway;
pub use judge::Judge;
pub use listener::{Answers, Bound, ListenerOptions, service};
pub use policy::Policy;
pub use prebound::ListenerEvent;
pub use reception::Reception;
pub use tls::{Certificates, Reading};
pub use trace::Tracer;
pub use upstream::Upstream;
