//! The step of the machine: who goes next.

use crate::core::{Command, Core};
use crate::irql::DISPATCH;
use crate::moves::{Actor, Move, Moves};
use crate::trace::What;

/// What the executing context has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Go on.
    Continue,
    /// Take an interrupt on top of itself.
    Interrupt,
    /// Suspend: another fiber is to be resumed.
    Switch,
    /// Suspend for good: the run is over.
    Stop,
}

impl Core {
    /// Lets devices and timers move until a context has to, and says what the executing one does about it.
    #[inline(always)]
    pub(crate) fn decide(&mut self) -> Action {
        let own = Move::thread(self.running);
        if self.steps < self.quiet_until && self.can_only_be(own) {
            self.steps += 1;
            self.last = own;
            return Action::Continue;
        }
        self.decide_among_all()
    }

    // What is rare is called, not inlined: the compiler would prepare for it on every decision.
    #[inline(never)]
    fn decide_among_all(&mut self) -> Action {
        let mut moves = Moves(self.moves());
        loop {
            if self.stopped {
                return Action::Stop;
            }
            if moves.is_empty() {
                self.settle();
                moves = Moves(self.moves());
                continue;
            }
            self.count_step();
            let Some(next) = self.pick(moves) else {
                self.stop();
                return Action::Stop;
            };
            self.note_move(next);
            match next.actor() {
                Actor::Thread(thread) => return self.go_on_with(thread, Command::Run),
                Actor::Interrupt(cpu) => {
                    let thread = self.cpus[cpu].current;
                    self.last = Move::thread(thread);
                    return self.go_on_with(thread, Command::TakeInterrupt);
                }
                Actor::Engine(device, engine) => self.step_engine(device, engine),
                Actor::Posted(device) => self.deliver_posted(device),
                Actor::Timer => self.expire_timer(),
            }
            moves = Moves(self.moves());
        }
    }

    #[inline]
    fn note_move(&mut self, next: Move) {
        self.last = next;
        self.events.somebody_moved(next);
        if self.interrupts.any_in_a_row()
            && let Actor::Thread(thread) = next.actor()
            && self.cpus[self.threads[thread].cpu].irql <= DISPATCH
        {
            self.interrupts.forget_rows();
        }
    }

    fn count_step(&mut self) {
        self.steps += 1;
        if self.steps > self.step_limit {
            self.fail("livelock", |c| format!("the run does not end within {} steps", c.step_limit));
        }
    }

    /// Picks the next move; `None` if an exploration gives the run up.
    #[inline]
    fn pick(&mut self, moves: Moves) -> Option<Move> {
        let explored = if self.watch.is_some() { Some(self.explore(moves)?) } else { None };
        if let Some(only) = moves.only() {
            return Some(only);
        }
        self.points += 1;
        let forced = !moves.contains(self.last);
        let default = if forced { moves.after(self.last) } else { self.last };
        let pick = match explored {
            Some(pick) => self.choices.note_pick(pick, default),
            None => self.choices.pick(moves, default, forced),
        };
        if self.trace.is_on() && pick != default {
            self.log(What::Switched { pick: pick.0, default: default.0 });
        }
        Some(pick)
    }

    #[inline]
    fn go_on_with(&mut self, thread: usize, command: Command) -> Action {
        let cpu = self.threads[thread].cpu;
        if self.cpus[cpu].current != thread {
            self.switch_thread(cpu, thread);
        }
        if thread != self.running {
            self.set_running(thread);
            self.command = command;
            return Action::Switch;
        }
        match command {
            Command::Run => Action::Continue,
            Command::TakeInterrupt => Action::Interrupt,
        }
    }
}
