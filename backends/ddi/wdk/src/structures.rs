//! The structures of `wdm.h`, and the callbacks that they hold.

use core::mem::offset_of;

use dirql_ddi as ours;
use wdk_sys as theirs;

use crate::proof::{Prototype, size_of_field};

same_structures! {
    BUS_INTERFACE_STANDARD {
        Size, Version, Context, InterfaceReference, InterfaceDereference, TranslateBusAddress,
        GetDmaAdapter, SetBusData, GetBusData,
    }
    DEVICE_OBJECT {
        Type, Size, ReferenceCount, DriverObject, NextDevice, AttachedDevice, CurrentIrp, Timer, Flags,
        Characteristics, Vpb, DeviceExtension, DeviceType, StackSize, Queue, AlignmentRequirement,
        DeviceQueue, Dpc,
    }
    DEVICE_DESCRIPTION {
        Version, Master, ScatterGather, DemandMode, AutoInitialize, Dma32BitAddresses, IgnoreCount,
        Reserved1, Dma64BitAddresses, BusNumber, DmaChannel, InterfaceType, DmaWidth, DmaSpeed,
        MaximumLength, DmaPort, DmaAddressWidth, DmaControllerInstance, DmaRequestLine, DeviceAddress,
    }
    DMA_ADAPTER { Version, Size, DmaOperations }
    SCATTER_GATHER_ELEMENT { Address, Length, Reserved }
    SCATTER_GATHER_LIST { NumberOfElements, Reserved, Elements }
    KDPC {
        TargetInfoAsUlong = __bindgen_anon_1.TargetInfoAsUlong, DpcListEntry, ProcessorHistory,
        DeferredRoutine, DeferredContext, SystemArgument1, SystemArgument2, DpcData,
    }
    DRIVER_OBJECT {
        Type, Size, DeviceObject, Flags, DriverStart, DriverSize, DriverSection, DriverExtension,
        DriverName, HardwareDatabase, FastIoDispatch, DriverInit, DriverStartIo, DriverUnload,
        MajorFunction,
    }
    DRIVER_EXTENSION { DriverObject, AddDevice, Count, ServiceKeyName }
    DISPATCHER_HEADER { Lock = __bindgen_anon_1.__bindgen_anon_1.Lock, SignalState, WaitListHead }
    KEVENT { Header }
    IO_INTERRUPT_MESSAGE_INFO_ENTRY {
        MessageAddress, TargetProcessorSet, InterruptObject, MessageData, Vector, Irql, Mode, Polarity,
    }
    IO_INTERRUPT_MESSAGE_INFO { UnifiedIrql, MessageCount, MessageInfo }
    IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS {
        PhysicalDeviceObject, InterruptObject, ServiceRoutine, ServiceContext, SpinLock, SynchronizeIrql,
        FloatingSave, ShareVector, Vector, Irql, InterruptMode, ProcessorEnableMask, Group,
    }
    IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS {
        PhysicalDeviceObject, InterruptObject, ServiceRoutine, ServiceContext, SpinLock, SynchronizeIrql,
        FloatingSave,
    }
    IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS {
        PhysicalDeviceObject, ConnectionContext.Generic, ConnectionContext.InterruptMessageTable,
        ConnectionContext.InterruptObject, MessageServiceRoutine, ServiceContext, SpinLock,
        SynchronizeIrql, FloatingSave, FallBackServiceRoutine,
    }
    IO_CONNECT_INTERRUPT_PARAMETERS {
        Version, __bindgen_anon_1.FullySpecified, __bindgen_anon_1.LineBased,
        __bindgen_anon_1.MessageBased,
    }
    IO_DISCONNECT_INTERRUPT_PARAMETERS {
        Version, ConnectionContext.Generic, ConnectionContext.InterruptObject,
        ConnectionContext.InterruptMessageTable,
    }
    IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS {
        Version, ConnectionContext.Generic, ConnectionContext.InterruptObject,
        ConnectionContext.InterruptMessageTable,
    }
    IO_STATUS_BLOCK { __bindgen_anon_1.Status, __bindgen_anon_1.Pointer, Information }
    IRP {
        Type, Size, MdlAddress, Flags, AssociatedIrp.MasterIrp, AssociatedIrp.IrpCount,
        AssociatedIrp.SystemBuffer, ThreadListEntry, IoStatus, RequestorMode, PendingReturned, StackCount,
        CurrentLocation, Cancel, CancelIrql, ApcEnvironment, AllocationFlags, UserIosb, UserEvent,
        Overlay, CancelRoutine, UserBuffer, Tail.Overlay.DriverContext =
        Tail.Overlay.__bindgen_anon_1.__bindgen_anon_1.DriverContext, Tail.Overlay.Thread, Tail.Overlay.AuxiliaryBuffer,
        Tail.Overlay.ListEntry = Tail.Overlay.__bindgen_anon_2.ListEntry,
        Tail.Overlay.CurrentStackLocation =
        Tail.Overlay.__bindgen_anon_2.__bindgen_anon_1.CurrentStackLocation,
        Tail.Overlay.OriginalFileObject, Tail.Apc, Tail.CompletionKey,
    }
    IO_STACK_LOCATION {
        MajorFunction, MinorFunction, Flags, Control, Parameters.Read.Length, Parameters.Read.Key,
        Parameters.Read.ByteOffset, Parameters.Write.Length, Parameters.Write.Key,
 Parameters.Write.ByteOffset,
        Parameters.DeviceIoControl.OutputBufferLength, Parameters.DeviceIoControl.InputBufferLength,
        Parameters.DeviceIoControl.IoControlCode, Parameters.DeviceIoControl.Type3InputBuffer,
        Parameters.StartDevice.AllocatedResources, Parameters.StartDevice.AllocatedResourcesTranslated,
        Parameters.ReadWriteConfig.WhichSpace, Parameters.ReadWriteConfig.Buffer,
        Parameters.ReadWriteConfig.Offset, Parameters.ReadWriteConfig.Length,
        Parameters.Power.SystemContext = Parameters.Power.__bindgen_anon_1.SystemContext,
        Parameters.Power.Type, Parameters.Power.State, Parameters.Power.ShutdownType, Parameters.Others,
        DeviceObject, FileObject, CompletionRoutine, Context,
    }
    MDL { Next, Size, MdlFlags, Process, MappedSystemVa, StartVa, ByteCount, ByteOffset }
    POWER_STATE { SystemState, DeviceState }
    IO_REMOVE_LOCK_COMMON_BLOCK { Removed, Reserved, IoCount, RemoveEvent }
    IO_REMOVE_LOCK { Common }
}

// Of these drivers use the beginning.
same_fields! {
    DMA_OPERATIONS { Size, PutDmaAdapter, AllocateCommonBuffer, FreeCommonBuffer }
}

same_callbacks! {
    PINTERFACE_REFERENCE, PGET_SET_DEVICE_DATA, PPUT_DMA_ADAPTER, PALLOCATE_COMMON_BUFFER,
    PFREE_COMMON_BUFFER, PKDEFERRED_ROUTINE, PDRIVER_ADD_DEVICE, PDRIVER_UNLOAD, PDRIVER_DISPATCH,
    PKSERVICE_ROUTINE, PKMESSAGE_SERVICE_ROUTINE, PKSYNCHRONIZE_ROUTINE, PDRIVER_CANCEL,
    PIO_COMPLETION_ROUTINE, PIO_WORKITEM_ROUTINE,
}
