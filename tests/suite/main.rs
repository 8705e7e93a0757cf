//! suite

mod fault_disk;
mod store_backends;
mod store_files;
