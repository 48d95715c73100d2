"""What only AWS knows of a service: its errors of the last day, and its last deployment."""

from datetime import UTC, datetime, timedelta
from typing import Any

from commands.aws.account import aws_errors
from commands.aws.stack import Deployed

DAY = 86_400


def health(service: Deployed) -> dict[str, Any]:
    """Raises ServingError."""
    cloudwatch = service.account.client("cloudwatch")
    errors = {role: int(_sum(cloudwatch, "Errors", {"FunctionName": name})) for role, name in service.functions.items()}
    return {
        "errors_of_the_last_day": errors,
        "endpoint": service.endpoint,
        "last_deployment": service.stack.changed_at,
        "stack": f"{service.stack.name}: {service.stack.status}",
    }


def _sum(cloudwatch: Any, metric: str, dimensions: dict[str, str]) -> float:
    now = datetime.now(UTC)
    with aws_errors():
        found = cloudwatch.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=now - timedelta(seconds=DAY),
            EndTime=now + timedelta(seconds=60),
            Period=DAY,
            Statistics=["Sum"],
        )
    return float(sum(point["Sum"] for point in found["Datapoints"]))
