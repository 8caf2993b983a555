//! Power-on, reset, the end of DMA, the link, and removal.

use crate::bench::{Bench, frame};
use dirql_sim::InterruptMode::Line;
use i82574::GONE;
use i82574::filter::{Rah, Ral};
use i82574::general::{Ctrl, Eecd, Eerd, Mdic, Status, Swsm};
use i82574::interrupt::{Cause, Eiac, Iam, Ics, Imc, Ims, Ivar};
use i82574::receive::{Rctl, Rdh, Rdlen, Rdt, Rxcsum};
use i82574::transmit::{Tarc0, Tctl, Tdh, Tdt, Tipg};
use i82574_model::{Config, Engine, I82574};

#[test]
fn the_nvm_holds_the_address_and_takes_a_few_polls() {
    let mut bench = Bench::up(Line);
    bench.pick = 2;
    let words = [0, 1, 2].map(|address| {
        bench.write(Eerd(0).with_start(true).with_address(address));
        assert!(!bench.read::<Eerd>().done());
        assert!(!bench.read::<Eerd>().done());
        let eerd: Eerd = bench.read();
        assert!(eerd.done());
        eerd.data()
    });
    assert_eq!(words, [0x5452, 0x1200, 0x5634]);
    assert_eq!((bench.read::<Ral>().0, bench.read::<Rah>().0), (0x1200_5452, 0x8000_5634));
}

#[test]
fn only_phy_1_answers() {
    let mut bench = Bench::up(Line);
    let read = Mdic(0).with_op(Mdic::READ).with_register(0);
    bench.write(read.with_phy(Mdic::PHY));
    let answer: Mdic = bench.read();
    assert_eq!((answer.ready(), answer.error(), answer.data()), (true, false, 0x1140));
    bench.write(read.with_phy(2));
    assert!(bench.read::<Mdic>().error());
}

#[test]
fn a_phy_access_takes_polls_or_a_step() {
    let mut bench = Bench::up(Line);
    bench.pick = 1;
    bench.write(Mdic(0).with_op(Mdic::READ).with_phy(Mdic::PHY));
    assert!(!bench.read::<Mdic>().ready());
    assert!(bench.read::<Mdic>().ready());
    bench.write(Mdic(0).with_op(Mdic::READ).with_phy(Mdic::PHY));
    bench.step(Engine::Slow);
    assert!(bench.read::<Mdic>().ready());
}

#[test]
fn the_semaphore_is_taken_by_reading_it() {
    let mut bench = Bench::up(Line);
    assert!(!bench.read::<Swsm>().contains(Swsm::SMBI));
    assert!(bench.read::<Swsm>().contains(Swsm::SMBI));
    bench.write(Swsm::empty());
    assert!(!bench.read::<Swsm>().contains(Swsm::SMBI));
}

#[test]
fn rst_puts_every_register_to_its_default() {
    let mut bench = Bench::up(Line);
    bench.enable(Cause::MASKABLE);
    bench.write(Ics(Cause::RXT0));
    bench.write(Eiac(Cause::RXQ0));
    bench.write(Iam(Cause::RXQ0));
    bench.write(Ivar(8));
    bench.write(Tipg(1));
    bench.write(Ral(0));
    bench.write(Ctrl::RST);
    assert!(!bench.pins.line());
    assert_eq!((bench.read::<Ims>().0, bench.read::<Ics>().0), (Cause::empty(), Cause::empty()));
    assert_eq!((bench.read::<Eiac>().0, bench.read::<Iam>().0), (Cause::empty(), Cause::empty()));
    assert_eq!((bench.read::<Ivar>(), bench.read::<Tipg>()), (Ivar(0), Tipg::RESET));
    assert_eq!((bench.read::<Rctl>(), bench.read::<Tctl>()), (Rctl::empty(), Tctl::empty()));
    assert_eq!((bench.read::<Rdlen>(), bench.read::<Rdt>(), bench.read::<Rdh>()), (Rdlen(0), Rdt(0), Rdh(0)));
    assert_eq!(
        (bench.read::<Tdt>(), bench.read::<Tdh>(), bench.read::<Tarc0>()),
        (Tdt(0), Tdh(0), Tarc0::RESET)
    );
    assert_eq!(bench.read::<Rxcsum>(), Rxcsum::IPOFLD | Rxcsum::TUOFLD);
    assert_eq!(bench.read::<Ral>().0, 0x1200_5452, "the NVM is read again");
}

