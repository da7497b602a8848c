"""What `infra/cost` computes, from the real prices, use and template."""

import importlib.machinery
import importlib.util
import json
import subprocess
import sys
import unittest
from dataclasses import replace
from pathlib import Path

INFRA = Path(__file__).resolve().parent.parent

sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("cost", str(INFRA / "cost"))
cost = importlib.util.module_from_spec(importlib.util.spec_from_loader("cost", loader))
sys.modules["cost"] = cost
loader.exec_module(cost)


def read(name):
    return json.loads((INFRA / name).read_text())


def known(**changes):
    assumed = {name: number for name, (number, _) in read("assumptions.json").items()}
    template = cost.Template.read((INFRA / "template.yaml").read_text())
    return replace(cost.Known(read("usage.json"), assumed, template, read("prices.json")["prices"]), **changes)


def costs(load, of=None):
    return {price["id"]: usd for price, _, _, usd in cost.rows(load, of or known())}


def total(load, of=None):
    return sum(costs(load, of).values())


class Cost(unittest.TestCase):
    def test_without_escalations_only_fixed_parts_and_the_minute_tick_cost(self):
        nothing = costs(cost.Load(0))
        self.assertAlmostEqual(nothing["alarm"], 5.9)
        self.assertAlmostEqual(nothing["secret"], 21 * 0.4)
        for name in ("apiRequest", "dynamodbStorage"):
            self.assertEqual(nothing[name], 0, name)
        self.assertGreater(nothing["lambdaRequest"], 0)

    def test_the_rest_grows_with_the_escalations(self):
        by_load = [costs(cost.Load(number)) for number in (0, 1_000_000, 2_000_000)]
        for name in by_load[0]:
            # X-Ray takes a smaller share of more.
            if name != "trace":
                none, once, twice = (load[name] for load in by_load)
                self.assertAlmostEqual(twice - none, 2 * (once - none), msg=name)

    def test_an_escalation_costs_less_the_more_there_are(self):
        each = [total(cost.Load(number)) / number for number in (1_000, 100_000, 1_000_000)]
        self.assertEqual(each, sorted(each, reverse=True))

    def test_a_known_case_is_computed_by_hand(self):
        use = {"invocations": {"case-creation": 2}, "dynamodbRequests": 10, "readUnits": 8, "writeUnits": 16}
        none = {"invocations": {}}
        usage = {"recoveryTick": none, "case": use, "liveChat": {"each": none}, "connectedMinute": none}
        found = costs(cost.Load(1_000_000, live_share=0), known(usage=usage))
        self.assertAlmostEqual(found["dynamodbWrite"], 16 * 0.625)
        self.assertAlmostEqual(found["dynamodbRead"], 8 * 0.125)
        self.assertAlmostEqual(found["lambdaGbSecond"], 1_000_000 * (10 * 0.005 + 2 * 0.005) * 0.5 * 0.0000133334)
        self.assertEqual(found["apiRequest"], 0)

    def test_a_connected_minute_holds_the_relay_s_memory(self):
        loads = [cost.Load(1_000_000, 1, minutes, 0, 0) for minutes in (0, 1)]
        still = known(usage=read("usage.json") | {"connectedMinute": {"invocations": {}}})
        none, one = (costs(load, still)["lambdaGbSecond"] for load in loads)
        self.assertGreater(one - none, 1_000_000 * 60 * 0.25 * 0.0000133334)
        self.assertLess(one - none, 1_000_000 * 61 * 0.25 * 0.0000133334)

    def test_each_price_is_used_and_each_quantity_has_a_price(self):
        prices = known().prices
        for price in prices:
            dearer = [other | {"usd": other["usd"] * 2} if other is price else other for other in prices]
            self.assertGreater(total(cost.Load(1_000), known(prices=dearer)), total(cost.Load(1_000)), price["id"])
        month = cost.Month(cost.Load(1), known())
        quantities = month.from_use() | month.from_assumptions() | month.fixed()
        self.assertEqual(set(quantities), {price["id"] for price in known().prices})

    def test_each_assumption_and_choice_matters(self):
        load = cost.Load(1_000_000)
        for name, number in known().assumed.items():
            other = known(assumed=known().assumed | {name: number * 2})
            self.assertNotEqual(total(load, other), total(load), name)
        for name in cost.CHOICES:
            other = replace(load, **{name: getattr(load, name) / 2})
            self.assertNotEqual(total(other), total(load), name)

    def test_each_measured_number_matters(self):
        load = cost.Load(1_000)
        for part in ("case", "connectedMinute", "recoveryTick", "liveChat"):
            for name in ("dynamodbRequests", "readUnits", "writeUnits", "salesforceRequests", "logBytes"):
                usage = read("usage.json")
                (usage[part]["each"] if part == "liveChat" else usage[part])[name] += 1_000
                self.assertGreater(total(load, known(usage=usage)), total(load), f"{part} {name}")

    def test_a_price_names_its_page_and_unit(self):
        prices = read("prices.json")
        self.assertRegex(prices["knownAt"], r"^\d{4}-\d{2}$")
        for price in prices["prices"]:
            self.assertTrue(price["page"].startswith("https://aws.amazon.com/"), price)
            self.assertTrue(price["unit"] and price["service"] and price["usd"] > 0 and price["per"] >= 1, price)


class Template(unittest.TestCase):
    def test_the_template_is_read(self):
        template = known().template
        memory = {name: gigabytes * 1024 for name, gigabytes in template.memory_gb.items()}
        large = ["case-creation", "escalation-intake", "escalation-recovery", "messaging-session-start"]
        small = ["apex-callback", "business-hours-router", "conversation-relay", "settings"]
        self.assertEqual(memory, dict.fromkeys(large, 512) | dict.fromkeys(small, 256))
        called = {name: number for name, number in template.methods.items() if number}
        self.assertEqual(called, {"escalation-intake": 5, "apex-callback": 1, "conversation-relay": 15, "settings": 18})
        self.assertEqual(template.alarm_metrics, 59)


class Command(unittest.TestCase):
    def run_with(self, *arguments):
        command = [sys.executable, str(INFRA / "cost"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def test_it_prints_two_months(self):
        output = self.run_with()
        for start in ("1,000 escalations a month", "1,000,000 escalations a month", "List prices of us-east-1"):
            self.assertTrue(any(line.startswith(start) for line in output.splitlines()), start)
        self.assertEqual(output.count("\ntotal "), 2)

    def test_it_prints_what_is_asked_for(self):
        output = self.run_with("--escalations", "0", "7", "--organisations", "1000", "--live-share", "1")
        self.assertIn("7 escalations a month: 7 live", output)
        self.assertEqual(output.count("\ntotal "), 2)

    def test_the_operator_s_page_quotes_both_totals(self):
        page = (INFRA / "README.md").read_text()
        for escalations in (1_000, 1_000_000):
            self.assertIn(f"USD {total(cost.Load(escalations)):,.0f}", page, "quote what `infra/cost` prints")


if __name__ == "__main__":
    unittest.main()
