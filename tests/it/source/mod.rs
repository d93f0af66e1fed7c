mod bad_files;
mod database;
mod reload;
mod revocation;
mod settings;
