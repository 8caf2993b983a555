//! One test for each fact that the model rests on.

mod bench;
mod hostile;
mod interrupts;
mod lifecycle;
mod offload;
mod parts;
mod receive;
mod robustness;
mod transmit;
