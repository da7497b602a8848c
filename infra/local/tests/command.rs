//! The command `cargo local`, as a process.

#![cfg(test)]

mod until;

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use reqwest::Method;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};
use until::until;

const FUNCTIONS: [&str; 8] = [
    "escalation-intake",
    "business-hours-router",
    "messaging-session-start",
    "case-creation",
    "conversation-relay",
    "apex-callback",
    "escalation-recovery",
    "settings",
];

/// The command with `probe` for every function.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    for function in FUNCTIONS.map(|function| folder.join(function)).iter().filter(|function| !function.exists()) {
        std::os::unix::fs::symlink(local::build_folder().join("examples/probe"), function).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command.arg("--binaries").arg(folder).args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// The lines up to `ready`.
async fn lines_to_ready(child: &mut Child) -> Vec<String> {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut printed = Vec::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        printed.push(line);
        if printed.last().unwrap() == "ready" {
            break;
        }
    }
    printed
}

/// Two ports, one after the other, that are free.
fn free_ports() -> u16 {
    loop {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        if port < u16::MAX && TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
            return port;
        }
    }
}

async fn signal(child: &Child, signal: &str) {
    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").args([signal, &pid]).status().await.unwrap().success());
}

/// The processes that any thread of a process has started.
fn children(pid: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let lists =
        threads.map(|thread| std::fs::read_to_string(thread.unwrap().path().join("children")).unwrap_or_default());
    lists.flat_map(|list| list.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<_>>()).collect()
}

#[tokio::test]
async fn it_prints_the_addresses_and_then_ready() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_ports();
    let mut child = command(folder.path(), &["--no-demo", "--port", &port.to_string()]).spawn().unwrap();
    let lines = lines_to_ready(&mut child).await;
    assert_eq!(lines.len(), 9, "{lines:?}");
    assert_eq!(lines[0], format!("api        http://127.0.0.1:{port}/v1/"));
    assert!(lines[1].starts_with("dynamodb   http://127.0.0.1:"), "{lines:?}");
    assert!(lines[2].starts_with("secrets    http://127.0.0.1:"), "{lines:?}");
    assert_eq!(lines[3], format!("settings   http://127.0.0.1:{port}/settings/"));
    assert_eq!(lines[4], format!("chat       http://127.0.0.1:{port}/chat/"));
    assert_eq!(lines[5], format!("chat.js    http://127.0.0.1:{port}/chat.js"));
    assert_eq!(lines[6], format!("openapi    http://127.0.0.1:{port}/openapi.json"));
    assert_eq!(lines[7], format!("console    http://127.0.0.1:{}/console/", port + 1));
    assert_eq!(lines[8], "ready");
}

#[tokio::test]
async fn ctrl_c_and_sigterm_end_it_with_0_and_free_the_ports() {
    for kind in ["-INT", "-TERM"] {
        let folder = tempfile::tempdir().unwrap();
        let port = free_ports();
        let mut child = command(folder.path(), &["--no-demo", "--port", &port.to_string()]).spawn().unwrap();
        lines_to_ready(&mut child).await;
        signal(&child, kind).await;
        assert_eq!(child.wait().await.unwrap().code(), Some(0), "{kind}");
        for port in [port, port + 1] {
            TcpListener::bind(("127.0.0.1", port)).unwrap();
        }
    }
}

#[tokio::test]
async fn a_port_in_use_is_one_line_with_the_port_and_the_cure() {
    let folder = tempfile::tempdir().unwrap();
    let (port, listener) = loop {
        let port = free_ports();
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port + 1)) {
            break (port, listener);
        }
    };
    let mut child = command(folder.path(), &["--no-demo", "--port", &port.to_string()]).spawn().unwrap();
    let mut error = String::new();
    child.stderr.take().unwrap().read_to_string(&mut error).await.unwrap();
    assert_eq!(error, format!("error: port {} is in use: choose another with --port\n", port + 1));
    assert_eq!(child.wait().await.unwrap().code(), Some(1));
    drop(listener);
}

#[tokio::test]
async fn the_demo_plays_each_scene_to_its_end_and_leaves_only_those_open_in_which_an_agent_is() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    let mut child = command.args(["--port", "0"]).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let lines = lines_to_ready(&mut child).await;
    let scenes = [
        "organisation escalation route reason result",
        "demo-closed conversation case outsideBusinessHours Case 00001001",
        "demo-closed transcript of 1 MB case outsideBusinessHours Case 00001002",
        "demo-without-messaging long conversation case messagingNotConfigured Case 00001001",
        "demo-omni-channel-flow flow makes a Case messaging omniChannelFlow Case 00001001 by the flow",
        "demo-omni-channel-flow flow makes no Case messaging omniChannelFlow ended by the flow",
        "demo-omni-channel-flow agent accepts messaging omniChannelFlow active: Grace reads 1 message",
        "demo-fullview-flow agent accepts messaging withinBusinessHours active: Grace reads 3 messages",
        "demo-fullview-flow nobody answers messaging withinBusinessHours Case 00001001 (longestWait)",
    ];
    let printed: Vec<_> = lines.iter().map(|line| without_time(line)).collect();
    assert_eq!(printed[..scenes.len()], scenes, "{lines:#?}");
    assert!(lines.iter().all(|line| line.len() <= 120), "{lines:#?}");
    assert_eq!(lines.last().unwrap(), "ready");

    let api = lines.iter().find_map(|line| line.strip_prefix("api")).unwrap().trim();
    for organisation in ["demo-omni-channel-flow", "demo-fullview-flow", "demo-closed"] {
        let settings = format!("{api}organisations/{organisation}/settings");
        let test = call(Method::POST, &format!("{settings}/test")).await;
        let checks = test["checks"].as_array().unwrap();
        assert!(checks.len() == 8 && checks.iter().all(|check| check["result"] == "passed"), "{checks:#?}");
        call(Method::POST, &format!("{settings}/callback-test")).await;
        let passed = async {
            while call(Method::GET, &format!("{settings}/callback-test")).await["state"] != "passed" {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), passed).await.expect(organisation);
    }

    let console = lines[lines.len() - 2].split_whitespace().last().unwrap();
    for organisation in ["demo-omni-channel-flow", "demo-fullview-flow"] {
        let url = console.replace("console/", &format!("control/orgs/{organisation}/conversations"));
        let closed = async {
            while open_conversations(&url).await != 1 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), closed).await.expect(organisation);
    }
}

