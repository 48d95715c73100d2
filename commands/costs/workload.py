"""What is asked of the service in a month, and how large its requests and answers are."""

import math
from dataclasses import dataclass

from commands.costs.assumptions import Assumptions
from commands.deployment import Deployment
from serving.aws.predictions import LARGEST_ITEM, WORTH_ZIPPING
from serving.aws.queue import CHUNK, LARGEST_BODY
from serving.errors import SettingsError

SEPARATOR = 1
"""Bytes between two records of an array."""
CLAIM = 80
"""Bytes of a message that only names its object in the payload bucket."""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """`per_month` records, in requests of `records` each; a request is asked for `polls` times, or waits itself."""

    per_month: int
    records: int
    polls: int
    wait: bool
    record_bytes: int  # of one record as JSON
    views: int  # feature views, each of which is looked up once for a record

    @property
    def requests(self) -> int:
        """POSTs a month."""
        return math.ceil(self.per_month / self.records)

    @property
    def reads(self) -> int:
        """GETs a month."""
        return self.requests * self.polls

    def check(self, deployment: Deployment) -> None:
        """Raises SettingsError for requests that the deployment would refuse."""
        if self.records > deployment.max_records:
            raise SettingsError(
                f"--records-per-request {self.records}: a request on AWS takes {deployment.max_records} records at "
                "most. Send several requests, as `cli predict` does, or set MAX_RECORDS."
            )
        fit = deployment.max_body // (self.record_bytes + SEPARATOR)
        if self.records > max(1, fit):
            raise SettingsError(
                f"--records-per-request {self.records}: records of {self.record_bytes} bytes, as the example is, make "
                f"a body over MAX_BODY ({deployment.max_body} bytes). At most {fit} fit into a request."
            )


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Bytes of what one request is on its way. An object is 0 where nothing travels through the payload bucket."""

    body: int
    message: int
    input_object: int
    answer: int
    item: int
    result_object: int

    @classmethod
    def of(cls, workload: Workload, assumes: Assumptions) -> "Sizes":
        """As serving/aws decides: plain while it is small, then zipped, then in the bucket."""
        body = workload.records * (workload.record_bytes + SEPARATOR)
        message, input_object = assumes.message_head + body, 0.0
        if message > CHUNK:
            zipped = body * assumes.zipped_input
            message = assumes.message_head + zipped * 4 / 3  # base64
            if message > LARGEST_BODY:
                message, input_object = assumes.message_head + CLAIM, zipped
        answer = assumes.answer_head + workload.records * (assumes.result + SEPARATOR)
        stored, result_object = answer, 0.0
        if answer > WORTH_ZIPPING:
            stored = answer * assumes.zipped_result
            if stored > LARGEST_ITEM:
                stored, result_object = CLAIM, stored
        return cls(
            body=body,
            message=math.ceil(message),
            input_object=math.ceil(input_object),
            answer=math.ceil(answer),
            item=math.ceil(assumes.item + stored),
            result_object=math.ceil(result_object),
        )
