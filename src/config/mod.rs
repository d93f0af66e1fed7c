//! Settings: a file, the environment and flags become one typed value. Reports every fault at once, with its position.
//! The only module that reads the environment.

mod decode;
mod delivery;
mod delivery_checks;
mod diagnostic;
mod effective;
mod environment_variables;
mod installation_key_files;
mod load;
mod memory_limit;
mod node;
mod origin;
mod provenance;
pub mod raw;
mod resource_defaults;
mod route_checks;
mod schema;
mod setting_fault;
mod settings;
mod shell_user;
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
#[cfg(test)]
pub(crate) use environment_variables::is_docs_update;
pub use environment_variables::{
    InheritedSocket, command_line, environment, inherited_sockets, notify_socket, operator_token, process_environment,
    wants_colour,
};
pub use installation_key_files::InstallationKeyFiles;
pub use load::{ConfigSource, Override};
pub use memory_limit::memory_limit;
pub use node::{Key, Node, Value};
pub use origin::Origin;
pub use provenance::Provenance;
pub use schema::schema;
pub use settings::{Database, ERROR_DOCS, ERROR_PAGES, Settings, Tracing, Upstream};
pub use shell_user::shell_user;
pub use suggest::unknown_key;
pub use text_file::{read_text, text_of};
pub use values::{
    Colour, DatabaseTls, DatabaseUrl, HeaderField, HeaderPrefix, MailAddress, MailServer, Parsed, PostgresUrl,
    SecretText, UpstreamUrl,
};
pub use webhooks::Webhooks;
pub use yaml::{Section, each_item, parse};
