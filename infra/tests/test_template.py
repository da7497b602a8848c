"""What the template says twice, or says of the code, is the same."""

import re
import unittest
from pathlib import Path

INFRA = Path(__file__).resolve().parent.parent
TEMPLATE = (INFRA / "template.yaml").read_text()


def resource(name):
    """The text of a resource."""
    return re.search(rf"^  {name}:\n((?:(?!  \w).*\n)*)", TEMPLATE, re.MULTILINE)[1]


def pattern(parameter):
    return re.search(rf'^  {parameter}:\n(?:    .*\n)*?    AllowedPattern: "(.*)"$', TEMPLATE, re.MULTILINE)[1]


class Template(unittest.TestCase):
    def test_the_table_s_alarms_count_each_operation_that_the_code_calls(self):
        code = "".join(file.read_text() for file in (INFRA.parent / "shared/src/store").rglob("*.rs"))
        code += (INFRA.parent / "shared/src/store.rs").read_text()
        operation = r"\.((?:batch|transact)_\w+_items?|(?:get|put|update|delete)_item|query|scan)\(\)"
        called = {name.title().replace("_", "") for name in re.findall(operation, code)}
        # `.get_item()` also reads what a put was built with.
        self.assertLessEqual({"BatchGetItem", "BatchWriteItem", "GetItem", "Query", "TransactWriteItems"}, called)
        for alarm in ("TableThrottles", "TableFailures"):
            self.assertEqual(set(re.findall(r"Name: Operation, Value: (\w+)", resource(alarm))), called, alarm)

    def test_the_alarm_about_salesforce_counts_each_kind_of_failure(self):
        code = (INFRA.parent / "shared/src/metrics.rs").read_text()
        kinds = code.split("impl SalesforceFailure")[1].split("#[cfg(test)]")[0]
        told = re.findall(r' => "(\w+)",$', kinds, re.MULTILINE)
        self.assertGreaterEqual(len(told), 5)
        self.assertEqual(re.findall(r"Name: Kind, Value: (\w+)", resource("SalesforceFailing")), told)

    def test_a_web_acl_is_a_regional_one(self):
        for arn, is_accepted in {
            "": True,
            "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/front/0a1b": True,
            "arn:aws-us-gov:wafv2:us-gov-west-1:123456789012:regional/webacl/front/0a1b": True,
            "arn:aws:wafv2:us-east-1:123456789012:global/webacl/front/0a1b": False,
            "arn:aws:waf-regional:eu-west-1:123456789012:webacl/0a1b": False,
        }.items():
            self.assertEqual(bool(re.fullmatch(pattern("WebAclArn"), arn)), is_accepted, arn)

    def test_requests_are_logged_with_an_id_that_no_client_chooses_and_without_what_they_hold(self):
        logged = re.findall(r'"(\$context[^"]*)"', resource("Api"))
        self.assertIn("$context.extendedRequestId", logged)
        for personal in ("identity", "path", "customDomain", "authorizer", "domainName"):
            self.assertEqual([name for name in logged if name.split(".")[1] == personal], [])


if __name__ == "__main__":
    unittest.main()
