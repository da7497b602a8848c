"""Writes what SAM makes of a template, and checks what the template cannot show: streams, aliases, versions, roles.

usage: translated.py TEMPLATE TRANSLATED
"""

import json
import logging
import re
import sys
from pathlib import Path

import boto3
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

WILDCARDS = json.loads((Path(__file__).parent / "wildcards.json").read_text())
STREAMING = "ConversationRelayFunction"
# The longest that API Gateway waits for an answer that is not streamed.
LONGEST_ANSWER_MS = 29_000
# Of AWS: to write the logs and the traces of any function.
AWS_POLICIES = ["AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess"]
KEY_POLICIES = [{"Ref": "UseOfKey"}, {"Ref": "UseOfKeyForNewSecrets"}]
# What is the function's, not a version's.
UNVERSIONED = {"ReservedConcurrentExecutions"}
VERSION_DESCRIPTION_MAXIMUM = 256


def translate(text):
    """The template as CloudFormation gets it, as if each function's code were in S3."""
    template = yaml_parse(text)
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = f"s3://code/{name}"
    return Translator({}, Parser(), boto_session=boto3.Session(region_name="eu-west-1")).translate(template, {})


class Translated:
    """What SAM made, and what is wrong with it."""

    def __init__(self, template):
        self.parameters, self.conditions = template["Parameters"], template["Conditions"]
        self.resources = template["Resources"]
        self.functions = list(self.of("AWS::Lambda::Function"))

    def of(self, kind):
        """The properties of each resource of a type, by its name."""
        return {name: r["Properties"] for name, r in self.resources.items() if r["Type"] == kind}

    def faults(self):
        for check in (self.streams, self.invocations, self.versions, self.configurations, self.rollbacks, self.roles, self.wildcards):
            yield from check()

    def integrations(self):
        """Each method of the API: its name, its integration, and the function whose alias that invokes, if it is one."""
        (api,) = self.of("AWS::ApiGateway::RestApi").values()
        for path, methods in api["Body"]["paths"].items():
            for method, operation in methods.items():
                integration = operation["x-amazon-apigateway-integration"]
                invoked = re.search(r"/functions/\$\{(\w+)Aliaslive\}/", integration["uri"]["Fn::Sub"])
                yield f"{method.upper()} {path}", integration, invoked and invoked[1]

    def streams(self):
        for method, integration, function in self.integrations():
            found = integration.get("responseTransferMode"), integration["uri"]["Fn::Sub"].split("/")[-1]
            streams = function == STREAMING
            if found != (("STREAM", "response-streaming-invocations") if streams else (None, "invocations")):
                yield f"{method}: transfers as {found}, though {function} {'streams' if streams else 'does not stream'}"
            if not streams and integration.get("timeoutInMillis", 0) > LONGEST_ANSWER_MS:
                yield f"{method}: waits longer than API Gateway does for what is not streamed"

    def invocations(self):
        """Who may invoke a function, and who does, goes to its alias."""
        aliases = [{"Ref": f"{function}Aliaslive"} for function in self.functions]
        for method, _, function in self.integrations():
            if function not in self.functions:
                yield f"{method}: does not invoke the alias of a function"
        for name, schedule in self.of("AWS::Scheduler::Schedule").items():
            if schedule["Target"]["Arn"] not in aliases:
                yield f"{name}: does not invoke the alias of a function"
        for name, permission in self.of("AWS::Lambda::Permission").items():
            if permission["FunctionName"] not in aliases:
                yield f"{name}: permits to invoke something else than the alias of a function"
        for name, config in self.of("AWS::Lambda::EventInvokeConfig").items():
            if config["Qualifier"] != "live":
                yield f"{name}: is about something else than the alias of a function"

    def version_of(self, function):
        """The version to which the alias of a function points, if there are both."""
        alias = self.of("AWS::Lambda::Alias").get(f"{function}Aliaslive", {})
        version = alias.get("FunctionVersion", {}).get("Fn::GetAtt", [""])[0]
        found = self.of("AWS::Lambda::Version").get(version, {})
        both = (alias.get("FunctionName"), found.get("FunctionName"), alias.get("Name"))
        return found if both == ({"Ref": function}, {"Ref": function}, "live") else None

    def versions(self):
        for function in self.functions:
            if self.version_of(function) is None:
                yield f"{function}: no alias `live` of a version of its own"

    def configurations(self):
        """A parameter makes a new version by way of the version's description, which can only be replaced.

        Exactly what a version keeps must be in it: Lambda publishes no version that is the same as the one before.
        """
        for function, properties in self.of("AWS::Lambda::Function").items():
            kept = {name: value for name, value in properties.items() if name not in UNVERSIONED}
            reach = self.parameters_in(kept)
            described = self.parameters_in((self.version_of(function) or {}).get("Description", ""))
            for name in sorted(reach ^ described):
                yield f"{function}: {name} is {'not ' if name in reach else ''}in its VersionDescription"
            length = sum(self.longest(name) + 1 for name in described)
            if length > VERSION_DESCRIPTION_MAXIMUM:
                yield f"{function}: its VersionDescription may have {length} characters"

    def parameters_in(self, value):
        """The template's parameters to which a value refers, by way of conditions too."""
        text = json.dumps(value)
        text += json.dumps([self.conditions[name] for name in re.findall(r'"Fn::If": \["(\w+)"', text)])
        references = re.findall(r'\{"Ref": "(\w+)"\}|\$\{(\w+)\}', text)
        return {name for pair in references for name in pair} & set(self.parameters)

    def longest(self, parameter):
        """Characters of a parameter's longest value."""
        about = self.parameters[parameter]
        allowed = [len(str(value)) for value in about.get("AllowedValues", [about.get("MaxValue", "")])]
        return about.get("MaxLength") or max(allowed) or VERSION_DESCRIPTION_MAXIMUM

    def rollbacks(self):
        """A gradual deployment heeds the function's own alarm, and the API's if the API calls it; one all at once heeds none."""
        called = {function for _, _, function in self.integrations()}
        groups = self.of("AWS::CodeDeploy::DeploymentGroup")
        for function in self.functions:
            own = function.removesuffix("Function") + "Errors"
            wanted = [own, "ApiFailures"] if function in called else [own]
            found = groups[f"{function}DeploymentGroup"].get("AlarmConfiguration", {}).get("Fn::If")
            heeded = {"Enabled": True, "Alarms": [{"Name": {"Ref": name}} for name in wanted]}
            if found != ["HeedsAlarms", heeded, {}]:
                yield f"{function}: its deployment does not heed {' and '.join(wanted)}, or does when it is all at once"

    def roles(self):
        for function, properties in self.of("AWS::Lambda::Function").items():
            role = self.resources[properties["Role"]["Fn::GetAtt"][0]]["Properties"]
            if len(role["Policies"]) != 1:
                yield f"{function}: its role has {len(role['Policies'])} policies of ours"
            managed = [arn if isinstance(arn, dict) else arn.split("/")[-1] for arn in role["ManagedPolicyArns"]]
            ours = KEY_POLICIES if function == "SettingsFunction" else KEY_POLICIES[:1]
            if managed != [*AWS_POLICIES, *ours]:
                yield f"{function}: its role has the policies {managed}"

    def statements(self):
        """What roles and our managed policies allow."""
        documents = [policy["PolicyDocument"] for policy in self.of("AWS::IAM::ManagedPolicy").values()]
        for role in self.of("AWS::IAM::Role").values():
            documents += [policy["PolicyDocument"] for policy in role.get("Policies", [])]
        return [statement for document in documents for statement in document["Statement"]]

    def wildcards(self):
        found = set()
        for statement in self.statements():
            actions, resources = (one_or_many(statement[name]) for name in ("Action", "Resource"))
            yield from (f"a role may take any action: {action}" for action in actions if action.endswith("*"))
            found |= {text for text in map(text_of, resources) if "*" in text}
        yield from (f"a role's resource is not named: {text}" for text in sorted(found - set(WILDCARDS)))
        yield from (f"not needed in wildcards.json: {text}" for text in sorted(set(WILDCARDS) - found))


def text_of(resource):
    return resource["Fn::Sub"] if "Fn::Sub" in resource else json.dumps(resource)


def one_or_many(value):
    return value if isinstance(value, list) else [value]


def main():
    # SAM's own remarks about itself.
    logging.disable(logging.WARNING)
    source, target = map(Path, sys.argv[1:])
    template = translate(source.read_text())
    target.write_text(json.dumps(template, indent=1))
    translated = Translated(template)
    faults = list(translated.faults())
    methods = len(list(translated.integrations()))
    print("\n".join(faults) or f"{len(translated.functions)} functions and {methods} methods are as they should be")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
