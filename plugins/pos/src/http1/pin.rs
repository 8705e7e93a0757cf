//! Whose key a store must have: the till pins it, so no authority of certificates has to be trusted, and a certificate that
//! is made anew under the same key is known again (SEC-03).

use core::fmt;
use core::str::FromStr;
use std::io;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::default_provider;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, PeerIncompatible,
    SignatureScheme, version,
};
use sha2::{Digest, Sha256};
use webpki::EndEntityCert;

/// How a pin begins.
const BEGINS: &str = "sha256/";

/// The SHA-256 of a store's public key, as `serve` and `self-check` print it: `sha256/` and 44 characters of base64.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Pin([u8; 32]);

/// The text is not a pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a pin is sha256/ and the base64 of 32 bytes")]
pub struct PinError;

impl FromStr for Pin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        let hash = text.strip_prefix(BEGINS).ok_or(PinError)?;
        let hash = STANDARD.decode(hash).map_err(|_| PinError)?;
        hash.try_into().map(Self).map_err(|_| PinError)
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{BEGINS}{}", STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Pin({self})")
    }
}

/// How a connection is encrypted, and to whom: TLS 1.3 alone.
#[derive(Clone, Debug)]
pub(super) struct Trust(Result<Arc<ClientConfig>, Error>);

impl Trust {
    /// Whoever has the key of this pin, and nobody else.
    pub(super) fn new(pin: Pin) -> Self {
        let provider = Arc::new(default_provider());
        let verifier = Pinned {
            pin,
            algorithms: provider.signature_verification_algorithms,
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&version::TLS13]);
        Self(config.map(|config| {
            let config = config
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(verifier));
            let mut config = config.with_no_client_auth();
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            Arc::new(config)
        }))
    }

    pub(super) fn config(&self) -> io::Result<Arc<ClientConfig>> {
        self.0.clone().map_err(io::Error::other)
    }

    /// Whether a connection ended because the other side has another key, or could not show that it has it.
    pub(super) fn is_stranger(error: &io::Error) -> bool {
        let inner = error.get_ref();
        let error = inner.and_then(|inner| inner.downcast_ref::<Error>());
        matches!(error, Some(Error::InvalidCertificate(_)))
    }
}

/// Takes the key that is pinned, whatever the certificate says beside it, and has it prove that it holds the key.
#[derive(Debug)]
struct Pinned {
    pin: Pin,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let unfit = Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure);
        let Ok(shown) = EndEntityCert::try_from(shown) else {
            return Err(unfit);
        };
        let key = shown.subject_public_key_info();
        if <[u8; 32]>::from(Sha256::digest(&*key)) == self.pin.0 {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(unfit)
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _shown: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        // It is not spoken.
        Err(PeerIncompatible::Tls12NotOfferedOrEnabled.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, shown, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_written_as_it_is_read() {
        let text = "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        let pin: Pin = text.parse().unwrap();
        assert_eq!(pin.to_string(), text);
        for text in [
            "",
            "sha256/",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "sha1/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
            "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hS",
        ] {
            assert_eq!(text.parse::<Pin>(), Err(PinError), "{text}");
        }
    }
}
