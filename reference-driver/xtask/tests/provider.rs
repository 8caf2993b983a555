//! What changes with wdk-sys in the place of raw-dylib imports.

use std::process::Command;

use xtask::image::{Framework, IMAGES, Provider};

fn refusal(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).arg("drivers").args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn microsofts_stub_enters_a_kmdf_driver() {
    let kmdf = IMAGES.iter().find(|image| image.framework == Framework::Kmdf).unwrap();
    let by_wdk_sys = kmdf.by(Provider::WdkSys);
    assert!(by_wdk_sys.exports.contains(&"DriverEntry") && !by_wdk_sys.exports.contains(&"FxDriverEntry"));
    assert_eq!(by_wdk_sys.link_arguments(), kmdf.link_arguments());
    assert!(kmdf.link_arguments().contains(&"/ENTRY:FxDriverEntry".to_owned()));
}

#[test]
fn raw_dylib_is_what_an_image_says_of_itself() {
    for image in &IMAGES {
        assert_eq!(image.by(Provider::RawDylib).exports, image.exports);
    }
}

#[test]
fn there_is_no_umdf_image_by_wdk_sys() {
    let said = refusal(&["--provider", "wdk-sys", "--framework", "umdf"]);
    assert!(said.contains("no UMDF image") && said.contains("docs/wdk.md"), "{said}");
}

#[cfg(not(windows))]
#[test]
fn wdk_sys_wants_windows() {
    let said = refusal(&["--provider", "wdk-sys"]);
    assert!(said.contains("on Windows with a WDK") && said.contains("docs/wdk.md"), "{said}");
}
