//! Settings: as written in a file, the environment and flags, then typed. Every fault at once, with
//! its place. The only module that reads the environment.

mod check;
mod decode;
mod effective;
mod fault;
mod load;
mod node;
mod process;
mod settings;
mod unknown;
mod values;
pub mod written;
mod yaml;

pub use decode::decode;
pub use effective::effective;
pub use fault::{Fault, Faults};
pub use load::{
    ConfigSource, Override, environment, operator_token, process_environment, read_text, schema, shell_user,
    wants_colour,
};
pub use node::{Key, Node, Origin, Value};
pub use process::{InheritedSocket, command_line, inherited_sockets, notify_socket};
pub use settings::{Database, ERROR_DOCS, Settings, Tracing, Upstream};
pub use unknown::unknown_key;
pub use values::{DatabaseTls, DatabaseUrl, HeaderField, HeaderPrefix, Parsed, PostgresUrl, UpstreamUrl};
pub use yaml::{each_item, parse};
