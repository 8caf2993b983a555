//! dirql-fuzz
