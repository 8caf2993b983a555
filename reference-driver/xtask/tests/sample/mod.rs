//! A small PE file with one import from each of two modules, as a driver for x64 has it.

use object::LittleEndian as LE;
use object::pe::*;
use object::write::pe::{NtHeaders, Writer};
use xtask::pe::Pe;

/// What the section of read-only data begins at, and the descriptors in it.
const DATA: u32 = 0x2000;
const DESCRIPTOR: usize = 20;

/// Returns the file; `module` and `function` are imported besides NdisMSleep of NDIS.SYS.
pub(crate) fn file(module: &str, function: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(true, 0x1000, 0x200, &mut bytes);
    let data = imports(&[(module, function), ("NDIS.SYS", "NdisMSleep")]);
    writer.reserve_dos_header_and_stub();
    writer.reserve_nt_headers(IMAGE_NUMBEROF_DIRECTORY_ENTRIES);
    writer.reserve_section_headers(3);
    let text = writer.reserve_text_section(16);
    let rdata = writer.reserve_rdata_section(data.len() as u32);
    assert_eq!(rdata.virtual_address, DATA);
    writer.set_data_directory(IMAGE_DIRECTORY_ENTRY_IMPORT, DATA, 3 * DESCRIPTOR as u32);
    writer.add_reloc(text.virtual_address, IMAGE_REL_BASED_DIR64);
    writer.reserve_reloc_section();
    writer.write_dos_header_and_stub().unwrap();
    writer.write_nt_headers(headers(text.virtual_address));
    writer.write_section_headers();
    writer.write_section(text.file_offset, &[0xcc; 16]);
    writer.write_section(rdata.file_offset, &data);
    writer.write_reloc_section();
    with_checksum(bytes)
}

fn headers(entry: u32) -> NtHeaders {
    NtHeaders {
        machine: IMAGE_FILE_MACHINE_AMD64,
        time_date_stamp: 0,
        characteristics: IMAGE_FILE_EXECUTABLE_IMAGE,
        major_linker_version: 14,
        minor_linker_version: 0,
        address_of_entry_point: entry,
        image_base: 0x1_4000_0000,
        major_operating_system_version: 10,
        minor_operating_system_version: 0,
        major_image_version: 10,
        minor_image_version: 0,
        major_subsystem_version: 10,
        minor_subsystem_version: 0,
        subsystem: IMAGE_SUBSYSTEM_NATIVE,
        dll_characteristics: DllFlags(0x21e0),
        size_of_stack_reserve: 0,
        size_of_stack_commit: 0,
        size_of_heap_reserve: 0,
        size_of_heap_commit: 0,
    }
}

/// Lays out descriptors, then for each module its thunk, its function and its name.
fn imports(modules: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = vec![0; (modules.len() + 1) * DESCRIPTOR];
    for (n, (module, function)) in modules.iter().enumerate() {
        let thunks = bytes.len();
        let hint = thunks + 16;
        bytes.extend((u64::from(DATA) + hint as u64).to_le_bytes());
        bytes.extend(0_u64.to_le_bytes());
        bytes.extend([0, 0].iter().chain(function.as_bytes()).chain(&[0]));
        let name = bytes.len();
        bytes.extend(module.bytes().chain([0]));
        for (field, value) in [(0, thunks), (12, name), (16, thunks)] {
            let at = n * DESCRIPTOR + field;
            bytes[at..at + 4].copy_from_slice(&(DATA + value as u32).to_le_bytes());
        }
    }
    bytes
}

/// Writes the right checksum.
fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = Pe::parse(&bytes).unwrap().computed_checksum;
    let at = ImageDosHeader::parse(&bytes[..]).unwrap().e_lfanew.get(LE) as usize + 4 + 20 + 64;
    bytes[at..at + 4].copy_from_slice(&sum.to_le_bytes());
    bytes
}
