"""The permissions boundary of the Lambdas' roles: what resources/roles.yml gives them, taken together, and no more.

Whoever may make roles could give one all rights and let a Lambda use them. Under a boundary a role has what both its
own policies and the boundary allow, so that the rights of the deployment are worth no more than those below.
"""

from typing import Any

from commands.github.names import Names
from commands.github.policy import allow, document


def boundary(names: Names) -> dict[str, Any]:
    """The most that the Lambdas of one stage may be allowed to do."""
    ours = {"StringEquals": {"aws:ResourceAccount": names.account}}
    folders = [f"{names.payloads}/{folder}/*" for folder in ("messages", "results", "dead")]
    return document(
        [
            allow("WriteLogs", "logs: CreateLogStream PutLogEvents", names.log_groups),
            allow(
                "SendAndReceiveWork",
                "sqs: SendMessage ReceiveMessage DeleteMessage ChangeMessageVisibility GetQueueAttributes",
                names.queues,
            ),
            allow(
                "ReadAndWritePredictionsAndFeatures",
                "dynamodb: GetItem BatchGetItem PutItem UpdateItem",
                names.tables,
            ),
            allow("ReadAndWriteLargeDocuments", "s3: GetObject PutObject DeleteObject", folders, ours),
            allow("LoadModels", "s3: GetObject", [names.pointer, f"{names.models}/models/*"], ours),
            allow("TellMissingFromForbidden", "s3: ListBucket", [names.payloads, names.models], ours),
        ]
    )
