//! What is measured: our functions, and what people would use instead.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;

use super::recorder::Service;
use super::sandbox::Program;
use super::stage::Stage;

const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");
/// Where systems have their root certificates in one file, as Lambda has them: some have each in a file of its own too, and those are
/// all read without a word on which to take.
const ROOT_CERTIFICATES: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/// By whom a function's work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Worker {
    /// Our function.
    Own,
    /// The least that makes the same outside calls.
    Floor,
    /// jsforce and fetch, on Lambda's runtime client for Node.
    Node,
    /// simple-salesforce and requests, on Lambda's runtime client for Python.
    Python,
}

impl Worker {
    pub(super) const ALL: [Self; 4] = [Self::Own, Self::Floor, Self::Node, Self::Python];

    /// Those who do a function's work: peers make Cases and start live conversations.
    pub(super) fn of(function: &str) -> &'static [Self] {
        if is_with_peers(function) { &Self::ALL } else { &Self::ALL[..2] }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Own => "ours",
            Self::Floor => "floor",
            Self::Node => "Node",
            Self::Python => "Python",
        }
    }
}

/// Whether Node and Python do this work too.
pub(super) fn is_with_peers(function: &str) -> bool {
    matches!(function, "case-creation" | "messaging-session-start")
}

impl Stage {
    /// The program that does a function's work.
    pub(super) fn program(&self, worker: Worker, function: &str) -> anyhow::Result<Program> {
        let environment = self.environment(function);
        Ok(match worker {
            Worker::Own => self.binary(function, environment),
            Worker::Floor => self.binary("floor", environment),
            Worker::Node => node(function, environment)?,
            Worker::Python => python(function, environment)?,
        })
    }

    /// Our function, whose outside calls are recorded.
    pub(super) fn recorded_program(&self, function: &str) -> Program {
        let endpoint = |service| self.recorder.url(service).to_owned();
        let mut environment = self.environment(function);
        environment.extend([
            ("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), endpoint(Service::DynamoDb)),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER".to_owned(), endpoint(Service::SecretsManager)),
            ("AWS_ENDPOINT_URL_LAMBDA".to_owned(), endpoint(Service::Lambda)),
        ]);
        self.binary(function, environment)
    }

    fn binary(&self, name: &str, environment: BTreeMap<String, String>) -> Program {
        let folder = self.binaries.clone();
        Program { file: folder.join(name), arguments: Vec::new(), environment, folder }
    }

    /// What Lambda sets for a function, with the permissions that it has.
    fn environment(&self, function: &str) -> BTreeMap<String, String> {
        let mut environment = self.system.stack.environment().clone();
        let own = [
            ("AWS_ACCESS_KEY_ID", function),
            ("AWS_LAMBDA_FUNCTION_NAME", function),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", function),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "benchmark"),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("LANG", "en_US.UTF-8"),
            ("TZ", ":UTC"),
        ];
        let certificates = ROOT_CERTIFICATES.into_iter().find(|file| Path::new(file).is_file());
        let certificates = certificates.map(|file| ("SSL_CERT_FILE", file));
        let own = own.into_iter().chain(certificates);
        environment.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        if function == "escalation-recovery" {
            // Long before anything here was due.
            environment.insert("CLOCK_OFFSET_SECONDS".to_owned(), "-86400".to_owned());
        }
        environment
    }
}

/// What the peers' handlers are called.
fn handler(function: &str) -> &'static str {
    if function == "case-creation" { "createCase" } else { "startMessaging" }
}

fn node(function: &str, environment: BTreeMap<String, String>) -> anyhow::Result<Program> {
    let folder = installed("node")?;
    let client = folder.join("node_modules/aws-lambda-ric/bin/index.mjs");
    let arguments = vec![client.into(), format!("index.{}", handler(function)).into()];
    Ok(Program { file: which("node")?, arguments, environment, folder })
}

fn python(function: &str, mut environment: BTreeMap<String, String>) -> anyhow::Result<Program> {
    let installed = installed("python")?;
    // In Lambda, its folder can't be written.
    environment.insert("PYTHONDONTWRITEBYTECODE".to_owned(), "1".to_owned());
    let arguments: [OsString; 3] = ["-m".into(), "awslambdaric".into(), format!("index.{}", handler(function)).into()];
    let folder = Path::new(PEERS).join("python");
    Ok(Program { file: installed.join("bin/python"), arguments: arguments.into(), environment, folder })
}

/// Where `peers/install` has put what a peer needs.
fn installed(peer: &str) -> anyhow::Result<PathBuf> {
    let folder = Path::new(PEERS).join("../../../target/peers").join(peer);
    folder.canonicalize().with_context(|| format!("{peer} is not installed: run tests/bench/peers/install"))
}

fn which(program: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file());
    found.ok_or_else(|| anyhow::anyhow!("{program} is not installed"))
}
