mod bad_files;
mod database;
mod directory;
mod emptied;
mod linked_settings;
mod reload;
mod revocation;
mod settings;
