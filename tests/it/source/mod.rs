mod bad_files;
mod revocation;