#[test]
fn rst_clears_itself_after_a_few_polls_and_the_nvm_is_read_again() {
    let mut bench = Bench::up(Line);
    bench.pick = 1;
    bench.write(Ctrl::RST);
    assert!(bench.read::<Ctrl>().contains(Ctrl::RST));
    assert!(!bench.read::<Ctrl>().contains(Ctrl::RST));
    assert!(!bench.read::<Eecd>().contains(Eecd::AUTO_RD));
    assert!(bench.read::<Eecd>().contains(Eecd::AUTO_RD));
}

#[test]
fn rst_abandons_what_is_in_flight() {
    let mut bench = Bench::up(Line);
    bench.arrive(&frame(600));
    bench.send(0, &frame(600));
    bench.step(Engine::Receive);
    bench.step(Engine::Receive);
    bench.step(Engine::Transmit);
    bench.write(Ctrl::RST);
    assert!(bench.chip.idle());
    assert_eq!((bench.chip.held(), bench.chip.transmitted()), (0, 0));
    assert_eq!((bench.chip.reach().reset_in_dma, bench.chip.statistics().abandoned), (1, 1));
}

#[test]
fn after_rst_and_a_new_start_traffic_flows() {
    let mut bench = Bench::up(Line);
    bench.arrive(&frame(600));
    bench.step(Engine::Receive);
    bench.write(Ctrl::RST);
    bench.bring_up();
    bench.arrive(&frame(61));
    bench.send(0, &frame(62));
    bench.settle();
    assert_eq!((bench.received_bytes(0), bench.transmitted()), (frame(61), vec![frame(62)]));
}

#[test]
fn the_master_stops_once_what_is_in_flight_has_finished() {
    let mut bench = Bench::up(Line);
    bench.arrive(&frame(600));
    bench.step(Engine::Receive);
    bench.write(Ctrl::SLU | Ctrl::GIO_MASTER_DISABLE);
    assert!(bench.read::<Status>().contains(Status::GIO_MASTER_EN));
    bench.settle();
    assert!(!bench.read::<Status>().contains(Status::GIO_MASTER_EN));
    assert_eq!((bench.read::<Rdh>().index(), bench.chip.held()), (1, 1), "it stopped within the frame");
    bench.send(0, &frame(60));
    assert!(bench.chip.idle());
    bench.write(Ctrl::SLU);
    bench.settle();
    assert_eq!((bench.chip.held(), bench.chip.transmitted()), (0, 1));
}

#[test]
fn the_link_is_up_with_cable_and_slu_and_lsc_tells_of_changes() {
    let mut bench = Bench::with_config(Line, Config::default());
    assert!(!bench.read::<Status>().contains(Status::LU));
    bench.write(Ctrl::SLU);
    assert!(bench.read::<Status>().contains(Status::LU));
    assert_eq!(bench.take_icr(), Cause::LSC);
    bench.chip.set_link(false);
    assert!(bench.read::<Status>().contains(Status::LU), "it is only on its way");
    bench.run(Engine::Wire);
    assert!(!bench.read::<Status>().contains(Status::LU));
    assert_eq!(bench.take_icr(), Cause::LSC);
    bench.chip.set_link(false);
    bench.run(Engine::Wire);
    assert_eq!(bench.take_icr(), Cause::empty(), "no change, no cause");
    assert_eq!(bench.chip.reach().link_changes, 2);
}

