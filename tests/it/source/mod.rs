mod bad_files;
mod directory;
mod reload;
mod revocation;
mod settings;
