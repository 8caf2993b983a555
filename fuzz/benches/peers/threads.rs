//! The workload on any tool that stands in for the standard library: each actor is a thread, each register an atomic,
//! the interrupt lock a mutex.

/// The orders in which three actors can start.
pub const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

/// Defines `execute`, which runs the workload once on the tool whose `sync` and `thread` are in scope as `$tool`.
macro_rules! on_threads {
    ($tool:ident) => {
        use $tool::sync::atomic::{AtomicU32, Ordering::SeqCst};
        use $tool::sync::{Arc, Mutex};
        use $tool::thread;

        use crate::threads::ORDERS;
        use crate::workload::{Nic, REGISTERS, Register, Tool};

        struct OnThreads {
            registers: [AtomicU32; REGISTERS],
            lock: Mutex<()>,
        }

        impl OnThreads {
            fn new() -> Self {
                let initial = |r| AtomicU32::new(u32::from(r == Register::Ims as usize));
                Self { registers: core::array::from_fn(initial), lock: Mutex::new(()) }
            }

            fn register(&self, register: Register) -> &AtomicU32 {
                &self.registers[register as usize]
            }
        }

        impl Tool for OnThreads {
            fn read(&self, register: Register) -> u32 {
                self.register(register).load(SeqCst)
            }

            fn write(&self, register: Register, value: u32) {
                self.register(register).store(value, SeqCst);
            }

            fn take(&self, register: Register) -> u32 {
                self.register(register).swap(0, SeqCst)
            }

            fn set_bits(&self, register: Register, bits: u32) {
                self.register(register).fetch_or(bits, SeqCst);
            }

            fn locked<R>(&self, section: impl FnOnce() -> R) -> R {
                let _held = self.lock.lock();
                section()
            }

            fn pause(&self) {
                thread::yield_now();
            }
        }

        /// Runs the workload once, its actors started in one of the [`ORDERS`]. Returns its preemption points.
        ///
        /// # Panics
        /// If it fails.
        fn execute(job: Job, order: usize) -> u32 {
            let nic = Arc::new(Nic::new(OnThreads::new(), job.bug, job.size));
            let actors: [fn(&Nic<OnThreads>); 3] = [Nic::sender, Nic::device, Nic::dpc];
            let threads = ORDERS[order % ORDERS.len()].map(|actor| {
                let nic = nic.clone();
                thread::spawn(move || actors[actor](&nic))
            });
            for thread in threads {
                thread.join().unwrap_or_else(|why| std::panic::resume_unwind(why));
            }
            nic.judge_at_rest()
        }
    };
}

pub(crate) use on_threads;
