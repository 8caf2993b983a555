//! Every image's INF file is right for each processor, and what is wrong in one is seen.

use std::fs;
use std::path::Path;

use xtask::arch::Arch;
use xtask::image::IMAGES;
use xtask::inf::{self, Inf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

fn inx(image: &xtask::image::Image) -> String {
    fs::read_to_string(image.package(root()).join(image.name()).with_extension("inx")).unwrap()
}

#[test]
fn every_image_has_a_right_one() {
    for image in &IMAGES {
        for arch in [Arch::X86_64, Arch::Aarch64] {
            let text = inf::stamp(&inx(image), arch);
            assert_eq!(Inf::parse(&text).problems(image.file, 16299), [""; 0], "{}", image.file);
            assert!(text.contains(&format!("NT{}.10.0...", arch.decoration())), "{}", image.file);
            assert!(!text.contains("$ARCH$") && !text.contains("$VERSION$"), "{}", image.file);
        }
    }
}

/// Asserts that replacing a text makes one problem.
#[track_caller]
fn breaks(from: &str, to: &str, problem: &str) {
    let text = inf::stamp(&inx(&IMAGES[0]), Arch::X86_64);
    assert!(text.contains(from), "{from}");
    assert_eq!(Inf::parse(&text.replace(from, to)).problems(IMAGES[0].file, 16299), [problem]);
}

#[test]
fn what_is_wrong_is_seen() {
    breaks("$WINDOWS NT$", "$CHICAGO$", "no Signature");
    breaks("CatalogFile", "; CatalogFile", "no CatalogFile");
    breaks("nic-ndis.sys = 1", "nic-wdm.sys = 1", "nic-ndis.sys is on no disk");
    breaks("DEV_10D3", "DEV_10D4", r"no PCI\VEN_8086&DEV_10D3");
    breaks("[Install]", "[Instal]", "there is no section [Install]");
    breaks("2, Service", "2, Servic", "there is no section [Servic]");
    breaks("[Messages]", "[Mesages]", "there is no section [Messages]");
    breaks("%Disk%", "%Disc%", "%Disc% is not in [Strings]");
    breaks(
        "NTamd64.10.0...16299\r",
        "NTamd64.10.0...16299, NTarm64\r",
        "there is no section [Models.NTarm64]",
    );
}

#[test]
fn a_windows_without_the_imports_is_seen() {
    let text = inf::stamp(&inx(&IMAGES[0]), Arch::X86_64);
    let problems = Inf::parse(&text).problems(IMAGES[0].file, 19041);
    assert_eq!(problems, ["it is for build 16299, the image for 19041 and later"]);
}