/// A line's words without the time that it ends with.
fn without_time(line: &str) -> String {
    let words: Vec<_> = line.split_whitespace().filter(|word| *word != "took").collect();
    let time = words.iter().rposition(|word| word.parse::<f64>().is_ok()).filter(|_| words.ends_with(&["s"]));
    words[..time.unwrap_or(words.len())].join(" ")
}

/// What the API answers to the platform.
async fn call(method: Method, url: &str) -> serde_json::Value {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
    let request = client.request(method, url).bearer_auth(local::PLATFORM_KEY).json(&serde_json::json!({}));
    request.send().await.unwrap().json().await.unwrap()
}

async fn open_conversations(url: &str) -> usize {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
    let conversations: Vec<serde_json::Value> = client.get(url).send().await.unwrap().json().await.unwrap();
    conversations.iter().filter(|conversation| conversation["isOpen"] == true).count()
}

#[tokio::test]
async fn a_demo_that_fails_ends_it_with_1_and_frees_the_ports() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_ports();
    let output = command(folder.path(), &["--port", &port.to_string()]).output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: "));
    for port in [port, port + 1] {
        TcpListener::bind(("127.0.0.1", port)).unwrap();
    }
}

#[tokio::test]
async fn the_env_file_has_all_that_a_function_elsewhere_needs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("local.env");
    let arguments = ["--no-demo", "--port", "0", "--env-file", file.to_str().unwrap()];
    let mut child = command(folder.path(), &arguments).spawn().unwrap();
    let lines = lines_to_ready(&mut child).await;
    let address = |line: &str| line.split_whitespace().last().unwrap().to_owned();
    let api = address(&lines[0]);
    let environment = std::fs::read_to_string(file).unwrap();
    for expected in [
        "TABLE_NAME=Table".to_owned(),
        "AWS_REGION=us-east-1".to_owned(),
        "AWS_ACCESS_KEY_ID=local".to_owned(),
        "SALESFORCE_ALLOW_LOOPBACK=true".to_owned(),
        format!("AWS_ENDPOINT_URL_DYNAMODB={}", address(&lines[1])),
        format!("AWS_ENDPOINT_URL_SECRETS_MANAGER={}", address(&lines[2])),
        format!("AWS_ENDPOINT_URL_LAMBDA={}", api.trim_end_matches("/v1/")),
    ] {
        assert!(environment.lines().any(|line| line == expected), "{expected}: {environment}");
    }
}

#[tokio::test]
async fn watch_without_cargo_lambda_is_one_line_with_the_cure() {
    let empty = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    let output = command.arg("--watch").env("PATH", empty.path()).env("CARGO_HOME", empty.path()).output().await;
    let output = output.unwrap();
    let error = "error: --watch needs cargo-lambda: `pip install cargo-lambda` or `cargo install cargo-lambda`\n";
    assert_eq!(String::from_utf8_lossy(&output.stderr), error);
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test]
async fn the_recovery_tick_runs_and_a_killed_host_leaves_no_function_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = command(folder.path(), &["--no-demo", "--port", "0"]).spawn().unwrap();
    lines_to_ready(&mut child).await;
    let host = child.id().unwrap();
    until(|| !children(host).is_empty()).await;
    let functions = children(host);
    signal(&child, "-KILL").await;
    child.wait().await.unwrap();
    until(|| !functions.iter().any(|pid| is_running(*pid))).await;
}

/// Whether the process runs; one that nobody has waited for is dead too.
fn is_running(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
}

#[tokio::test]
async fn persisted_data_outlives_a_kill() {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let arguments = ["--no-demo", "--port", "0", "--persist", data.path().to_str().unwrap()];
    let mut keys = Vec::new();
    for _ in 0..2 {
        let mut child = command(folder.path(), &arguments).spawn().unwrap();
        let lines = lines_to_ready(&mut child).await;
        keys.push(conversation_token_key(lines[2].split_whitespace().last().unwrap()).await);
        signal(&child, "-KILL").await;
        child.wait().await.unwrap();
    }
    assert_eq!(keys[0], keys[1]);
    assert!(data.path().join("dynamodb.sqlite").is_file());
}

async fn conversation_token_key(url: &str) -> String {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
    let request = client.post(url).header("x-amz-target", "secretsmanager.GetSecretValue");
    let answer = request.body(r#"{"SecretId":"fullview/conversation-token-key"}"#).send().await.unwrap();
    answer.json::<serde_json::Value>().await.unwrap()["SecretString"].as_str().unwrap().to_owned()
}
