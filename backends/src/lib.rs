//! dirql-backends
