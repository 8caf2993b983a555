//! i82574-model
