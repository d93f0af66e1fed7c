mod bad_files;
mod database;
mod directory;
mod reload;
mod revocation;
mod settings;
