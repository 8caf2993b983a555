//! dirql-proptests
