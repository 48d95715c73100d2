"""What CloudFormation does with the rights of whoever deploys: making, changing and deleting what the template holds.

tests/aws/test_stack_rights.py holds it against what CloudFormation's registry says that each type needs.
"""

from typing import Any

from commands.github.names import Names
from commands.github.policy import allow


def functions(names: Names) -> list[dict[str, Any]]:
    """Lambdas, their triggers, logs and HTTP API."""
    function = {"ArnLike": {"lambda:FunctionArn": names.functions}}
    mappings = names.arn("lambda", "event-source-mapping:*")
    gateway = f"arn:{names.partition}:apigateway:{names.region}::"
    return [
        allow(
            "MakeFunctions",
            "lambda: CreateFunction DeleteFunction GetFunction UpdateFunctionCode UpdateFunctionConfiguration "
            "GetFunctionCodeSigningConfig GetFunctionRecursionConfig PutFunctionRecursionConfig "
            "GetFunctionScalingConfig GetRuntimeManagementConfig TagResource UntagResource",
            names.functions,
        ),
        allow(
            "LetGatewayCallFunctions",
            "lambda: AddPermission",
            names.functions,
            {"StringEquals": {"lambda:Principal": "apigateway.amazonaws.com"}},
        ),
        allow(
            "KeepSnapshots",  # a version of a function has one, and an alias names the version: with SNAP_START
            "lambda: PublishVersion ListVersionsByFunction GetFunctionConfiguration GetProvisionedConcurrencyConfig "
            "CreateAlias GetAlias UpdateAlias DeleteAlias",
            names.functions,
        ),
        allow("SeeAndEndWhoCallsFunctions", "lambda: GetPolicy RemovePermission", names.functions),
        allow("MakeTriggers", "lambda: CreateEventSourceMapping", "*", function),  # it has no ARN before it is made
        allow(
            "KeepTriggers",
            "lambda: GetEventSourceMapping UpdateEventSourceMapping DeleteEventSourceMapping",
            mappings,
            function,
        ),
        allow("TagTriggers", "lambda: ListTags TagResource UntagResource", mappings),
        allow(
            "MakeLogGroups",
            "logs: CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy ListTagsForResource "
            "TagResource UntagResource GetDataProtectionPolicy",
            names.log_groups,
        ),
        allow(
            "FindLogGroups", "logs: DescribeLogGroups DescribeResourcePolicies DescribeIndexPolicies", "*"
        ),  # lists belong to no group
        allow(
            "MakeHttpApis",  # of the region: their ids are made up, and parts of an API have no names
            "apigateway: GET POST PUT PATCH DELETE",
            [f"{gateway}/apis", f"{gateway}/apis/*", f"{gateway}/tags/*"],
        ),
    ]


def storage(names: Names) -> list[dict[str, Any]]:
    """Queues, tables and buckets; alarms, who is told of them, and the dashboard."""
    alarms, topics = names.arn("cloudwatch", f"alarm:{names.stack}-*"), names.arn("sns", f"{names.stack}-*")
    dashboard = f"arn:{names.partition}:cloudwatch::{names.account}:dashboard/{names.stack}"
    return [
        allow(
            "MakeQueues",
            "sqs: CreateQueue DeleteQueue GetQueueUrl GetQueueAttributes SetQueueAttributes ListQueueTags TagQueue "
            "UntagQueue",
            names.queues,
        ),
        allow(
            "MakeTables",
            "dynamodb: CreateTable DescribeTable UpdateTable DeleteTable DescribeTimeToLive UpdateTimeToLive "
            "DescribeContinuousBackups UpdateContinuousBackups DescribeContributorInsights "
            "DescribeKinesisStreamingDestination GetResourcePolicy ListTagsOfResource TagResource UntagResource",
            names.tables,
        ),
        allow(
            "MakeBuckets",
            "s3: CreateBucket DeleteBucket PutBucketTagging TagResource UntagResource PutBucketPublicAccessBlock "
            "PutBucketOwnershipControls PutEncryptionConfiguration PutLifecycleConfiguration GetBucketPolicy "
            "PutBucketPolicy DeleteBucketPolicy",
            [names.deployments, names.payloads],
        ),
        allow(
            "SeeBuckets",
            "s3: GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac GetBucketCORS GetBucketLogging "
            "GetBucketMetadataTableConfiguration GetBucketNotification GetBucketObjectLockConfiguration "
            "GetBucketOwnershipControls GetBucketPublicAccessBlock GetBucketTagging GetBucketVersioning "
            "GetBucketWebsite GetEncryptionConfiguration GetIntelligentTieringConfiguration "
            "GetInventoryConfiguration GetLifecycleConfiguration GetMetricsConfiguration "
            "GetReplicationConfiguration ListTagsForResource",
            [names.deployments, names.payloads],
        ),
        allow("MakeAlarms", "cloudwatch: PutMetricAlarm DeleteAlarms", alarms),
        allow(
            "TagAlarmsAndDashboard",
            "cloudwatch: ListTagsForResource TagResource UntagResource",
            [alarms, dashboard],
        ),
        allow("FindAlarms", "cloudwatch: DescribeAlarms", "*"),  # lists belong to no alarm
        allow("MakeDashboard", "cloudwatch: PutDashboard GetDashboard DeleteDashboards", dashboard),
        allow(
            "TellOfAlarms",
            "sns: CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes Subscribe Unsubscribe "
            "ListSubscriptionsByTopic GetDataProtectionPolicy ListTagsForResource TagResource UntagResource",
            topics,
        ),
    ]
