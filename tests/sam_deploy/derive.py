"""Prints the template without what the emulator does not know: CodeDeploy's gradual deployment, and alarms on metric math.

Nothing else is left out: a resource type or property that the emulator does not know fails `sam deploy`.
"""

import sys

from samcli.yamlhelper import yaml_dump, yaml_parse

with open(sys.argv[1], encoding="utf-8") as file:
    template = yaml_parse(file.read())
resources = template["Resources"]

for function in [r for r in resources.values() if r["Type"] == "AWS::Serverless::Function"]:
    # Fails where there is none: then this is no longer the difference that is stated above.
    del function["Properties"]["DeploymentPreference"]
del template["Globals"]["Function"]["DeploymentPreference"]

calculated = [name for name, r in resources.items() if r["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in r["Properties"]]
for name in calculated:
    del resources[name]
print(f"left out: DeploymentPreference, {', '.join(calculated)}", file=sys.stderr)
print(yaml_dump(template))
