//! TLS, where no reverse proxy has it.
//!
//! Certificate and key are read again when their files change: a renewed certificate needs no restart.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::server::TlsStream;

/// How often it is looked whether the files have changed.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is not there, or not what it should be.
    #[error("{path}: {what}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        what: String,
    },
    /// Key and certificate do not belong together, or no TLS can be made of them.
    #[error("certificate and key cannot be used: {0}")]
    Unusable(String),
}

/// TLS with a certificate and a key from files.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads both, PEM, the certificate with those that lead to its authority. Looks at them again
    /// from time to time.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
        let files = Files {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            provider: Arc::clone(&provider),
        };
        let changed = files.changed();
        let current = Arc::new(Current(RwLock::new(Arc::new(files.read()?))));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::Unusable(error.to_string()))?
            .with_no_client_auth();
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Current>::clone(&current);
        let mut config = config.with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        tokio::spawn(look_again(files, changed, Arc::downgrade(&current)));
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
        })
    }

    pub(super) async fn agree<S>(&self, stream: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.acceptor.accept(stream).await
    }
}

/// The files.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
    provider: Arc<CryptoProvider>,
}

impl Files {
    fn read(&self) -> Result<CertifiedKey, TlsError> {
        let wrong = |path: &Path, what: String| TlsError::File {
            path: path.to_owned(),
            what,
        };
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect)
            .map_err(|error| wrong(&self.certificate, error.to_string()))?;
        if chain.is_empty() {
            return Err(wrong(&self.certificate, "no certificate in it".to_owned()));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| wrong(&self.key, error.to_string()))?;
        CertifiedKey::from_der(chain, key, &self.provider)
            .map_err(|error| TlsError::Unusable(error.to_string()))
    }

    /// When each was written.
    fn changed(&self) -> [Option<SystemTime>; 2] {
        let of = |path: &Path| std::fs::metadata(path).and_then(|it| it.modified()).ok();
        [of(&self.certificate), of(&self.key)]
    }
}

/// The certificate of now.
struct Current(RwLock<Arc<CertifiedKey>>);

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Current").finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&current))
    }
}

async fn look_again(
    files: Files,
    mut known: [Option<SystemTime>; 2],
    current: std::sync::Weak<Current>,
) {
    loop {
        tokio::time::sleep(LOOK_AGAIN).await;
        let Some(current) = current.upgrade() else {
            return;
        };
        let changed = files.changed();
        if changed == known {
            continue;
        }
        match files.read() {
            Ok(read) => {
                known = changed;
                *current.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read);
                tracing::info!("the certificate was read again");
            }
            // Half of a renewal: the old one still serves.
            Err(error) => tracing::warn!(%error, "the new certificate is not good yet"),
        }
    }
}
