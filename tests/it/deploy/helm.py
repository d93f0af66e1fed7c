"""Looks at a chart with Helm's own library: `helm template` for each of the values in the list on standard input, and
`helm lint --strict` for the first of them.

Prints {"findings": […], "outcomes": [{"rendered": {template: text}} or {"refused": reason}]}.
"""

import json
import sys

import helm_python as helm


def outcome(chart, values):
    try:
        chart.validate_schema(values)
        return {"rendered": chart.render(values, name="edge", namespace="prod")}
    except helm.HelmError as error:
        return {"refused": str(error)}


folder, all_values = sys.argv[1], json.load(sys.stdin)
with helm.Chart.load(folder) as chart:
    outcomes = [outcome(chart, values) for values in all_values]
findings = []
if "rendered" in outcomes[0]:
    findings = helm.lint(folder, all_values[0], strict=True, namespace="prod", kube_version="v1.30.0")["errors"]
json.dump({"findings": findings, "outcomes": outcomes}, sys.stdout)
