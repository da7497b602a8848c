//! A stack with three functions made for tests: `probe` does what it is told, `stream` streams, `broken` can't start.

use std::path::Path;

use local::{Options, Stack, build_folder};

const TEMPLATE: &str = r"
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties: { BinaryMediaTypes: [multipart~1form-data] }
  Probe:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: probe
      ReservedConcurrentExecutions: 10
      Timeout: 30
      MemorySize: 256
      Environment: { Variables: { GREETING: hello } }
      Events:
        Get: { Type: Api, Properties: { Method: GET, Path: '/v1/things/{thingId}' } }
        Post: { Type: Api, Properties: { Method: POST, Path: '/v1/things/{thingId}' } }
        List: { Type: Api, Properties: { Method: GET, Path: /v1/things/all } }
        Streamed: { Type: Api, Properties: { Method: GET, Path: /v1/streamed, ResponseTransferMode: RESPONSE_STREAM } }
  Hasty:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: hasty
      Timeout: 1
      Events:
        Get: { Type: Api, Properties: { Method: GET, Path: /v1/hasty } }
  Narrow:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: narrow
      Timeout: 30
      ReservedConcurrentExecutions: 1
      EventInvokeConfig: { MaximumEventAgeInSeconds: 1 }
  Stream:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: stream
      Timeout: 30
      Events:
        Get: { Type: Api, Properties: { Method: GET, Path: /v1/stream, ResponseTransferMode: RESPONSE_STREAM } }
        Buffered: { Type: Api, Properties: { Method: GET, Path: /v1/buffered } }
        Brief:
          Type: Api
          Properties: { Method: GET, Path: /v1/brief, ResponseTransferMode: RESPONSE_STREAM, TimeoutInMillis: 1000 }
        Tick: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 minute), Input: '{}' } }
  Broken:
    Type: AWS::Serverless::Function
    Properties: { FunctionName: broken, Timeout: 30 }
";

/// A stack's options with the functions for tests. `hasty` is `probe` with one second of time, `narrow` with one instance and young events.
pub(crate) fn options(folder: &Path) -> anyhow::Result<Options> {
    let examples = build_folder().join("examples");
    let programs =
        [("probe", "probe"), ("hasty", "probe"), ("narrow", "probe"), ("stream", "stream"), ("broken", "broken")];
    for (name, program) in programs {
        let link = folder.join(name);
        if !link.exists() {
            std::os::unix::fs::symlink(examples.join(program), link)?;
        }
    }
    Ok(Options { template: TEMPLATE.to_owned(), binaries: folder.to_owned(), ..Options::default() })
}

/// A stack and the folder that it and its tests work in.
pub(crate) struct Fixture {
    pub(crate) stack: Stack,
    pub(crate) folder: tempfile::TempDir,
}

/// Starts a stack with the functions for tests.
pub(crate) async fn start() -> anyhow::Result<Fixture> {
    let folder = tempfile::tempdir()?;
    let stack = Stack::start(options(folder.path())?).await?;
    Ok(Fixture { stack, folder })
}
