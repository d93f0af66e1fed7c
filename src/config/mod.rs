//! Settings: a file, the environment and flags become one typed value. Reports every fault at once, with its position.
//! The only module that reads the environment.

mod decode;
mod delivery;
mod delivery_checks;
mod diagnostic;
mod effective;
mod installation_key_files;
mod invocation;
mod load;
mod memory_limit;
mod node;
mod provenance;
pub mod raw;
mod resource_defaults;
mod route_checks;
mod schema;
mod setting_fault;
mod settings;
mod suggest;
mod text_file;
mod validate;
mod values;
mod webhooks;
mod webhooks_checks;
mod yaml;

pub use decode::{Document, decode};
pub use delivery::{Delivery, MailSettings, MailTls, SmsSender, SmsSettings};
pub use diagnostic::{Diagnostic, Diagnostics};
pub use effective::effective;
pub use installation_key_files::InstallationKeyFiles;
pub use invocation::{
    InheritedSocket, command_line, inherited_sockets, notify_socket, operator_token, shell_user, wants_colour,
};
pub use load::{ConfigSource, Override, environment, process_environment};
pub use memory_limit::memory_limit;
pub use node::{Key, Node, Origin, Value};
pub use provenance::Provenance;
pub use schema::schema;
pub use settings::{Database, ERROR_DOCS, ERROR_PAGES, Settings, Tracing, Upstream};
pub use suggest::unknown_key;
pub use text_file::{read_text, text_of};
pub use values::{
    Colour, DatabaseTls, DatabaseUrl, HeaderField, HeaderPrefix, MailAddress, MailServer, Parsed, PostgresUrl,
    SecretText, UpstreamUrl,
};
pub use webhooks::Webhooks;
pub use yaml::{Section, each_item, parse};
