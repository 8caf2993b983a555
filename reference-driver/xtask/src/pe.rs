//! What a PE file says of itself.

mod checksum;

use object::LittleEndian as LE;
use object::pe::{
    DllFlags, FileFlags, ImageNtHeaders64, ImageSectionHeader, Machine, SectionFlags, Subsystem,
};
use object::read::Result;
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, Import, ImportTable, PeFile64};

/// A PE file of 64 bits, as far as the rules ask.
pub struct Pe {
    /// The processor that it is for.
    pub machine: Machine,
    /// Characteristics: what the linker did.
    pub characteristics: FileFlags,
    /// What it runs on.
    pub subsystem: Subsystem,
    /// DllCharacteristics: what the loader may do with it.
    pub dll_characteristics: DllFlags,
    /// In bytes.
    pub section_alignment: u32,
    /// Relative to the image's base; 0 if there is none.
    pub entry: u32,
    /// What the header says.
    pub checksum: u32,
    /// What it should say.
    pub computed_checksum: u32,
    /// In the order of the section table.
    pub sections: Vec<Section>,
    /// By module.
    pub imports: Vec<Imports>,
    /// The names.
    pub exports: Vec<String>,
    /// The numbers of the data directories that it has.
    pub directories: Vec<usize>,
}

/// A section of the image.
pub struct Section {
    /// As in the header, without zeros at its end.
    pub name: String,
    /// Relative to the image's base.
    pub address: u32,
    /// In bytes, in memory.
    pub size: u32,
    /// What may be done with it.
    pub characteristics: SectionFlags,
}

/// What is imported from one module.
pub struct Imports {
    /// Its file name.
    pub module: String,
    /// Names; an ordinal is written `#n`.
    pub functions: Vec<String>,
}

impl Pe {
    /// Reads a file.
    ///
    /// # Errors
    /// What is damaged, if it is no such file.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let file = PeFile64::parse(bytes)?;
        let (headers, optional) = (file.nt_headers(), file.nt_headers().optional_header());
        let directories = file.data_directories().iter().enumerate();
        Ok(Self {
            machine: headers.file_header().machine.get(LE),
            characteristics: headers.file_header().characteristics.get(LE),
            subsystem: optional.subsystem(),
            dll_characteristics: optional.dll_characteristics(),
            section_alignment: optional.section_alignment(),
            entry: optional.address_of_entry_point(),
            checksum: optional.check_sum(),
            computed_checksum: checksum::of(bytes),
            sections: file.section_table().iter().map(Section::read).collect(),
            imports: file.import_table()?.map_or(Ok(Vec::new()), |table| imports(&table))?,
            exports: exports(&file)?,
            directories: directories.filter(|(_, d)| d.size.get(LE) != 0).map(|(n, _)| n).collect(),
        })
    }
}

impl Section {
    fn read(header: &ImageSectionHeader) -> Self {
        Self {
            name: String::from_utf8_lossy(header.raw_name()).into_owned(),
            address: header.virtual_address.get(LE),
            size: header.virtual_size.get(LE),
            characteristics: header.characteristics.get(LE),
        }
    }

    /// Says whether the section has any of these characteristics.
    pub fn is(&self, characteristics: SectionFlags) -> bool {
        self.characteristics.0 & characteristics.0 != 0
    }

    /// Says whether an address, relative to the image's base, is in the section.
    pub fn contains(&self, address: u32) -> bool {
        address.checked_sub(self.address).is_some_and(|offset| offset < self.size)
    }
}

fn imports(table: &ImportTable<'_>) -> Result<Vec<Imports>> {
    let mut all = Vec::new();
    let mut descriptors = table.descriptors()?;
    while let Some(descriptor) = descriptors.next()? {
        let module = text(table.name(descriptor.name.get(LE))?);
        let mut functions = Vec::new();
        let mut thunks = table.thunks(descriptor.original_first_thunk.get(LE))?;
        while let Some(thunk) = thunks.next::<ImageNtHeaders64>()? {
            functions.push(match table.import::<ImageNtHeaders64>(thunk)? {
                Import::Ordinal(number) => format!("#{number}"),
                Import::Name(_, name) => text(name),
            });
        }
        all.push(Imports { module, functions });
    }
    Ok(all)
}

fn exports(file: &PeFile64<'_>) -> Result<Vec<String>> {
    let Some(table) = file.export_table()? else { return Ok(Vec::new()) };
    Ok(table.exports()?.iter().filter_map(|export| export.name).map(text).collect())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
