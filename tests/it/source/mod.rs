mod bad_files;
mod reload;
mod revocation;
mod settings;