#[test]
fn after_removal_there_is_nothing() {
    let mut bench = Bench::up(Line);
    bench.enable(Cause::MASKABLE);
    bench.write(Ics(Cause::LSC));
    bench.send(0, &frame(600));
    bench.step(Engine::Transmit);
    bench.arrive(&frame(600));
    bench.chip.remove();
    bench.chip.arrive(frame(60).into());
    assert!(bench.pins.line());
    bench.run(Engine::Wire);
    assert!(bench.chip.is_gone() && bench.chip.idle() && !bench.pins.line());
    assert_eq!(bench.read::<Status>().bits(), GONE);
    bench.write(Ics(Cause::LSC));
    bench.chip.arrive(frame(60).into());
    assert!(bench.chip.idle() && !bench.pins.line());
    assert_eq!((bench.chip.reach().removed_in_dma, bench.chip.statistics().abandoned), (1, 2));
}

#[test]
fn a_power_on_leaves_nothing_of_the_run_before() {
    let config = Config { seed: 5, ..Config::default() };
    let mut used = Bench::up(Line);
    used.arrive(&frame(600));
    used.send(0, &frame(60));
    used.step(Engine::Receive);
    used.chip.remove();
    used.settle();
    used.chip.reset(config);
    used.write(Ctrl::SLU);
    let mut fresh = Bench::with_config(Line, config);
    fresh.write(Ctrl::SLU);
    for offset in (0..0x5800).step_by(4) {
        assert_eq!(used.read_at(offset), fresh.read_at(offset), "{}", i82574::register_name(offset));
    }
    assert_eq!((used.chip.statistics(), used.chip.reach()), (fresh.chip.statistics(), fresh.chip.reach()));
    assert!(used.chip.idle());
}

#[test]
fn what_was_left_enabled_interrupts_until_somebody_masks_it() {
    let config = Config { left_enabled: true, ..Config::default() };
    let mut bench = Bench::with_config(Line, config);
    assert!(!bench.pins.line() && !bench.chip.idle(), "some time, and not at once");
    bench.settle();
    assert!(bench.pins.line());
    bench.write(Imc(Cause::all()));
    assert!(!bench.pins.line());

    let mut silenced = Bench::with_config(Line, config);
    silenced.write(Ctrl::RST);
    silenced.settle();
    assert!(!silenced.pins.line() && silenced.chip.idle());
}

#[test]
fn every_frame_has_one_fate() {
    let mut bench = Bench::up_with(Line, Config { packet_buffer_frames: 2, ..Config::default() });
    for n in 0..40 {
        bench.chip.arrive(frame(60 + 50 * n).into());
        bench.chip.set_link(n % 7 != 3);
    }
    for _ in 0..30 {
        bench.step(Engine::Wire);
    }
    bench.settle();
    bench.write(Ctrl::RST);
    let s = bench.chip.statistics();
    let fates = [s.delivered, s.filtered, s.oversize, s.missed, s.link_down, s.disabled, s.abandoned];
    assert_eq!(fates.iter().sum::<u64>(), 40, "{s:?}");
    assert!(s.delivered > 0 && s.missed > 0 && s.link_down > 0 && s.oversize > 0);
}

#[test]
fn a_chip_can_move_between_threads() {
    fn is_send<T: Send>() {}
    is_send::<I82574>();
}

#[test]
fn a_chip_is_quiet_when_it_is_masked_and_both_units_are_off() {
    let mut bench = Bench::up(Line);
    assert!(!bench.chip.is_quiet());
    bench.write(Rctl::empty());
    bench.write(Tctl::empty());
    assert!(bench.chip.is_quiet());
    bench.enable(Cause::LSC);
    assert!(!bench.chip.is_quiet());
}

#[test]
fn every_cause_on_the_line_is_counted() {
    let mut bench = Bench::up(Line);
    bench.enable(Cause::LSC);
    let (_, before) = bench.chip.line();
    bench.write(Ics(Cause::LSC));
    assert_eq!(bench.chip.line(), (true, before + 1));
    bench.take_icr();
    assert_eq!(bench.chip.line(), (false, before + 1));
}
