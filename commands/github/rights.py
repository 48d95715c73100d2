"""What the role of the deployment may do itself: the calls of our commands and of osls, and the roles of the Lambdas.

CloudFormation then acts with the caller's rights: see stack_rights.py.
"""

from typing import Any

from commands.github.names import Names
from commands.github.policy import allow


def rights(names: Names, boundary: str) -> list[dict[str, Any]]:
    """Statements for `cli check`, `package`, `deploy`, `form`, `status` and `remove`; `boundary` is its ARN."""
    return [*_stack(names), *role_rights(names, boundary), *_models(names), *_contents(names)]


def _stack(names: Names) -> list[dict[str, Any]]:
    stack = names.arn("cloudformation", f"stack/{names.stack}/*")
    return [
        allow(
            "ChangeStack",
            "cloudformation: CreateChangeSet DescribeChangeSet ExecuteChangeSet DeleteChangeSet TagResource",
            stack,
        ),
        allow("RemoveStack", "cloudformation: DeleteStack", stack),
        allow(
            "SeeStack",
            "cloudformation: DescribeStacks DescribeStackEvents DescribeStackResource ListStackResources GetTemplate",
            stack,
        ),
        allow("ValidateTemplate", "cloudformation: ValidateTemplate", "*"),  # it belongs to no stack yet
    ]


def role_rights(names: Names, boundary: str) -> list[dict[str, Any]]:
    """Roles are made and given rights under the boundary alone, which nothing here removes or changes."""
    under_boundary = {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    return [
        allow(
            "MakeRolesUnderBoundary",
            "iam: CreateRole PutRolePolicy DeleteRolePolicy PutRolePermissionsBoundary",
            names.roles,
            under_boundary,
        ),
        allow(
            "KeepAndDeleteRoles",
            "iam: GetRole GetRolePolicy ListRolePolicies ListAttachedRolePolicies UpdateRole UpdateRoleDescription "
            "UpdateAssumeRolePolicy TagRole UntagRole DeleteRole",
            names.roles,
        ),
        allow(
            "GiveRolesToLambdas",
            "iam: PassRole",
            names.roles,
            {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
        ),
    ]


def _models(names: Names) -> list[dict[str, Any]]:
    ours = {"StringEquals": {"aws:ResourceAccount": names.account}}  # a bucket's name says nothing of whose it is
    return [
        allow("MakeModelBucket", "s3: CreateBucket", names.models),
        allow(
            "ProtectModelBucket",
            "s3: PutBucketPublicAccessBlock PutBucketOwnershipControls PutBucketVersioning GetEncryptionConfiguration "
            "GetBucketPolicy PutBucketPolicy GetLifecycleConfiguration PutLifecycleConfiguration",
            names.models,
            ours,
        ),
        allow("FindModels", "s3: ListBucket", names.models, ours),
        allow(
            "StoreModels",
            "s3: GetObject PutObject AbortMultipartUpload",
            [f"{names.models}/models/*", names.pointer],
            ours,
        ),
    ]


def _contents(names: Names) -> list[dict[str, Any]]:
    """What is in the stack, as far as the commands look into it; into queues by what stack_rights.py gives."""
    ours = {"StringEquals": {"aws:ResourceAccount": names.account}}
    return [
        allow(
            "StorePackages", "s3: GetObject PutObject DeleteObject AbortMultipartUpload", f"{names.deployments}/*", ours
        ),
        allow("EmptyPayloads", "s3: DeleteObject", f"{names.payloads}/*", ours),
        allow("FindWhatBucketsHold", "s3: ListBucket", [names.deployments, names.payloads], ours),
        allow("ProveWithKeyOfItsOwn", "dynamodb: GetItem PutItem", names.tables),
        allow("CountPredictions", "dynamodb: Scan", names.tables),
        allow("ReadLogs", "logs: FilterLogEvents", names.log_groups),
        allow("CountErrors", "cloudwatch: GetMetricStatistics", "*"),  # metrics have no ARNs
    ]
