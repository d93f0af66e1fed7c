"""Looks at a chart with Helm's own library: `helm lint --strict`, then `helm template` with the values on standard input.

Prints {"findings": […], "rendered": {template: text}}; ends with 1 and the reason where the values are refused.
"""

import json
import sys

import helm_python as helm

folder = sys.argv[1]
values = json.load(sys.stdin)
with helm.Chart.load(folder) as chart:
    try:
        chart.validate_schema(values)
    except helm.HelmError as error:
        sys.exit(f"refused: {error}")
    findings = helm.lint(folder, values, strict=True, namespace="prod", kube_version="v1.30.0")
    rendered = chart.render(values, name="edge", namespace="prod")
json.dump({"findings": findings, "rendered": rendered}, sys.stdout)
