"""The operator's page speaks of all that the template and the code have."""

import re
import unittest
from pathlib import Path

INFRA = Path(__file__).resolve().parent.parent
PAGE = (INFRA / "README.md").read_text()
TEMPLATE = (INFRA / "template.yaml").read_text()


def resources():
    """The template's resources: each one's name and text."""
    text = TEMPLATE.split("\nResources:\n")[1].split("\nOutputs:\n")[0]
    return dict(re.findall(r"^  (\w+):\n((?:(?!  \w).*\n?)*)", text, re.MULTILINE))


class Page(unittest.TestCase):
    def has(self, names, minimum):
        self.assertGreaterEqual(len(names), minimum, "the template or the code is read wrongly")
        self.assertEqual([name for name in names if f"`{name}`" not in PAGE], [])

    def test_each_alarm(self):
        self.has([name for name, text in resources().items() if "Type: AWS::CloudWatch::Alarm\n" in text], 22)

    def test_each_parameter(self):
        parameters = TEMPLATE.split("\nParameters:\n")[1].split("\nRules:\n")[0]
        self.has(re.findall(r"^  (\w+):$", parameters, re.MULTILINE), 20)

    def test_each_figure(self):
        code = (INFRA.parent / "shared/src/metrics.rs").read_text()
        names = code.split("pub fn name(")[1].split("pub fn dimension(")[0]
        kinds = code.split("impl SalesforceFailure")[1].split("#[cfg(test)]")[0]
        self.has(re.findall(r' => "(\w+)",$', names + kinds, re.MULTILINE), 15)

    def test_what_stays_after_deletion(self):
        kept = {name for name, text in resources().items() if "\n    DeletionPolicy: Retain" in f"\n{text}"}
        self.assertEqual(kept, {"Key", "Table", "ConversationTokenKey", "ApiGatewayLogsRole", "ApiGatewayAccount"})

    def test_numbers_of_concurrency(self):
        reserved = [int(number) for number in re.findall(r"\[ReservesConcurrency, (\d+),", TEMPLATE)]
        relay = int(re.search(r"RelayConcurrency:\n    Type: Number\n    Default: (\d+)", TEMPLATE)[1])
        self.assertEqual(len(reserved), 7)
        self.assertIn(f"{sum(reserved) + relay} are reserved, {relay} of them for the relay", PAGE)

    def test_its_links_lead_somewhere(self):
        for target in re.findall(r"\]\(([^)#h][^)]*)\)", PAGE):
            self.assertTrue((INFRA / target).exists(), target)
        titles = re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
        anchors = {title.lower().replace(" ", "-") for title in titles}
        for anchor in re.findall(r"\]\(#([^)]*)\)", PAGE):
            self.assertIn(anchor, anchors)


if __name__ == "__main__":
    unittest.main()
