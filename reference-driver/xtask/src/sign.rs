//! Test signatures, by OpenSSL and osslsigncode. A machine trusts them that has the certificate installed and test
//! signing on, and no other.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::tool;

const GET_OPENSSL: &str = "install openssl";
const GET_OSSLSIGNCODE: &str = "install osslsigncode";

/// A certificate for test signatures.
pub struct Certificate {
    /// PEM, both.
    certificate: PathBuf,
    key: PathBuf,
}

impl Certificate {
    /// Returns the certificate in a folder, made if it is not there yet. Beside it is `test.cer`, which Windows installs.
    ///
    /// # Errors
    /// [`Failure::Missing`] if there is no OpenSSL.
    pub fn in_folder(folder: &Path) -> Result<Self, Failure> {
        let this = Self { certificate: folder.join("test.pem"), key: folder.join("test.key") };
        if !this.key.exists() {
            tool::create_folder(folder)?;
            this.make()?;
            this.convert(&folder.join("test.cer"))?;
        }
        Ok(this)
    }

    fn make(&self) -> Result<(), Failure> {
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "rsa:3072", "-sha256", "-nodes", "-days", "3650"]);
        openssl.args(["-subj", "/CN=dirql test signing", "-addext", "extendedKeyUsage=codeSigning"]);
        openssl.args([
            "-addext",
            "keyUsage=critical,digitalSignature",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ]);
        openssl.arg("-keyout").arg(&self.key).arg("-out").arg(&self.certificate);
        tool::run(&mut openssl, GET_OPENSSL)
    }

    fn convert(&self, cer: &Path) -> Result<(), Failure> {
        let mut openssl = Command::new("openssl");
        openssl.args(["x509", "-outform", "DER", "-in"]).arg(&self.certificate).arg("-out").arg(cer);
        tool::run(&mut openssl, GET_OPENSSL)
    }

    /// Signs a file, page hashes included, in place, and verifies the signature.
    ///
    /// # Errors
    /// [`Failure::Missing`] if there is no osslsigncode.
    pub fn sign(&self, file: &Path) -> Result<(), Failure> {
        let signed = file.with_extension("signed");
        let mut sign = Command::new("osslsigncode");
        sign.args(["sign", "-h", "sha256", "-ph"])
            .arg("-certs")
            .arg(&self.certificate)
            .arg("-key")
            .arg(&self.key);
        sign.arg("-in").arg(file).arg("-out").arg(&signed);
        tool::run(&mut sign, GET_OSSLSIGNCODE)?;
        tool::rename(&signed, file)?;
        let mut verify = Command::new("osslsigncode");
        verify.arg("verify").arg("-CAfile").arg(&self.certificate).arg(file);
        tool::run(&mut verify, GET_OSSLSIGNCODE)
    }
}
