mod bad_files;
mod database;
mod directory;
mod emptied;
mod reload;
mod revocation;
mod settings;
