//! MiniportInitializeEx.
//!
//! Every step owns what it took, so a step that fails undoes those before it. The interrupt comes last: what is
//! registered stays registered until somebody says otherwise.

use dirql::{Cx, Error, ErrorKind, Passive};
use dirql_backends::first_memory;
use dirql_backends::ndis::{Block, Device, DmaChannel, WorkItem, register};
use dirql_ddi::ndis::*;
use nic::{FRAME_LEN_MAX, Memories, Nic};
use nic_shell::{INTERRUPT, mode, pci};

use crate::adapter::{Adapter, Parts};
use crate::driver::{Above, Driver};
use crate::offload::Offloads;
use crate::receive::Receives;
use crate::send::{MiniportProcessSGList, Sends};
use crate::{attributes, configuration};

/// # Safety
/// NDIS calls this with a handle and parameters of an adapter that is being initialized, at PASSIVE_LEVEL.
pub(crate) unsafe extern "C-unwind" fn MiniportInitializeEx(
    NdisMiniportHandle: NDIS_HANDLE,
    _MiniportDriverContext: NDIS_HANDLE,
    MiniportInitParameters: PNDIS_MINIPORT_INIT_PARAMETERS,
) -> NDIS_STATUS {
    // SAFETY: MiniportInitializeEx runs at PASSIVE_LEVEL.
    let initialized =
        unsafe { Cx::<Passive>::enter(|cx| initialize(cx, NdisMiniportHandle, MiniportInitParameters)) };
    match initialized {
        Ok(()) => NDIS_STATUS_SUCCESS,
        Err(error) if error.kind() == ErrorKind::OutOfResources => NDIS_STATUS_RESOURCES,
        Err(_) => NDIS_STATUS_FAILURE,
    }
}

fn initialize(
    cx: &mut Cx<'_, Passive>,
    adapter: NDIS_HANDLE,
    parameters: PNDIS_MINIPORT_INIT_PARAMETERS,
) -> Result<(), Error> {
    // SAFETY: NDIS is initializing the adapter, which gives everything back in MiniportHaltEx; here and below.
    let block = unsafe { Block::<Adapter>::new(adapter) }?;
    attributes::register(adapter, block.place().as_ptr().cast())?;
    let parts = claim(cx, adapter, parameters)?;
    // SAFETY: as above.
    let work_item = || unsafe { WorkItem::new(adapter) };
    let (reset, power) = (work_item()?, work_item()?);
    let driver = build(cx, adapter, &parts)?;
    let mac = driver.nic.read_mac_address(cx)?;
    let offloads = &driver.above().offloads;
    attributes::describe(adapter, mac, offloads.has_tags())?;
    attributes::offer(adapter, offloads.describe())?;
    let registration = register(cx, &parts.device, driver, INTERRUPT)?;
    let is_msi_x = pci::is_msi_x(|offset, to| parts.device.read_config(offset, to));
    let mode = mode(registration.granted(), is_msi_x);
    block.fill(Adapter { registration, reset, power, parts, mode });
    Ok(())
}

/// Claims what belongs to the device.
fn claim(
    cx: &mut Cx<'_, Passive>,
    adapter: NDIS_HANDLE,
    parameters: PNDIS_MINIPORT_INIT_PARAMETERS,
) -> Result<Parts, Error> {
    // SAFETY: the parameters are those of MiniportInitializeEx; here and below.
    let resources = unsafe { (*parameters).AllocatedResources };
    // SAFETY: as above. The first memory is BAR0 (82574 data sheet, 9.1.7).
    let registers = unsafe { first_memory(resources) }.ok_or(ErrorKind::OutOfResources)?;
    // SAFETY: the adapter's attributes are set; `Adapter` gives the channel back.
    let dma = unsafe { DmaChannel::new(adapter, FRAME_LEN_MAX, Some(MiniportProcessSGList)) }?;
    // SAFETY: the handle is the one of MiniportInitializeEx, its attributes are set, and DMA is registered; the space
    // is its translated resource. `Adapter` gives everything back before the device.
    let device = unsafe { Device::start(cx, adapter, registers.Start, registers.Length) }?;
    Ok(Parts { dma, device })
}

/// Makes the driver, stopped.
fn build(cx: &mut Cx<'_, Passive>, adapter: NDIS_HANDLE, parts: &Parts) -> Result<Driver, Error> {
    // SAFETY: NDIS is initializing the adapter.
    let (settings, checksums) = unsafe { configuration::read(cx, adapter) };
    let memories = Memories::allocate(&settings, |len| parts.device.allocate(cx, len))?;
    let offloads = Offloads::new(checksums, settings.vlan);
    let above = Above::new(adapter, Sends::new(adapter, &parts.dma), Receives::new(adapter)?, offloads);
    Ok(Driver { nic: Nic::new(parts.device.registers(), memories, settings, above)? })
}
