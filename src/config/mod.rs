//! Settings: as written in a file, the environment and flags, then typed. Every fault at once, with
//! its place. The only module that reads the environment.

mod decode;
mod diagnostic;
mod effective;
mod launch;
mod load;
pub mod raw;
mod settings;
mod spanned;
mod suggest;
mod validate;
mod values;
mod yaml;

pub use self::diagnostic::{Diagnostic, Diagnostics};
pub use self::launch::{InheritedSocket, command_line, inherited_sockets, notify_socket};
pub use self::spanned::{Key, Node, Origin, Value};
pub use self::suggest::unknown_key;
pub use decode::decode;
pub use effective::effective;
pub use load::{
    ConfigSource, Override, environment, operator_token, process_environment, read_text, schema, shell_user,
    wants_colour,
};
pub use settings::{Database, ERROR_DOCS, Settings, Tracing, Upstream};
pub use values::{DatabaseTls, DatabaseUrl, HeaderField, HeaderPrefix, Parsed, PostgresUrl, UpstreamUrl};
pub use yaml::{each_item, parse};
